#!/usr/bin/python3
"""`stoxctl plan` against the configurations of README.md and others: every name
and port of the configuration stands where it belongs, and a configuration with
other names gives the same plan with other names.  Speaks TAP."""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("STOX_SRCDIR", os.path.join(HERE, "..", ".."))
BUILD = os.path.abspath(os.environ.get("STOX_BUILDDIR", TOP))
SECTIONS = ["certificates", "ports", "dns", "lync", "xmpp"]
# Of the same length, so that columns stay where they are.
OTHER = [("contoso.com", "litware.org"), ("example.org", "wingtip.edu"), ("gw.", "ab."), ("fe.", "cd."),
         ("sip.", "im1."), ("192.0.2.7", "192.0.2.9")]
PORTS = [("6061", "7061"), ("6062", "7062"), ("6269", "7269"), ("6270", "7270"), ("6347", "7347"), ("6300", "7300")]
EVERY_PORT = """
host = "gw.example.org"
sip_listen = { "*:6061" }
sip_port = 6061
xmpp_listen = "*:6269"
xmpp_listen_tls = "*:6270"
Gateway "sip.example.org"
    component = { port = 6347, secret_file = "secret" }
Gateway "gate.example.org"
SipDomain "contoso.com"
    front_end = "fe.contoso.com:6062"
    dialect = "lync"
    trusted = true
    gateway = "sip.example.org"
SipDomain "fabrikam.com"
    front_end = "fe.fabrikam.com:6062"
    gateway = "gate.example.org"
XmppDomain "example.org"
    proxy = "in.example.org:6300"
"""

FEDERATED = """
host = "sip.example.org"
sip_listen = "192.0.2.7:5061"
SipDomain "contoso.com"
    dialect = "lync"
XmppDomain "example.org"
"""
INSIDE = """
host = "gw.contoso.com"
sip_port = 5061
SipDomain "contoso.com"
    front_end = "fe.contoso.com"
    dialect = "lync"
    trusted = true
    component = { port = 5347, secret_file = "secret" }
XmppDomain "example.org"
    additional_domains = "sub.example.org"
XmppDomain "closed.example"
    partner = "blocked"
XmppDomain "192.0.2.77"
"""
OPEN = """
host = "gw.example.org"
Gateway "sip.example.org"
discover_sip = "on"
XmppDomain "example.org"
    sasl = "required"
    dialback = false
""".replace('Gateway "sip.example.org"\ndiscover_sip = "on"', 'discover_sip = "on"\nGateway "sip.example.org"')
PROVIDER = """
host = "gw.example.org"
Gateway "sip.example.org"
Provider "fe.contoso.com"
    dialect = "lync"
XmppDomain "example.org"
"""
STRANGE = """
host = "gw.sub.example.org"
sip_port = 5070
SipDomain "contoso.com"
    front_end = { "fe.contoso.com", "fe2.contoso.com:5071" }
    dialect = "lync"
XmppDomain "example.org"
    proxy = "in.example.org:5300"
"""


