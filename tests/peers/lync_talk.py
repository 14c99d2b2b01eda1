"""Sessions of instant messages, as Lync's clients and servers have them.

Orders: say (to, body; once: not again when it rode in an INVITE), type (to,
status), hang_up (to), refresh (to, method), call (to, media or conference),
page (to, body), behave (see Talk.manners).  Events: invited, session, message,
typing, answered, acknowledged, cancelled, ended, refused, delivered.
"""
import asyncio
import base64
import binascii
import re
import secrets
from xml.etree import ElementTree

from agent import report
from lync_dialog import ALLOW, Dialog, answer

LISTENING = {"desk": {"rings": 0}}
ACCEPTS = ("text/plain multipart/alternative image/gif text/rtf text/html "
           "application/x-ms-ink application/ms-imdn+xml "
           "text/x-msmsgsinvite ")
IMDN = """<?xml version="1.0"?>
<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>{number}</message-id>\
<recipient uri="sip:{user}@{domain}"><status>{status}</status></recipient>\
</imdn>"""


def description(media, address, end):
    """The SDP of an offer or an answer."""
    if media == "audio":
        lines = ["m=audio 40000 RTP/SAVP 0", "a=rtpmap:0 PCMU/8000"]
    else:
        lines = [f"m={media} 5060 sip {end}", f"a=accept-types:{ACCEPTS}"]
    return "\r\n".join(["v=0", f"o=- 0 0 IN IP4 {address}", "s=session",
                        f"c=IN IP4 {address}", "t=0 0", *lines, ""]).encode()


def embedded_in(headers):
    """The text that rides in an INVITE, or nothing."""
    value = next((v for n, v in headers if n == "ms-text-format"), "")
    found = re.search(r"ms-body=([A-Za-z0-9+/=]+)", value)
    if not found:
        return ""
    try:
        return base64.b64decode(found[1]).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


class Call:
    """An INVITE of the gateway's, until one endpoint has taken it."""

    def __init__(self, talk, request, link, user, peer):
        self.talk, self.front = talk, talk.front
        self.request, self.link = request, link
        self.user, self.peer = user, peer
        self.done = False
        self.forks = {}
        self.ringing = []
        call_id = request.get("call-id")
        for name in talk.manners["endpoints"]:
            fork = Dialog(self.front, user, peer, call_id)
            fork.asked_by(request)
            self.forks[name] = fork

    def provisional(self, status, fork, more=()):
        answer(self.front, self.link, self.request, status, more, fork)

    def begin(self):
        answer(self.front, self.link, self.request, "100 Trying")
        if self.front.character.progress:
            fork = next(iter(self.forks.values()))
            self.provisional("101 Progress Report", fork, [(
                "ms-diagnostics",
                '13004;reason="Request was proxied to one or more registered '
                f'endpoints";source="{self.front.name}";'
                f'appName="InboundRouting"')])
        for name, manner in self.talk.manners["endpoints"].items():
            self.ringing.append(asyncio.ensure_future(
                self._ring(name, manner)))

    async def _ring(self, name, manner):
        fork = self.forks[name]
        if manner["rings"]:
            self.provisional("180 Ringing", fork)
            await asyncio.sleep(manner["rings"])
        while manner.get("until") and not self.talk.let_go.is_set():
            await self.talk.let_go.wait()
        if manner.get("answers", True) and (
                not self.done or manner.get("races")):
            self._take(name, fork)

    def _take(self, name, fork):
        first = not self.done
        self.done = True
        more = [("Content-Type", "application/sdp"), ("Allow", ALLOW),
                ("Supported", "ms-dialog-route-set-update"),
                ("Supported", "timer"), ("Supported", "ms-sender")]
        text = embedded_in(self.request.headers)
        if self.front.character.claims and text:
            more.append(("Supported", "ms-text-format"))
        fork.open = True
        self.talk.stand(fork, name)
        answer(self.front, self.link, self.request, "200 OK", more, fork,
               description(self.front.character.media, "192.0.2.77",
                           f"sip:{self.user}@{self.front.domain}"))
        report("answered", endpoint=name, call_id=fork.call_id, first=first)
        if self.front.character.claims and text:
            self.talk.heard(fork, name, text, "invite")

    def cancel(self):
        """The caller does not wait any more."""
        if self.done:
            return False
        self.done = True
        for task in self.ringing:
            task.cancel()
        answer(self.front, self.link, self.request,
               "487 Request Terminated", (), next(iter(self.forks.values())))
        return True


