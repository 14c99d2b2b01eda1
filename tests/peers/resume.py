"""Cases: two stoxes, and a cable between them that is cut (XEP-0198)."""
import contextlib
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

# Behind our own folder, which has cases of the same names.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "..", "attack"))
# pylint: disable=wrong-import-position
from cases import MARK, case, check  # noqa: E402
from lab import until  # noqa: E402
from peer import client_context  # noqa: E402
from stox import build_folder  # noqa: E402
from target import Authority, FrontEnd  # noqa: E402

CONFIG = """
data         = "{folder}/data"
certificates = "{certs}"
trust        = "{trust}"
host         = "gw.{own}"
control      = "{folder}/control"
dns_servers  = {{ "127.0.0.1@1" }}
plugins      = {{ "message" }}
plugin_path  = {{ "{build}/.libs" }}
xmpp_listen  = {{ "127.0.0.1:{xmpp}" }}
sip_listen   = {{ "127.0.0.1:{sip}" }}
SipDomain "{own}"
    front_end   = "localhost:{far_sip}"
    certificate = "localhost"
XmppDomain "{other}"
    proxy    = "127.0.0.1:{cable}"
    sasl     = "required"
    dialback = false
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Cable:
    """Carries bytes to a port, until it is cut."""

    def __init__(self, to):
        self.to, self.ends, self.broken = to, [], False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            with contextlib.suppress(OSError):
                if self.broken:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.to))
                self.ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair,
                                     daemon=True).start()

    @staticmethod
    def _carry(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def cut(cables, broken):
    """Reset all connections that there are now: what is under way is lost.
    broken: new ones end at once, too, until it is mended."""
    ends = []
    for cable in cables:
        cable.broken = broken
        ends += cable.ends
        cable.ends = []
    for end in ends:
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                           struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RD)
            end.close()


class Twin:
    """One of two stoxes, with a front end behind it."""

    def __init__(self, folder, authority, own, other):
        self.folder, self.authority = f"{folder}/{own}", authority
        self.own, self.other, self.calls = own, other, 0
        self.certs = f"{self.folder}/certs"
        os.makedirs(f"{self.folder}/data", mode=0o700)
        for name in (own, "localhost"):
            authority.issue(f"{own}/certs/{name}")
        self.pair = (f"{self.certs}/localhost.crt",
                     f"{self.certs}/localhost.key")
        self.front_end = FrontEnd(self._served())
        self.xmpp, self.sip = free_port(), free_port()
        self.process = None

    def _served(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.pair)
        return context

    def start(self, cable):
        build = os.path.abspath(build_folder())
        config = f"{self.folder}/stox.cfg.lua"
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(
                folder=self.folder, certs=self.certs, build=build,
                trust=self.authority.file, own=self.own, other=self.other,
                xmpp=self.xmpp, sip=self.sip, cable=cable,
                far_sip=self.front_end.port))
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL",
                 f"{build}/src/stoxd/stoxd", "-c", config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(20, f"{self.own} does not start",
              lambda: "core ready" in self.log())

    def log(self):
        with open(f"{self.folder}/log", encoding="utf-8") as file:
            return file.read()

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)

    def call(self):
        """A connection as the front end's."""
        context = client_context(self.authority.file, self.pair)
        return context.wrap_socket(
            socket.create_connection(("127.0.0.1", self.sip), 10))

    def write(self, sock, body):
        """A MESSAGE to the other domain."""
        self.calls += 1
        to = f"friend@{self.other}"
        sock.sendall((
            f"MESSAGE sip:{to} SIP/2.0\r\n"
            f"Via: SIP/2.0/TLS localhost:{self.front_end.port}"
            f";branch=z9hG4bKtwin{self.calls}\r\n"
            f"From: <sip:user@{self.own}>;tag=t{self.calls}\r\n"
            f"To: <sip:{to}>\r\nCall-ID: t{self.calls}@localhost\r\n"
            "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
            "Content-Type: text/plain\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode())

    def heard(self):
        """The numbers that came to the front end, in order."""
        with self.front_end.arrived:
            return [int(found[1]) for _, body in self.front_end.texts
                    if (found := re.search(MARK.encode() + rb" (\d+)\.",
                                           body))]


@contextlib.contextmanager
def twins(world):
    """Two stoxes, joined by a cable for either direction."""
    folder = world.lab.path("twins")
    os.makedirs(folder)
    authority = Authority(folder)
    ours = Twin(folder, authority, "verona.example", "mantua.example")
    theirs = Twin(folder, authority, "mantua.example", "verona.example")
    cables = [Cable(theirs.xmpp), Cable(ours.xmpp)]
    try:
        ours.start(cables[0].port)
        theirs.start(cables[1].port)
        yield ours, theirs, cables
    finally:
        ours.stop()
        theirs.stop()


def outcomes(sock, count):
    """{number: final status} of so many messages, counted from 1."""
    text, deadline, found = b"", time.monotonic() + 60, {}
    while len(found) < count and time.monotonic() < deadline:
        sock.settimeout(max(0.1, deadline - time.monotonic()))
        with contextlib.suppress(TimeoutError):
            text += sock.recv(65536)
        heads = text.split(b"\r\n\r\n")
        text = heads.pop()
        for head in heads:
            status = re.match(rb"SIP/2\.0 ([2-6]\d\d) ", head)
            number = re.search(rb"(?im)^(?:call-id|i)\s*:\s*t(\d+)@", head)
            if status and number:
                found[int(number[1])] = int(status[1])
    return found


def consistent(sender, receiver, told, count):
    """All were taken and came, once and in order."""
    check(len(told) == count, f"{sender.own}: {len(told)} answers")
    failed = {number for number in told if told[number] >= 300}
    check(not failed, f"{sender.own}: {failed} failed")
    until(20, f"not all came to {receiver.own}",
          lambda: len(receiver.heard()) >= count)
    check(receiver.heard() == sorted(told),
          f"{sender.own}: {receiver.heard()} came")


# What is cut when; the last time it stays so for a while: what is sent meanwhile
# waits for the stream to be resumed.
CUTS, DOWN, COUNT = (60, 120), 180, 200


def resumed(twin):
    return twin.log().count(" stream-resumed ")


@case("two stoxes lose nothing when their connection is cut",
      servers=("prosody",), modes=("bidi",))
def cut_and_resumed(world):
    with twins(world) as (ours, theirs, cables), \
            ours.call() as here, theirs.call() as there:
        def both(number):
            ours.write(here, f"{MARK} {number}.")
            theirs.write(there, f"{MARK} {number}.")
        both(1)
        until(10, "nothing came", lambda: ours.heard() and theirs.heard())
        for number in range(2, COUNT + 1):
            both(number)
            time.sleep(0.01)
            if number in CUTS or number == DOWN:
                cut(cables, broken=number == DOWN)
        for cable in cables:
            cable.broken = False
        count, deadline = COUNT, time.monotonic() + 30
        while min(resumed(ours), resumed(theirs)) <= len(CUTS):
            check(time.monotonic() < deadline, "the stream is not resumed")
            count += 1
            both(count)
            time.sleep(0.2)
        consistent(ours, theirs, outcomes(here, count), count)
        consistent(theirs, ours, outcomes(there, count), count)
