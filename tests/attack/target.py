"""The stox that is attacked: a build with sanitizers, alone on loopback.

Around it: an authority of its own, a SIP front end that notes every text that
reaches it, and an XMPP server that does as a case tells it when stox connects.
"""
import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

from names import Names
from peer import Peer, client_context

CONFIG = """
data         = "{folder}/data"
certificates = "{folder}/certs"
trust        = "{folder}/ca.crt"
host         = "gw.contoso.com"
control      = "{folder}/control"
log_level    = "info"
dns_servers  = {{ "127.0.0.1@{dns}" }}
dns_trust_anchor = "{folder}/anchor"
plugins      = {{ "message", "presence", "disco", "ping" }}
plugin_path  = {{ "{build}/.libs" }}
xmpp_listen  = {{ "127.0.0.1:{xmpp}" }}
xmpp_listen_tls = {{ "127.0.0.1:{direct}" }}
sip_listen   = {{ "127.0.0.1:{sip}" }}
limits       = {{ xmpp_setup = 4, xmpp_first_byte = 3,
                 tls_handshake_time = 3, xmpp_streams_partner = 100,
                 write_time = 5 }}

SipDomain "contoso.com"
    front_end = "localhost:{far_sip}"
    certificate = "localhost"

XmppDomain "example.org"
    proxy    = "127.0.0.1:{far_xmpp}"
    sasl     = "required"
    dialback = false

XmppDomain "dialback.example"
    proxy    = "127.0.0.1:{far_xmpp}"
    sasl     = "off"
    dialback = true

XmppDomain "plain.example"
    proxy    = "127.0.0.1:{far_xmpp}"
    tls      = "off"
    sasl     = "off"
    dialback = true
"""

# stox waits after a failure before it connects to a partner again: each case
# that fails outbound gets a partner of its own.
FRESH = """
for number = 1, 99 do
    XmppDomain("p" .. number .. ".far.example")
    proxy    = "127.0.0.1:{far_xmpp}"
    sasl     = "required"
    dialback = false
    XmppDomain("d" .. number .. ".far.example")
    proxy    = "127.0.0.1:{far_xmpp}"
    sasl     = "off"
    dialback = true
end
for number = 1, 500 do
    XmppDomain("c" .. number .. ".crowd.example")
    proxy    = "127.0.0.1:{far_xmpp}"
    sasl     = "required"
    dialback = false
end
"""


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")


class Authority:
    """Certificates as odd as a case wants them, by openssl."""

    def __init__(self, folder, name="ca", of=None, **words):
        self.folder, self.name = folder, name
        self.file, self.key = f"{folder}/{name}.crt", f"{folder}/{name}.key"
        if of:
            of.issue(name, cn=name, san=None, **words)
        else:
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                "-out", self.file, "-subj", f"/CN={name} of the attack",
                "-days", "2")

    def issue(self, name, san="", cn="x", extra="", dates=()):
        """FOLDER/name.crt and .key.  san: as openssl writes it, "" for
        DNS:name, None for none.  dates: first and last, as openssl ca."""
        crt, key = f"{self.folder}/{name}.crt", f"{self.folder}/{name}.key"
        csr, ext = f"{self.folder}/{name}.csr", f"{self.folder}/{name}.ext"
        os.makedirs(os.path.dirname(crt), exist_ok=True)
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", csr,
            "-subj", f"/CN={cn}")
        if san == "":
            san = f"DNS:{os.path.basename(name)}"
        with open(ext, "w", encoding="ascii") as file:
            file.write((f"subjectAltName={san}\n" if san else "")
                       + (extra or "basicConstraints=CA:FALSE\n"))
        if dates:
            self._dated(csr, ext, crt, dates)
        else:
            run("openssl", "x509", "-req", "-in", csr, "-CA", self.file,
                "-CAkey", self.key, "-CAcreateserial", "-days", "2",
                "-extfile", ext, "-out", crt)
        os.chmod(key, 0o600)
        return crt, key

    def _dated(self, csr, ext, crt, dates):
        config = f"{self.folder}/dated.cnf"
        with open(config, "w", encoding="ascii") as file:
            file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={config}.db\n"
                       f"new_certs_dir={self.folder}\ndefault_md=sha256\n"
                       "policy=p\nrand_serial=yes\n[p]\ncommonName=optional\n")
        open(f"{config}.db", "w", encoding="ascii").close()
        run("openssl", "ca", "-batch", "-notext", "-config", config, "-in",
            csr, "-out", crt, "-cert", self.file, "-keyfile", self.key,
            "-extfile", ext, "-startdate", dates[0], "-enddate", dates[1])


