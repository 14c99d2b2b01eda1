"""Cases: who sees whom, with a scripted Lync server at the other side."""
from cases import case, equal
from contacts import ROSTER
from lync_cases import BOTH, LYNC, staged
from world import JULIET, ROMEO


def stanza(world, kind):
    world.juliet.tell("raw", xml=f"<presence to='{ROMEO}' type='{kind}'/>")


def show(world, show=""):
    inner = f"<show>{show}</show>" if show else ""
    world.juliet.tell("raw", xml=f"<presence>{inner}</presence>")


def hears(world, kind, seconds=15, **facts):
    return world.juliet.wait("presence", seconds, sender=ROMEO, kind=kind,
                             **facts)


def sees(world, seconds=15, **facts):
    """What a Lync client makes of what it is told of Juliet."""
    notice = world.romeo.wait("notify", seconds, of=JULIET, **facts)
    equal(notice["kind"], "application/pidf+xml", "type")
    equal(notice["tuples"], 1, "number of tuples")
    return notice


def strangers(function):
    """People who do not know each other, before and after."""
    def play(world):
        try:
            show(world)
            function(world)
        finally:
            world.fe.order("watch", to=JULIET, expires=0)
            for kind in ("unsubscribe", "unsubscribed"):
                stanza(world, kind)
            world.juliet.tell("raw", xml=ROSTER.format(jid=ROMEO))
            world.juliet.quiet("presence", 1, kind="nothing")
            world.fe.order("reset")
    play.__name__ = function.__name__
    return staged(play)


@case("a Jabber user adds a Lync user", **BOTH)
@strangers
def jabber_adds(world):
    world.fe.order("publish", open=True, activity="busy")
    stanza(world, "subscribe")
    # Lync's server asks nobody: he is only told that he was added.
    world.romeo.wait("asked", 15, by=JULIET)
    equal(world.romeo.wait("told", 15, of=JULIET)["status"], 200, "NOTIFY")
    hears(world, "subscribed")
    hears(world, "", show="dnd", status="Busy")
    world.fe.order("publish", open=True, activity="away")
    hears(world, "", show="away")
    world.fe.order("publish", open=True)
    hears(world, "", show="")
    world.fe.order("publish", open=False)
    hears(world, "unavailable")


@case("a Lync user adds a Jabber user", **LYNC)
@strangers
def lync_adds(world):
    equal(world.fe.order("watch", to=JULIET)["status"], 200, "SUBSCRIBE")
    sees(world, open=False)
    hears(world, "subscribe")
    stanza(world, "subscribed")
    sees(world, state="active", open=True, activity="")
    show(world, "away")
    sees(world, open=True, activity="away")
    show(world, "xa")
    show(world, "dnd")
    sees(world, open=True, activity="busy")
    equal(world.fe.order("watch", to=JULIET)["status"], 200, "refresh")
    sees(world, open=True, activity="busy")
    world.juliet.tell("raw", xml="<presence type='unavailable'/>")
    sees(world, open=False)


@case("a Lync user who hides or refuses is not seen", **LYNC)
@strangers
def lync_refuses(world):
    world.fe.order("admit", handling=[
        "403 Forbidden", ["ms-diagnostics", '2004;reason="Subscriber is not '
                          'authorized";source="fe.contoso.com"']])
    stanza(world, "subscribe")
    hears(world, "unsubscribed")
