"""The stox under test, as it was built, on the host gw.contoso.com."""
import contextlib
import json
import os
import re
import signal
import subprocess

from lab import LabError, Process, until

SECRET = "a plague on both your houses"

GATEWAY = "sip.example.org"
# What stox is a component for, by mode.
COMPONENTS = {
    "component": ("contoso.com",),
    "lync-component": ("contoso.com",),
    "gateway": (GATEWAY, "d1.contoso.com", "d2.contoso.com"),
}
# Those where contoso.com has the scripted Lync server.
LYNC = ("lync", "lync-component")

# How stox and the XMPP server prove themselves to each other.
MODES = {
    "external": 'sasl = "required"\n    dialback = false',
    # by names that lead to ports with TLS from the first byte
    "direct": 'sasl = "required"\n    dialback = false',
    # with a server that knows XEP-0288 and XEP-0198
    "bidi": 'sasl = "required"\n    dialback = false',
    # in a zone that is signed
    "dane": 'sasl = "required"\n    dialback = false',
    "dialback": 'sasl = "off"\n    dialback = true',
    # as Google Talk did it
    "plain": 'tls = "off"\n    sasl = "off"\n    dialback = true',
    "component": "",
    # a component again, with other SIP domains beside it
    "gateway": "",
    "lync": 'sasl = "required"\n    dialback = false',
    "lync-component": "",
}


def build_folder():
    """Where stox was built: $STOX_BUILDDIR, else build/ beside the source."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.environ.get("STOX_BUILDDIR") or os.path.join(
        here, "..", "..", "build")


class Stox:
    """Start with start(); extra is appended to the configuration."""

    def __init__(self, lab, authority, mode="external"):
        self.lab, self.authority, self.mode = lab, authority, mode
        self.build = os.path.abspath(build_folder())
        self.program = os.path.join(self.build, "src/stoxd/stoxd")
        self.ctl_program = os.path.join(self.build, "src/stoxctl/stoxctl")
        self.control = lab.path("stox/control")
        self.config = lab.path("stox/stox.cfg.lua")
        self.process = None
        os.makedirs(lab.path("stox/data"), mode=0o700, exist_ok=True)
        for name in ("contoso.com", "gw.contoso.com"):
            authority.issue("stox/certs", name)
        if not os.path.exists(self.program):
            raise LabError(f"there is no {self.program}: build stox first")

    def text(self, extra=""):
        """The configuration, as an admin would write it."""
        lab = self.lab
        alone = not lab.separate
        link = (f'    component = {{ host = "{lab.ip4("xmpp")}", '
                f'port = 5347, secret = "{SECRET}" }}\n')
        component = {"component": link, "lync-component": link,
                     "gateway": f'    gateway = "{GATEWAY}"\n'}.get(
                         self.mode, "")
        more = "" if self.mode != "gateway" else (
            f'Gateway "{GATEWAY}"\n{link}' + "".join(
                f'SipDomain "{name}"\n    front_end = "fe.contoso.com:5061"\n'
                f'{link}' for name in COMPONENTS["gateway"][1:]))
        proxy = ('    proxy = "xmpp.example.org:5269"\n' if alone else "")
        listen = (f'xmpp_listen = {{ "{lab.ip4("gw")}:5269" }}\n'
                  if alone and self.mode not in COMPONENTS else "")
        listen += (f'sip_listen = {{ "{lab.ip4("gw")}:5061" }}\n'
                   if alone else "")
        dialect = '    dialect = "lync"\n' if self.mode in LYNC else ""
        policy = MODES[self.mode]
        return f"""-- stox, between example.org and contoso.com
data         = "{lab.path("stox/data")}"
certificates = "{lab.path("stox/certs")}"
trust        = "{self.authority.file}"
host         = "gw.contoso.com"
control      = "{self.control}"
log_level    = "debug"
dns_servers  = {{ "{lab.dns_server}" }}
plugin_path  = {{ "{os.path.join(self.build, ".libs")}" }}
{listen}{extra}
SipDomain "contoso.com"
    front_end = "fe.contoso.com:5061"
{dialect}{component}{more}
XmppDomain "example.org"
    partner = "federated"
{proxy}    {policy}
"""

    def write(self, text=None):
        self.lab.write("stox/stox.cfg.lua", text or self.text())

    def start(self, wrapper=(), env=None, seconds=20, name="stoxd",
              anchor=None):
        """Start the daemon; wrapper may be valgrind and its options, anchor is
        the file with the key of a signed zone."""
        self.write(self.text(f'dns_trust_anchor = "{anchor}"\n'
                             if anchor else ""))
        self.process = Process(
            self.lab, "gw", name, [*wrapper, self.program, "-c", self.config],
            env={"SSLKEYLOGFILE": self.lab.path("stox/keys.log"),
                 **(env or {})})
        self.process.wait_log(r"\binfo core ready\b", seconds)
        for domain in COMPONENTS.get(self.mode, ()):
            self.wait_stream(seconds, direction="component", state="ready",
                             local=domain)

    def stop(self, seconds=15):
        """SIGTERM; the exit status, None if it had to be killed."""
        status = self.process.stop(seconds)
        self.process = None
        return status

    def kill(self):
        """SIGKILL: it ends where it stands."""
        self.process.signal(signal.SIGKILL)
        self.process.wait(10)
        self.process.stop()
        self.process = None

    @contextlib.contextmanager
    def frozen(self):
        """It holds its ports and sees nothing."""
        self.process.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.signal(signal.SIGCONT)

    def reload(self):
        """SIGHUP; returns where in the log what follows begins."""
        since = len(self.process.output())
        self.process.signal(signal.SIGHUP)
        return since

    def ask(self, *words):
        """Ask the running stox; returns what stoxctl prints."""
        done = subprocess.run(
            [self.ctl_program, "-s", self.control, *words],
            capture_output=True, text=True, timeout=10, check=False)
        if done.returncode:
            raise LabError(f"stoxctl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def ctl(self, *words):
        """The same as JSON."""
        return json.loads(self.ask("--json", *words))

    def streams(self, **facts):
        """The XMPP rows of `stoxctl streams` that have these facts."""
        facts["side"] = "XMPP"
        return [row for row in self.ctl("streams")["streams"]
                if all(row.get(key) == value for key, value in facts.items())]

    def wait_stream(self, seconds, **facts):
        def look():
            try:
                return self.streams(**facts)
            except LabError:
                return None
        return until(seconds, f"no stream with {facts}", look, 0.1)

    def log_lines(self, pattern):
        return [line for line in self.process.output().splitlines()
                if re.search(pattern, line)]
