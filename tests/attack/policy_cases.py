"""Cases I03: policy x certificate x direction, as a table of our own.

A sample of the product; tests/xmpp/test_oracle.c walks all of it.
"""
import re
import time

from cases import MARK, case, check
from identity_cases import DIALBACK_FEATURE, EXTERNAL, TLS_FEATURE, db
from peer import SASL, Refused, client_context, message

# TLS, SASL, dialback; then what proves a peer (E: EXTERNAL, D: dialback)
# without TLS, with a certificate that is not good, with a good one.
TABLE = (
    ("required", "required", False, "", "", "E"),
    ("required", "optional", True, "", "D", "ED"),
    ("required", "optional", False, "", "", "E"),
    ("required", "off", True, "", "D", "D"),
    ("optional", "optional", True, "D", "D", "ED"),
    ("optional", "required", False, "", "", "E"),
    ("optional", "off", True, "D", "D", "D"),
    ("off", "required", True, "D", "", ""),
    ("off", "off", True, "D", "", ""),
)

CONFIG = "".join(
    f"""
for number = 1, 4 do
    XmppDomain("row{row}-" .. number .. ".matrix.example")
    proxy    = "127.0.0.1:{{far_xmpp}}"
    tls      = "{tls}"
    sasl     = "{sasl}"
    dialback = {str(dialback).lower()}
end
""" for row, (tls, sasl, dialback, *_) in enumerate(TABLE))

PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def certificates(target, domain):
    """What a peer of the domain may show."""
    return {"none": None, "bad": target.pair,
            "good": target.authority.issue(f"matrix/{domain}")}


# ---- inbound ----------------------------------------------------------------


def vouch(peer, domain):
    """Vouch for every key until the stream ends."""
    while True:
        found = peer.until(rb"<db:verify[^>]*id=['\"]([^'\"]+)['\"][^>]*>", 30)
        peer.send(db("verify", domain, "contoso.com", type="valid",
                     id=found[1].decode()))


def verifying(target, domain, pair):
    """The domain's server: vouches for every key."""
    def serve(peer):
        peer.answer(TLS_FEATURE if pair else b"", sender=domain)
        if pair:
            peer.until(rb"<starttls[^>]*/>")
            peer.send(PROCEED)
            peer.wrap(target.server_side(pair), server_side=True)
            peer.answer(DIALBACK_FEATURE, sender=domain)
        vouch(peer, domain)
    return serve


def prove(peer, domain, way):
    """Prove the domain on a stream whose features are read."""
    if way == "E":
        peer.external(domain)
        peer.open(sender=domain)
        return
    peer.send(db("result", domain, "contoso.com", key="k"))
    found = peer.until(rb"<db:result[^>]*type=['\"](\w+)['\"]", 5)
    if found[1] != b"valid":
        raise Refused(f"dialback: {found[1]!r}")


def taken(target, domain, channel, pair, way):
    """Whether a peer on the channel is let in that way, and heard."""
    with target.connect() as peer:
        try:
            peer.open(sender=domain)
            if channel != "plain":
                peer.secure(client_context(target.authority.file, pair))
                peer.open(sender=domain)
            prove(peer, domain, way)
        except Refused:
            peer.send(message(MARK + "bad", sender=f"juliet@{domain}"))
            return False
        body = f"{MARK}{domain}{channel}{way}"
        peer.send(message(body, sender=f"juliet@{domain}"))
        check(target.front_end.has(body, 5), f"{body} did not come")
        return True