class Talk:
    """Part of a Front: what its users say and hear."""

    def __init__(self, front):
        self.front = front
        self.reset()

    def reset(self):
        """No session, and the manners of an attentive user."""
        self.sessions = []      # (dialog, endpoint), the newest last
        self.calls = {}         # by Call-ID
        self.locks = {}
        self.let_go = asyncio.Event()
        # endpoints: by name, rings (seconds), answers, until (let_go), races;
        # refuse: status and headers instead; to_message: the answer to texts
        self.manners = {"endpoints": LISTENING, "refuse": None,
                        "to_message": "200 OK", "imdn": ""}

    def stand(self, dialog, endpoint):
        """A new session; older ones with the same person are given up."""
        for old, _ in list(self.sessions):
            if (old.peer, old.user) == (dialog.peer, dialog.user) and (
                    old.call_id != dialog.call_id):
                self.sessions = [pair for pair in self.sessions
                                 if pair[0] is not old]
                asyncio.ensure_future(old.request("BYE"))
        self.sessions.append((dialog, endpoint))

    def session_with(self, peer):
        return next((dialog for dialog, _ in reversed(self.sessions)
                     if dialog.peer == peer and dialog.open), None)

    def _session_of(self, request):
        for dialog, endpoint in self.sessions:
            if dialog.call_id == request.get("call-id") and (
                    f";tag={dialog.local_tag}" in request.get("to")):
                return dialog, endpoint
        return None, ""

    # ---- what comes --------------------------------------------------

    def on_invite(self, request, link, user, peer):
        dialog, _ = self._session_of(request)
        if dialog:
            if not self._within(request, link, dialog):
                return
            answer(self.front, link, request, "200 OK",
                   [("Content-Type", "application/sdp")], dialog,
                   description(self.front.character.media, "192.0.2.77",
                               f"sip:{user}@{self.front.domain}"))
            return
        report("invited", of=peer, call_id=request.get("call-id"),
               text=embedded_in(request.headers), headers=request.headers,
               body=request.body.decode())
        if self.manners["refuse"]:
            status, *more = self.manners["refuse"]
            answer(self.front, link, request, "100 Trying")
            answer(self.front, link, request, status,
                   [tuple(pair) for pair in more])
            return
        call = self.calls[request.get("call-id")] = Call(
            self, request, link, user, peer)
        call.begin()

    def on_cancel(self, request, link):
        call = self.calls.get(request.get("call-id"))
        if not call:
            answer(self.front, link, request,
                   "481 Call Leg/Transaction Does Not Exist")
            return
        answer(self.front, link, request, "200 OK")
        if call.cancel():
            report("cancelled", call_id=request.get("call-id"))

    def _within(self, request, link, dialog):
        """Whether the server lets a request through to the dialog."""
        fault = dialog.fault_of(request)
        if not fault:
            return True
        report("fault", text=f"{request.method}: {fault}")
        answer(self.front, link, request, "481 Call Leg/Transaction Does Not "
               "Exist", [("ms-diagnostics", '1004;reason="Route set is no '
                          f'longer valid";source="{self.front.name}"')])
        return False

    def on_ack(self, request):
        dialog, endpoint = self._session_of(request)
        if dialog:
            fault = dialog.fault_of(request)
            if fault:
                report("fault", text=f"ACK: {fault}")
            report("acknowledged", endpoint=endpoint, call_id=dialog.call_id)

    def on_other(self, request, link):
        """MESSAGE, INFO, BYE, UPDATE of a session."""
        dialog, endpoint = self._session_of(request)
        if not dialog:
            answer(self.front, link, request,
                   "481 Call Leg/Transaction Does Not Exist",
                   [("ms-diagnostics", '24083;reason="Message out of dialog";'
                     f'source="{self.front.name}"')])
            return
        if not self._within(request, link, dialog):
            return
        if request.method == "MESSAGE":
            self._on_message(request, link, dialog, endpoint)
            return
        answer(self.front, link, request, "200 OK", (), dialog)
        if request.method == "INFO":
            self._on_info(request, dialog)
        elif request.method == "BYE":
            dialog.open = False
            self.sessions = [pair for pair in self.sessions
                             if pair[0] is not dialog]
            report("ended", of=dialog.peer, endpoint=endpoint,
                   call_id=dialog.call_id)

    def heard(self, dialog, endpoint, text, how, name=""):
        report("message", sender=dialog.peer, body=text, endpoint=endpoint,
               call_id=dialog.call_id, how=how, name=name)

    def _on_message(self, request, link, dialog, endpoint):
        kind = request.get("content-type").split(";")[0].lower()
        status = self.manners["to_message"]
        if isinstance(status, list):
            # one after the other; the last one stays
            status = status.pop(0) if len(status) > 1 else status[0]
        number = secrets.token_hex(8)
        more = [("Message-Id", number)] if status.startswith("202") else []
        answer(self.front, link, request, status, more, dialog)
        if status.startswith("481"):
            dialog.open = False
            self.sessions = [pair for pair in self.sessions
                             if pair[0] is not dialog]
        if status[0] != "2":
            report("refused", body=request.body.decode(), status=status,
                   name=request.get("message-id"))
        elif kind == "application/ms-imdn+xml":
            report("delivered", of=dialog.peer, body=request.body.decode())
        else:
            self.heard(dialog, endpoint, request.body.decode(), "message",
                       request.get("message-id"))
        if status.startswith("202") and self.manners["imdn"]:
            asyncio.ensure_future(self._deliver(dialog, number))

    async def _deliver(self, dialog, number):
        """Report what became of a message that was taken with 202."""
        body = IMDN.format(number=number, user=dialog.user,
                           domain=self.front.domain,
                           status=self.manners["imdn"]).encode()
        await dialog.request("MESSAGE", [
            ("Content-Type", "application/ms-imdn+xml"),
            ("Message-Id", number)], body)

    def _on_info(self, request, dialog):
        root = ElementTree.fromstring(request.body)
        for status in root.iter("status"):
            report("typing", of=dialog.peer, status=status.get("status"))

    # ---- what is sent ------------------------------------------------

    def lock(self, peer):
        return self.locks.setdefault(peer, asyncio.Lock())

    async def open(self, peer, text="", media=None, kind="application/sdp",
                   body=None):
        """Ask for a session; returns the answer and the dialog."""
        front = self.front
        dialog = Dialog(front, front.user, peer)
        dialog.name_local()
        more = [("Contact", dialog.contact()), ("Allow", ALLOW),
                ("Supported", "ms-dialog-route-set-update")]
        if text and front.character.embedded:
            coded = base64.b64encode(text.encode()).decode()
            html = base64.b64encode(f"<b>{text}</b>".encode()).decode()
            more += [("ms-text-format",
                      f"text/plain; charset=UTF-8; ms-body={coded}"),
                     ("ms-im-format",
                      f"text/html; charset=UTF-8; ms-body={html}"),
                     ("Supported", "ms-embedded-first-message")]
        more += [("Supported", "ms-delayed-accept"),
                 ("Supported", "ms-renders-mime-alternative"),
                 ("Ms-Conversation-ID", secrets.token_urlsafe(16)),
                 ("Supported", "timer"), ("Supported", "ms-sender"),
                 ("Roster-Manager", f"sip:{front.user}@{front.domain}"),
                 ("EndPoints", f"<sip:{front.user}@{front.domain}>, "
                               f"<sip:{peer}>"),
                 ("Supported", "com.microsoft.rtc-multiparty"),
                 ("ms-keep-alive", "UAC;hop-hop=yes"),
                 ("Supported", "ms-conf-invite"), ("Content-Type", kind)]
        body = body if body is not None else description(
            media or front.character.media, "192.0.2.77", "null")
        answered, _ = await dialog.request("INVITE", more, body)
        if dialog.open:
            self.stand(dialog, "desk")
            report("session", of=peer, call_id=dialog.call_id)
        return answered, dialog

    async def say(self, order):
        """A text of Romeo's; returns the response that tells its fate."""
        peer, text = order["to"], order["body"]
        kind = order.get("content_type", "text/plain; charset=UTF-8")
        async with self.lock(peer):
            for _ in range(2):
                dialog = self.session_with(peer)
                if not dialog:
                    final, dialog = await self.open(peer, text)
                    if not dialog.open:
                        return final
                    if "ms-text-format" in final.all("supported") or (
                            order.get("once")):
                        return final
                final, _ = await dialog.request(
                    "MESSAGE", [("Supported", "ms-dialog-route-set-update"),
                                ("Supported", "timer"),
                                ("Content-Type", kind)], text.encode())
                if final.status not in (408, 430, 480, 481):
                    return final
                dialog.open = False
        return final

    async def type(self, order):
        dialog = self.session_with(order["to"])
        body = ('<?xml version="1.0"?>\r\n<KeyboardActivity>\r\n  <status '
                f'status="{order["status"]}" />\r\n</KeyboardActivity>')
        final, _ = await dialog.request(
            "INFO", [("Content-Type", "application/xml")], body.encode())
        return final

    async def hang_up(self, order):
        dialog = self.session_with(order["to"])
        dialog.open = False
        self.sessions = [pair for pair in self.sessions
                         if pair[0] is not dialog]
        final, _ = await dialog.request("BYE")
        return final

    async def refresh(self, order):
        """What keeps a session alive: UPDATE, or INVITE again.  RFC 4028"""
        dialog, method = self.session_with(order["to"]), order["method"]
        more = [("Contact", dialog.contact()), ("Supported", "timer"),
                ("Session-Expires", "1800;refresher=uac")]
        body = b""
        if method == "INVITE":
            more.append(("Content-Type", "application/sdp;call-type=im"))
            body = description(self.front.character.media, "192.0.2.77",
                               "null")
        final, _ = await dialog.request(method, more, body)
        return final

    async def call(self, order):
        """An INVITE that is not about messages, or only that."""
        if order.get("conference"):
            final, _ = await self.open(
                order["to"], kind="application/ms-conf-invite+xml",
                body=b'<Conferencing version="2.0"><focus-uri>sip:romeo@'
                     b'contoso.com;gruu;opaque=app:conf:focus:id:A1'
                     b'</focus-uri><subject></subject><im available="true"/>'
                     b'</Conferencing>')
        else:
            final, _ = await self.open(order["to"], media=order.get("media"))
        return final

    async def page(self, order):
        """A MESSAGE outside a session."""
        dialog = Dialog(self.front, self.front.user, order["to"])
        dialog.name_local()
        final, _ = await dialog.request(
            "MESSAGE", [("Content-Type", "text/plain; charset=UTF-8")],
            order["body"].encode())
        return final

    def behave(self, order):
        self.manners.update({key: value for key, value in order.items()
                             if key in self.manners})
        if order.get("let_go"):
            self.let_go.set()
