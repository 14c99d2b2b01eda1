"""Cases: instant messages with a scripted Lync server at the other side."""
import re
import signal
import time

from cases import MARK, case, check, equal
from lync_cases import BOTH, LYNC, staged
from talk import VERSES, lines
from world import JULIET, ROMEO


def say(world, text, seconds=20, **more):
    """Romeo writes to Juliet; returns what she got."""
    answer = world.fe.order("say", seconds, to=JULIET, body=text, **more)
    equal(answer["status"], 200, f"{answer['reason']}: status")
    got = world.juliet.wait("message", seconds, kind="chat")
    equal(lines(got["body"]), text, "body at Juliet's")
    equal(got["sender"].split("/")[0], ROMEO, "from")
    return got


def tell(world, text, seconds=20, **more):
    """Juliet writes to Romeo; returns what he got."""
    world.juliet.tell("send", to=ROMEO, body=text, **more)
    got = world.romeo.wait("message", seconds)
    equal(lines(got["body"]), text, "body at Romeo's")
    equal(got["sender"], JULIET, "sender")
    return got


def fates(world, texts, orders, seconds=60):
    """What became of Juliet's messages: those that arrived, in order, and
    those of which she was told that they did not."""
    arrived, failed = [], []
    deadline = time.monotonic() + seconds
    while len(set(arrived) | set(failed)) < len(texts):
        check(time.monotonic() < deadline,
              f"{len(texts)} were sent, {arrived} arrived, {failed} failed")
        world.romeo.quiet("nothing", 0.05)
        while event := world.romeo.find("message"):
            arrived.append(event["body"])
        world.juliet.quiet("nothing", 0.05)
        while event := world.juliet.find("error"):
            check(event["text"], f"no text beside {event['condition']}")
            failed.append(texts[orders.index(event["id"])])
    return arrived, failed


CHARACTERS = ("lync2013", "ocs2007", "sfb2015", "ucma")


@case("messages both ways, whichever Microsoft server", **BOTH)
@staged
def both_ways(world):
    for character in CHARACTERS:
        world.fe.order("become", character=character)
        world.fe.order("reset")
        one = tell(world, VERSES)
        two = tell(world, f"{MARK} second to {character}")
        equal(two["call_id"], one["call_id"], "session of the second")
        say(world, VERSES)
        equal(tell(world, f"{MARK} third")["call_id"], one["call_id"],
              "session of the third")
        world.fe.order("hang_up", to=JULIET)
        say(world, f"{MARK} first of {character}")
        say(world, f"{MARK} second of {character}")
        tell(world, f"{MARK} in his session")
    world.fe.order("become", character="lync2013")


@case("the front end writes byte by byte", **LYNC)
@staged
def single_bytes(world):
    world.fe.order("become", character="lync2013", single_bytes=True)
    try:
        tell(world, f"{MARK} whole")
        say(world, VERSES)
        world.fe.order("hang_up", to=JULIET)
        say(world, f"{MARK} first")
    finally:
        world.fe.order("become", character="lync2013")


@case("a first text that comes twice is shown once", **LYNC)
@staged
def embedded(world):
    say(world, f"{MARK} embedded and again")
    check(world.juliet.quiet("message", 6), "it came twice")
    world.fe.order("hang_up", to=JULIET)
    say(world, f"{MARK} embedded only", once=True)


@case("ten messages while it rings arrive in order", **BOTH)
@staged
def while_it_rings(world):
    world.fe.order("behave", endpoints={
        "desk": {"rings": 0.1, "until": True},
        "phone": {"rings": 0.1, "answers": False}})
    texts = [f"{MARK} number {i}" for i in range(10)]
    for text in texts:
        world.juliet.tell("send", to=ROMEO, body=text)
    world.romeo.wait("invited", 15)
    check(world.romeo.quiet("message", 1), "a text before the answer")
    world.fe.order("behave", let_go=True)
    for text in texts:
        got = world.romeo.wait("message", 15)
        equal((got["body"], got["endpoint"]), (text, "desk"), "at Romeo's")
    check(not world.romeo.find("invited"), "a second session")


@case("when two endpoints answer, one keeps the session", **LYNC)
@staged
def two_answers(world):
    world.fe.order("behave", endpoints={
        "desk": {"rings": 0.1}, "phone": {"rings": 0.2, "races": True}})
    for i in range(3):
        world.juliet.tell("send", to=ROMEO, body=f"{MARK} number {i}")
    first = world.romeo.wait("answered", 15, first=True)["endpoint"]
    second = world.romeo.wait("answered", 5, first=False)["endpoint"]
    world.romeo.wait("acknowledged", 5, endpoint=first)
    world.romeo.wait("acknowledged", 5, endpoint=second)
    world.romeo.wait("ended", 5, endpoint=second)
    for i in range(3):
        got = world.romeo.wait("message", 10, endpoint=first)
        equal(got["body"], f"{MARK} number {i}", "text")


