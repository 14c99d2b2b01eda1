"""A scripted XMPP server that says what it likes.

Sockets and ssl, nothing else: it shares no code with stox, and parses no more
than it needs, so that what it sends may be as wrong as a case wants it.  The
laboratory tries it against other servers first (tests/peers/strangers.py).
"""
import base64
import contextlib
import re
import socket
import ssl
import time

STREAMS = "http://etherx.jabber.org/streams"
SERVER = "jabber:server"
DIALBACK = "jabber:server:dialback"
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"


class Refused(Exception):
    """The other side did not go along; the text says where."""


class Ending:
    """How a stream ended: the conditions of its errors, all text, whether the
    connection was closed, and after how many seconds."""

    def __init__(self, text, closed, seconds):
        self.text, self.closed, self.seconds = text, closed, seconds
        self.conditions = [word.decode() for word in re.findall(
            rb"<stream:error>\s*<([a-z-]+)", text)]

    def __str__(self):
        closed = f"closed after {self.seconds:.1f} s" if self.closed \
            else "still open"
        return f"{closed}, {self.conditions or 'no error'}, {self.text[-300:]!r}"


def header(to="contoso.com", sender="example.org", version="1.0",
           ns=SERVER, streams=STREAMS, more=""):
    """A stream header; None leaves an attribute out."""
    words = [f" {name}='{value}'" for name, value in (
        ("to", to), ("from", sender), ("version", version), ("xmlns", ns),
        ("xmlns:stream", streams), ("xmlns:db", DIALBACK))
        if value is not None]
    return f"<?xml version='1.0'?><stream:stream{''.join(words)}{more}>".encode()


def message(body, to="romeo@contoso.com", sender="juliet@example.org",
            more=""):
    return (f"<message to='{to}' from='{sender}' type='chat'{more}>"
            f"<body>{body}</body></message>").encode()


def client_context(ca_file, pair=None, versions=None):
    """TLS that trusts one authority, shows a pair of files, or nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(ca_file)
    if pair:
        context.load_cert_chain(*pair)
    if versions:
        context.minimum_version, context.maximum_version = versions
    return context


class Peer:
    """One connection, in either role."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port, self.since = sock.getsockname()[1], 0
        self.seen = b""

    @classmethod
    def connect(cls, address, make_socket=socket.socket):
        sock = make_socket()
        sock.settimeout(10)
        sock.connect(address)
        return cls(sock)

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- bytes ---------------------------------------------------------------

    def send(self, data):
        """Send all; a peer that has closed is found out when reading."""
        with contextlib.suppress(OSError):
            self.sock.sendall(data)

    def send_bytewise(self, data):
        """One byte per write, which is one per TLS record."""
        with contextlib.suppress(OSError):
            for i in range(len(data)):
                self.sock.sendall(data[i:i + 1])

    def until(self, pattern, seconds=10):
        """Read until the pattern comes; returns the match, takes it away."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen, re.S)):
            self.sock.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self.sock.recv(65536)
            except (OSError, ValueError) as error:
                raise Refused(f"no {pattern!r}: {error}, "
                              f"{self.seen[-300:]!r}") from None
            if not data:
                raise Refused(f"no {pattern!r}: closed, {self.seen[-300:]!r}")
            self.seen += data
        self.seen = self.seen[found.end():]
        return found

    def end(self, seconds=6):
        """Read until the other side closes, or so long."""
        began = time.monotonic()
        text, closed = self.seen, False
        while not closed and time.monotonic() - began < seconds:
            self.sock.settimeout(
                max(0.01, seconds - (time.monotonic() - began)))
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                break
            except (OSError, ValueError):
                data = b""
            closed = not data
            text += data
        self.seen = b""
        return Ending(text, closed, time.monotonic() - began)

    # ---- as initiator --------------------------------------------------------

    def open(self, **words):
        """Send a header; returns the features, with the header before them."""
        self.send(header(**words))
        return self.until(rb"^.*?(?:</stream:features>|<stream:features/>)")[0]

    def secure(self, context):
        """STARTTLS, after open()."""
        self.send(STARTTLS)
        answer = self.until(rb"<(proceed|failure|stream:error)\b[^>]*>")
        if answer[1] != b"proceed":
            raise Refused(f"STARTTLS: {answer[0]!r}")
        self.wrap(context)

    def wrap(self, context, **words):
        self.seen = b""
        try:
            self.sock = context.wrap_socket(self.sock, **words)
        except (OSError, ValueError) as error:
            raise Refused(f"TLS: {error}") from None

    def external(self, identity="example.org"):
        """SASL EXTERNAL, after open() over TLS; None sends no identity."""
        text = "=" if identity is None else base64.b64encode(
            identity.encode()).decode()
        self.send(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>{text}</auth>"
                  .encode())
        answer = self.until(rb"<success[^>]*/>|<failure.*?</failure>")[0]
        if b"<success" not in answer:
            raise Refused(f"EXTERNAL: {answer!r}")

    def log_in(self, context, sender="example.org"):
        """All the way to an authenticated stream whose features are read."""
        self.open(sender=sender)
        self.secure(context)
        self.open(sender=sender)
        self.external(sender)
        self.open(sender=sender)

    # ---- as receiver -----------------------------------------------------------

    def answer(self, features, sender="example.org"):
        """Wait for a header and answer with ours and these features."""
        self.until(rb"<stream:stream[^>]*>")
        self.send(header(to="contoso.com", sender=sender,
                         more=" id='x1'") + b"<stream:features>" + features
                  + b"</stream:features>")
