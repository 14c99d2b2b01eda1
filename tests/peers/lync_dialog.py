"""A dialog as the front end and the clients behind it keep it."""
import asyncio
import hashlib
import secrets

from lync_wire import lost, new_branch, written
from sip_text import tag_of, uri_of

ALLOW = ("INVITE, BYE, ACK, CANCEL, INFO, MESSAGE, UPDATE, REFER, NOTIFY, "
         "BENOTIFY")


class Dialog:
    """One of a user's, with somebody at the other side of the gateway."""

    def __init__(self, front, user, peer, call_id=""):
        self.front, self.user, self.peer = front, user, peer
        self.call_id = call_id or secrets.token_hex(16)
        self.epid = secrets.token_hex(5)
        mark = hashlib.sha256(self.call_id.encode()).hexdigest()
        # Signed for this dialog: to be given back as it is, or not at all.
        self.signed = (f"<sip:{front.name}:5061;transport=tls;"
                       f"ms-fe=fe1.{front.domain};opaque=state:F:T:Ci.R1f4000;"
                       f"lr;ms-route-sig={mark[:14]}>")
        self.record_route = f"{self.signed};tag={mark[:32].upper()}"
        self.local = ""        # our From or To, with its tag
        self.remote = f"<sip:{peer}>"
        self.target = f"sip:{peer}"
        self.routes = []       # of our requests
        self.cseq = 0
        self.open = False
        self.turn = asyncio.Lock()

    def name_local(self, tag_bytes=5):
        """From or To of our side."""
        epid = f";epid={self.epid}" if self.front.character.epid else ""
        self.local = (f'"{self.user.capitalize()}"'
                      f"<sip:{self.user}@{self.front.domain}>"
                      f";tag={secrets.token_hex(tag_bytes)}{epid}")

    def contact(self):
        if self.front.character.gruu:
            return (f"<sip:{self.user}@{self.front.domain};opaque=user:epid:"
                    f"{self.epid.upper()}AA;gruu>")
        return f"<sip:{self.front.name}:5061;transport=tls>"

    @property
    def local_tag(self):
        return tag_of(self.local)

    @property
    def remote_tag(self):
        return tag_of(self.remote)

    def answered_by(self, response):
        """The dialog that our request asked for stands."""
        self.remote = response.get("to")
        self.target = uri_of(response.get("contact")) or self.target
        # our own Record-Route is the server's business, not the client's
        routes = [route for route in response.all("record-route")
                  if route != self.record_route]
        self.routes, self.open = routes[::-1], True

    def asked_by(self, request):
        """The dialog that the other side asked for."""
        self.remote = request.get("from")
        self.target = uri_of(request.get("contact"))
        self.routes = request.all("record-route")
        self.name_local(16)
        self.local = f"<sip:{self.user}@{self.front.domain}>" + (
            self.local[self.local.index(";tag="):])

    def fault_of(self, request):
        """What makes the server refuse a request within it, or nothing."""
        routes = request.all("route")
        if routes not in ([self.signed], [self.record_route]):
            return f"2.1, 2.2: Route {routes}, not {self.signed}"
        wanted = uri_of(self.contact())
        if request.uri != wanted:
            return f"2.1: Request-URI {request.uri}, not {wanted}"
        return ""

    def headers(self, method, branch, here, cseq):
        """What stands in each request of ours."""
        yield "Via", f"SIP/2.0/TLS {here};branch={branch};branched=FALSE"
        yield "Max-Forwards", "69" if method != "ACK" else "70"
        yield "From", self.local
        if self.front.character.lower_via:
            yield "Via", ("SIP/2.0/TLS 192.0.2.77:52344;"
                          "ms-received-port=52344;ms-received-cid=1F4000")
        yield "To", self.remote
        yield "Call-ID", self.call_id
        yield "CSeq", f"{cseq} {method}"
        for route in self.routes:
            yield "Route", route
        yield "User-Agent", self.front.character.user_agent

    async def request(self, method, more=(), body=b"", on_provisional=None):
        """Send a request; returns its final response and the link it went
        over.  One request at a time: the next waits for the answer."""
        async with self.turn:
            link = await self.front.link()
            if not link:
                return lost(), None
            self.cseq += 1
            branch = new_branch()
            opening = not self.open and method in ("INVITE", "SUBSCRIBE")
            headers = list(self.headers(method, branch, link.here, self.cseq))
            if opening:
                headers.insert(0, ("Record-Route", self.record_route))
            headers += more
            data = written(self.front.character, f"{method} {self.target} "
                           "SIP/2.0", headers, body)
            final = None
            async for response in link.answers(branch, data):
                final = response
                if response.headers:
                    self.front.judge_response(response, headers)
                if response.status < 200 and on_provisional:
                    on_provisional(response)
            if method == "INVITE" and final.headers:
                self._acknowledge(link, final, branch)
            return final, link

    def _acknowledge(self, link, final, branch):
        success = final.status < 300
        if success:
            if not self.open:
                self.answered_by(final)
            branch = new_branch()
        headers = list(self.headers("ACK", branch, link.here, self.cseq))
        if not success:
            headers = [("To", final.get("to")) if name == "To" else (name, v)
                       for name, v in headers]
        link.write(written(self.front.character,
                           f"ACK {self.target} SIP/2.0", headers))


def answer(front, link, request, status, more=(), dialog=None, body=b""):
    """Answer a request of the gateway's."""
    headers = [("Via", via) for via in request.all("via")]
    to = request.get("to")
    opening = dialog and ";tag=" not in to
    if opening:
        to = dialog.local
    elif ";tag=" not in to and not status.startswith("100"):
        to += f";tag={secrets.token_hex(16).upper()}"
    if opening and request.method in ("INVITE", "SUBSCRIBE"):
        headers.append(("Record-Route", dialog.record_route))
        headers += [("Record-Route", route)
                    for route in request.all("record-route")]
    headers += [("From", request.get("from")), ("To", to),
                ("Call-ID", request.get("call-id")),
                ("CSeq", request.get("cseq"))]
    if not status.startswith("100"):
        headers.append(("Server", front.character.server))
    if dialog and request.method in ("INVITE", "SUBSCRIBE", "UPDATE") and (
            status[0] in "12"):
        headers.append(("Contact", dialog.contact()))
    link.write(written(front.character, f"SIP/2.0 {status}",
                       [*headers, *more], body))
