"""The second act of the demonstration: who is there, and who may know."""
import time

from contacts import Contacts

WORDS = {"": "there", "away": "away", "xa": "away for long", "dnd": "busy",
         "busy": "busy", "chat": "glad to talk"}


def told(how, text):
    """What a contact list shows, in words."""
    return WORDS.get(how, how) + (f', "{text}"' if text else "")


class SecondAct:
    """Juliet and Romeo see each other."""

    def __init__(self, world, line):
        self.world, self.line = world, line
        self.contacts = Contacts(world)

    def juliet_sees(self, began, kind="", seconds=20, **facts):
        got = self.contacts.hears(kind, seconds, **facts)
        how = "gone" if kind else told(got["show"], got["status"])
        self.line("juliet", "sees", f"Romeo is {how}", self._since(began))

    def romeo_sees(self, began, seconds=20, **facts):
        got = self.contacts.sees(seconds, state="active", **facts)
        how = "gone" if not got["open"] else told(
            (got["activities"] or [""])[0], "; ".join(got["notes"]))
        self.line("romeo", "sees", f"Juliet is {how}", self._since(began))

    @staticmethod
    def _since(began):
        return f"{(time.monotonic() - began) * 1000:.0f} ms"

    def meet(self):
        """Each asks, each is let in."""
        contacts, line = self.contacts, self.line
        contacts.publish(open=True)
        line("juliet", "asks", "May I see when you are there?")
        contacts.stanza("subscribe")
        line("romeo", "allows", "Juliet may see me.",
             "he tells his own server")
        contacts.world.fe.asked("romeo")
        contacts.allow()
        began = time.monotonic()
        contacts.hears("subscribed", 15)
        line("juliet", "hears", "He said yes.")
        self.juliet_sees(began)
        line("romeo", "asks", "And I you?")
        contacts.watch()
        contacts.hears("subscribe", 15)
        line("juliet", "hears", "Romeo would like to see when I am there.")
        line("juliet", "allows", "Romeo may see me.")
        contacts.stanza("subscribed")
        self.romeo_sees(time.monotonic(), open=True)

    def away(self):
        self.line("romeo", "goes", told("away", "under the balcony"))
        self.contacts.publish(note="under the balcony", activity="away")
        self.juliet_sees(time.monotonic(), status="under the balcony")
        self.line("juliet", "goes", told("away", "at the ball"))
        self.contacts.show("away", "at the ball")
        self.romeo_sees(time.monotonic(), notes=["at the ball"])

    def restart(self):
        """What happens while stox is down is known after it."""
        world = self.world
        print("\n  stox is stopped.  Meanwhile:", flush=True)
        world.stox.stop()
        self.line("romeo", "comes", told("", "back from Mantua"))
        self.contacts.publish(note="back from Mantua")
        self.line("juliet", "comes", told("", "at the window"))
        self.contacts.show("", "at the window")
        world.start_stox()
        began = time.monotonic()
        print("  stox is started again.", flush=True)
        self.juliet_sees(began, status="back from Mantua", seconds=60)
        self.romeo_sees(began, notes=["at the window"], seconds=60)

    def end(self):
        self.line("romeo", "leaves", "his phone is off")
        self.contacts.order("unpublish")
        self.juliet_sees(time.monotonic(), "unavailable")
        self.line("juliet", "leaves", "her client is off")
        self.contacts.offline()
        self.romeo_sees(time.monotonic(), open=False)

    def play(self):
        print("\nAnd now whether the other one is there.  (A SIP user hears"
              " of changes every 5 s at most.)\n", flush=True)
        for step in (self.meet, self.away, self.restart, self.end):
            step()
