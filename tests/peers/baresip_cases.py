"""Cases: a phone of others that does presence itself, without a server."""
from baresip import PHONE, Baresip
from cases import Skipped, case
from contacts import ROSTER, Contacts
from world import JULIET

MERCUTIO = f"{PHONE}@contoso.com"


def stanza(world, kind):
    world.juliet.tell("raw", xml=f"<presence to='{MERCUTIO}' type='{kind}'/>")


def hears(world, kind, seconds=30):
    world.juliet.wait("presence", seconds, sender=MERCUTIO, kind=kind)


def act(world, phone):
    contacts = Contacts(world)
    # It asks for whoever is in its list, by itself.
    hears(world, "subscribe")
    stanza(world, "subscribed")
    phone.sees("Online")
    contacts.offline()
    phone.sees("Offline")
    contacts.show()
    phone.sees("Online")

    phone.tell("presence_online")
    stanza(world, "subscribe")
    hears(world, "subscribed")
    hears(world, "")
    phone.tell("presence_offline")
    hears(world, "unavailable")
    phone.tell("presence_online")
    hears(world, "")


@case("baresip and an XMPP user see each other come and go",
      servers=("prosody", "ejabberd"), modes=("external",))
def phone_without_server(world):
    if not world.lab.separate:
        raise Skipped("baresip has no other place for a port of the DNS")
    phone = Baresip(world.lab, world.authority, JULIET)
    try:
        phone.start()
        act(world, phone)
    finally:
        for kind in ("unsubscribe", "unsubscribed"):
            stanza(world, kind)
        world.juliet.tell("raw", xml=ROSTER.format(jid=MERCUTIO))
        Contacts(world).settle()
        phone.stop()
        world.juliet.forget()
