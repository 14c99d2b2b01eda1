#!/usr/bin/python3
"""The demonstration that contrib/demo starts, once stox is built."""
import argparse
import signal
import sys
import time

from demo_presence import SecondAct
from lab import LabError, end_on_signals, tail
from world import JULIET, ROMEO, World

PICTURE = """
    juliet                                                   romeo
  example.org                                             contoso.com
       |                                                       |
    Prosody  <--- {link} --->  stox  <--- SIP, TLS --->  Kamailio
"""
LINKS = {"external": "XMPP, TLS", "component": "component"}

TALK = [
    ("juliet", "O Romeo, Romeo! wherefore art thou Romeo? \U0001f339"),
    ("romeo", "Call me but love, and I'll be new baptized."),
    ("juliet", "My ears have not yet drunk a hundred words\n"
               "of that tongue's utterance, yet I know the sound."),
    ("romeo", "Good night, \u00fcber Meer und Berge \u2014 a thousand times! "
              "\U0001f319"),
]


class Stage:
    """Who says what, as it happens."""

    def __init__(self, world):
        self.world = world
        self.people = {"juliet": (world.juliet, JULIET),
                       "romeo": (world.romeo, ROMEO)}

    @staticmethod
    def line(who, does, text, more=""):
        first, *rest = text.split("\n")
        print(f"  {who:<7} {does:<6} {first}"
              + "".join(f"\n{' ' * 17}{one}" for one in rest)
              + (f"   ({more})" if more else ""), flush=True)

    def say(self, who, text):
        """One speaks, the other reads it."""
        other = "romeo" if who == "juliet" else "juliet"
        speaker, listener = self.people[who][0], self.people[other][0]
        self.line(who, "says", text)
        began = time.monotonic()
        order = speaker.tell("send", to=self.people[other][1], body=text)
        try:
            got = listener.wait("message", 30)
        except LabError:
            refused = speaker.find("error") or speaker.find("response")
            raise LabError(f"the answer was {refused}") from None
        self.line(other, "reads", got["body"].replace("\r\n", "\n"),
                  f"{(got['at'] - began) * 1000:.0f} ms")
        if who == "romeo":
            answer = speaker.wait("response", 30, id=order)
            self.line("romeo", "hears", f"{answer['status']} "
                              + " ".join(answer["reason"]))

    def strangers(self):
        """Nobody is there: each side says so in its own words."""
        juliet, romeo = self.people["juliet"][0], self.people["romeo"][0]
        self.line("juliet", "says", "Is anybody there?",
                  "to tybalt@contoso.com, who does not exist")
        order = juliet.tell("send", to="tybalt@contoso.com",
                            body="Is anybody there?")
        error = juliet.wait("error", 35, id=order)
        self.line("juliet", "hears", f"{error['condition']}: {error['text']}")
        self.line("romeo", "says", "Is anybody there?",
                  "to rosaline@example.org, who does not exist")
        order = romeo.tell("send", to="rosaline@example.org",
                           body="Is anybody there?")
        answer = romeo.wait("response", 35, id=order)
        self.line("romeo", "hears",
                  f"{answer['status']} {' '.join(answer['reason'])}")


def show_streams(stox):
    print("\nHow they met, says `stoxctl streams`:\n")
    for line in stox.ask("streams").splitlines():
        print(f"  {line}")


def keep(world, stage):
    """Leave everything running, and let people type."""
    lab, stox = world.lab, world.stox
    home = f"ip netns exec stox-{lab.owner}-home " if lab.separate else ""
    print(f"""
Everything stays.  In another terminal{", as root" if home else ""}:
  streams  {stox.ctl_program} -s {stox.control} streams
  pipeline {stox.ctl_program} -s {stox.control} hooks
  config   {stox.config}   (change it, then: stoxctl ... reload)
  logs     tail -f {lab.path("log/stoxd.log")}   (beside it: the others')
  XMPP     {home}YOUR-CLIENT   {lab.ip4("xmpp")}:5222, user nurse@example.org,
           password verona, CA {world.authority.file}
  SIP/TLS  {home}YOUR-PHONE   {lab.ip4("fe")}:5071, user benvolio@contoso.com,
           no password, the same CA
Here: "j WORDS" speaks as Juliet, "r WORDS" as Romeo; Enter alone ends it.""",
          flush=True)
    for line in sys.stdin:
        word, _, text = line.strip().partition(" ")
        if not word:
            return
        who = {"j": "juliet", "r": "romeo"}.get(word)
        if who and text:
            try:
                stage.say(who, text)
            except LabError as error:
                print(f"  {error}")
        else:
            print('  "j WORDS", "r WORDS", or Enter alone')
    # No terminal: stay until somebody ends us.
    signal.pause()


def play(world, options, began):
    print(PICTURE.format(link=LINKS[world.mode]))
    world.start_servers()
    world.start_stox()
    stage = Stage(world)
    print(f"Everything is up after {time.monotonic() - began:.1f} s, on hosts"
          " that only this demonstration sees.\n", flush=True)
    for who, text in TALK:
        stage.say(who, text)
    print()
    stage.strangers()
    SecondAct(world, stage.line).play()
    show_streams(world.stox)
    if options.keep:
        keep(world, stage)
    status = world.stox.stop()
    if status:
        raise LabError(f"stoxd ended with status {status}")
    print("\nstox was told to end and did (exit status 0).  "
          "Nothing is left behind.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--component", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="replace")
    end_on_signals()
    began = time.monotonic()
    world = None
    try:
        world = World("prosody",
                      "component" if options.component else "external")
        play(world, options, began)
    except KeyboardInterrupt:
        print("\nEnded.")
    except LabError as error:
        print(f"\nIt did not work: {error}", file=sys.stderr)
        if world:
            print(tail(world.lab.path("log/stoxd.log")), file=sys.stderr)
            print(f"All logs: {world.lab.path('log')}", file=sys.stderr)
            world.close(keep_files=True)
        return 1
    finally:
        if world:
            world.close()
    return 0


sys.exit(main())
