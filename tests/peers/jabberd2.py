"""jabberd2 as the XMPP server of example.org."""
import glob
import os
import signal
import sqlite3

from lab import LabError, Process
from prosody import PASSWORD, USERS

ROUTER_PASSWORD = "capulet"

# What each kind of stanza passes through.
CHAINS = {
    "sess-start": "status", "sess-end": "status iq-last",
    "in-sess": "validate status privacy roster iq-vcard iq-ping iq-private "
               "disco offline presence deliver",
    "in-router": "session validate presence privacy", "out-router": "privacy",
    "pkt-sm": "iq-last iq-ping iq-time iq-version disco presence",
    "pkt-user": "roster presence disco iq-vcard deliver offline iq-last",
    "pkt-router": "session disco",
    "user-load": "active roster privacy", "user-create": "active",
    "user-delete": "active offline privacy roster status iq-last",
}


class Jabberd2:
    """Start with start(); c2s on 5222, s2s on 5269.

    Four daemons: the router that joins them, and on whose port (5347)
    components stand as well, the session manager, c2s and s2s.  Its s2s knows
    no SASL: it proves itself, and others, by dialback only.
    """

    name = "jabberd2"
    # What it answers to a message for a user that does not exist.
    unknown_user = "service-unavailable"
    # Clients are shown the same certificate as servers.
    clients_see_it = True
    # It asks the resolver of the system.
    own_resolver = False
    modes = ("dialback", "plain", "component", "gateway")
    # Its check of a certificate leaves this in OpenSSL's queue of errors, and
    # the next TLS record that arrives in pieces, whosever it is, then seems
    # to have failed: it breaks that stream.  Small segments provoke it (an
    # MTU of 1280 in every third run).
    own_defect = ("jabberd2-s2s", "SSL handshake error (error:04000066:")

    def __init__(self, lab, authority, component_secret=None,
                 secure_auth=True, encrypted=True, components=(),
                 modern=False):
        self.lab, self.authority = lab, authority
        self.component_secret = component_secret
        self.components, self.modern = components, modern
        self.secure_auth, self.encrypted = secure_auth, encrypted
        self.processes = []
        self.certificate = authority.issue("jabberd2/certs", "example.org")

    def _pem(self):
        """Certificate and key in one file, as OpenSSL's users like it."""
        texts = []
        for part in self.certificate:
            with open(part, encoding="ascii") as file:
                texts.append(file.read())
        return self.lab.write("jabberd2/certs/example.org.pem",
                              "".join(texts))

    def _to_router(self):
        return (f"<router><ip>{self.lab.ip4('xmpp')}</ip><port>5347</port>"
                f"<user>jabberd</user><pass>{ROUTER_PASSWORD}</pass>"
                "<retry><init>20</init><lost>0</lost><sleep>1</sleep></retry>"
                "</router>")

    def _router(self):
        secret = (f"<secret>{self.component_secret}</secret>"
                  if self.component_secret else "")
        users = self.lab.write(
            "jabberd2/router-users.xml",
            "<users><user><name>jabberd</name>"
            f"<secret>{ROUTER_PASSWORD}</secret></user></users>\n")
        rules = self.lab.write("jabberd2/router-filter.xml", "<filter/>\n")
        return f"""<id>router</id>
<local><ip>{self.lab.ip4("xmpp")}</ip><port>5347</port>
 <users>{users}</users>{secret}</local>
<aci><acl type='all'><user>jabberd</user></acl><filter>{rules}</filter></aci>
"""

    def _s2s(self):
        pem = self._pem() if self.encrypted else None
        local = (f"<pemfile>{pem}</pemfile>"
                 f"<cachain>{self.authority.file}</cachain>" if pem else "")
        security = "<require_tls/>" if pem else ""
        return f"""<id>s2s</id>{self._to_router()}
<local><ip>{self.lab.ip4("xmpp")}</ip><port>5269</port>{local}</local>
<check><interval>5</interval><queue>20</queue></check>
<lookup><srv>xmpp-server</srv><min-ttl>1</min-ttl><max-ttl>1</max-ttl>
 <bad-host-timeout>1</bad-host-timeout><no-cache/></lookup>
<security>{security}</security>
"""

    def _c2s(self):
        return f"""<id>c2s</id>{self._to_router()}
<local><id realm='' pemfile='{self._pem()}' require-starttls='true'
 >example.org</id><ip>{self.lab.ip4("xmpp")}</ip><port>5222</port></local>
<authreg><path>{self.modules}</path><module>sqlite</module>
 <ssl-mechanisms><sasl><plain/></sasl></ssl-mechanisms>
 <sqlite><dbname>{self._database()}</dbname>
  <busy-timeout>2000</busy-timeout>
  <password_type><plaintext/></password_type></sqlite>
</authreg>
"""

    def _sm(self):
        chains = "".join(
            f"<chain id='{chain}'>"
            + "".join(f"<module>{name}</module>" for name in names.split())
            + "</chain>\n" for chain, names in CHAINS.items())
        os.makedirs(self.lab.path("jabberd2/db"), mode=0o700, exist_ok=True)
        return f"""<id>sm</id>{self._to_router()}
<local><id>example.org</id></local>
<storage><path>{self.modules}</path><driver>db</driver>
 <db><path>{self.lab.path("jabberd2/db")}</path></db></storage>
<modules><path>{self.modules}</path>
{chains}</modules>
<user><auto-create/></user>
"""

    def _database(self):
        """The users, in the one table that authentication reads."""
        path = self.lab.path("jabberd2/users.db")
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE IF NOT EXISTS authreg (username "
                             "TEXT, realm TEXT, password TEXT)")
            database.execute("DELETE FROM authreg")
            database.executemany(
                "INSERT INTO authreg VALUES (?, '', ?)",
                [(user, PASSWORD) for user in USERS])
        database.close()
        return path

    @property
    def modules(self):
        found = sorted(glob.glob("/usr/lib/*/jabberd2/storage_db.so"))
        if not found:
            raise LabError("jabberd2 is not installed")
        return os.path.dirname(found[-1])

    def _daemon(self, part, text):
        config = self.lab.write(
            f"jabberd2/{part}.xml",
            f"<{part}>\n<log type='stdout'/>\n{text}</{part}>\n")
        process = Process(self.lab, "xmpp", f"jabberd2-{part}",
                          [f"/usr/sbin/jabberd2-{part}", "-c", config])
        self.processes.append(process)
        return process

    def start(self):
        self._daemon("router", self._router()).wait_port(5347, 10)
        self._daemon("sm", self._sm())
        self._daemon("s2s", self._s2s()).wait_port(5269, 15)
        self._daemon("c2s", self._c2s()).wait_port(5222, 15)
        for process in self.processes[1:]:
            process.wait_log("connection to router established", 15)

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
        self.processes = []

    def freeze(self, frozen=True):
        """Neither dead nor alive: it holds its ports and says nothing."""
        for process in self.processes:
            process.signal(signal.SIGSTOP if frozen else signal.SIGCONT)
