"""What people do about each other's presence; for cases and the demo."""
from contextlib import contextmanager

from lab import LabError, until
from world import JULIET, ROMEO

ROSTER = ("<iq type='set' id='remove'><query xmlns='jabber:iq:roster'>"
          "<item jid='{jid}' subscription='remove'/></query></iq>")


class Contacts:
    """Juliet's client, Romeo's phone and his server, in a running world."""

    def __init__(self, world):
        self.world = world
        self.bodies = []  # of what he was told of her

    # ---- Juliet --------------------------------------------------------------

    def stanza(self, kind):
        """She sends Romeo a bare presence: subscribe, subscribed, …"""
        self.world.juliet.tell(
            "raw", xml=f"<presence to='{ROMEO}' type='{kind}'/>")

    def show(self, show="", status=""):
        """She tells her server how she is."""
        inner = (f"<show>{show}</show>" if show else "") + (
            f"<status>{status}</status>" if status else "")
        self.world.juliet.tell("raw", xml=f"<presence>{inner}</presence>")

    def offline(self):
        """She is there no more, though her client stays connected."""
        self.world.juliet.tell("raw", xml="<presence type='unavailable'/>")

    def hears(self, kind, seconds=10, **facts):
        """What she is told of Romeo."""
        return self.world.juliet.wait("presence", seconds, sender=ROMEO,
                                      kind=kind, **facts)

    # ---- Romeo ---------------------------------------------------------------

    def order(self, do, seconds=10, **facts):
        """He does something and is answered."""
        number = self.world.romeo.tell(do, **facts)
        return self.world.romeo.wait("response", seconds, id=number)

    def publish(self, **facts):
        """He tells his server how he is: open, note, activity."""
        answer = self.order("publish", **facts)
        if answer["status"] != 200:
            raise LabError(f"PUBLISH: {answer['status']} {answer['reason']}")

    def allow(self, handling="allow"):
        """He says what Juliet may see."""
        self.world.fe.rule("romeo", JULIET, handling)
        self.order("rules")

    def watch(self, **facts):
        """He subscribes to Juliet, or refreshes."""
        return self.order("subscribe", to=JULIET, **facts)

    def sees(self, seconds=15, **facts):
        """What he is told of her."""
        notice = self.world.romeo.wait("notify", seconds, of=JULIET, **facts)
        self.bodies.append(notice["body"])
        return notice

    # ---- both ----------------------------------------------------------------

    def befriend(self):
        """Each sees the other."""
        self.publish(open=True)
        self.allow()
        self.stanza("subscribe")
        self.hears("subscribed")
        self.hears("", resource="phone")
        self.watch()
        self.hears("subscribe")
        self.stanza("subscribed")
        self.sees(state="active", open=True)

    def settle(self):
        """What she and stox have sent each other so far has arrived."""
        order = self.world.juliet.tell("ping", to=ROMEO.partition("@")[2])
        self.world.juliet.wait("pong", 20, id=order)

    def _exchanges(self, name):
        return self.world.stox.ctl("status")["exchanges"][name]

    @contextmanager
    def taken(self):
        """What is done within has been written down by stox at the end, and
        stox has begun to act upon it; no more."""
        until(20, "stox has work to do", lambda: not self._exchanges(
            "under_way"))
        before = self._exchanges("begun_here")
        yield
        until(20, "stox does nothing", lambda: self._exchanges(
            "begun_here") > before)

    def part(self):
        """Nobody knows anybody any more."""
        # A probe on its way would meet her "unsubscribed".
        self.settle()
        for kind in ("unsubscribe", "unsubscribed"):
            self.stanza(kind)
        self.world.juliet.tell("raw", xml=ROSTER.format(jid=ROMEO))
        self.show()
        self.settle()
        self.order("unpublish")
        self.world.fe.rule("romeo")
        self.order("rules")
        answer = self.watch(expires=0)
        if answer["status"] == 200:
            self.sees(state="terminated", dialog=answer["dialog"])
        self.world.juliet.forget()
        self.world.romeo.forget()
