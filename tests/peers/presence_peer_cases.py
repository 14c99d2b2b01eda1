"""Cases: a server of one side dies without a word; whoever watches its people
sees the truth a minute later at most, whether it comes back or not.
"""
from cases import case, check
from presence_cases import staged, truth
from presence_fault_cases import (EJABBERD_SERVED, JOINED, PROSODY_JOINED,
                                  SERVED)


def die(world):
    """kill -9 of the XMPP server; Juliet's client goes with it."""
    world.xmpp.kill()
    world.log_out("juliet")


def leave(world):
    """The XMPP server ends in order, without her."""
    world.log_out("juliet")
    world.xmpp.stop()


def away_and_back(world, contacts, go):
    """The XMPP server goes, and is back before she is."""
    contacts.befriend()
    go(world)
    contacts.publish(note="meanwhile", activity="away")
    world.xmpp.start()
    # She is not there yet, and nobody has said so.
    contacts.sees(60, state="active", open=False)
    world.log_in()
    contacts.show("xa", "anew")
    contacts.sees(60, state="active", notes=["anew"])
    contacts.hears("", 60, show="away", status="meanwhile")


@case("who was lost in a crash of the XMPP server is shown as gone",
      **PROSODY_JOINED)
@staged
def crashed(world, contacts):
    away_and_back(world, contacts, die)


# What ejabberd was told last is lost by kill -9.
@case("who was not there yet after a restart of the XMPP server is seen later",
      **EJABBERD_SERVED)
@staged
def restarted(world, contacts):
    away_and_back(world, contacts, leave)


@case("an XMPP server that stays away takes its people with it, once",
      **SERVED)
@staged
def stays_away(world, contacts):
    contacts.befriend()
    since = len(world.stox.process.output())
    die(world)
    world.stox.process.wait_log("peer-lost side=xmpp", 60, since)
    contacts.sees(20, state="active", open=False)
    world.romeo.forget()
    check(world.romeo.quiet("notify", 6), "he is told once more")
    world.xmpp.start()
    world.log_in()
    contacts.sees(60, state="active", open=True)
    truth(contacts, "and on")


def forget_all(world):
    """kill -9 of the SIP server, which is to know nothing when it is back."""
    world.fe.kill()
    world.log_out("romeo")
    world.fe.forget()


def asked_anew(world, contacts):
    contacts.hears("unavailable", 60)
    world.log_in()
    contacts.publish(note="anew")
    contacts.allow()
    contacts.hears("", 60, status="anew")
    contacts.watch()
    contacts.sees(60, state="active", open=True)


@case("a SIP server that crashes and forgets is asked anew", **JOINED)
@staged
def front_end_crashed(world, contacts):
    contacts.befriend()
    since = len(world.stox.process.output())
    forget_all(world)
    world.stox.process.wait_log("refused", 60, since)
    world.fe.start()
    asked_anew(world, contacts)


@case("a SIP server that forgets is asked anew when nobody has missed it",
      **SERVED)
@staged
def front_end_back_at_once(world, contacts):
    contacts.befriend()
    since = len(world.stox.process.output())
    with world.stox.frozen():  # for nobody else sees so little
        forget_all(world)
        world.fe.start()
    asked_anew(world, contacts)
    check("peer-lost" not in world.stox.process.output()[since:],
          "it was missed")