class Folder:
    """A place for a configuration, its secret and its certificates."""

    def __init__(self, path):
        self.path = path
        os.makedirs(os.path.join(path, "certs"))
        with open(os.open(os.path.join(path, "secret"), os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="utf-8") as f:
            f.write("not for others\n")

    def run(self, text, *section, program="plan"):
        text = re.sub(r'^certificates *=.*$', "", text, flags=re.M).replace("/etc/stox/secret", "secret")
        name = os.path.join(self.path, "stox.cfg.lua")
        with open(name, "w", encoding="utf-8") as f:
            f.write(f'certificates = "certs"\nplugin_path = {{ "{BUILD}/.libs" }}\n{text}')
        os.chmod(name, 0o600)
        return subprocess.run([f"{BUILD}/src/stoxctl/stoxctl", "-c", name, program, *section], text=True,
                              env=dict(os.environ, STOXD=f"{BUILD}/src/stoxd/stoxd"), check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def plan(self, text, *section):
        done = self.run(text, *section)
        return done.stdout.replace(self.path, "") if done.returncode == 0 else f"status {done.returncode}: {done.stderr}"

    def certificate(self, name, sans, usage):
        """Returns the hash that a TLSA record carries."""
        base = os.path.join(self.path, "certs", name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName={sans}", "-addext", f"extendedKeyUsage={usage}",
                        "-days", "40", "-keyout", base + ".key", "-out", base + ".crt"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(base + ".key", 0o600)
        pem = subprocess.run(["openssl", "x509", "-in", base + ".crt", "-noout", "-pubkey"], check=True,
                             stdout=subprocess.PIPE).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem, check=True,
                             stdout=subprocess.PIPE).stdout
        return subprocess.run(["openssl", "sha256", "-r"], input=der, check=True,
                              stdout=subprocess.PIPE).stdout.split()[0].decode()


def renamed(text, table=None):
    for old, new in table or OTHER:
        text = text.replace(old, new)
    return text


def lines(text):
    """Without runs of blanks."""
    return [" ".join(line.split()) for line in text.splitlines()]


def active(text, mark):
    return [line for line in lines(text) if line and not line.startswith(mark)]


def missing(text, *wanted):
    have = lines(text)
    return [f"no line: {w}" for w in wanted if w not in have]


def same(have, want):
    return list(difflib.unified_diff(have, want, "have", "want", n=0, lineterm=""))


def readme():
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as f:
        blocks = re.findall(r"^```lua\n(.*?)^```", f.read(), re.M | re.S)
    return [b for b in blocks if "SipDomain" in b and "Gateway" not in b]


def lync(text):
    return text if "dialect" in text else re.sub(r"^( +)(front_end .*)$", r'\1\2\n\1dialect = "lync"', text, flags=re.M)


def simple(text):
    return "\n".join(line for line in text.splitlines() if "dialect" not in line)


def check_server(f):
    """README: stox is the XMPP server of a SIP domain."""
    text = lync(readme()[0])
    bad = missing(f.plan(text, "certificates"),
                  "gw.contoso.com", "for SIP servers of contoso.com, both directions", "subject CN=gw.contoso.com",
                  "SAN DNS:gw.contoso.com", "contoso.com", "subject CN=contoso.com", "SAN DNS:contoso.com",
                  "SAN SRV-ID:_xmpp-server.contoso.com", "SAN XmppAddr:contoso.com",
                  "for XMPP servers that talk to contoso.com, both directions",
                  "file MISSING; expected /certs/gw.contoso.com.crt with gw.contoso.com.key",
                  "file MISSING; expected /certs/contoso.com.crt with contoso.com.key")
    bad += missing(f.plan(text, "ports"),
                   "in example.org gw.contoso.com:5269 XMPP/TCP server to server, STARTTLS",
                   "in example.org gw.contoso.com:5270 XMPP/TLS server to server, direct TLS",
                   "out gw.contoso.com example.org by SRV, else :5269 XMPP/TCP server to server",
                   "in fe.contoso.com gw.contoso.com:5061 SIP/TLS mutual TLS, several connections",
                   "out gw.contoso.com fe.contoso.com:5061 SIP/TLS mutual TLS")
    dns = f.plan(text, "dns")
    bad += same(active(dns, ";"), ["_xmpp-server._tcp.contoso.com. IN SRV 0 0 5269 gw.contoso.com.",
                                   "_xmpps-server._tcp.contoso.com. IN SRV 0 0 5270 gw.contoso.com."])
    bad += missing(dns, "; _sipfederationtls._tcp.example.org. IN SRV 0 0 5061 gw.contoso.com.",
                   "; _sips._tcp.example.org. IN SRV 0 0 5061 gw.contoso.com.",
                   "; TLSA for contoso.com: when its certificate is there, ask again")
    bad += same(active(f.plan(text, "lync"), "#"),
                ["Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true",
                 "New-CsAllowedDomain -Identity example.org -ProxyFqdn gw.contoso.com "
                 '-VerificationLevel AlwaysVerifiable -Comment "XMPP, by stox"',
                 "Set-CsExternalAccessPolicy -Identity Global -EnableFederationAccess $true"])
    bad += missing(f.plan(text, "xmpp"), "-- Prosody of example.org: server to server with contoso.com",
                   "s2s_require_encryption = true", "# ejabberd of example.org: server to server with contoso.com",
                   "s2s_use_starttls: required")
    return bad


def check_component(f):
    """README: stox is a component of Prosody."""
    text = lync(readme()[1])
    certificates = f.plan(text, "certificates")
    bad = missing(certificates, "gw.example.org", "SAN DNS:gw.example.org")
    bad += [f"there is {line}" for line in lines(certificates) if "XMPP" in line or "XmppAddr" in line]
    ports = f.plan(text, "ports")
    bad += missing(ports, "out gw.example.org 127.0.0.1:5347 XMPP/TCP component contoso.com, not encrypted",
                   "in fe.contoso.com gw.example.org:5061 SIP/TLS mutual TLS, several connections",
                   "out gw.example.org fe.contoso.com:5061 SIP/TLS mutual TLS")
    bad += [f"there is {line}" for line in lines(ports) if "5269" in line or "5270" in line]
    bad += same(active(f.plan(text, "dns"), ";"), [])
    xmpp = f.plan(text, "xmpp")
    bad += missing(xmpp, "component_ports = { 5347 }", 'Component "contoso.com"', 'component_secret = "SECRET"',
                   "port: 5347", 'ip: "127.0.0.1"', '"contoso.com":', 'password: "SECRET"')
    bad += ["the secret is told"] if "not for others" in f.plan(text) else []
    return bad


def check_names(f):
    """Other names in, other names out: nothing is written down."""
    bad = []
    for text in readme() + [FEDERATED, INSIDE, OPEN, PROVIDER, STRANGE]:
        for form in (lync(text), simple(text)):
            plan = f.plan(form)
            bad += same(lines(f.plan(renamed(form))), lines(renamed(plan)))
            bad += [f"status: {plan}"] if plan.startswith("status") else []
    return bad


def check_ports(f):
    """Other ports in, other ports out, and no default beside them."""
    plan = f.plan(EVERY_PORT)
    bad = same(lines(f.plan(renamed(EVERY_PORT, PORTS))), lines(renamed(plan, PORTS)))
    bad += [f"{port} is not told" for port, _ in PORTS if port not in plan]
    return bad + [f"a default: {line}" for line in lines(plan)
                  if re.search(r"\b(5060|5061|5062|5269|5270|5347)\b", line)]


def check_sections(f):
    """All is the sections, one after the other."""
    text = lync(readme()[0])
    return same(f.plan(text).splitlines(), "\n".join(f.plan(text, s) for s in SECTIONS).splitlines())


def check_federated(f):
    """An allowed partner domain: records that Lync believes."""
    bad = same(active(f.plan(FEDERATED, "dns"), ";"), [
        "sip.example.org. IN A 192.0.2.7",
        "_xmpp-server._tcp.contoso.com. IN SRV 0 0 5269 sip.example.org.",
        "_xmpps-server._tcp.contoso.com. IN SRV 0 0 5270 sip.example.org.",
        "_sipfederationtls._tcp.example.org. IN SRV 0 0 5061 sip.example.org.",
        "_sips._tcp.example.org. IN SRV 0 0 5061 sip.example.org."])
    powershell = f.plan(FEDERATED, "lync")
    bad += missing(powershell, 'New-CsAllowedDomain -Identity example.org -Comment "XMPP, by stox"')
    bad += ["warned"] if "WARNING" in f.plan(FEDERATED, "dns") + powershell else []
    bad += missing(f.plan(FEDERATED, "ports"),
                   "out sip.example.org contoso.com by SRV, else :5061 SIP/TLS mutual TLS",
                   "in contoso.com 192.0.2.7:5061 SIP/TLS mutual TLS, several connections")
    return bad


def check_inside(f):
    """A trusted application with a route for every name; nobody who is blocked."""
    plan = f.plan(INSIDE, "lync")
    bad = same(active(plan, "#"), [
        "New-CsTrustedApplicationPool -Identity gw.contoso.com -Registrar fe.contoso.com -Site SITE "
        "-RequiresReplication $false -ThrottleAsServer $true -TreatAsAuthenticated $true",
        "New-CsTrustedApplication -ApplicationId stox -TrustedApplicationPoolFqdn gw.contoso.com -Port 5061",
        "$route = New-CsStaticRoute -TLSRoute -Destination gw.contoso.com -Port 5061 -MatchUri example.org "
        "-UseDefaultCertificate $true",
        "Set-CsStaticRoutingConfiguration -Identity global -Route @{Add=$route}",
        "$route = New-CsStaticRoute -TLSRoute -Destination gw.contoso.com -Port 5061 -MatchUri sub.example.org "
        "-UseDefaultCertificate $true",
        "Set-CsStaticRoutingConfiguration -Identity global -Route @{Add=$route}",
        "Enable-CsTopology"])
    bad += ["who is blocked is in it"] if "closed.example" in f.plan(INSIDE) else []
    return bad + (["an address has records"] if "192.0.2.77" in f.plan(INSIDE, "dns") else [])


def check_open(f):
    """Discovered partners."""
    bad = missing(f.plan(OPEN, "lync"), "Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true -UseDnsSrvRouting "
                  "-EnablePartnerDiscovery $true -DiscoveredPartnerVerificationLevel AlwaysVerifiable")
    bad += missing(f.plan(OPEN, "ports"), "in any gw.example.org:5061 SIP/TLS mutual TLS, several connections")
    bad += missing(f.plan(OPEN, "certificates"), "SAN DNS:example.org", "sip.example.org")
    return bad + missing(f.plan(OPEN, "xmpp"), "s2s_secure_auth = true")


def check_provider(f):
    """A provider: one server for domains that have no section."""
    bad = missing(f.plan(PROVIDER, "ports"), "out gw.example.org fe.contoso.com:5061 SIP/TLS mutual TLS",
                  "in fe.contoso.com gw.example.org:5061 SIP/TLS mutual TLS, several connections")
    bad += missing(f.plan(PROVIDER, "certificates"),
                   "for SIP servers of all domains behind fe.contoso.com, both directions")
    return bad + missing(f.plan(PROVIDER, "lync"), "# ---- all domains behind fe.contoso.com, at fe.contoso.com")


def check_warnings(f):
    """What Lync would refuse is said."""
    open_ = STRANGE.replace('    front_end = { "fe.contoso.com", "fe2.contoso.com:5071" }\n', "")
    bad = []
    for text, section, wanted in [
            (open_, "dns", "WARNING: gw.sub.example.org does not stand directly below example.org"),
            (open_, "lync", "WARNING: gw.sub.example.org does not stand directly below example.org"),
            (STRANGE, "dns", "But gw.sub.example.org does not stand directly below example.org"),
            (STRANGE, "lync", "WARNING: -ProxyFqdn has no port, and Edge Servers connect to 5061"),
            (STRANGE, "ports", "WARNING: SIP servers are told to connect to port 5070 (sip_port)")]:
        plan = f.plan(text, section)
        bad += [] if wanted in plan else [f"not warned: {wanted}"]
        bad += [] if "WARNING" in wanted or "WARNING" not in plan else ["a possibility is warned of"]
    bad += missing(f.plan(STRANGE, "ports"), "out gw.sub.example.org in.example.org:5300 XMPP/TCP server to server",
                   "out gw.sub.example.org fe.contoso.com:5061 SIP/TLS mutual TLS",
                   "out gw.sub.example.org fe2.contoso.com:5071 SIP/TLS mutual TLS",
                   "in fe.contoso.com and fe2.contoso.com gw.sub.example.org:5061 SIP/TLS "
                   "mutual TLS, several connections")
    return bad


def check_real(f):
    """Real certificates: what is in them, what is not, and the hash of the key."""
    text = lync(readme()[0])
    shown = f.certificate("contoso.com", "DNS:contoso.com,otherName:1.3.6.1.5.5.7.8.5;UTF8:contoso.com",
                          "serverAuth,clientAuth")
    f.certificate("gw.contoso.com", "DNS:*.contoso.com", "serverAuth")
    bad = missing(f.plan(text, "dns"),
                  f"_5269._tcp.gw.contoso.com. IN TLSA 3 1 1 {shown} ; /certs/contoso.com.crt",
                  f"_5270._tcp.gw.contoso.com. IN TLSA 3 1 1 {shown} ; /certs/contoso.com.crt")
    plan = f.plan(text, "certificates")
    bad += missing(plan, "SAN DNS:contoso.com there", "SAN XmppAddr:contoso.com there",
                   "SAN SRV-ID:_xmpp-server.contoso.com not there; some authorities give none",
                   "SAN DNS:gw.contoso.com MISSING", "usage client authentication MISSING",
                   "usage client authentication there")
    for wanted in ("file /certs/gw.contoso.com.crt, ends in ", "WARNING: *.contoso.com: SIP servers take no wildcard",
                   "certificate is not for clients"):
        bad += [] if any(line.startswith(wanted) or wanted in line for line in lines(plan)) else [f"not said: {wanted}"]
    strict = text.replace('    front_end', '    peer_client_usage = true\n    front_end', 1)
    bad += missing(f.plan(strict, "certificates"), "theirs client authentication, in what the SIP servers of contoso.com "
                   "show when they connect (peer_client_usage)")
    bad += ["usage of theirs, unasked"] if "theirs" in plan else []
    key = os.path.join(f.path, "certs", "gw.contoso.com.key")
    with open(key, "w", encoding="utf-8") as k:
        k.write("no key")
    done = f.run(text, "certificates")
    bad += [] if done.returncode == 0 and "MISSING" in done.stdout and "gw.contoso.com.key" in done.stderr \
        else [f"a broken key: {done.returncode} {done.stderr}"]
    return bad


def check_status(f):
    """Exit codes."""
    text = readme()[0]
    bad = []
    for args, wanted, said in [((text, "weather"), 2, "certificates, ports, dns, lync, xmpp"),
                               ((text, "dns", "ports"), 2, "Usage"),
                               (('front_end = "x"', "dns"), 2, "stox.cfg.lua:3:"),
                               ((text, "dns"), 0, "")]:
        done = f.run(*args)
        if done.returncode != wanted or said not in done.stderr:
            bad.append(f"{args[1:]}: status {done.returncode}: {done.stderr}")
    done = f.run(text, program="status")
    return bad + ([] if done.returncode == 2 else ["-c without plan is taken"])


def main():
    checks = [check_server, check_component, check_names, check_ports, check_sections, check_federated, check_inside, check_open,
              check_provider, check_warnings, check_status]
    if shutil.which("openssl"):
        checks.append(check_real)
    print(f"1..{len(checks) + 1}")
    failed = len(readme()) != 2
    print(f"{'not ok' if failed else 'ok'} 1 - README.md has two configurations")
    for i, check in enumerate(checks, 2):
        with tempfile.TemporaryDirectory() as top:
            bad = check(Folder(os.path.join(os.path.realpath(top), "x")))
        print(f"{'not ok' if bad else 'ok'} {i} - {check.__doc__.splitlines()[0]}")
        for b in bad:
            print("\n".join("# " + line for line in str(b).splitlines()))
        failed = failed or bad
    return 1 if failed else 0


sys.exit(main())
