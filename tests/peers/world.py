"""Juliet and Romeo, their servers, and stox between them."""
from agent import Agent
from authority import Authority
from ejabberd import Ejabberd
from jabberd2 import Jabberd2
from kamailio import USERS as SIP_USERS, Kamailio
from lab import Lab
from lync import Lync
from prosody import PASSWORD, Prosody
from stox import COMPONENTS, LYNC, SECRET, Stox

SERVERS = {"prosody": Prosody, "ejabberd": Ejabberd, "jabberd2": Jabberd2}
# Names that are not in the DNS, by mode.
HIDDEN = {
    "direct": ("_xmpp-server.",),
    # a domain that has SIP and no XMPP
    "gateway": ("_xmpps-server.", "_xmpp-server._tcp.contoso.com."),
}
JULIET, NURSE = "juliet@example.org", "nurse@example.org"
ROMEO, BENVOLIO = "romeo@contoso.com", "benvolio@contoso.com"


class World:
    """One laboratory with both servers and both users in it.

    mode is how stox meets the XMPP server: one of stox.MODES.
    """

    def __init__(self, server="prosody", mode="external"):
        self.lab = Lab()
        self.mode = mode
        self.server_name = server
        self.authority = Authority(self.lab)
        self.agents = {}
        self.xmpp = self._xmpp()
        self.fe = self._front_end()
        self.stox = None

    def _xmpp(self):
        self.lab.hide(HIDDEN.get(self.mode, ("_xmpps-server.",)))
        components = COMPONENTS.get(self.mode, ())
        return SERVERS[self.server_name](
            self.lab, self.authority, components=components,
            component_secret=SECRET if components else None,
            secure_auth=self.mode not in ("dialback", "plain"),
            encrypted=self.mode != "plain", modern=self.mode == "bidi")

    def _front_end(self):
        return (Lync if self.mode in LYNC else Kamailio)(
            self.lab, self.authority)

    def stumbles(self):
        """How often the XMPP server broke a stream by a defect of its own
        that no case can avoid."""
        if not self.xmpp.own_defect:
            return 0
        log, mark = self.xmpp.own_defect
        with open(self.lab.path(f"log/{log}.log"), encoding="utf-8",
                  errors="replace") as file:
            return file.read().count(mark)

    def start_servers(self):
        self.fe.start()
        self.xmpp.start()

    def start_stox(self, **options):
        self.stox = Stox(self.lab, self.authority, self.mode)
        self.stox.start(**options)

    def switch(self, mode):
        """Go on with another mode: new stox, XMPP server with other words, and
        perhaps another SIP server."""
        if self.stox and self.stox.process:
            self.stox.stop()
        self.log_out("juliet")
        self.xmpp.stop()
        if mode in LYNC or self.mode in LYNC:
            self.log_out("romeo")
            self.fe.stop()
            self.mode = mode
            self.fe = self._front_end()
            self.fe.start()
        self.mode = mode
        self.xmpp = self._xmpp()
        self.xmpp.start()
        self.start_stox()

    # ---- users ----------------------------------------------------------------

    def xmpp_user(self, name):
        """Log in name@example.org; returns the agent."""
        if name not in self.agents:
            agent = Agent(self.lab, "home", name, "xmpp_client.py",
                          f"{name}@example.org", PASSWORD,
                          self.lab.ip4("xmpp"), self.authority.file)
            self.agents[name] = agent
            agent.wait("ready", 20)
        return self.agents[name]

    def sip_user(self, name):
        """Register name@contoso.com; returns the agent."""
        if self.mode in LYNC:
            return self.fe.romeo
        if name not in self.agents:
            agent = Agent(self.lab, "home", name, "sip_client.py",
                          f"{name}@contoso.com", self.lab.ip4("fe"), "5071",
                          self.authority.file, "fe.contoso.com")
            self.agents[name] = agent
            agent.wait("connected", 10)
            agent.wait("registered", 10, id=agent.tell("register"), status=200)
        return self.agents[name]

    def log_in(self):
        """Juliet and Romeo are there, whoever writes first."""
        self.xmpp_user("juliet")
        self.sip_user("romeo")

    def log_out(self, name):
        agent = self.agents.pop(name, None)
        if not agent:
            return
        if (name in SIP_USERS and agent.process.running()
                and self.fe.process.running()):
            # so that their contact is not kept
            agent.tell("unregister")
            agent.quiet("registered", 2)
        agent.stop()

    @property
    def juliet(self):
        return self.xmpp_user("juliet")

    @property
    def romeo(self):
        return self.sip_user("romeo")

    def close(self, **options):
        self.lab.close(**options)
