"""ejabberd as the XMPP server of example.org."""
import glob
import signal

from lab import LabError, Process
from prosody import PASSWORD, USERS


class Ejabberd:
    """Start with start(); c2s on 5222, s2s on 5269, components on 5347.

    Debian's ejabberdctl insists on the system's configuration, so the Erlang
    machine is started here.
    """

    name = "ejabberd"
    # What it answers to a message for a user that does not exist.
    unknown_user = "service-unavailable"
    # Clients are shown the same certificate as servers.
    clients_see_it = True
    # It asks the name server that it is given, and only that one.
    own_resolver = False
    modes = ("external", "direct", "dialback", "plain", "component", "gateway")
    own_defect = None

    def __init__(self, lab, authority, component_secret=None,
                 secure_auth=True, encrypted=True, components=(),
                 modern=False):
        self.lab, self.authority = lab, authority
        self.component_secret = component_secret
        self.components, self.modern = components, modern
        self.secure_auth, self.encrypted = secure_auth, encrypted
        self.process = None
        self.certificate = authority.issue("ejabberd/certs", "example.org")

    def _listener(self, port, module, *more):
        lines = [f"port: {port}", f"ip: \"{self.lab.ip4('xmpp')}\"",
                 f"module: {module}", *more]
        return "  -\n" + "".join(f"    {line}\n" for line in lines)

    def _config(self):
        crt, key = self.certificate
        pem = self.lab.path("ejabberd/certs/example.org.pem")
        with open(crt, encoding="ascii") as one, \
                open(key, encoding="ascii") as two:
            self.lab.write("ejabberd/certs/example.org.pem",
                           one.read() + two.read())
        listeners = (
            self._listener(5222, "ejabberd_c2s", "starttls: true",
                           "starttls_required: true")
            + self._listener(5269, "ejabberd_s2s_in")
            + self._listener(5270, "ejabberd_s2s_in", "tls: true"))
        if self.component_secret:
            listeners += self._listener(
                5347, "ejabberd_service", "global_routes: false", "hosts:", *(
                    f"  {name}:\n        password: \"{self.component_secret}\""
                    for name in self.components))
        dialback = "" if self.secure_auth else "  mod_s2s_dialback: {}\n"
        return f"""hosts:
  - example.org
loglevel: debug
certfiles:
  - "{pem}"
ca_file: "{self.authority.file}"
s2s_use_starttls: {"required" if self.encrypted else "false"}
s2s_cafile: "{self.authority.file}"
auth_method: internal
listen:
{listeners}modules:
  mod_roster: {{}}
  mod_disco: {{}}
  mod_ping: {{}}
{dialback}"""

    def start(self):
        lab = self.lab
        found = sorted(glob.glob("/usr/lib/*/ejabberd-*/ebin/ejabberd.app")
                       + glob.glob("/usr/lib/ejabberd/ebin/ejabberd.app"))
        if not found:
            raise LabError("ejabberd is not installed")
        ebin = found[-1].rsplit("/", 1)[0]
        config = lab.write("ejabberd/ejabberd.yml", self._config())
        address = lab.ip4("dns").replace(".", ",")
        inetrc = lab.write(
            "ejabberd/inetrc",
            "{lookup, [file, dns]}.\n{hosts_file, \"\"}.\n"
            f"{{resolv_conf, \"\"}}.\n{{nameserver, {{{address}}}, {lab.dns_port}}}.\n"
            "{cache_size, 0}.\n")
        register = ", ".join(
            f'ejabberd_auth:try_register(<<"{user}">>, <<"example.org">>, '
            f'<<"{PASSWORD}">>)' for user in USERS)
        self.process = Process(
            lab, "xmpp", "ejabberd",
            ["erl", "-noinput", "-pa", ebin,
             "-mnesia", "dir", f'"{lab.path("ejabberd/mnesia")}"',
             "-kernel", "inet_dist_use_interface", "{127,0,0,1}",
             "-s", "ejabberd",
             "-eval", f'{register}, io:format("laboratory ready~n").'],
            env={"EJABBERD_CONFIG_PATH": config,
                 "EJABBERD_LOG_PATH": lab.path("log/ejabberd-own.log"),
                 "ERL_INETRC": inetrc,
                 "ERL_CRASH_DUMP_BYTES": "0",
                 "HOME": lab.path("ejabberd")})
        self.process.wait_log("^laboratory ready", 60)
        for port in (5222, 5269) + ((5347,) if self.component_secret else ()):
            self.process.wait_port(port, 20)

    def stop(self):
        return self.process.stop(10)

    def kill(self):
        self.process.kill()

    def freeze(self, frozen=True):
        """Neither dead nor alive: it holds its ports and says nothing."""
        self.process.signal(signal.SIGSTOP if frozen else signal.SIGCONT)
