"""Cases P07, P08 and G11: SUBSCRIBE, NOTIFY and presence that nobody should
send, or not so much of it."""
import re
import time

from cases import MARK, case, check
from peer import message

CONTACT = "Contact: <sip:localhost:{port};transport=tls>"
PIDF = ("<presence xmlns='urn:ietf:params:xml:ns:pidf' "
        "entity='pres:{who}@contoso.com'><tuple id='ID-{mark}'><status>"
        "<basic>open</basic></status></tuple></presence>")


class Phone:
    """A connection of the front end's that sends requests, one at a time."""

    def __init__(self, target):
        self.target, self.sock, self.text = target, target.call(), b""
        self.sock.settimeout(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def ask(self, method, uri, headers, body=""):
        """Returns the status of the final answer and its head."""
        self.target.calls += 1
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/TLS localhost:{self.target.front_end.port}"
                 f";branch=z9hG4bKphone{self.target.calls}",
                 "Max-Forwards: 70", *headers, f"Content-Length: {len(body)}"]
        self.sock.sendall("\r\n".join([*lines, "", body]).encode())
        while True:
            head, blank, rest = self.text.partition(b"\r\n\r\n")
            if blank and re.match(rb"SIP/2\.0 [2-6]", head) and re.search(
                    rb"branch=z9hG4bKphone%d\b" % self.target.calls, head):
                self.text = rest
                return int(head[8:11]), head.decode()
            if blank and not head.startswith(b"SIP/2.0 [2-6]"):
                self.text = rest      # a request of stox's, or a 100
                continue
            data = self.sock.recv(65536)
            check(data, "the connection was closed")
            self.text += data


def dialog(target, who, to, tag="", call="", number=1, method="SUBSCRIBE"):
    return [f"From: <sip:{who}@contoso.com>;tag=t{call or who}",
            f"To: <sip:{to}@example.org>{tag}",
            f"Call-ID: {call or who}@localhost", f"CSeq: {number} {method}",
            CONTACT.format(port=target.front_end.port)]


def pairs(target):
    """The two ends of each, as stoxctl lists them."""
    return sorted((row["xmpp"], row["sip"])
                  for row in target.ctl("roster", "list"))


@case("P07 SUBSCRIBE with times and packages that nobody serves")
def bad_subscribes(target):
    tried = (("expires1", ("Event: presence", "Expires: 1"), (423,)),
             ("negative", ("Event: presence", "Expires: -1"), (400,)),
             ("words", ("Event: presence", "Expires: soon"), (400,)),
             ("nothing", ("Expires: 600",), (400, 489)),
             ("other", ("Event: everything", "Expires: 600"), (489,)),
             ("winfo", ("Event: presence.winfo", "Expires: 600"), (489,)),
             ("accept", ("Event: presence", "Accept: text/plain"), (406,)))
    with Phone(target) as phone:
        for who, headers, statuses in tried:
            status, head = phone.ask(
                "SUBSCRIBE", "sip:juliet@example.org",
                [*dialog(target, who, "juliet"), *headers])
            check(status in statuses, f"{who}: {status}")
            check(status != 423 or "Min-Expires:" in head, "no Min-Expires")
            check(status != 489 or "Allow-Events:" in head, "no Allow-Events")
    check("@contoso.com" not in str(pairs(target)), "a refusal left a pair")


@case("P07 the longest time is cut, and refreshes multiply nothing")
def one_subscription(target):
    with Phone(target) as phone:
        status, head = phone.ask(
            "SUBSCRIBE", "sip:juliet@example.org",
            [*dialog(target, "long", "juliet"), "Event: presence",
             f"Expires: {2 ** 32 - 1}"])
        check(status == 200, f"{status}")
        granted = int(re.search(r"(?im)^Expires:\s*(\d+)", head)[1])
        check(60 <= granted <= 86400, f"{granted} s were granted")
        tag = re.search(r"(?im)^To:.*?(;tag=\S+)", head)[1]
        before = pairs(target)
        for number in range(2, 52):
            status, _ = phone.ask(
                "SUBSCRIBE", "sip:juliet@example.org",
                [*dialog(target, "long", "juliet", tag, number=number),
                 "Event: presence", "Expires: 600"])
            check(status == 200, f"refresh {number}: {status}")
        check(pairs(target) == before, "refreshes left more")
        status, _ = phone.ask(
            "SUBSCRIBE", "sip:juliet@example.org",
            [*dialog(target, "long", "juliet", tag, number=3),
             "Event: presence", "Expires: 600"])
        check(status == 500, f"an old CSeq got {status}")


@case("P07 one watcher has so many dialogs with one user, and no more")
def many_dialogs(target):
    with Phone(target) as phone:
        said = [phone.ask(
            "SUBSCRIBE", "sip:juliet@example.org",
            [*dialog(target, "many", "juliet", call=f"many{number}"),
             "Event: presence", "Expires: 600"])[0] for number in range(20)]
    check(said[0] == 200 and said[-1] == 503, f"{said}")
    check(sorted(said) == said, f"{said}")


def watched(target, who):
    """juliet asks to see a SIP user; the head of stox's SUBSCRIBE."""
    with target.stream("auth") as peer:
        peer.send(f"<presence from='juliet@example.org' to='{who}@contoso.com'"
                  " type='subscribe'/>".encode())
        head = target.front_end.subscribed(f"{who}@contoso.com")
    check(head, "no SUBSCRIBE came")
    return {"call": re.search(r"(?im)^Call-ID:\s*(\S+)", head)[1],
            "tag": re.search(r"(?im)^From:.*?;tag=([^;\s]+)", head)[1],
            "who": who}


