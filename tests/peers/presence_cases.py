"""Cases: who may see whom, and what they see, both ways."""
import os
import subprocess
from contextlib import suppress

from cases import Skipped, case, check, equal
from contacts import Contacts
from lab import LabError
from world import ROMEO

TWO = {"servers": ("prosody", "ejabberd"), "modes": ("external", "component")}
ONCE = {"servers": ("prosody", "ejabberd"), "modes": ("external",)}
# ejabberd tries again only minutes after a server was away.
AWAY = {"servers": ("prosody",), "modes": ("external",)}
JUDGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "../presence/judge.sh")


def staged(function):
    """A case of people who do not know each other, before and after."""
    def play(world):
        if not world.lab.separate:
            raise Skipped("Kamailio finds stox by the system's resolver")
        contacts = Contacts(world)
        contacts.show()
        try:
            function(world, contacts)
        except Exception:
            with suppress(LabError):  # the first failure is what counts
                contacts.part()
            raise
        contacts.part()
        judge(world, *contacts.bodies)
    play.__name__ = function.__name__
    return play


def judge(world, *bodies):
    """xmllint finds the documents valid."""
    paths = []
    for number, body in enumerate(filter(None, bodies)):
        paths.append(world.lab.write(f"judged/{number}.xml", body))
    if not paths: # she has told nothing
        return
    done = subprocess.run(["sh", JUDGE, *paths], capture_output=True,
                          text=True, timeout=30, check=False)
    if done.returncode == 77:
        return
    check(done.returncode == 0, done.stderr)


@case("an XMPP user asks to see a SIP user and is let in", **TWO)
@staged
def xmpp_watches(world, contacts):
    contacts.publish(note="in Mantua")
    contacts.stanza("subscribe")
    check(world.juliet.quiet("presence", 1, sender=ROMEO),
          "she hears of him before he has allowed it")
    contacts.allow()
    contacts.hears("subscribed")
    contacts.hears("", show="", status="in Mantua")
    contacts.publish(note="resting", activity="away")
    contacts.hears("", show="away", status="resting")
    contacts.publish(activity="on-the-phone")
    contacts.hears("", show="dnd", status="On the phone")
    contacts.publish(activity="vacation", note="\u017eivjeli & <well>")
    contacts.hears("", show="xa", status="\u017eivjeli & <well>")
    contacts.publish(open=False)
    contacts.hears("unavailable")
    contacts.publish(open=True)
    contacts.hears("", show="")
    contacts.order("unpublish")
    contacts.hears("unavailable")


@case("a SIP user who refuses is not seen", **TWO)
@staged
def sip_refuses(world, contacts):
    contacts.publish()
    contacts.stanza("subscribe")
    check(world.juliet.quiet("presence", 0.5, sender=ROMEO), "she is told")
    contacts.allow("block")
    contacts.hears("unsubscribed")
    contacts.publish(note="again")
    check(world.juliet.quiet("presence", 1, sender=ROMEO, kind=""),
          "she sees who has refused")


@case("a SIP user takes the permission back", **TWO)
@staged
def sip_withdraws(_world, contacts):
    contacts.publish()
    contacts.allow()
    contacts.stanza("subscribe")
    contacts.hears("subscribed")
    contacts.hears("")
    contacts.allow("block")
    contacts.hears("unsubscribed")


@case("a SIP user who blocks politely is seen offline", **ONCE)
@staged
def sip_polite(world, contacts):
    contacts.publish(note="secret")
    contacts.allow("polite-block")
    contacts.stanza("subscribe")
    contacts.hears("subscribed")
    check(world.juliet.quiet("presence", 1, sender=ROMEO, kind=""),
          "she sees him")


@case("an XMPP user stops to watch", **TWO)
@staged
def xmpp_stops(world, contacts):
    contacts.publish()
    contacts.allow()
    contacts.stanza("subscribe")
    contacts.hears("subscribed")
    contacts.hears("")
    since = len(world.fe.process.output())
    contacts.stanza("unsubscribe")
    # Her server keeps to itself what comes of somebody she does not watch.
    world.fe.process.wait_log("request SUBSCRIBE", 10, since)
    contacts.publish(note="not for her")
    check(world.juliet.quiet("presence", 1, sender=ROMEO, kind=""),
          "she still sees him")
    contacts.stanza("subscribe")
    contacts.hears("", status="not for her")


