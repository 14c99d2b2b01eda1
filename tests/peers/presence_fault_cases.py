"""Cases: whoever is killed, or forgets, in the middle of it: afterwards both
users see the truth.
"""
from cases import case, check, equal
from contacts import Contacts
from presence_cases import staged, truth
from world import ROMEO

# How stox meets the XMPP server.
SERVED = {"servers": ("prosody",), "modes": ("external",)}
JOINED = {"servers": ("ejabberd",), "modes": ("component",)}
PROSODY_JOINED = {"servers": ("prosody",), "modes": ("component",)}
EJABBERD_SERVED = {"servers": ("ejabberd",), "modes": ("external",)}


# Not later: whose server breaks again within half a minute is asked late.
@case("both see the truth after a restart of the XMPP server", **SERVED)
@staged
def xmpp_restarted(world, contacts):
    contacts.befriend()
    world.log_out("juliet")
    world.xmpp.stop()
    contacts.publish(note="meanwhile", activity="away")
    world.xmpp.start()
    world.log_in()
    contacts.hears("", 60, show="away", status="meanwhile")
    contacts.sees(60, state="active", open=True)
    truth(contacts, "and on")


def killed(world, meanwhile=None):
    """kill -9, and perhaps something happens before stox is there again."""
    world.stox.kill()
    if meanwhile:
        meanwhile()
    world.start_stox()


def quiet(world, contacts):
    """Each changes, and neither is told."""
    contacts.settle()
    world.juliet.forget()
    world.romeo.forget()
    contacts.publish(note="not for her")
    contacts.show("away", "not for him")
    contacts.settle()
    check(world.juliet.quiet("presence", 1, sender=ROMEO, kind=""),
          "she still sees him")
    check(not world.romeo.find("notify"), "he still hears of her")


@case("killed when each has asked, stox asks nobody again", **SERVED)
@case("killed when each has asked, stox asks nobody again", **JOINED)
@case("killed when each has asked, stox asks nobody again", **PROSODY_JOINED)
@case("killed when each has asked, stox asks nobody again", **EJABBERD_SERVED)
@staged
def asked(world, contacts):
    contacts.publish(note="here")
    contacts.stanza("subscribe")
    world.fe.asked("romeo")
    contacts.watch()
    contacts.hears("subscribe")
    killed(world)
    contacts.allow()
    contacts.hears("subscribed", 60)
    contacts.hears("", 60, status="here")
    contacts.stanza("subscribed")
    contacts.sees(60, state="active", open=True)
    contacts.settle()
    seen = [event["kind"] for event in world.juliet.events
            if event["event"] == "presence"]
    # She had not answered: a server may remind her, as after a login.
    check(seen.count("subscribe") <= 1, f"she is asked again: {seen}")
    check("subscribed" not in seen, f"she is let in twice: {seen}")


@case("killed before both answer, stox hears the answers", **SERVED)
@case("killed before both answer, stox hears the answers", **JOINED)
@staged
def answered(world, contacts):
    contacts.publish(note="here")
    contacts.stanza("subscribe")
    world.fe.asked("romeo")
    with contacts.taken():
        contacts.watch()

    def answer():
        contacts.allow()
        contacts.stanza("subscribed")
    killed(world, answer)
    contacts.hears("subscribed", 60)
    contacts.hears("", 60, status="here")
    contacts.sees(60, state="active", open=True)
    truth(contacts, "and on")


@case("killed when each is let in, or has changed, stox tells all", **SERVED)
@case("killed when each is let in, or has changed, stox tells all", **JOINED)
@staged
def changed(world, contacts):
    contacts.publish(note="here")
    contacts.stanza("subscribe")
    world.fe.asked("romeo")
    contacts.watch()
    contacts.hears("subscribe")
    contacts.allow()
    contacts.stanza("subscribed")
    killed(world)
    contacts.hears("subscribed", 60)
    contacts.hears("", 60, status="here")
    contacts.sees(60, state="active", open=True)

    contacts.publish(note="away", activity="away")
    contacts.show("xa", "away too")
    killed(world)
    contacts.hears("", 60, show="away", status="away")
    contacts.sees(60, state="active", notes=["away too"])

    def leave():
        contacts.order("unpublish")
        contacts.show("", "alone")
    killed(world, leave)
    contacts.hears("unavailable", 60)
    contacts.sees(60, state="active", notes=["alone"])
    contacts.offline()
    killed(world)
    contacts.sees(60, state="active", open=False)


@case("killed when they part, stox lets neither see the other", **SERVED)
@case("killed when they part, stox lets neither see the other", **JOINED)
@staged
def parted(world, contacts):
    contacts.befriend()
    since = len(world.fe.process.output())
    with contacts.taken():
        contacts.stanza("unsubscribe")
    equal(contacts.watch(expires=0)["status"], 200, "answer")
    killed(world)
    world.fe.process.wait_log("request SUBSCRIBE .*expires 0$", 60, since)
    contacts.sees(60, state="terminated", reason="timeout")
    quiet(world, contacts)
    # The permissions outlive it all.
    contacts.stanza("subscribe")
    contacts.hears("", 60, status="not for her")
    contacts.watch()
    contacts.sees(60, state="active", notes=["not for him"])

    with contacts.taken():
        contacts.stanza("unsubscribed")
    killed(world)
    contacts.sees(60, state="terminated", reason="rejected")
    # That she lets him see her no more does not mean that she is gone.
    contacts.publish(note="still there")
    contacts.hears("", 60, status="still there")
    contacts.settle()
    contacts.allow("block")
    killed(world)
    contacts.hears("unsubscribed", 60)
    quiet(world, contacts)


@case("a SIP server that forgets everything is told anew", **SERVED)
@staged
def forgotten(world, contacts):
    def restart(seconds, forget=False):
        world.fe.stop()
        world.log_out("romeo")
        if forget:
            world.fe.forget()
        world.fe.max_expires = seconds
        world.fe.start()
        world.log_in()
    restart(10)
    try:
        contacts.befriend()
        restart(10, forget=True)
        contacts.publish(note="anew")
        contacts.allow()
        contacts.watch()
        contacts.sees(60, state="active", open=True)
        contacts.hears("", 60, status="anew")
        truth(contacts, "and on")
    finally:
        restart(3600)


@case("a poll sees what has changed just now", **SERVED)
@staged
def polled(world, contacts):
    contacts.watch()
    contacts.hears("subscribe")
    contacts.stanza("subscribed")
    contacts.sees(state="active", open=True)
    contacts.watch(expires=0)
    contacts.sees(state="terminated")
    contacts.show("away", "just now")
    contacts.settle()
    contacts.watch(expires=0)
    contacts.sees(state="terminated", notes=["just now"])
    killed(world, lambda: contacts.show("", "meanwhile"))
    contacts.watch(expires=0)
    contacts.sees(state="terminated", notes=["meanwhile"])