@case("who types is seen, both ways, and no session is opened for it", **BOTH)
@staged
def typing(world):
    state = ("<message to='{to}' type='chat'><{name} "
             "xmlns='http://jabber.org/protocol/chatstates'/></message>")

    def types(name):
        world.juliet.tell("raw", xml=state.format(to=ROMEO, name=name))
    types("composing")
    check(world.romeo.quiet("invited", 1), "a session for typing")
    tell(world, f"{MARK} a session")
    types("composing")
    world.romeo.wait("typing", 10, status="type")
    types("paused")
    world.romeo.wait("typing", 10, status="idle")
    for status, name in (("type", "composing"), ("idle", "paused")):
        world.juliet.forget()
        equal(world.fe.order("type", to=JULIET, status=status)["status"], 200,
              "INFO")
        got = world.juliet.wait("signal", 10)
        check(f"<{name}" in got["xml"], f"not {name}: {got['xml']}")


@case("a Lync client's answer is a receipt", **BOTH)
@staged
def receipts(world):
    wanted = ("<message to='{to}' type='chat' id='{id}'><body>{body}</body>"
              "<request xmlns='urn:xmpp:receipts'/></message>")

    def received(number):
        got = world.juliet.wait("signal", 10)
        check(re.search(f"<received [^>]*id=[\"']{number}[\"']",
                        got["xml"]), f"no receipt: {got['xml']}")
    world.juliet.tell("raw", xml=wanted.format(
        to=ROMEO, id="r1", body=f"{MARK} one"))
    world.romeo.wait("message", 15)
    received("r1")
    world.fe.order("behave", to_message="202 Accepted", imdn="200")
    world.juliet.tell("raw", xml=wanted.format(
        to=ROMEO, id="r2", body=f"{MARK} two"))
    world.romeo.wait("message", 15)
    received("r2")


REFUSALS = (
    (["480 Temporarily Unavailable"], "recipient-unavailable"),
    (["486 Busy Here"], "recipient-unavailable"),
    (["603 Decline"], "not-acceptable"),
    (["606 Not Acceptable", ["Warning", '309 lync "Message contents not '
                             'allowed by policy"']], "policy-violation"),
    (["403 Forbidden", ["ms-diagnostics", '1002;reason="From URI not '
                        'authorized to communicate with federated partners";'
                        'source="fe.contoso.com"']], "forbidden"),
    (["404 Not Found", ["ms-diagnostics", '1003;reason="User does not exist"'
                        ';source="fe.contoso.com"']], "item-not-found"),
    (["504 Server time-out", ["ms-diagnostics", '1010;reason="Certificate '
                              'trust with another server could not be '
                              'established";source="fe.contoso.com"']],
     "remote-server-timeout"),
)


@case("why a session is refused reaches the sender", **LYNC)
@staged
def refused(world):
    for refusal, condition in REFUSALS:
        world.fe.order("behave", refuse=refusal)
        order = world.juliet.tell("send", to=ROMEO, body=f"{MARK} hello?")
        error = world.juliet.wait("error", 20, id=order)
        check(f"<{condition} " in error["xml"],
              f"for {refusal[0]}: {error['xml']}")
        check(error["text"], f"for {refusal[0]}: no text")
    world.fe.order("behave", refuse=None)
    tell(world, f"{MARK} at last")


@case("a session that is gone is opened again", **LYNC)
@staged
def opened_again(world):
    one = tell(world, f"{MARK} one")
    for status in ("481 Call Leg/Transaction Does Not Exist",
                   "430 Flow Failed", "480 Temporarily Unavailable"):
        world.fe.order("behave", to_message=[status, "200 OK"])
        text = f"{MARK} after {status[:3]}"
        two = tell(world, text)
        check(two["call_id"] != one["call_id"], f"{status}: the old session")
        lost = world.romeo.wait("refused", 5, body=text)
        check(lost["name"] and lost["name"] == two["name"],
              f"{status}: sent as {lost['name']}, again as {two['name']}")
        one = two
    world.fe.order("hang_up", to=JULIET)
    check(tell(world, f"{MARK} after BYE")["call_id"] != one["call_id"],
          "BYE: the old session")


