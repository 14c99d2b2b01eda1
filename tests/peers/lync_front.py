#!/usr/bin/python3
"""A Lync server and its user, who do as told.  lync_front.py JSON

JSON holds: user, domain, name, addresses, port (of the front end), gateway
(its address), gateway_port, gateway_name, partner (the domain it speaks for),
ca, certificate, key, character.

It shares nothing with stox.  Beside the orders of lync_talk.py and
lync_watch.py it knows: become (character and single properties), reset,
options, drop, deaf (on), listen (on).  Whatever a Lync server would mind in
what the gateway sends is an event "fault".  Each order ends with an event
"response": its id, status, reason and headers.
"""
import asyncio
import json
import secrets
import sys
import time

from agent import commands, report
from lync_character import character
from lync_dialog import answer
from lync_judge import Judge
from lync_talk import Talk
from lync_watch import Watch
from lync_wire import Link, contexts, lost, new_branch, written
from sip_text import uri_of


class Front:
    """The server: its connections, and what comes over them."""

    def __init__(self, settings):
        self.settings = settings
        self.domain, self.name = settings["domain"], settings["name"]
        self.user = settings["user"]
        self.judge = Judge(settings["gateway_name"], settings["partner"])
        self.character = character(settings["character"])
        self.links, self.inward, self.turn = [], [], 0
        self.opening = asyncio.Lock()
        self.server, self.deaf = None, False
        self.tasks = set()
        self.talk, self.watch = Talk(self), Watch(self)
        self.become_tls()

    def become_tls(self):
        self.server_tls, self.client_tls = contexts(
            self.settings["ca"], self.settings["certificate"],
            self.settings["key"], self.character.tls12)

    def spawn(self, coroutine):
        """Run it; kept until it is done."""
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self._spawned)

    def _spawned(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            report("fault", text=f"the front end: {task.exception()!r}")

    # ---- connections ------------------------------------------------------

    async def listen(self, on=True):
        if on and not self.server:
            self.server = await asyncio.start_server(
                self.accept, self.settings["addresses"],
                self.settings["port"], ssl=self.server_tls, limit=1 << 22)
        elif not on and self.server:
            self.server.close()
            self.server = None

    async def accept(self, reader, writer):
        """A connection of the gateway's; its certificate is checked."""
        link = Link(self, reader, writer)
        if self.settings["gateway_name"] not in link.peer_names():
            report("stranger", names=link.peer_names())
            link.drop()
            return
        report("connected", names=link.peer_names())
        self.inward.append(link)
        await link.listen()

    async def link(self):
        """The next of our connections to the gateway, in turns; None when it
        cannot be reached."""
        async with self.opening:
            if len(self.links) < self.character.connections:
                await self._connect()
            if not self.links:
                return None
            self.turn += 1
            return self.links[self.turn % len(self.links)]

    async def _connect(self):
        name = self.settings["gateway_name"]
        try:
            reader, writer = await asyncio.open_connection(
                self.settings["gateway"], self.settings["gateway_port"],
                ssl=self.client_tls, server_hostname=name, limit=1 << 22)
        except OSError as error:
            report("unreachable", reason=str(error))
            return
        link = Link(self, reader, writer)
        self.spawn(link.listen())
        if self.character.negotiate and not await self._negotiate(link):
            return
        self.links.append(link)

    async def _negotiate(self, link):
        """Ask for compression, before anything else."""
        branch, name = new_branch(), self.settings["gateway_name"]
        headers = [
            ("Via", f"SIP/2.0/TLS {link.here};branch={branch}"),
            ("Max-Forwards", "0"),
            ("From", f"<sip:{link.here}>;tag={secrets.token_hex(3)}"),
            ("To", f"<sip:{name}:5061>"),
            ("Call-ID", secrets.token_hex(8)), ("CSeq", "1 NEGOTIATE"),
            ("Compression", "LZ77-8K")]
        status = 0
        async for response in link.answers(branch, written(
                self.character, f"NEGOTIATE sip:{name}:5061 SIP/2.0",
                headers)):
            status = response.status
            if not response.headers:
                return False
            self.judge_response(response, headers)
            if status < 300 and response.get("compression") != "None":
                report("fault", text="2.4: it agrees to be compressed")
        report("negotiated", status=status)
        return True

    def forget_link(self, link):
        for links in (self.links, self.inward):
            if link in links:
                links.remove(link)

    def drop(self):
        for link in self.links + self.inward:
            link.drop()

    # ---- what comes -------------------------------------------------------

    def judge_response(self, response, sent):
        for text in self.judge.response(response, sent):
            report("fault", text=f"{response.line}: {text}")

    def on_request(self, request, link):
        for text in self.judge.request(request):
            report("fault", text=f"{request.method}: {text}")
        user = request.uri.partition("sip:")[2].partition("@")[0]
        peer = uri_of(request.get("from")).partition("sip:")[2].split(";")[0]
        within = ";tag=" in request.get("to")
        if request.method == "ACK":
            self.talk.on_ack(request)
        elif request.method == "OPTIONS":
            answer(self, link, request, "200 OK")
        elif request.method == "CANCEL":
            self.talk.on_cancel(request, link)
        elif request.method == "NOTIFY":
            self.watch.on_notify(request, link)
        elif not within and user != self.user:
            answer(self, link, request, "404 Not Found", [(
                "ms-diagnostics", '1003;reason="User does not exist";'
                f'source="{self.name}"')])
        elif request.method == "INVITE":
            self.talk.on_invite(request, link, user, peer)
        elif request.method == "SUBSCRIBE":
            self.watch.on_subscribe(request, link, user, peer)
        else:
            self.talk.on_other(request, link)

    # ---- orders -----------------------------------------------------------

    async def options(self, _order):
        """What Test-CsFederatedPartner does."""
        link = await self.link()
        if not link:
            return lost()
        branch, partner = new_branch(), self.settings["partner"]
        headers = [
            ("Via", f"SIP/2.0/TLS {link.here};branch={branch}"),
            ("Max-Forwards", "69"),
            ("From", f"<sip:{self.name}>;tag={secrets.token_hex(3)}"),
            ("To", f"<sip:Options_User@{partner}>"),
            ("Call-ID", secrets.token_hex(8)), ("CSeq", "1 OPTIONS"),
            ("Contact", f"<sip:{self.name};transport=Tls>"),
            ("User-Agent", self.character.user_agent)]
        final = lost()
        async for final in link.answers(branch, written(
                self.character,
                f"OPTIONS sip:Options_User@{partner} SIP/2.0", headers)):
            self.judge_response(final, headers)
        return final

    async def become(self, order):
        """Another character, with other connections."""
        switches = {key: value for key, value in order.items()
                    if key not in ("do", "id", "character")}
        self.character = character(order["character"], **switches)
        self.drop()
        self.become_tls()
        if self.server:
            await self.listen(False)
            await self.listen()

    def reset(self):
        for call in self.talk.calls.values():
            for task in call.ringing:
                task.cancel()
        self.talk.reset()
        self.watch.reset()
        self.deaf = False

    async def act(self, order):
        """Carry out one order and tell how it went."""
        began, final = time.monotonic(), None
        do = order["do"]
        if do in ("say", "type", "hang_up", "call", "page", "refresh"):
            final = await getattr(self.talk, do)(order)
        elif do == "watch":
            final = await self.watch.watch(order)
        elif do == "publish":
            await self.watch.publish(order)
        elif do == "options":
            final = await self.options(order)
        elif do == "become":
            await self.become(order)
        elif do == "listen":
            await self.listen(order["on"])
        elif do == "admit":
            self.watch.handling = order["handling"]
        elif do == "behave":
            self.talk.behave(order)
        elif do == "deaf":
            self.deaf = order["on"]
        elif do == "drop":
            self.drop()
        elif do == "reset":
            self.reset()
        report("response", id=order["id"],
               status=final.status if final else 200,
               reason=final.reason if final else "",
               seconds=round(time.monotonic() - began, 3),
               headers=final.headers if final else [])


async def main():
    front = Front(json.loads(sys.argv[1]))
    await front.listen()
    report("listening")
    async for order in commands():
        front.spawn(front.act(order))


asyncio.run(main())
