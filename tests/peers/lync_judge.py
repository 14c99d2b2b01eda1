"""What a Lync server minds in the messages of a gateway; yields words.

The numbers are the sections of the project's protocol notes.
"""
import re

OPENING = ("INVITE", "SUBSCRIBE")


class Judge:
    """For one gateway: its name, and the domain it speaks for."""

    def __init__(self, gateway, domain):
        name = re.escape(gateway)
        self.domain = re.escape(domain)
        self.sent_by = re.compile(
            rf"SIP/2\.0/TLS {name}(:5061)?;.*branch=z9hG4bK")
        self.contact = re.compile(
            rf"<sip:([^@>]+@)?{name}:5061;transport=tls[^>]*>", re.I)
        self.record_route = re.compile(
            rf"<sip:{name}:5061;transport=tls;lr>$", re.I)

    def _always(self, message):
        for name, value in message.headers:
            if name.startswith("ms-") and name != "ms-text-format":
                yield f"2.2: a header {name} of its own"
            if "sips:" in value:
                yield f"2.2: sips: in {name}"
        if not message.get("content-length"):
            yield "2.2: no Content-Length"

    def request(self, request):
        """The faults of a request."""
        yield from self._always(request)
        vias = request.all("via")
        if len(vias) != 1 or not self.sent_by.match(vias[0]):
            yield f"2.2: Via {vias}"
        if request.get("proxy-require") or request.get("require"):
            yield "2.7: it requires something"
        hops = request.get("max-forwards")
        if request.method not in ("ACK", "CANCEL") and not (
                hops.isdigit() and 0 < int(hops) <= 70):
            yield f"2.2: Max-Forwards {hops!r}"
        if request.method == "OPTIONS":
            return
        if "epid=" in request.get("from"):
            yield "2.2: an epid of its own"
        if ";tag=" not in request.get("from"):
            yield "From without a tag"
        if ";tag=" not in request.get("to"):
            yield from self._opening(request)
        yield from self._content(request)

    def _opening(self, request):
        if request.method == "CANCEL":
            return
        if not re.search(rf"<?sip:[^@>]+@{self.domain}[;>]",
                         request.get("from")):
            yield f"2.2: From {request.get('from')}"
        if request.all("route"):
            yield "2.2: Route in a request that opens a dialog"
        if request.method not in OPENING:
            yield f"3.7: {request.method} outside a dialog"
            return
        routes = request.all("record-route")
        if len(routes) != 1 or not self.record_route.match(routes[0]):
            yield f"2.2: Record-Route {routes}"
        if not self.contact.match(request.get("contact")):
            yield f"2.2: Contact {request.get('contact')!r}"

    def _content(self, request):
        kind = request.get("content-type").lower().replace(" ", "")
        wanted = {"INVITE": ("application/sdp",),
                  "MESSAGE": ("text/plain;charset=utf-8",
                              "application/ms-imdn+xml"),
                  "INFO": ("application/xml",),
                  "NOTIFY": ("application/pidf+xml",)}.get(request.method)
        if request.body and wanted and kind not in wanted:
            yield f"3, 4: {request.method} with {kind}"
        if request.method == "SUBSCRIBE":
            if request.all("accept") != ["application/pidf+xml"]:
                yield f"4.3: Accept {request.all('accept')}"
            if request.get("event") != "presence":
                yield f"4.3: Event {request.get('event')}"
        if request.method == "NOTIFY" and not request.get(
                "subscription-state"):
            yield "4.2: no Subscription-State"
        if request.method == "BENOTIFY":
            yield "4.2: BENOTIFY"

    def response(self, response, sent):
        """The faults of a response; sent: the headers of the request."""
        yield from self._always(response)
        was = {name: [v for n, v in sent if n == name]
               for name in ("Via", "Record-Route", "From", "To", "Call-ID",
                            "CSeq")}
        vias = [re.sub(r";(received|rport)=[^;]*", "", via)
                for via in response.all("via")]
        if vias != was["Via"]:
            yield f"2.1: Via {vias}, sent were {was['Via']}"
        for name in ("From", "Call-ID", "CSeq"):
            if [response.get(name.lower())] != was[name]:
                yield f"2.1: {name} {response.get(name.lower())!r}"
        if not response.get("to").startswith(was["To"][0]):
            yield f"2.1: To {response.get('to')!r}"
        method = was["CSeq"][0].split(" ")[1]
        if response.status // 100 == 2 and method in OPENING:
            if response.all("record-route") != was["Record-Route"]:
                yield f"2.1: Record-Route {response.all('record-route')}"
            if not self.contact.match(response.get("contact")):
                yield f"2.2: Contact {response.get('contact')!r}"
        for token in ("ms-benotify", "com.microsoft.autoextend",
                      "ms-piggyback-first-notify", "ms-text-format",
                      "ms-embedded-first-message"):
            if token in response.all("supported"):
                yield f"3.2, 4.1: it claims {token}"