@case("a session is kept alive", **LYNC)
@staged
def kept_alive(world):
    say(world, f"{MARK} one")
    for method in ("UPDATE", "INVITE"):
        equal(world.fe.order("refresh", to=JULIET, method=method)["status"],
              200, method)
        say(world, f"{MARK} after {method}")
    tell(world, f"{MARK} back")


@case("a call is refused, and Juliet is told", **LYNC)
@staged
def called(world):
    answer = world.fe.order("call", to=JULIET, media="audio")
    equal(answer["status"], 488, "status")
    got = world.juliet.wait("message", 10)
    check("is calling" in got["body"], f"she reads {got['body']!r}")
    answer = world.fe.order("call", to=JULIET, conference=True)
    check(answer["status"] in (488, 603), f"status {answer['status']}")
    tell(world, f"{MARK} the talk stays")


@case("both write first at the same moment", **LYNC)
@staged
def crossing(world):
    for i in range(3):
        world.juliet.tell("send", to=ROMEO, body=f"{MARK} hers {i}")
        world.romeo.tell("say", to=JULIET, body=f"{MARK} his {i}")
    for i in range(3):
        world.romeo.wait("message", 20, body=f"{MARK} hers {i}")
        world.juliet.wait("message", 20, body=f"{MARK} his {i}")
        equal(world.romeo.wait("response", 20)["status"], 200, "answer")
    tell(world, f"{MARK} and on")
    say(world, f"{MARK} and on")


@case("a restart in the middle loses nothing silently", **LYNC)
@staged
def restarted(world):
    say(world, f"{MARK} before")
    world.stox.stop()
    world.romeo.wait("ended", 5)
    world.start_stox()
    world.fe.order("behave", endpoints={"desk": {"rings": 0.1,
                                                 "until": True}})
    texts = [f"{MARK} number {i}" for i in range(10)]
    orders = [world.juliet.tell("send", to=ROMEO, body=text)
              for text in texts]
    world.romeo.wait("invited", 15)
    world.stox.stop()
    world.romeo.wait("cancelled", 5)
    world.start_stox()
    world.fe.order("reset")
    arrived, _ = fates(world, texts, orders)
    equal(arrived, [text for text in texts if text in arrived], "the order")
    say(world, f"{MARK} after", 40)
    tell(world, f"{MARK} after", 40)


@case("with the Lync server gone in the middle, the sender hears", **LYNC)
@staged
def gone(world):
    world.fe.order("behave", endpoints={"desk": {"rings": 0.1,
                                                 "until": True}})
    texts = [f"{MARK} number {i}" for i in range(10)]
    orders = [world.juliet.tell("send", to=ROMEO, body=text)
              for text in texts]
    world.romeo.wait("invited", 15)
    world.fe.order("listen", on=False)
    world.fe.order("drop")
    try:
        arrived, failed = fates(world, texts, orders)
        equal((arrived, failed), ([], texts), "what arrived and what failed")
    finally:
        world.fe.order("reset")
        world.fe.order("listen", on=True)
    tell(world, f"{MARK} again", 40)
    say(world, f"{MARK} again")


def with_options(world, text):
    """Other options for stox, from now on."""
    world.stox.write(world.stox.text(text))
    since = world.stox.reload()
    world.stox.process.wait_log(r"\binfo core reloaded\b", 10, since)


@case("a Lync server that freezes is heard of, and its return heals", **LYNC)
@staged
def frozen(world):
    tell(world, f"{MARK} before")
    world.fe.order("hang_up", to=JULIET)
    with_options(world, "message_ring = 5\n")
    try:
        world.fe.process.signal(signal.SIGSTOP)
        orders = [world.juliet.tell("send", to=ROMEO, body=f"{MARK} {i}")
                  for i in range(3)]
        for order in orders:
            check(world.juliet.wait("error", 10, id=order)["text"], "no text")
    finally:
        world.fe.process.signal(signal.SIGCONT)
        with_options(world, "")
    world.fe.order("reset")
    world.romeo.forget()
    tell(world, f"{MARK} after", 40)
    say(world, f"{MARK} after")


@case("a session in which nobody writes ends, and the next text opens one",
      **LYNC)
@staged
def idle(world):
    with_options(world, "message_idle = 5\n")
    try:
        one = tell(world, f"{MARK} one")
        check(world.romeo.quiet("ended", 3), "it ended too soon")
        say(world, f"{MARK} two")
        check(world.romeo.quiet("ended", 3), "a text did not keep it")
        equal(world.romeo.wait("ended", 5)["call_id"], one["call_id"],
              "the session that ended")
        two = tell(world, f"{MARK} three")
        check(two["call_id"] != one["call_id"], "the old session")
    finally:
        with_options(world, "")
