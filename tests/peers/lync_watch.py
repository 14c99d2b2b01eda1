"""Presence between a Lync server and others, in its old dialect.

Orders: watch (to, expires; within the dialog when there is one), publish
(open, activity), admit (handling: allow, hide or a status).  Events: asked,
notify, response.
"""
from xml.etree import ElementTree

from agent import report
from lync_dialog import Dialog, answer
from sip_text import first

PIDF = "{urn:ietf:params:xml:ns:pidf}"
ACCEPT = ("application/msrtc-event-categories+xml, application/xpidf+xml, "
          "text/xml+msrtc.pidf, application/pidf+xml, application/rlmi+xml, "
          "multipart/related")


def document(aor, name, is_open, activity=""):
    """One tuple, one activity, a display name; nothing else crosses."""
    doing = (f"<ep:activities><ep:activity>{activity}</ep:activity>"
             "</ep:activities>" if activity else "")
    return (f"""<?xml version="1.0" encoding="utf-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" \
xmlns:ep="urn:ietf:params:xml:ns:pidf:status:rpid-status" \
xmlns:ci="urn:ietf:params:xml:ns:pidf:cipid" entity="{aor}">\
<tuple id="0"><status><basic>{"open" if is_open else "closed"}</basic>{doing}\
</status></tuple><ci:display-name>{name}</ci:display-name>\
</presence>""").encode()


def _local(element):
    return element.tag.rpartition("}")[2]


def seen_in(body):
    """What a client of that time makes of a document: it looks at the path
    tuple, status, activities, activity and at no prefix."""
    if not body:
        return {"open": None, "activity": "", "name": "", "tuples": 0}
    root = ElementTree.fromstring(body)
    tuples = [child for child in root if _local(child) == "tuple"]
    activity, is_open = "", False
    for one in tuples:
        for status in (child for child in one if _local(child) == "status"):
            for child in status:
                if _local(child) == "basic":
                    is_open = is_open or child.text == "open"
                if _local(child) == "activities":
                    activity = next((e.text for e in child
                                     if _local(e) == "activity"), activity)
    name = next((child.text for child in root
                 if _local(child) == "display-name"), "")
    return {"open": is_open, "activity": activity, "name": name,
            "tuples": len(tuples)}


class Watch:
    """Part of a Front: who watches whom."""

    def __init__(self, front):
        self.front = front
        self.reset()

    def reset(self):
        self.watched = {}       # our subscriptions, by whom they are to
        self.watchers = {}      # those of others, by Call-ID
        self.state = {"open": True, "activity": ""}
        self.handling = "allow"

    # ---- others watch Romeo ------------------------------------------

    def on_subscribe(self, request, link, user, peer):
        call_id = request.get("call-id")
        expires = int(request.get("expires") or 3600)
        dialog = self.watchers.get(call_id)
        if ";tag=" in request.get("to"):
            if not dialog:
                answer(self.front, link, request, "481 Subscription Does Not "
                       "Exist", [("ms-diagnostics", '2014;reason="'
                                  'Subscription dialog unknown";source="'
                                  f'{self.front.name}"')])
                return
            fault = dialog.fault_of(request)
            if fault:
                report("fault", text=f"SUBSCRIBE: {fault}")
        elif isinstance(self.handling, list):
            status, *more = self.handling
            answer(self.front, link, request, status,
                   [tuple(pair) for pair in more])
            return
        else:
            dialog = Dialog(self.front, user, peer, call_id)
            dialog.asked_by(request)
            dialog.open = True
            self.watchers[call_id] = dialog
            report("asked", by=peer)
        answer(self.front, link, request, "200 OK", [
            ("Event", "presence"), ("Expires", str(expires))], dialog)
        if not expires:
            del self.watchers[call_id]
        self.front.spawn(self.notify(dialog, expires))

    async def notify(self, dialog, expires=3600):
        """Tell a watcher how Romeo is."""
        state = self.state if self.handling == "allow" else {"open": False}
        body = document(f"sip:{dialog.user}@{self.front.domain}",
                        dialog.user.capitalize(), state["open"],
                        state.get("activity", ""))
        final, _ = await dialog.request("NOTIFY", [
            ("Event", "presence"),
            ("subscription-state", f"active;expires={expires}" if expires
             else "terminated;reason=timeout"),
            ("Content-Type", "application/pidf+xml")], body)
        if final.status == 481:
            self.watchers.pop(dialog.call_id, None)
        report("told", of=dialog.peer, status=final.status)

    async def publish(self, order):
        """Romeo is otherwise now."""
        self.state = {"open": order.get("open", True),
                      "activity": order.get("activity", "")}
        for dialog in list(self.watchers.values()):
            await self.notify(dialog)

    # ---- Romeo watches -----------------------------------------------

    async def watch(self, order):
        """Ask, refresh, or end with expires=0."""
        peer, expires = order["to"], order.get("expires", 28800)
        dialog = self.watched.get(peer)
        if not dialog or order.get("anew"):
            dialog = Dialog(self.front, self.front.user, peer)
            self.watched[peer] = dialog
            dialog.name_local()
        final, _ = await dialog.request("SUBSCRIBE", [
            ("ms-user-data", "ms-publiccloud=true;ms-federation=true"),
            ("Contact", dialog.contact()), ("Event", "presence"),
            ("Accept", ACCEPT), ("Supported", "com.microsoft.autoextend"),
            ("Supported", "ms-piggyback-first-notify"),
            ("Supported", "ms-benotify"), ("Proxy-Require", "ms-benotify"),
            ("Expires", str(expires))])
        if final.status < 300:
            dialog.answered_by(final)
        elif not dialog.open or final.status in (404, 481):
            del self.watched[peer]
        return final

    def on_notify(self, request, link):
        for peer, dialog in list(self.watched.items()):
            if dialog.call_id != request.get("call-id"):
                continue
            fault = dialog.fault_of(request)
            if fault:
                report("fault", text=f"NOTIFY: {fault}")
            state, *rest = request.get("subscription-state").split(";")
            if state == "terminated":
                del self.watched[peer]
            answer(self.front, link, request, "200 OK")
            reason = next((p.partition("=")[2] for p in rest
                           if p.strip().startswith("reason=")), "")
            report("notify", of=peer, state=state, reason=reason,
                   kind=first(request.headers, "content-type"),
                   body=request.body.decode(), **seen_in(request.body))
            return
        answer(self.front, link, request, "481 Subscription Does Not Exist")
