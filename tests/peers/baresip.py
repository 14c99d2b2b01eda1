"""baresip, a SIP phone of others, as mercutio@contoso.com.

It keeps a list of contacts, whom it asks for their presence, and lets anybody
see its own: open or closed.  Driven over its module ctrl_tcp: netstrings of
JSON.
"""
import json
import os
import shutil
import socket

from kamailio import PHONES
from lab import LabError, Process, until

PHONE = PHONES[0]
MODULES = "/usr/lib/baresip/modules"
CONTROL = 4444


class Baresip:
    """Start with start(); contact is a bare JID in its list."""

    def __init__(self, lab, authority, contact):
        self.lab, self.authority, self.contact = lab, authority, contact
        self.process = self.control = None
        self.left = b""

    def _config(self):
        lab = self.lab
        crt, key = self.authority.issue("baresip", "home.example.net")
        with open(crt, encoding="ascii") as one, \
                open(key, encoding="ascii") as two:
            pem = lab.write("baresip/both.pem", two.read() + one.read())
        lab.write("baresip/accounts",
                  f"<sip:{PHONE}@contoso.com;transport=tls>;regint=600;"
                  'outbound="sip:fe.contoso.com:5071;transport=tls"\n')
        lab.write("baresip/contacts",
                  f'"Juliet" <sip:{self.contact}>;presence=p2p\n')
        lab.write("baresip/config", f"""
poll_method epoll
sip_listen {lab.ip4("home")}:5090
sip_certificate {pem}
sip_cafile {self.authority.file}
dns_server {lab.ip4("dns")}:{lab.dns_port}
net_interface eth0
module_path {MODULES}
module_tmp account.so
module_app contact.so
module_app menu.so
module_app presence.so
module_app ctrl_tcp.so
ctrl_tcp_listen {lab.ip4("home")}:{CONTROL}
""")

    def start(self):
        program = shutil.which("baresip")
        if not program or not os.path.exists(f"{MODULES}/presence.so"):
            raise LabError("baresip-core is not installed")
        self._config()
        self.process = Process(
            self.lab, "home", "baresip",
            [program, "-f", self.lab.path("baresip")])
        self.process.wait_port(CONTROL, 15)
        with self.lab.inside("home"):
            self.control = socket.create_connection(
                (self.lab.ip4("home"), CONTROL), 10)

    def _message(self):
        """The next of what it says."""
        while True:
            head, colon, rest = self.left.partition(b":")
            if colon and len(rest) > int(head):
                self.left = rest[int(head) + 1:]
                return json.loads(rest[:int(head)])
            got = self.control.recv(65536)
            if not got:
                raise LabError("baresip has closed its control connection")
            self.left += got

    def tell(self, command):
        """Give an order; returns what it prints."""
        text = json.dumps({"command": command, "token": command})
        self.control.sendall(f"{len(text)}:{text},".encode())
        while True:
            message = self._message()
            if message.get("response") and message.get("token") == command:
                return message["data"]

    def sees(self, word, seconds=20):
        """Wait until its list shows the contact so."""
        until(seconds, f"baresip does not show {word}",
              lambda: word in self.tell("contacts"), 0.2)

    def stop(self):
        if self.control:
            self.control.close()
        if self.process:
            self.process.stop()
