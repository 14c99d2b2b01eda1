"""Cases: SIP domains behind a gateway domain, and several components."""
from cases import MARK, case, check, equal
from stox import COMPONENTS, GATEWAY
from talk import to_sip, to_xmpp
from world import JULIET, ROMEO

ESCAPED = "romeo\\40contoso.com@" + GATEWAY
BEHIND = {"modes": ("gateway",)}
WITH_MODULE = {"modes": ("gateway",), "servers": ("prosody",)}


@case("a gateway domain carries messages both ways", **BEHIND)
def escaped(world):
    world.juliet.tell("send", to=ESCAPED, body=f"{MARK} behind")
    got = world.romeo.wait("message", 10)
    equal(got["body"], f"{MARK} behind", "body")
    equal(got["sender"].split(";")[0], f"sip:{JULIET}", "From")
    _, got = to_xmpp(world, f"{MARK} from behind")
    wanted = ROMEO if world.server_name == "prosody" else ESCAPED
    equal(got["sender"].split("/")[0], wanted, "from")


@case("mod_stox finds domains that have only SIP", **WITH_MODULE)
def plain(world):
    got = to_sip(world, f"{MARK} plainly")
    equal(got["body"], f"{MARK} plainly", "body")
    _, got = to_xmpp(world, f"{MARK} and back")
    equal(got["sender"].split("/")[0], ROMEO, "from")
    order = world.juliet.tell("send", to="tybalt@contoso.com",
                              body=f"{MARK} who?")
    error = world.juliet.wait("error", 35, id=order)
    equal(error["sender"], "tybalt@contoso.com", "from")
    equal(error["condition"], "item-not-found", "condition")


@case("mod_stox leaves other domains alone", **WITH_MODULE)
def left_alone(world):
    order = world.juliet.tell("send", to="paris@elsewhere.example",
                              body=f"{MARK} where?")
    error = world.juliet.wait("error", 35, id=order)
    equal(error["sender"], "paris@elsewhere.example", "from")
    check("404" not in error["text"], f"it went to SIP: {error['text']}")


@case("several components stand side by side", **BEHIND)
def side_by_side(world):
    ready = {row["local"] for row in world.stox.streams(
        direction="component", state="ready")}
    equal(ready, set(COMPONENTS["gateway"]), "components that are ready")
    for domain in COMPONENTS["gateway"][1:]:
        order = world.juliet.tell("send", to=f"tybalt@{domain}", body=MARK)
        error = world.juliet.wait("error", 35, id=order)
        equal(error["sender"], f"tybalt@{domain}", "from")
        check(error["text"], "no text")