@case("I03 what proves a peer that comes to us, by policy and certificate")
def inbound(target):
    for row, (tls, sasl, dialback, plain, bad, good) in enumerate(TABLE):
        domain = f"row{row}-1.matrix.example"
        pairs = certificates(target, domain)
        target.server.serve = verifying(
            target, domain, None if tls == "off" else pairs["good"])
        for channel, expected in (("plain", plain), ("none", bad),
                                  ("bad", bad), ("good", good)):
            got = "".join(way for way in "ED" if taken(
                target, domain, channel, pairs.get(channel), way))
            check(got == expected, f"TLS {tls}, SASL {sasl}, dialback "
                                   f"{dialback}; {channel}: {got!r}, not "
                                   f"{expected!r}")
    target.server.serve = None
    check(not target.front_end.has(MARK + "bad"), "a stanza crossed")


# ---- outbound ---------------------------------------------------------------


def receiving(target, domain, pair, seen):
    """A server that takes whatever stox proves itself with."""
    def serve(peer):
        peer.answer((TLS_FEATURE.replace(b"<required/>", b"") if pair else b"")
                    + DIALBACK_FEATURE, sender=domain)
        channel = "plain"
        found = peer.until(rb"<(starttls|db:result|auth) ?[^>]*>", 4)[1]
        if found == b"starttls":
            peer.send(PROCEED)
            peer.wrap(target.server_side(pair), server_side=True)
            channel = "TLS"
            peer.answer(EXTERNAL + DIALBACK_FEATURE, sender=domain)
            found = peer.until(rb"<(db:result|auth) ?[^>]*>", 4)[1]
        seen.append(("D" if found == b"db:result" else "E") + f" over {channel}")
        if found == b"auth":
            peer.send(f"<success xmlns='{SASL}'/>".encode())
            peer.answer(b"", sender=domain)
        else:
            peer.send(db("result", domain, "contoso.com", type="valid"))
        peer.until(rb"<message .*?</message>", 4)
        seen.append("message")
        vouch(peer, domain)
    return serve


def expected_out(tls, channel, ways):
    """What stox does towards a server that can do everything on the channel."""
    if tls == "off" or channel == "plain":
        return f"{ways[0]} over plain" if ways else ""
    return f"{ways[0]} over TLS" if ways else ""


def written(target, domain, seen):
    """Write to the domain; returns the status of a failure, 0 when the
    message has come."""
    with target.call() as front_end:
        front_end.sendall(target.request(MARK + "to all", f"juliet@{domain}"))
        front_end.settimeout(0.05)
        deadline, text = time.monotonic() + 20, b""
        while "message" not in seen and time.monotonic() < deadline:
            try:
                text += front_end.recv(65536)
            except TimeoutError:
                continue
            if found := re.search(rb"SIP/2\.0 ([4-6]\d\d)", text):
                return int(found[1])
    return 0


@case("I03 what proves us to a server, by policy and certificate")
def outbound(target):
    for row, (tls, sasl, dialback, plain, bad, good) in enumerate(TABLE):
        for number, channel, ways in ((2, "plain", plain), (3, "bad", bad),
                                      (4, "good", good)):
            domain, seen = f"row{row}-{number}.matrix.example", []
            pair = certificates(target, domain).get(channel)
            if tls == "off":
                ways = plain
            target.server.serve = receiving(target, domain, pair, seen)
            expected = expected_out(tls, channel, ways)
            status = written(target, domain, seen)
            target.server.serve = None
            what = (f"TLS {tls}, SASL {sasl}, dialback {dialback}; {channel}: "
                    f"{seen}, {status}")
            check((seen[:1] or [""])[0] == expected,
                  f"{what}, not {expected!r}")
            check(("message" in seen) == bool(expected), what)
            check(bool(expected) or status >= 400, what)


@case("I03 a policy that leaves no way is refused when it is read")
def no_way(target):
    for words in ("tls = 'required' sasl = 'off' dialback = false",
                  "tls = 'optional' sasl = 'off' dialback = false",
                  "tls = 'off' sasl = 'off' dialback = false",
                  "tls = 'off' sasl = 'required' dialback = false"):
        text = target.check_config(f"XmppDomain 'no.example' {words}")
        check("no.example" in text and "expected" in text,
              f"{words}: {text!r}")
