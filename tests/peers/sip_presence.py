"""What a SIP user's phone knows of presence: RFC 3856, 3903, 6665.

Orders: subscribe (to, expires; within the dialog when there is one), publish
(open, note, activity), unpublish, rules.  Events: notify, response.
"""
import secrets
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from sip_text import first, tag_of

PIDF = "{urn:ietf:params:xml:ns:pidf}"
RPID = "{urn:ietf:params:xml:ns:pidf:rpid}"


def document(aor, is_open, note="", activity=""):
    """A PIDF document with one tuple."""
    noted = f"<note xml:lang='en'>{escape(note)}</note>" if note else ""
    person = (f"<d:person id='p1'><r:activities><r:{activity}/></r:activities>"
              "</d:person>" if activity else "")
    return (f"""<?xml version='1.0' encoding='UTF-8'?>
<presence xmlns='urn:ietf:params:xml:ns:pidf' \
xmlns:d='urn:ietf:params:xml:ns:pidf:data-model' \
xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' entity='{aor}'>\
<tuple id='ID-phone'><status><basic>{"open" if is_open else "closed"}</basic>\
</status>{noted}</tuple>{person}</presence>""").encode()


def seen_in(body):
    """What a document says, as facts."""
    if not body:
        return {"open": None, "notes": [], "activities": [], "tuples": 0}
    root = ElementTree.fromstring(body)
    return {
        "open": any(e.text == "open" for e in root.iter(PIDF + "basic")),
        "notes": [e.text for e in root.iter(PIDF + "note")],
        "activities": [child.tag.rpartition("}")[2]
                       for e in root.iter(RPID + "activities")
                       for child in e],
        "tuples": len(root.findall(PIDF + "tuple")),
    }


class Watch:
    """A subscription of ours and its dialog."""

    def __init__(self):
        self.call_id, self.tag = secrets.token_hex(8), secrets.token_hex(4)
        self.cseq = 0
        self.to_tag, self.target, self.routes = "", "", []


def _routes(headers):
    return [one.strip() for key, value in headers if key == "record-route"
            for one in value.split(",")]


class Presence:
    """Part of a User, who has request(), aor and here."""

    def __init__(self):
        self.watches = {}
        self.etag, self.gone = "", False

    def subscribe(self, order):
        """Ask, refresh, or end with expires=0."""
        watch = self.watches.setdefault(order["to"], Watch())
        watch.cseq += 1
        aor = f"sip:{order['to']}"
        self.request(
            "SUBSCRIBE", watch.target or aor, order["id"],
            [f"Route: {route}" for route in watch.routes]
            + [f"Contact: <sip:{self.user}@{self.here};transport=tls>",
               "Event: presence", "Accept: application/pidf+xml",
               f"Expires: {order.get('expires', 600)}"],
            to=aor, to_tag=watch.to_tag, call_id=watch.call_id,
            cseq=watch.cseq, tag=watch.tag)

    def subscribed(self, status, headers):
        """The answer to a SUBSCRIBE."""
        call_id = first(headers, "call-id")
        for to, watch in list(self.watches.items()):
            if watch.call_id != call_id:
                continue
            if status >= 300 and (not watch.to_tag or status in (404, 481)):
                del self.watches[to]
            elif status < 300 and not watch.to_tag:
                self._establish(watch, tag_of(first(headers, "to")), headers,
                                _routes(headers)[::-1])

    @staticmethod
    def _establish(watch, tag, headers, routes):
        watch.to_tag, watch.routes = tag, routes
        contact = first(headers, "contact")
        watch.target = contact.partition("<")[2].partition(">")[0]

    def notified(self, headers, body):
        """A NOTIFY; returns the status of the answer and what to report."""
        call_id = first(headers, "call-id")
        for to, watch in list(self.watches.items()):
            if watch.call_id != call_id:
                continue
            if not watch.to_tag:
                self._establish(watch, tag_of(first(headers, "from")), headers,
                                _routes(headers))
            state, *rest = first(headers, "subscription-state").split(";")
            if state == "terminated":
                del self.watches[to]
            reason = next((p.partition("=")[2] for p in rest
                           if p.strip().startswith("reason=")), "")
            return 200, {"of": to, "dialog": call_id, "state": state,
                         "reason": reason,
                         "body": body.decode(), **seen_in(body)}
        return 481, None

    def rules(self, order):
        """Tell the server that what others may see has changed."""
        self.request("OPTIONS", f"sip:rules@{self.domain}", order["id"], [])

    def publish(self, order):
        """Say how it is; the server keeps it for a while."""
        gone = order["do"] == "unpublish"
        if gone and not self.etag:
            return False
        body = b"" if gone else document(
            self.aor, order.get("open", True), order.get("note", ""),
            order.get("activity", ""))
        lines = ["Event: presence", f"Expires: {0 if gone else 600}"]
        if self.etag:
            lines.append(f"SIP-If-Match: {self.etag}")
        self.gone = gone
        if body:
            lines.append("Content-Type: application/pidf+xml")
        self.request("PUBLISH", self.aor, order["id"], lines, body)
        return True

    def published(self, status, headers):
        """The answer to a PUBLISH."""
        self.etag = "" if status >= 300 or self.gone else first(
            headers, "sip-etag")
