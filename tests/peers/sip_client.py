#!/usr/bin/python3
"""A SIP user over TLS who does as told.

sip_client.py USER@DOMAIN ADDRESS PORT CAFILE SERVERNAME [CERTIFICATE KEY]

Orders: register, unregister, send (to, body, and optionally subject, headers,
sender), raw (text), and those of sip_presence.py.  Events: connected, refused,
closed, registered, message, notify, response.
It knows just enough of RFC 3261 for that, and shares nothing with stox.
"""
import asyncio
import os
import secrets
import ssl
import sys
import time

from agent import commands, report
from sip_presence import Presence
from sip_text import first, parse


class User(Presence):
    """One connection to a SIP server."""

    def __init__(self, address_of_record, server, port):
        super().__init__()
        self.aor = f"sip:{address_of_record}"
        self.user, self.domain = address_of_record.split("@")
        self.server, self.port = server, port
        self.reader = self.writer = None
        self.register_call, self.register_cseq = secrets.token_hex(8), 0
        self.waiting = {}

    async def connect(self, context, server_name):
        self.reader, self.writer = await asyncio.open_connection(
            self.server, self.port, ssl=context, server_hostname=server_name,
            limit=1 << 22)
        host, port = self.writer.get_extra_info("sockname")[:2]
        self.here = f"{f'[{host}]' if ':' in host else host}:{port}"
        report("connected", tls=self.writer.get_extra_info("cipher")[0])

    def request(self, method, uri, order_id, lines, body=b"", to=None,
                call_id=None, cseq=1, sender=None, tag=None, to_tag=""):
        """Write a request and remember what its response answers."""
        branch = "z9hG4bK" + secrets.token_hex(8)
        head = [f"{method} {uri} SIP/2.0",
                f"Via: SIP/2.0/TLS {self.here};branch={branch};rport",
                "Max-Forwards: 70",
                f"From: <{sender or self.aor}>"
                f";tag={tag or secrets.token_hex(4)}",
                f"To: <{to or uri}>" + (f";tag={to_tag}" if to_tag else ""),
                f"Call-ID: {call_id or secrets.token_hex(8)}",
                f"CSeq: {cseq} {method}", *lines,
                f"Content-Length: {len(body)}", "", ""]
        self.waiting[branch] = (order_id, method, time.monotonic())
        self.writer.write("\r\n".join(head).encode() + body)

    def register(self, order_id, expires=600):
        self.register_cseq += 1
        self.request(
            "REGISTER", f"sip:{self.domain}", order_id,
            [f"Contact: <sip:{self.user}@{self.here};transport=tls>",
             f"Expires: {expires}"],
            to=self.aor, call_id=self.register_call, cseq=self.register_cseq)

    def send(self, order):
        lines = ["Content-Type: text/plain;charset=UTF-8"]
        if "subject" in order:
            lines.append(f"Subject: {order['subject']}")
        self.request("MESSAGE", f"sip:{order['to']}", order["id"],
                     lines + order.get("headers", []),
                     order["body"].encode(), sender=order.get("sender"))

    def on_response(self, line, headers):
        branch = first(headers, "via").partition("branch=")[2].split(";")[0]
        status = int(line.split(" ")[1])
        if status < 200 or branch not in self.waiting:
            return
        order_id, method, since = self.waiting.pop(branch)
        if method == "SUBSCRIBE":
            self.subscribed(status, headers)
        elif method == "PUBLISH":
            self.published(status, headers)
        if method == "REGISTER":
            report("registered", id=order_id, status=status)
        else:
            report("response", id=order_id, status=status,
                   reason=line.split(" ", 2)[2:],
                   seconds=round(time.monotonic() - since, 3),
                   dialog=first(headers, "call-id"), headers=headers)

    def on_request(self, line, headers, body):
        method = line.split(" ")[0]
        if method == "ACK":
            return
        status = {"MESSAGE": "200 OK", "OPTIONS": "200 OK"}.get(
            method, "405 Method Not Allowed")
        notice = None
        if method == "NOTIFY":
            number, notice = self.notified(headers, body)
            status = "200 OK" if number == 200 else "481 No Subscription"
        head = [f"SIP/2.0 {status}"]
        for name, value in headers:
            if name in ("via", "from", "call-id", "cseq"):
                head.append(f"{name}: {value}")
            elif name == "to":
                tag = "" if ";tag=" in value else f";tag={secrets.token_hex(4)}"
                head.append(f"to: {value}{tag}")
        self.writer.write("\r\n".join(
            [*head, "Content-Length: 0", "", ""]).encode())
        if notice:
            report("notify", **notice)
        if method == "MESSAGE":
            sender = first(headers, "from").partition("<")[2].split(">")[0]
            report("message", sender=sender, body=body.decode("utf-8"),
                   subject=first(headers, "subject"),
                   call_id=first(headers, "call-id"), uri=line.split(" ")[1],
                   content_type=first(headers, "content-type"),
                   headers=headers)

    async def listen(self):
        """Take messages off the connection until it ends."""
        try:
            while True:
                head = await self.reader.readuntil(b"\r\n\r\n")
                line, headers = parse(head.strip(b"\r\n"))
                if not line:
                    continue
                length = int(first(headers, "content-length") or 0)
                body = await self.reader.readexactly(length)
                if line.startswith("SIP/2.0 "):
                    self.on_response(line, headers)
                else:
                    self.on_request(line, headers, body)
        except (OSError, asyncio.IncompleteReadError) as error:
            report("closed", reason=str(error))

    async def obey(self):
        async for order in commands():
            if order["do"] == "register":
                self.register(order["id"])
            elif order["do"] == "unregister":
                self.register(order["id"], expires=0)
            elif order["do"] == "subscribe":
                self.subscribe(order)
            elif order["do"] == "rules":
                self.rules(order)
            elif order["do"] in ("publish", "unpublish"):
                if not self.publish(order):
                    report("response", id=order["id"], status=200)
            elif order["do"] == "raw":
                self.writer.write(order["text"].encode())
            else:
                self.send(order)


async def main():
    aor, address, port, ca_file, server_name, *own = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca_file)
    if own:
        context.load_cert_chain(*own)
    if "SSLKEYLOGFILE" in os.environ:
        context.keylog_filename = os.environ["SSLKEYLOGFILE"]
    user = User(aor, address, int(port))
    try:
        await user.connect(context, server_name)
    except OSError as error:
        report("refused", reason=str(error))
        return
    listener = asyncio.ensure_future(user.listen())
    await user.obey()
    listener.cancel()


asyncio.run(main())
