"""Prosody as the XMPP server of example.org."""
import os
import signal

from lab import Process
from stox import GATEWAY

PASSWORD = "verona"
USERS = ("juliet", "nurse")
# Where mod_stox.lua is.
CONTRIB = os.path.abspath(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../contrib/prosody"))


class Prosody:
    """Start with start(); c2s on 5222, s2s on 5269, components on 5347."""

    name = "Prosody"
    # What it answers to a message for a user that does not exist.
    unknown_user = "service-unavailable"
    # self.certificate is shown to servers only.
    clients_see_it = False
    # It asks the name server that it is given, and only that one.
    own_resolver = True
    modes = ("external", "direct", "bidi", "dane", "dialback", "plain",
             "component", "gateway", "lync", "lync-component")
    own_defect = None

    def __init__(self, lab, authority, component_secret=None,
                 secure_auth=True, encrypted=True, components=(),
                 modern=False):
        self.lab, self.authority = lab, authority
        self.component_secret = component_secret
        self.components, self.modern = components, modern
        self.secure_auth, self.encrypted = secure_auth, encrypted
        self.process = None
        self.certificate = authority.issue("prosody/certs", "example.org")
        self.for_clients = self.certificate

    def _config(self):
        lab, (crt, key) = self.lab, self.for_clients
        s2s_crt, s2s_key = self.certificate
        components = "".join(
            f'Component "{name}"\n'
            f'    component_secret = "{self.component_secret}"\n'
            for name in self.components)
        gateway = (f"""plugin_paths = {{ "{CONTRIB}" }}
stox_gateway = "{GATEWAY}"
""" if GATEWAY in self.components else "")
        more = (', "stox"' if gateway else "") + (
            ', "s2s_bidi", "smacks"' if self.modern else "")
        return f"""
run_as_root = true
pidfile = "{lab.path("prosody/prosody.pid")}"
data_path = "{lab.path("prosody/data")}"
log = {{ debug = "*console" }}
interfaces = {{ "{lab.ip4("xmpp")}"
    {f', "{lab.ip6("xmpp")}"' if lab.ip6("xmpp") else ""} }}
unbound = {{
    resolvconf = false, hoststxt = false,
    forward = {{ "{lab.dns_server}" }}
}}
modules_enabled = {{ "roster", "saslauth", "tls", "dialback", "disco",
    "ping", "s2s", "c2s"{more} }}
modules_disabled = {{ "offline" }}
authentication = "internal_plain"
storage = "internal"
allow_registration = false
c2s_require_encryption = true
s2s_require_encryption = {"true" if self.encrypted else "false"}
s2s_secure_auth = {"true" if self.secure_auth else "false"}
ssl = {{
    certificate = "{crt}", key = "{key}",
    cafile = "{self.authority.file}"
}}
s2s_direct_tls_ports = {{ 5270 }}
component_ports = {{ 5347 }}
{gateway}component_interfaces = {{ "{lab.ip4("xmpp")}" }}
VirtualHost "example.org"
    s2s_ssl = {{ certificate = "{s2s_crt}", key = "{s2s_key}" }}
{components}"""

    def _write(self):
        config = self.lab.write("prosody/prosody.cfg.lua", self._config())
        for user in USERS:
            self.lab.write(f"prosody/data/example%2eorg/accounts/{user}.dat",
                           f'return {{ ["password"] = "{PASSWORD}" }};\n')
        return config

    def start(self):
        self.process = Process(
            self.lab, "xmpp", "prosody",
            ["/usr/bin/prosody", "--config", self._write(), "-F"])
        for port in (5222, 5269) + ((5347,) if self.component_secret else ()):
            self.process.wait_port(port, 15)

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()

    def freeze(self, frozen=True):
        """Neither dead nor alive: it holds its ports and says nothing."""
        self.process.signal(signal.SIGSTOP if frozen else signal.SIGCONT)
