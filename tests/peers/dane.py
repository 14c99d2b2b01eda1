"""Cases: DANE, in a zone that is signed (RFC 7671, RFC 7673)."""
import contextlib

from authority import Authority
from cases import MARK, case, check
from faults import both_ways, refusal_within
from signed import SignedZone, tlsa
from world import ROMEO

DANE = {"modes": ("dane",), "servers": ("prosody",)}


@contextlib.contextmanager
def shown(world, pair, records, forged=None):
    """Prosody shows these files, the signed zone holds these records."""
    right = world.xmpp.certificate
    zone = SignedZone(world.lab)
    try:
        zone.serve(records, forged)
        restart(world, pair, zone.anchor)
        yield
    finally:
        zone.stop()
        world.lab.serve_names()
        restart(world, right, None)


def restart(world, pair, anchor):
    world.stox.stop()
    world.log_out("juliet")
    world.xmpp.stop()
    world.xmpp.certificate = pair
    world.xmpp.start()
    world.start_stox(anchor=anchor)
    world.log_in()


def stranger(world, folder="dane"):
    """A certificate that no authority vouches for."""
    return world.authority.issue(folder, "example.org", self_signed=True)


def refused(world, step):
    """Neither direction, and the step is told."""
    refusal_within(world, 21)
    order = world.juliet.tell("send", to=ROMEO, body=f"{MARK} let me in")
    world.juliet.wait("error", 35, id=order)
    check(world.romeo.quiet("message", 0.5), "Romeo got it")
    rows = world.stox.ctl("streams", "--failed")["streams"]
    steps = {row.get("step") for row in rows}
    check(step in steps, f"no step {step} among {steps}")


@case("DANE: a certificate that only TLSA vouches for is proven", **DANE)
def vouched_for(world):
    pair = stranger(world)
    with shown(world, pair, [tlsa(3, pair[0])]):
        both_ways(world)
        rows = world.stox.streams(state="ready")
        check({row["direction"] for row in rows} == {"in", "out"},
              f"not both directions: {rows}")
        check(all(row["auth"] == "EXTERNAL" for row in rows), f"{rows}")


@case("DANE: an authority that only TLSA vouches for is trusted", **DANE)
def own_authority(world):
    other = Authority(world.lab, "other")
    pair = chain(world, other.issue("dane", "example.org"), other.file)
    with shown(world, pair, [tlsa(2, other.file)]):
        both_ways(world)


def chain(world, pair, *more):
    """The certificate of a pair with others behind it."""
    texts = []
    for path in (pair[0], *more):
        with open(path, encoding="ascii") as file:
            texts.append(file.read())
    return world.lab.write("dane/chain.crt", "".join(texts)), pair[1]


@case("DANE: without a record the same certificate is refused", **DANE)
def no_record(world):
    with shown(world, stranger(world), []):
        refused(world, "tls-chain")


@case("DANE: another certificate than the record's is refused", **DANE)
def mismatch(world):
    with shown(world, world.xmpp.certificate,
               [tlsa(3, stranger(world, "dane/other")[0])]):
        refused(world, "dane")


@case("DANE: a record whose signature is wrong is refused", **DANE)
def bogus(world):
    pair = stranger(world)
    good = tlsa(3, pair[0]).split()[-1]
    other = tlsa(3, world.xmpp.certificate[0]).split()[-1]
    with shown(world, world.xmpp.certificate,
               [tlsa(3, pair[0])], (good, other)):
        refusal_within(world, 21)
        check(not world.stox.streams(state="ready", direction="out"),
              "a stream is ready")


@case("DANE: a forged intermediate is refused", **DANE)
def forged_intermediate(world):
    """The leaf is signed by an intermediate that claims to be the root's and is
    signed by another key; the root itself, which TLSA names, is in the chain."""
    root = Authority(world.lab, "root")
    impostor = Authority(world.lab, "impostor", cn="root of the laboratory")
    middle = Authority(world.lab, "middle", above=impostor)
    pair = chain(world, middle.issue("dane", "example.org"), middle.file,
                 root.file)
    with shown(world, pair, [tlsa(2, root.file)]):
        refused(world, "dane")