class FrontEnd:
    """The SIP server: takes MESSAGEs over TLS, answers 200, keeps the texts;
    and sends MESSAGEs itself."""

    def __init__(self, context):
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.texts, self.arrived = [], threading.Condition()
        self.subscribes = []          # their heads, as text
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(sock,),
                             daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(OSError):
            sock = self.context.wrap_socket(sock, server_side=True)
            buffer = b""
            while data := sock.recv(65536):
                buffer += data
                while (whole := self._split(buffer)):
                    head, body, buffer = whole
                    self._answer(sock, head, body)

    @staticmethod
    def _split(buffer):
        buffer = buffer.lstrip(b"\r\n")
        head, blank, rest = buffer.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
        size = int(length[1]) if length else 0
        if not blank or len(rest) < size:
            return None
        return head, rest[:size], rest[size:]

    def _answer(self, sock, head, body):
        if head.startswith(b"SIP/2.0"):
            return
        if head.startswith(b"MESSAGE"):
            with self.arrived:
                self.texts.append((time.monotonic(), body))
                self.arrived.notify_all()
        if head.startswith(b"SUBSCRIBE"):
            with self.arrived:
                self.subscribes.append(head.decode())
                self.arrived.notify_all()
        kept = [line for line in head.split(b"\r\n")[1:] if re.match(
            rb"(?i)(via|v|from|f|to|t|call-id|i|cseq)\s*:", line)]
        sock.sendall(b"\r\n".join([b"SIP/2.0 200 OK", *kept,
                                   b"Content-Length: 0", b"", b""]))

    def has(self, text, seconds=0):
        """Whether a MESSAGE holds the text, perhaps after a while; returns
        when it came."""
        with self.arrived:
            def look():
                return next((at for at, body in self.texts
                             if text.encode() in body), None)
            self.arrived.wait_for(look, seconds)
            return look()


    def subscribed(self, who, seconds=5):
        """The head of the last SUBSCRIBE of that user, perhaps after a while."""
        with self.arrived:
            def look():
                return next((head for head in reversed(self.subscribes)
                             if f"<sip:{who}>" in head), None)
            self.arrived.wait_for(look, seconds)
            return look()


class Server:
    """What stox connects to: each connection is handed to serve(peer)."""

    def __init__(self, serve=None):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.serve, self.accepted, self.failures = serve, 0, []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            sock, _ = self.listener.accept()
            self.accepted += 1
            threading.Thread(target=self._one, args=(sock, self.serve),
                             daemon=True).start()

    def _one(self, sock, serve):
        with Peer(sock) as peer:
            if not serve:
                return
            try:
                serve(peer)
            except Exception as error:  # told by the case, not lost here
                self.failures.append(str(error))


