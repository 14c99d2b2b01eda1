"""Cases: one stream for both directions (XEP-0288), acknowledged (XEP-0198)."""
from cases import MARK, case, check, equal
from talk import to_sip, to_xmpp

MODERN = {"servers": ("prosody",), "modes": ("bidi",)}


def one_stream(world):
    """A single stream, for both directions and with acknowledgements."""
    rows = world.stox.streams(state="ready")
    equal([row["direction"] for row in rows], ["both"], "directions")
    equal(rows[0]["auth"], "EXTERNAL", "auth")
    check(rows[0]["acks"], "no acknowledgements")


@case("one acknowledged stream carries both ways, opened by stox", **MODERN)
def opened_by_stox(world):
    world.stox.stop()
    world.start_stox()
    to_xmpp(world, f"{MARK} one way")
    equal(to_sip(world, f"{MARK} and back")["body"], f"{MARK} and back", "body")
    one_stream(world)


@case("one acknowledged stream carries both ways, opened by the server",
      **MODERN)
def opened_by_server(world):
    world.stox.stop()
    world.start_stox()
    to_sip(world, f"{MARK} one way", 20)
    _, got = to_xmpp(world, f"{MARK} and back")
    equal(got["body"], f"{MARK} and back", "body")
    one_stream(world)
