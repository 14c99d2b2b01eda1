"""The wire of the scripted front end: messages, connections, transactions."""
import asyncio
import secrets
import ssl

from agent import report
from sip_text import first, parse, values

SECONDS = 32    # until a request counts as unanswered: RFC 3261, timer F


class Message:
    """A request or a response, as it came."""

    def __init__(self, head, body):
        self.line, self.headers = parse(head)
        self.body = body
        words = self.line.split(" ", 2)
        self.is_response = self.line.startswith("SIP/2.0 ")
        self.status = int(words[1]) if self.is_response else 0
        self.method = ("" if self.is_response else words[0])
        self.uri = "" if self.is_response else words[1]
        self.reason = words[2] if self.is_response else ""

    def get(self, name):
        return first(self.headers, name)

    def all(self, name):
        return values(self.headers, name)


def lost():
    """What a request gets whose connection ended, or that nobody answered."""
    return Message(b"SIP/2.0 504 Server time-out", b"")


def written(character, start, headers, body=b""):
    """The bytes of a message.  headers: (name, value) pairs in the order that
    counts among those of one name."""
    rest = [("Content-Length", str(len(body)))]
    special = []
    for name, value in headers:
        one = special if name in ("Via", "Record-Route") else rest
        one.append((name, value))
    lines = []
    if character.scattered:
        while special and rest:
            lines += [special.pop(0), rest.pop(0)]
    lines += special + rest
    text = "\r\n".join([start] + [
        f"{name.upper() if character.capitals else name}: {value}"
        for name, value in lines] + ["", ""])
    return text.encode() + body


class Link:
    """One TLS connection to or from the gateway."""

    def __init__(self, front, reader, writer):
        self.front, self.reader, self.writer = front, reader, writer
        self.here = "{}:{}".format(*writer.get_extra_info("sockname")[:2])
        self.unanswered = {}    # by branch

    def peer_names(self):
        """The DNS names in the other side's certificate."""
        certificate = self.writer.get_extra_info("peercert") or {}
        return [name for kind, name in certificate.get("subjectAltName", ())
                if kind == "DNS"]

    def write(self, data):
        if not self.front.character.single_bytes:
            self.writer.write(data)
            return
        for at in range(len(data)):
            self.writer.write(data[at:at + 1])

    async def listen(self):
        """Hand over what comes until the connection ends."""
        try:
            while True:
                head = await self.reader.readuntil(b"\r\n\r\n")
                head = head.strip(b"\r\n")
                if not head:
                    continue
                length = first(parse(head)[1], "content-length")
                body = await self.reader.readexactly(int(length or 0))
                if self.front.deaf:
                    continue
                message = Message(head, body)
                if message.is_response:
                    self.on_response(message)
                else:
                    self.front.on_request(message, self)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.front.forget_link(self)
            for answers in self.unanswered.values():
                answers.put_nowait(lost())
            self.unanswered.clear()
            self.writer.close()

    def on_response(self, response):
        via = (response.all("via") or [""])[0]
        branch = via.partition("branch=")[2].split(";")[0]
        answers = self.unanswered.get(branch)
        if answers:
            answers.put_nowait(response)
        elif not response.get("cseq").endswith(" INVITE"):
            # a 200 to INVITE comes again until its ACK is there
            report("fault", text=f"an answer to nothing: {response.line}")

    async def answers(self, branch, data):
        """Send a request; yields its responses, the last one final."""
        queue = self.unanswered[branch] = asyncio.Queue()
        self.write(data)
        while True:
            try:
                response = await asyncio.wait_for(queue.get(), SECONDS)
            except asyncio.TimeoutError:
                response = lost()
            yield response
            if response.status >= 200:
                self.unanswered.pop(branch, None)
                return

    def drop(self):
        """End it at once, as a crash does."""
        self.writer.transport.abort()


def contexts(ca_file, certificate, key, newest_is_12):
    """The TLS of both directions; certificates on both sides, always."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for context in (server, client):
        context.load_verify_locations(ca_file)
        context.load_cert_chain(certificate, key)
        context.verify_mode = ssl.CERT_REQUIRED
        if newest_is_12:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
    return server, client


def new_branch():
    return f"z9hG4bK{secrets.token_hex(4).upper()}.{secrets.token_hex(8)}"
