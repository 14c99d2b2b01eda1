#!/usr/bin/python3
"""An XMPP user who does as told.  xmpp_client.py JID PASSWORD ADDRESS CAFILE

Orders: send (to, body, type, subject, thread), raw (xml), ping (to),
disco (to).  Events: ready, message, signal, error, presence, pong, info.
"""
import asyncio
import ssl
import sys

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

from agent import commands, report


class User(slixmpp.ClientXMPP):
    """One session of one user."""

    def __init__(self, jid, password, ca_file):
        super().__init__(jid, password)
        self.ca_certs = ca_file
        self.ssl_context.minimum_version = ssl.TLSVersion.TLSv1_2
        for plugin in ("xep_0030", "xep_0092", "xep_0199"):
            self.register_plugin(plugin)
        # Who may see this user is said by orders alone.
        for roster in (self.roster, self.client_roster):
            roster.auto_authorize = None
            roster.auto_subscribe = False
        self.register_handler(Callback(
            "any presence", StanzaPath("presence"), self.on_presence))
        self.register_handler(Callback(
            "any message", StanzaPath("message"), self.on_signal))
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("message", self.on_message)
        self.add_event_handler("message_error", self.on_error)
        self.add_event_handler("disconnected", self.on_end)
        self.add_event_handler("failed_auth", self.on_end)

    async def on_start(self, _event):
        self.send_presence()
        await self.get_roster()
        report("ready", jid=self.boundjid.full)

    def on_message(self, message):
        if message["type"] == "error":
            return
        report("message", sender=message["from"].full,
               to=message["to"].full, body=message["body"],
               kind=message["type"], subject=message["subject"],
               thread=message["thread"], stanza=message["id"],
               xml=str(message))

    def on_signal(self, message):
        """What is no text: typing, receipts."""
        if message["type"] != "error" and not message["body"]:
            report("signal", sender=message["from"].full, xml=str(message))

    def on_error(self, message):
        error = message["error"]
        report("error", sender=message["from"].full, id=message["id"],
               condition=error["condition"], kind=error["type"],
               text=error["text"], xml=str(message))

    def on_presence(self, presence):
        if presence["from"].bare == self.boundjid.bare:
            return
        report("presence", sender=presence["from"].bare,
               resource=presence["from"].resource,
               kind=presence.xml.get("type", ""),
               show=presence.xml.findtext("{jabber:client}show", ""),
               status=presence.xml.findtext("{jabber:client}status", ""),
               xml=str(presence))

    def on_end(self, reason):
        report("end", reason=str(reason))

    def say(self, order):
        message = self.make_message(
            mto=order["to"], mbody=order.get("body"),
            msubject=order.get("subject"), mtype=order.get("type", "chat"))
        message["id"] = order["id"]
        if "thread" in order:
            message["thread"] = order["thread"]
        message.send()

    async def ask(self, order):
        """The IQ orders."""
        try:
            if order["do"] == "ping":
                seconds = await self["xep_0199"].ping(order["to"], timeout=20)
                report("pong", id=order["id"], seconds=seconds)
            else:
                info = (await self["xep_0030"].get_info(
                    order["to"], timeout=20))["disco_info"]
                report("info", id=order["id"],
                       features=sorted(info["features"]),
                       identities=sorted(map(list, (
                           (i[0], i[1], i[3] or "")
                           for i in info["identities"]))))
        except (IqError, IqTimeout) as error:
            report("error", id=order["id"], condition=error.condition,
                   text=error.text, kind=error.etype)

    async def obey(self):
        async for order in commands():
            if order["do"] == "send":
                self.say(order)
            elif order["do"] == "raw":
                self.send_raw(order["xml"])
            else:
                asyncio.ensure_future(self.ask(order))


async def main():
    jid, password, address, ca_file = sys.argv[1:]
    user = User(jid, password, ca_file)
    user.connect((address, 5222), disable_starttls=False, force_starttls=True)
    await user.obey()


asyncio.get_event_loop().run_until_complete(main())