@case("asking to see a SIP user who does not exist is answered", **TWO)
@staged
def sip_nobody(world, _contacts):
    nobody = "tybalt@contoso.com"
    world.juliet.tell(
        "raw", xml=f"<presence to='{nobody}' type='subscribe'/>")
    world.juliet.wait("presence", 15, sender=nobody, kind="unsubscribed")


@case("a SIP user asks to see an XMPP user and is let in", **TWO)
@staged
def sip_watches(_world, contacts):
    def sees(**facts):
        return contacts.sees(state="active", **facts)
    equal(contacts.watch()["status"], 200, "answer to SUBSCRIBE")
    check(not contacts.sees(state="pending")["body"],
          "he is told something before she has allowed it")
    contacts.hears("subscribe")
    contacts.stanza("subscribed")
    sees(open=True)
    contacts.show("away", "at the ball")
    equal(sees(open=True, notes=["at the ball"])["activities"], ["away"],
          "activities")
    contacts.show("dnd", "\u017eivjeli &amp; &lt;well&gt;")
    equal(sees(notes=["\u017eivjeli & <well>"])["activities"], ["busy"],
          "activities")
    contacts.show("xa")
    sees(notes=[], activities=["away"])
    contacts.offline()
    sees(open=False)
    contacts.show("chat", "here")
    sees(open=True, notes=["here"])
    equal(contacts.watch(expires=300)["status"], 200, "answer to a refresh")
    sees(notes=["here"])


@case("an XMPP user who refuses is not seen", **TWO)
@staged
def xmpp_refuses(_world, contacts):
    contacts.watch()
    contacts.sees(state="pending")
    contacts.hears("subscribe")
    contacts.stanza("unsubscribed")
    notice = contacts.sees(state="terminated", reason="rejected")
    check(not notice["body"], "a document came with the refusal")


@case("an XMPP user takes the permission back", **TWO)
@staged
def xmpp_withdraws(_world, contacts):
    contacts.watch()
    contacts.hears("subscribe")
    contacts.stanza("subscribed")
    contacts.sees(state="active", open=True)
    contacts.stanza("unsubscribed")
    contacts.sees(state="terminated", reason="rejected")


@case("a SIP user stops to watch", **TWO)
@staged
def sip_stops(world, contacts):
    contacts.watch()
    contacts.hears("subscribe")
    contacts.stanza("subscribed")
    contacts.sees(state="active", open=True)
    equal(contacts.watch(expires=0)["status"], 200, "answer")
    contacts.sees(state="terminated", reason="timeout")
    world.romeo.forget()
    contacts.show("away", "unseen")
    check(world.romeo.quiet("notify", 6), "he still hears of her")
    # The permission outlives his dialog.
    contacts.watch()
    contacts.sees(state="active", notes=["unseen"])


@case("an XMPP user who was away sees everybody at once", **ONCE)
@staged
def comes_back(world, contacts):
    contacts.befriend()
    world.log_out("juliet")
    contacts.sees(20, open=False)
    contacts.publish(note="meanwhile", activity="away")
    world.log_in()
    contacts.hears("", show="away", status="meanwhile")
    contacts.sees(state="active", open=True)


# ---- stox ends, is killed, or is alone ---------------------------------------

def restart(world):
    world.stox.stop()
    world.start_stox()


def truth(contacts, text):
    """Each learns of a change of the other's."""
    contacts.publish(note=text)
    contacts.hears("", 30, status=text)
    contacts.show("away", text)
    contacts.sees(60, state="active", notes=[text])


@case("both see the truth after a restart of stox", **AWAY)
@staged
def restarted(world, contacts):
    contacts.befriend()
    world.stox.stop()
    contacts.publish(note="changed meanwhile", activity="away")
    contacts.show("xa", "changed too")
    world.start_stox()
    contacts.hears("", 60, show="away", status="changed meanwhile")
    contacts.sees(60, state="active", notes=["changed too"])
    world.stox.stop()
    contacts.order("unpublish")
    contacts.offline()
    world.start_stox()
    contacts.sees(60, state="active", open=False)
    contacts.show()
    contacts.sees(60, state="active", open=True)
    truth(contacts, "and on")


@case("who has gone while stox was down is shown as gone", **AWAY)
@staged
def gone_meanwhile(world, contacts):
    contacts.befriend()
    world.stox.stop()
    contacts.order("unpublish")
    world.start_stox()
    contacts.hears("unavailable", 60)
