"""Cases: a Lync server, scripted, at the other side."""
import re

from cases import MARK, Failed, case, check, equal
from lab import LabError
from lync import Lync
from world import JULIET, ROMEO

LYNC = {"servers": ("prosody",), "modes": ("lync",)}
BOTH = {"servers": ("prosody",), "modes": ("lync", "lync-component")}


def staged(function):
    """A case that begins with no session and ends without a fault."""
    def play(world):
        world.fe.order("reset")
        world.juliet.forget()
        world.romeo.forget()
        try:
            function(world)
            equal(world.fe.faults(), [], "what a Lync server minds")
        except (Failed, LabError) as error:
            faults = world.fe.faults()
            if faults:
                raise Failed(f"{error}; a Lync server minds {faults}") from None
            raise
        finally:
            world.fe.order("reset")
    play.__name__ = function.__name__
    return play


@case("OPTIONS is answered on each of four connections", **BOTH)
@staged
def options(world):
    world.romeo.tell("drop")
    for number in range(4):
        answer = world.fe.order("options")
        equal(answer["status"], 200, "status")
        world.romeo.wait("negotiated", 1)
        allow = dict(answer["headers"]).get("allow", "")
        check("MESSAGE" in allow, f"Allow is {allow!r} at number {number}")


def pair(world):
    """Two such servers that serve each other, and no stox."""
    ip4 = world.lab.ip4("fe")
    common = {"addresses": [ip4], "gateway": ip4}
    return (Lync(world.lab, world.authority, port=5081, gateway_port=5082,
                 **common),
            Lync(world.lab, world.authority, port=5082, gateway_port=5081,
                 user="juliet", domain="example.org", name="gw.contoso.com",
                 gateway_name="fe.contoso.com", partner="contoso.com",
                 **common))


@case("the scripted Lync server gets along with its like", **LYNC)
def itself(world):
    left, right = pair(world)
    left.start()
    right.start()
    try:
        right.order("behave", endpoints={
            "desk": {"rings": 0.2, "races": True},
            "phone": {"rings": 0.1}})
        numbers = [left.romeo.tell("say", to=JULIET, body=f"{i}")
                   for i in range(3)]
        for i, number in enumerate(numbers):
            equal(left.romeo.wait("response", 10, id=number)["status"], 200,
                  "answer")
            equal(right.romeo.wait("message", 5)["body"], f"{i}", "text")
        equal(right.romeo.wait("answered", 5, first=True)["endpoint"],
              "phone", "who answers first")
        right.romeo.wait("answered", 5, first=False)
        right.order("type", to=ROMEO, status="type")
        left.romeo.wait("typing", 5, status="type")
        equal(right.order("say", to=ROMEO, body="back")["status"], 200, "say")
        left.romeo.wait("message", 5, body="back")
        left.order("hang_up", to=JULIET)
        right.romeo.wait("ended", 5)
        equal(left.order("watch", to=JULIET)["status"], 200, "SUBSCRIBE")
        left.romeo.wait("notify", 5, open=True)
        right.order("publish", open=True, activity="away")
        left.romeo.wait("notify", 5, activity="away")
        for fault in left.faults() + right.faults():
            # It is no gateway, and is not meant to please as one.
            check(re.match(r"[A-Z]+: [234]\.|SIP/2.0 .*: [234]\.", fault),
                  fault)
    finally:
        left.stop()
        right.stop()


@case("a MESSAGE outside a session is taken", **BOTH)
@staged
def paged(world):
    answer = world.fe.order("page", to=JULIET, body=f"{MARK} alert")
    equal(answer["status"] // 100, 2, "class of the answer")
    world.juliet.wait("message", 10, body=f"{MARK} alert")
