"""Cases: messages and errors, both ways."""
from cases import EVERY_MODE, MARK, case, check, equal
from world import BENVOLIO, JULIET, ROMEO

VERSES = f"""{MARK} Wilt thou be gone? it is not yet near day:
\tIt was the nightingale, & not the <lark>, \u2026
  Ju\u0308liet, \u0416\u0443\u043b\u044c\u0435\u0442\u0442\u0430, \
\u0416\u03c9\u7f85\u5bc6\u6b50, \U0001f339\U0001f469\u200d\u2764\ufe0f\
\u200d\U0001f468
and "a quote", 'another', ]]> and a last line with spaces  """

EVIL = f"{MARK} first\r\nVia: evil\r\nContent-Length: 0\r\n\r\nMESSAGE evil"


def lines(text):
    """A text with each line end written \\n, which is what counts."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def to_sip(world, body, seconds=10, **more):
    """Juliet writes to Romeo; returns what his client got."""
    world.juliet.tell("send", to=ROMEO, body=body, **more)
    return world.romeo.wait("message", seconds)


def to_xmpp(world, body, seconds=20, **more):
    """Romeo writes to Juliet; returns his answer and what she got."""
    order = world.romeo.tell("send", to=JULIET, body=body, **more)
    answer = world.romeo.wait("response", seconds, id=order)
    equal(answer["status"] // 100, 2, f"SIP answer {answer['reason']}, class")
    return answer, world.juliet.wait("message", seconds)


@case("a message goes from XMPP to SIP unchanged", modes=EVERY_MODE)
def xmpp_to_sip(world):
    got = to_sip(world, VERSES)
    equal(lines(got["body"]), VERSES, "body")
    equal(got["sender"].split(";")[0], f"sip:{JULIET}", "From")
    check(got["content_type"].lower().replace(" ", "").startswith(
        "text/plain"), f"Content-Type is {got['content_type']}")


@case("a message goes from SIP to XMPP unchanged", modes=EVERY_MODE)
def sip_to_xmpp(world):
    _, got = to_xmpp(world, VERSES)
    equal(lines(got["body"]), VERSES, "body")
    equal(got["sender"].split("/")[0], ROMEO, "from")


@case("thirty messages each way keep their order")
def order_kept(world):
    texts = [f"{MARK} number {i}" for i in range(30)]
    for text in texts:
        world.juliet.tell("send", to=ROMEO, body=text)
    for text in texts:
        equal(world.romeo.wait("message", 15)["body"], text, "at Romeo's")
    orders = [world.romeo.tell("send", to=JULIET, body=text)
              for text in texts]
    for text in texts:
        equal(world.juliet.wait("message", 30)["body"], text, "at Juliet's")
    for order in orders:
        answer = world.romeo.wait("response", 32, id=order)
        equal(answer["status"] // 100, 2, "class of an answer")


@case("the first word may come from XMPP")
def xmpp_first(world):
    world.stox.stop()
    world.start_stox()
    equal(to_sip(world, f"{MARK} first", 20)["body"], f"{MARK} first", "body")
    to_xmpp(world, f"{MARK} second")


@case("the first word may come from SIP")
def sip_first(world):
    world.stox.stop()
    world.start_stox()
    _, got = to_xmpp(world, f"{MARK} first")
    equal(got["body"], f"{MARK} first", "body")
    to_sip(world, f"{MARK} second")


@case("a body full of SIP headers does no harm from XMPP")
def evil_from_xmpp(world):
    text = EVIL.replace("\r", "&#13;").replace("\n", "&#10;")
    world.juliet.tell(
        "raw", xml=f"<message to='{ROMEO}' type='chat' id='evil1'>"
                   "<subject>a subject&#13;&#10;Via: evil</subject>"
                   f"<body>{text}</body></message>")
    got = world.romeo.wait("message", 10)
    equal(lines(got["body"]), lines(EVIL), "body")
    for name, value in got["headers"]:
        check(name == "subject" or "evil" not in value,
              f"a header came through: {name}: {value}")
    equal(to_sip(world, f"{MARK} next")["body"], f"{MARK} next", "next body")


@case("a body full of SIP headers does no harm from SIP")
def evil_from_sip(world):
    _, got = to_xmpp(world, EVIL + "</body><body>")
    equal(lines(got["body"]), lines(EVIL) + "</body><body>", "body")
    _, got = to_xmpp(world, f"{MARK} next")
    equal(got["body"], f"{MARK} next", "next body")


@case("writing to an unknown SIP user tells why")
def unknown_sip_user(world):
    order = world.juliet.tell("send", to="tybalt@contoso.com",
                              body=f"{MARK} art thou there?")
    error = world.juliet.wait("error", 35, id=order)
    equal(error["condition"], "item-not-found", "condition")
    check("404" in error["text"], f"text is {error['text']!r}")
    equal(error["sender"], "tybalt@contoso.com", "from")


@case("writing to a SIP user who is away tells why")
def absent_sip_user(world):
    order = world.juliet.tell("send", to=BENVOLIO, body=f"{MARK} hello?")
    error = world.juliet.wait("error", 35, id=order)
    equal(error["condition"], "recipient-unavailable", "condition")
    check("480" in error["text"], f"text is {error['text']!r}")


@case("writing to an unknown XMPP user gets 480 or 404")
def unknown_xmpp_user(world):
    order = world.romeo.tell("send", to="rosaline@example.org",
                             body=f"{MARK} art thou there?")
    answer = world.romeo.wait("response", 20, id=order)
    wanted = {"item-not-found": 404, "service-unavailable": 480}
    equal(answer["status"], wanted[world.xmpp.unknown_user], "status")


@case("an error sent back makes no new message")
def error_ends(world):
    world.juliet.tell(
        "raw", xml=f"<message to='{ROMEO}' type='error' id='late1'><body>"
                   f"{MARK} old</body><error type='cancel'><item-not-found "
                   "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
                   "</message>")
    got = to_sip(world, f"{MARK} after the error")
    equal(got["body"], f"{MARK} after the error", "next body")


@case("ping and disco of the SIP domain are answered")
def asked_about(world):
    order = world.juliet.tell("ping", to="contoso.com")
    world.juliet.wait("pong", 10, id=order)
    order = world.juliet.tell("disco", to="contoso.com")
    info = world.juliet.wait("info", 10, id=order)
    check("urn:xmpp:ping" in info["features"],
          f"no ping among the features {info['features']}")
    check(info["identities"], "no identity")


@case("the streams are proven as configured", modes=EVERY_MODE)
def proven(world):
    wanted = {"external": "EXTERNAL", "direct": "EXTERNAL",
              "dialback": "dialback",
              "plain": "dialback without TLS", "component": "secret"}[world.mode]
    rows = world.stox.streams(state="ready")
    check(rows, "no stream is ready")
    for row in rows:
        equal(row["auth"], wanted,
              f"auth of {row['direction']} {row['remote']}")
    if world.mode == "component":
        return
    equal({row["direction"] for row in rows}, {"in", "out"}, "directions")
    port = ":5270" if world.mode == "direct" else ":5269"
    for row in rows:
        check(row["direction"] == "in" or row["peer"].endswith(port),
              f"connected to {row['peer']}")
    for row in rows:
        equal(row["tls"][:5] if row["tls"] else "",
              "" if world.mode == "plain" else "TLS1.", "tls")
