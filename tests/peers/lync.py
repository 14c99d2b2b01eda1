"""The scripted Lync server of contoso.com, as the laboratory sees it."""
import json

from agent import Agent


class Lync:
    """Start with start().  Its user Romeo is the same program: self.romeo."""

    def __init__(self, lab, authority, **settings):
        """settings: others than those for the front end of stox."""
        self.lab, self.authority = lab, authority
        addresses = [lab.ip4("fe")] + (
            [lab.ip6("fe")] if lab.ip6("fe") else [])
        self.settings = {
            "user": "romeo", "domain": "contoso.com",
            "name": "fe.contoso.com", "addresses": addresses, "port": 5061,
            "gateway": lab.ip4("gw"), "gateway_port": 5061,
            "gateway_name": "gw.contoso.com", "partner": "example.org",
            "ca": authority.file, "character": "lync2013", **settings}
        self.certificate = authority.issue("lync/certs",
                                           self.settings["name"])
        self.romeo = None

    @property
    def process(self):
        return self.romeo.process if self.romeo else None

    def start(self):
        crt, key = self.certificate
        settings = {**self.settings, "certificate": crt, "key": key}
        self.romeo = Agent(self.lab, "fe", f"lync-{settings['user']}",
                           "lync_front.py", json.dumps(settings))
        self.romeo.wait("listening", 10)

    def stop(self):
        if self.romeo:
            self.romeo.stop()
        self.romeo = None

    def order(self, do, seconds=20, **facts):
        """Give an order; returns how it ended."""
        number = self.romeo.tell(do, **facts)
        return self.romeo.wait("response", seconds, id=number)

    def faults(self):
        """What a Lync server would have minded since the last look."""
        self.romeo.quiet("nothing", 0)
        found = []
        while event := self.romeo.find("fault"):
            found.append(event["text"])
        return found
