"""Cases I15 and I16: TLS."""
import contextlib
import socket
import ssl
import subprocess
import time

from cases import MARK, case, check
from identity_cases import crossed
from peer import STARTTLS, Peer, Refused, header, message

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@case("I15 direct TLS: ALPN and names of servers")
def direct(target):
    for alpn, name, good in ((["xmpp-server"], "contoso.com", True),
                             (["h2"], "contoso.com", False),
                             (["http/1.1", "h2"], "contoso.com", False),
                             (["xmpp-client"], "contoso.com", False)):
        context = target.context()
        context.set_alpn_protocols(alpn)
        with Peer.connect(("127.0.0.1", target.direct)) as peer:
            try:
                peer.wrap(context, server_hostname=name)
                # with TLS 1.3 the refusal comes behind our Finished
                peer.open()
                peer.external()
                took = True
            except Refused:
                took = False
            check(took == good, f"{alpn}: {'taken' if took else 'refused'}")
    for name in (None, "elsewhere.example"):
        with Peer.connect(("127.0.0.1", target.direct)) as peer:
            try:
                peer.wrap(target.context(), server_hostname=name)
                peer.open(to="elsewhere.example")
            except Refused:
                continue
            check(False, f"served under the name {name}")
    with Peer.connect(("127.0.0.1", target.direct)) as peer:
        peer.send(header() + message(MARK + "bad"))
        end = peer.end(6)
        check(end.closed and b"<stream" not in end.text, f"{end}")
    crossed(target)


@case("I16 handshakes that never end, and records too long")
def handshakes(target):
    peers = []
    try:
        for number in range(30):
            peer = target.connect()
            peers.append(peer)
            peer.open()
            peer.send(STARTTLS)
            peer.until(rb"<proceed[^>]*/>")
            peer.send((b"\x16", b"\x16\x03\x01\x02\x00\x01\x00",
                       b"\x16\x03\x03\x48\x00" + b"a" * 18432)[number % 3])
        with target.stream("auth") as healthy:
            healthy.send(message(MARK + "meanwhile"))
            check(target.front_end.has(MARK + "meanwhile", 5),
                  "others have to wait")
        for peer in peers:
            check(peer.end(8).closed, "a handshake stays open")
    finally:
        for peer in peers:
            peer.close()


# ---- resumption -----------------------------------------------------------------


def direct_tls(target, context, name="contoso.com", session=None):
    """A connection to the port of direct TLS, with another's session."""
    peer = Peer.connect(("127.0.0.1", target.direct))
    peer.wrap(context, server_hostname=name, session=session)
    return peer


@case("I15 no session is taken up again, for another name or another time")
def resumption(target):
    for version in (TLS_1_2, TLS_1_3):
        context = target.context(versions=(version, version))
        with direct_tls(target, context) as peer:
            peer.open()
            peer.external()
            session = peer.sock.session
            shown = peer.sock.getpeercert(True)
            check(not session.has_ticket, f"{version.name}: a ticket")
        for name in ("contoso.com", "localhost", "elsewhere.example", None):
            with direct_tls(target, context, name, session) as peer:
                check(not peer.sock.session_reused,
                      f"{version.name}: taken up for {name}")
        target.renew("contoso.com")
        with direct_tls(target, context, session=session) as peer:
            check(not peer.sock.session_reused, "taken up after a change")
            check(peer.sock.getpeercert(True) != shown,
                  "the old certificate is shown")
            # nothing but the new handshake proves the peer
            peer.open()
            peer.external()


# ---- handshakes ------------------------------------------------------------------


def openssl(target, *words, text=b"", seconds=8):
    """openssl s_client at the port of direct TLS; what it printed."""
    with subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{target.direct}",
             "-alpn", "xmpp-server", "-servername", "contoso.com", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT) as client:
        try:
            return client.communicate(text, seconds)[0]
        except subprocess.TimeoutExpired:
            client.kill()
            return client.communicate()[0] + b"\n(still connected)"


@case("I16 renegotiation is refused")
def renegotiation(target):
    for _ in range(10):
        text = openssl(target, "-tls1_2", text=b"R\n")
        check(b"RENEGOTIATING" in text, f"not asked for: {text[-300:]!r}")
        check(b"still connected" not in text and b"error" in text,
              f"{text[-300:]!r}")


@case("I16 no early data, and keys agreed on elsewhere are not known")
def early_data(target):
    file = f"{target.folder}/session.pem"
    openssl(target, "-tls1_3", "-sess_out", file, text=b"Q\n")
    with contextlib.suppress(FileNotFoundError), \
            open(file, encoding="ascii") as session:
        check(False, f"a session to take up: {session.read(60)}")
    for secret in ("00112233", "ff" * 32):
        text = openssl(target, "-tls1_3", "-psk", secret, "-psk_identity",
                       "stox", text=b"Q\n")
        check(b"Reused" not in text and b"BEGIN CERTIFICATE" in text,
              f"{text[-400:]!r}")


@case("I16 a hello in single bytes")
def bytewise_hello(target):
    with Peer.connect(("127.0.0.1", target.direct)) as peer:
        read, written = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = target.context().wrap_bio(read, written,
                                        server_hostname="contoso.com")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                peer.send_bytewise(written.read())
                read.write(peer.sock.recv(65536))
        tls.write(header())
        peer.send_bytewise(written.read())
        text, deadline = b"", time.monotonic() + 5
        while b"EXTERNAL" not in text and time.monotonic() < deadline:
            try:
                text += tls.read(65536)
            except ssl.SSLWantReadError:
                read.write(peer.sock.recv(65536))
        check(b"EXTERNAL" in text, f"{text!r}")


@case("I16 hundreds of handshakes that nobody ends")
def flood(target):
    before, began, socks = target.cpu_s(), time.monotonic(), []
    try:
        for number in range(300):
            sock = socket.create_connection(("127.0.0.1", target.direct), 5)
            socks.append(sock)
            sock.sendall((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                          b"\x16\x03\x01", b"\x16")[number % 3])
        with target.stream("auth") as peer:
            peer.send(message(MARK + "beside a flood"))
            check(target.front_end.has(MARK + "beside a flood", 5),
                  "others have to wait")
        for sock in socks:
            sock.settimeout(max(0.01, began + 10 - time.monotonic()))
            try:
                while sock.recv(4096):
                    pass
            except TimeoutError:
                check(False, "a handshake stays open")
            except OSError:
                pass
    finally:
        for sock in socks:
            sock.close()
    check(target.cpu_s() - before < 5, "it costs too much")