class Target:
    """stoxd and what stands around it."""

    def __init__(self, folder, build, config="", anchor=""):
        """config: more of the configuration; anchor: of the DNSSEC."""
        self.folder, self.build = folder, build
        self.template = CONFIG + FRESH + config
        os.makedirs(f"{folder}/data", mode=0o700)
        os.makedirs(f"{folder}/certs", mode=0o700)
        with open(f"{folder}/anchor", "w", encoding="ascii") as file:
            file.write(anchor)
        self.authority = Authority(folder)
        for name in ("contoso.com", "localhost"):
            self.authority.issue(f"certs/{name}")
        self.pair = self.authority.issue("peer/example.org")
        self.server_context = self.server_side(self.pair)
        self.front_end = FrontEnd(self.server_side(
            (f"{folder}/certs/localhost.crt", f"{folder}/certs/localhost.key")))
        self.server, self.names = Server(), Names()
        self.hosted, self.component = [], Server(self.host_server)
        self.deaf = threading.Event()     # who does not read may go
        self.xmpp, self.sip = self._free_port(), self._free_port()
        self.direct = self._free_port()
        self.config = f"{folder}/stox.cfg.lua"
        self.process, self.calls, self.partners = None, 0, 0

    @staticmethod
    def _free_port():
        with socket.create_server(("127.0.0.1", 0)) as probe:
            return probe.getsockname()[1]

    def server_side(self, pair):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        return context

    def context(self, pair=None, **words):
        return client_context(self.authority.file, pair or self.pair, **words)

    def host_server(self, peer):
        """The XMPP server that the component is of."""
        self.hosted.append(peer)
        peer.until(rb"<stream:stream[^>]*>")
        peer.send(b"<stream:stream id='c1' xmlns='jabber:component:accept' "
                  b"xmlns:stream='http://etherx.jabber.org/streams'>")
        peer.until(rb"<handshake>")
        peer.send(b"<handshake/>")
        peer.end(100000)

    def write_config(self, file, more=""):
        with open(file, "w", encoding="utf-8") as out:
            out.write(self.template.format(
                folder=self.folder, build=self.build, xmpp=self.xmpp,
                sip=self.sip, direct=self.direct, far_sip=self.front_end.port,
                far_xmpp=self.server.port, dns=self.names.port,
                component=self.component.port) + more)

    def check_config(self, more):
        """What stoxd says to its configuration and more of it."""
        file = f"{self.folder}/try.cfg.lua"
        self.write_config(file, more)
        done = subprocess.run(
            [f"{self.build}/src/stoxd/stoxd", "--check-config", "-c", file],
            capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr if done.returncode else ""

    def renew(self, name):
        """A new certificate in the place of an old one."""
        self.authority.issue(f"certs/{name}")
        self.ctl("reload")

    def start(self):
        self.write_config(self.config)
        since = len(self.text())
        self.log = open(f"{self.folder}/stoxd.log", "ab")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL",
             f"{self.build}/src/stoxd/stoxd", "-c", self.config],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1:"
                 "detect_leaks=1:exitcode=99",
                 "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})
        deadline = time.monotonic() + 30
        while b"core ready" not in self.text()[since:]:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"stoxd: {self.text()[-2000:].decode()}")
            time.sleep(0.05)

    def stop(self):
        """SIGTERM; its exit status, which tells of leaks too."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def text(self):
        """The log so far, of all starts."""
        try:
            with open(f"{self.folder}/stoxd.log", "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def ctl(self, *words):
        done = subprocess.run(
            [f"{self.build}/src/stoxctl/stoxctl", "-s",
             f"{self.folder}/control", "--json", *words],
            capture_output=True, text=True, timeout=20, check=True)
        return json.loads(done.stdout)

    def rss_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # ---- ways in -----------------------------------------------------------------

    def connect(self):
        since = len(self.text())
        peer = Peer.connect(("127.0.0.1", self.xmpp))
        peer.since = since    # what the log says of it begins there
        return peer

    def stream(self, phase, **words):
        """A peer in the phase: "plain", "tls" or "auth", its header answered."""
        peer = self.connect()
        if phase == "auth":
            peer.log_in(self.context(), **words)
            return peer
        peer.open(**words)
        if phase == "tls":
            peer.secure(self.context())
            peer.open(**words)
        return peer

    def restarted(self, phase):
        """A peer that stands where a header is due."""
        peer = self.connect()
        if phase == "plain":
            return peer
        peer.open()
        peer.secure(self.context())
        if phase == "auth":
            peer.open()
            peer.external()
        return peer

    def fresh(self, kind="p"):
        """A partner that stox has not connected to yet: proven by certificate
        ("p"), or by dialback ("d")."""
        self.partners += 1
        return f"{kind}{self.partners}.far.example"

    def request(self, body, to):
        """A MESSAGE as the front end sends it."""
        self.calls += 1
        return (f"MESSAGE sip:{to} SIP/2.0\r\n"
                f"Via: SIP/2.0/TLS localhost:{self.front_end.port}"
                f";branch=z9hG4bKattack{self.calls}\r\n"
                f"From: <sip:romeo@contoso.com>;tag=a{self.calls}\r\n"
                f"To: <sip:{to}>\r\nCall-ID: attack{self.calls}@localhost\r\n"
                "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
                "Content-Type: text/plain\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def call(self):
        """A connection as the front end's."""
        context = client_context(
            self.authority.file, (f"{self.folder}/certs/localhost.crt",
                                  f"{self.folder}/certs/localhost.key"))
        return context.wrap_socket(
            socket.create_connection(("127.0.0.1", self.sip), 10))

    def say(self, body, to="juliet@example.org", seconds=25):
        """Send a MESSAGE; returns the final status."""
        with self.call() as sock:
            sock.settimeout(seconds)
            sock.sendall(self.request(body, to))
            text = b""
            while not (found := re.search(rb"SIP/2\.0 ([2-6]\d\d)", text)):
                data = sock.recv(65536)
                if not data:
                    return None
                text += data
            return int(found[1])