def notify(target, phone, seen, number, **other):
    """NOTIFY as the front end sends it, with something changed."""
    s = {**seen, "state": "active;expires=600", "from": "there",
         "event": "presence", **other}
    body = PIDF.format(who=s["who"], mark=MARK)
    return phone.ask(
        "NOTIFY", f"sip:gw.contoso.com:{target.sip};transport=tls",
        [f"From: <sip:{s['who']}@contoso.com>;tag={s['from']}",
         f"To: <sip:juliet@example.org>;tag={s['tag']}",
         f"Call-ID: {s['call']}", f"CSeq: {number} NOTIFY",
         CONTACT.format(port=target.front_end.port),
         f"Event: {s['event']}", f"Subscription-State: {s['state']}",
         "Content-Type: application/pidf+xml"], body)[0]


@case("P08 NOTIFY without a subscription, and in somebody else's")
def foreign_notify(target):
    seen, other = watched(target, "seen"), watched(target, "unseen")
    with Phone(target) as phone:
        for change in ({"tag": "made-up"}, {"call": "made-up@localhost"},
                       {"tag": other["tag"]}, {"call": other["call"]},
                       {"tag": seen["tag"][:-1] + "~"},
                       {"tag": re.sub(r"-\w{11}-", "-zzzzzzzzzzz-",
                                      seen["tag"])},
                       {"tag": re.sub(r"-\w{11}-", "-00000ZZZZZZ-",
                                      seen["tag"])}):
            status = notify(target, phone, seen, 7, **change)
            check(status == 481, f"{change}: {status}")
        check(notify(target, phone, seen, 1) == 200, "its own was refused")


@case("P08 NOTIFY with an old CSeq or a state that means nothing")
def bad_notify(target):
    seen = watched(target, "junk")
    with Phone(target) as phone:
        check(notify(target, phone, seen, 9) == 200, "the first was refused")
        check(notify(target, phone, seen, 8) == 500, "CSeq went backwards")
        check(notify(target, phone, seen, 10, **{"from": "else"}) == 481,
              "another dialog's was taken")
        for state in (";", "=", "active;expires=-1;;", ";reason=rejected",
                      "a" * 5000, ",", "active,terminated"):
            status = notify(target, phone, seen, 11, state=state)
            check(status in (200, 400), f"{state[:20]}: {status}")
        check(notify(target, phone, seen, 12, event="refer") == 489,
              "another package was taken")
        check(notify(target, phone, seen, 13) == 200, "the dialog was lost")
        status = notify(target, phone, seen, 14, state="terminated;reason=;;")
        check(status in (200, 400), f"{status}")


# ---- floods ------------------------------------------------------------------

FLOOD = 2000


def presence(sender, to, kind):
    return (f"<presence from='{sender}@example.org' to='{to}@contoso.com' "
            f"type='{kind}'/>").encode()


def still_serves(target, peer, what):
    """A message behind the flood, and an operator."""
    body = f"{MARK}{what}"
    peer.send(message(body))
    check(target.front_end.has(body, 60), f"after {what} nothing crosses")
    check(target.ctl("status"), "stoxctl is not answered")


def nobody_asks(target, word):
    """What is left may wait for a server to tell, but asks for nobody."""
    deadline = time.monotonic() + 30
    left = [None]
    while left and time.monotonic() < deadline:
        left = [row for row in target.ctl("roster", "list")
                if row["xmpp"].startswith(word) and row["x2s"] != "no"]
    check(not left, f"{len(left)} are left, such as {left[:1]}")


@case("G11 a crowd that was made up probes, asks and stops")
def made_up(target):
    before = target.rss_kb()
    with target.stream("auth") as peer:
        for number in range(FLOOD):
            peer.send(presence(f"nobody{number}", "flooded", "probe"))
        still_serves(target, peer, "probes")
        check("nobody" not in str(pairs(target)), "a probe left a pair")
        for number in range(FLOOD):
            peer.send(presence(f"nobody{number}", "flooded", "subscribe"))
        still_serves(target, peer, "questions")
        for number in range(FLOOD):
            peer.send(presence(f"nobody{number}", "flooded", "unsubscribe"))
        still_serves(target, peer, "farewells")
    nobody_asks(target, "nobody")
    check(target.rss_kb() - before < 131072,
          f"RSS {before} kB, {target.rss_kb()} kB")


@case("G11 one who cannot decide asks and stops a thousand times")
def undecided(target):
    with target.stream("auth") as peer:
        for _ in range(FLOOD // 2):
            peer.send(presence("hamlet", "ophelia", "subscribe")
                      + presence("hamlet", "ophelia", "unsubscribe"))
        still_serves(target, peer, "doubts")
        # so many at once were refused; the last word counts
        peer.send(presence("hamlet", "ophelia", "unsubscribe"))
        still_serves(target, peer, "the last doubt")
    nobody_asks(target, "hamlet")
    asked = sum("<sip:ophelia@contoso.com>" in head
                for head in target.front_end.subscribes)
    check(0 < asked <= FLOOD, f"{asked} SUBSCRIBEs")
