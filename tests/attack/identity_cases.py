"""Cases I: STARTTLS, certificates, EXTERNAL, dialback, addresses."""
import base64
import ssl
import time

from cases import MARK, case, check, refused
from peer import DIALBACK, SASL, STARTTLS, Refused, header, message
from target import Authority

EXTERNAL = (f"<mechanisms xmlns='{SASL}'><mechanism>EXTERNAL</mechanism>"
            "</mechanisms>").encode()
TLS_FEATURE = (b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
               b"<required/></starttls>")
DIALBACK_FEATURE = b"<dialback xmlns='urn:xmpp:features:dialback'/>"


def crossed(target):
    check(not target.front_end.has(MARK + "bad"), "a stanza crossed")


# ---- STARTTLS ---------------------------------------------------------------


@case("I01 plaintext behind <starttls/> is not taken for TLS")
def injected_before(target):
    for more in (header() + message(MARK + "bad"), message(MARK + "bad"), b" ",
                 f"<db:result xmlns:db='{DIALBACK}' from='dialback.example' "
                 "to='contoso.com'>key</db:result>".encode()):
        with target.connect() as peer:
            peer.open()
            peer.send(STARTTLS + more)
            if more == b" ":
                try:
                    peer.until(rb"<proceed[^>]*/>")
                    peer.wrap(target.context())
                except Refused:
                    continue     # closed: as good
                peer.open()
                continue
            end = peer.end(6)
            check(end.closed, f"not closed: {end}")
            check(b"<proceed" not in end.text, "it went on to TLS")
    crossed(target)


@case("I01 plaintext behind <proceed/> is not taken for TLS, as initiator")
def injected_after(target):
    seen = []

    def serve(peer, domain):
        peer.answer(TLS_FEATURE + DIALBACK_FEATURE, sender=domain)
        peer.until(rb"<starttls[^>]*/>")
        peer.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
                  + header(to="contoso.com", sender=domain,
                           more=" id='x2'")
                  + b"<stream:features>" + EXTERNAL + b"</stream:features>"
                  + f"<success xmlns='{SASL}'/>".encode())
        seen.append(peer.end(6))
    outbound_refused(target, serve, seen)


@case("I02 STARTTLS stripped from the features")
def stripped(target):
    for features in (b"", DIALBACK_FEATURE, EXTERNAL,
                     EXTERNAL + DIALBACK_FEATURE):
        seen = []

        def serve(peer, domain, features=features, seen=seen):
            peer.answer(features, sender=domain)
            seen.append(peer.end(6))
        outbound_refused(target, serve, seen)


@case("I02 STARTTLS answered with <failure/>")
def starttls_failure(target):
    seen = []

    def serve(peer, domain):
        peer.answer(TLS_FEATURE, sender=domain)
        peer.until(rb"<starttls[^>]*/>")
        peer.send(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        seen.append(peer.end(6))
    outbound_refused(target, serve, seen)


@case("I02 a header without version, to go on without TLS")
def no_version(target):
    seen = []

    def serve(peer, domain):
        peer.until(rb"<stream:stream[^>]*>")
        peer.send(header(to="contoso.com", sender=domain, version=None,
                         more=" id='x1'"))
        seen.append(peer.end(6))
    outbound_refused(target, serve, seen)


@case("I02 old TLS and anonymous suites")
def weak_tls(target):
    def old(context):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")

    def anonymous(context):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("aNULL:@SECLEVEL=0")
    for weaken in (old, anonymous):
        context = target.server_side(target.pair)
        weaken(context)
        seen = []

        def serve(peer, domain, context=context, seen=seen):
            peer.answer(TLS_FEATURE + DIALBACK_FEATURE, sender=domain)
            peer.until(rb"<starttls[^>]*/>")
            peer.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            try:
                peer.wrap(context, server_side=True)
            except Refused:
                seen.append(None)
                return
            seen.append(peer.end(6))
        outbound_refused(target, serve, seen)
        with target.connect() as peer:
            inbound = target.context()
            inbound.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            weaken(inbound)
            peer.open()
            try:
                peer.secure(inbound)
            except Refused:
                continue
            check(False, f"taken inbound: {peer.sock.cipher()}")


def outbound_refused(target, serve, seen, domain=None):
    """The front end writes; stox connects, must give up and tell no secret."""
    domain = domain or target.fresh()
    target.server.serve = lambda peer: serve(peer, domain)
    try:
        status = target.say(MARK + "secret", f"juliet@{domain}")
        check(status and status >= 400, f"the sender heard {status}")
        deadline = time.monotonic() + 8
        while not seen and time.monotonic() < deadline:
            time.sleep(0.05)
        check(seen, f"no connection came to its end: {target.server.failures}")
        for end in seen:
            text = end.text if end else b""
            for word in (MARK.encode(), b"<message", b"db:result",
                         b"db:verify", b"<auth"):
                check(word not in text, f"{word!r} went out: {text!r}")
    finally:
        target.server.serve = None


# ---- certificates -----------------------------------------------------------

XMPP_ADDR = "otherName:1.3.6.1.5.5.7.8.5;UTF8:"
SRV_ID = "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:"
LEAF = "basicConstraints=CA:FALSE\n"

# what, names as openssl writes them, are they good for the domain NAME?
NAMES = (
    ("its name", "DNS:NAME", True),
    ("its name in capitals", "DNS:UPPER", True),
    ("one name of several", "DNS:other.example,DNS:NAME", True),
    ("XmppAddr", f"{XMPP_ADDR}NAME", True),
    ("SRV-ID", f"{SRV_ID}_xmpp-server.NAME", True),
    ("another's name", "DNS:example.net", False),
    ("a name below", "DNS:xmpp.NAME", False),
    ("a wildcard below", "DNS:*.NAME", False),
    ("a wildcard", "DNS:*.far.example", True),
    ("a wildcard for two labels", "DNS:*.example", False),
    ("SRV-ID of another service", f"{SRV_ID}_sip.NAME", False),
    ("SRV-ID for clients", f"{SRV_ID}_xmpp-client.NAME", False),
    ("XmppAddr of a user", f"{XMPP_ADDR}juliet@NAME", False),
    ("CN only", None, False),
    ("CN beside a URI", "URI:xmpp:NAME", False),
    ("CN beside an address", "IP:127.0.0.1", False),
    ("e-mail address", "email:juliet@NAME", False),
)


def names_for(domain, san):
    return san and san.replace("NAME", domain).replace("UPPER", domain.upper())


def outcome_in(target, domain, pair):
    """Whether EXTERNAL with this certificate is taken."""
    with target.connect() as peer:
        try:
            peer.log_in(target.context(pair), domain)
        except Refused:
            return False
        return True


def outcome_out(target, domain, pair):
    """Whether stox, connecting, takes this certificate."""
    took = []

    def serve(peer):
        peer.answer(TLS_FEATURE, sender=domain)
        peer.until(rb"<starttls[^>]*/>")
        peer.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        try:
            peer.wrap(target.server_side(pair), server_side=True)
            peer.answer(EXTERNAL, sender=domain)
            peer.until(rb"<auth ", 5)
            took.append(True)
        except Refused:
            took.append(False)
    target.server.serve = serve
    try:
        target.say(MARK + "which certificate?", f"juliet@{domain}")
        deadline = time.monotonic() + 6
        while not took and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        target.server.serve = None
    check(took, "stox did not connect")
    return took[0]


def both_outcomes(target, what, issue, good):
    """issue(domain) makes the pair of files."""
    domain = target.fresh()
    pair = issue(domain)
    for way, outcome in (("in", outcome_in), ("out", outcome_out)):
        took = outcome(target, domain, pair)
        check(took == good, f"{what}, {way}: "
                            f"{'taken' if took else 'refused'}")


@case("I04 which names in a certificate count")
def names(target):
    for what, san, good in NAMES:
        both_outcomes(target, what, lambda domain, san=san:
                      target.authority.issue(f"names/{domain}", cn=domain,
                                             san=names_for(domain, san)), good)


@case("I04 certificates out of their time")
def dates(target):
    for what, first, last in (("expired", "200101000000Z", "200201000000Z"),
                              ("not yet good", "450101000000Z",
                               "460101000000Z")):
        both_outcomes(target, what, lambda domain, dates=(first, last):
                      target.authority.issue(f"dates/{domain}", dates=dates),
                      False)


@case("I04 certificates of nobody and of an unknown authority")
def unknown_authority(target):
    other = Authority(target.folder, "other")
    both_outcomes(target, "unknown authority",
                  lambda domain: other.issue(f"other/{domain}"), False)

    def alone(domain):
        own = Authority(target.folder, domain)
        return own.file, own.key
    both_outcomes(target, "self-signed", alone, False)


def issued_below(authority):
    """Issues pairs with the authority's own certificate in the chain."""
    def issue(domain):
        crt, key = authority.issue(f"chains/{domain}")
        with open(crt, "a", encoding="ascii") as file, \
                open(authority.file, encoding="ascii") as more:
            file.write(more.read())
        return crt, key
    return issue


@case("I05 a hundred certificates in a chain, ten thousand constraints")
def huge_chains(target):
    def issue(domain):
        crt, key = target.authority.issue(f"chains/{domain}")
        with open(target.authority.file, encoding="ascii") as more:
            text = more.read()
        with open(crt, "a", encoding="ascii") as file:
            file.write(text * 99)
        return crt, key
    both_outcomes(target, "a hundred", issue, False)
    excluded = ",".join(f"excluded;DNS:n{number}.invalid"
                        for number in range(10000))
    authority = Authority(
        target.folder, "constrained", of=target.authority,
        extra="basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
              f"nameConstraints=critical,{excluded}\n")
    before = target.cpu_s()
    both_outcomes(target, "constraints", issued_below(authority), False)
    check(target.cpu_s() - before < 1, "it costs too much")


@case("I05 chains: a leaf as authority, name constraints, usages")
def chains(target):
    above = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
    for what, extra, good in (
            ("leaf as authority", LEAF, False),
            ("name constraints", above + "nameConstraints=critical,"
             "permitted;DNS:elsewhere.example\n", False),
            ("intermediate", above, True)):
        authority = Authority(target.folder, what.replace(" ", "-"),
                              of=target.authority, extra=extra)
        both_outcomes(target, what, issued_below(authority), good)
    both_outcomes(target, "server usage only", lambda domain:
                  target.authority.issue(
                      f"chains/{domain}",
                      extra=LEAF + "extendedKeyUsage=serverAuth\n"), True)


# ---- SASL ---------------------------------------------------------------------


def auth(mechanism, text=""):
    return (f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{text}</auth>"
            ).encode()


def b64(text):
    return base64.b64encode(text.encode()).decode()


@case("I06 EXTERNAL with a wrong identity, or none")
def wrong_identity(target):
    for what, data, words in (
            ("another domain", auth("EXTERNAL", b64("example.net")),
             ("invalid-authzid", "not-authorized")),
            ("a user", auth("EXTERNAL", b64("juliet@example.org")),
             ("invalid-authzid", "not-authorized")),
            ("no base64", auth("EXTERNAL", "%%%"),
             ("incorrect-encoding", "malformed-request")),
            ("PLAIN", auth("PLAIN", b64("\0juliet\0x")), ("invalid-mechanism",)),
            ("ANONYMOUS", auth("ANONYMOUS"), ("invalid-mechanism",)),
            ("no mechanism", f"<auth xmlns='{SASL}'/>".encode(),
             ("invalid-mechanism", "malformed-request"))):
        with target.stream("tls") as peer:
            peer.send(data)
            answer = peer.until(rb"<failure.*?</failure>|<success[^>]*/>")[0]
            check(any(word.encode() in answer for word in words),
                  f"{what}: {answer!r}")
    with target.stream("tls") as peer:
        peer.external(None)
    with target.stream("plain") as peer:
        peer.send(auth("EXTERNAL", "="))
        check(b"<success" not in peer.end(6).text, "EXTERNAL without TLS")


@case("I06 three tries, and a response of a megabyte")
def tries(target):
    with target.stream("tls") as peer:
        peer.send(auth("PLAIN") * 10)
        end = refused(target, peer, ())
        check(end.text.count(b"<failure") <= 3, f"{end}")
    with target.stream("tls") as peer:
        peer.send(auth("EXTERNAL", "A" * (1 << 20)))
        refused(target, peer, ("policy-violation",), flooded=True)


# ---- addresses ------------------------------------------------------------------


@case("I07 senders that are not the authenticated domain's")
def foreign_senders(target):
    for sender in ("juliet@example.net", "juliet@sub.example.org",
                   "juliet@dialback.example", "romeo@contoso.com",
                   "user@example.net@example.org", "@example.org", ""):
        with target.stream("auth") as peer:
            peer.send(message(MARK + "bad", sender=sender))
            refused(target, peer, ("invalid-from", "improper-addressing",
                                   "not-authorized", "jid-malformed"))
    for data in (message(MARK + "bad").replace(b" from='juliet@example.org'",
                                               b""),
                 message(MARK + "bad").replace(b" to='romeo@contoso.com'",
                                               b""),
                 message(MARK + "bad", to="romeo@elsewhere.example"),
                 message(MARK + "bad", more=" from='juliet@example.org'")):
        with target.stream("auth") as peer:
            peer.send(data)
            refused(target, peer, ())
    crossed(target)


@case("I07 the same domain in another spelling")
def same_sender(target):
    for number, sender in enumerate(("juliet@EXAMPLE.org",
                                     "Juliet@example.org/x")):
        with target.stream("auth") as peer:
            peer.send(message(f"{MARK}same{number}", sender=sender))
            check(target.front_end.has(f"{MARK}same{number}", 5),
                  f"{sender} was refused")


# ---- dialback ---------------------------------------------------------------------


def db(name, sender, to, **more):
    words = "".join(f" {key}='{value}'" for key, value in more.items()
                    if key != "key")
    key = more.get("key", "")
    return (f"<db:{name} xmlns:db='{DIALBACK}' from='{sender}' to='{to}'"
            f"{words}>{key}</db:{name}>").encode()


UNASKED = (
    db("result", "dialback.example", "contoso.com", type="valid"),
    db("result", "contoso.com", "dialback.example", type="valid"),
    db("verify", "dialback.example", "contoso.com", type="valid", id="1"),
    db("verify", "contoso.com", "dialback.example", type="valid", id="1"),
    db("result", "plain.example", "contoso.com", type="valid"),
)


@case("I09 dialback answers that nobody asked for", ("plain", "tls", "auth"))
def unasked(target, phase):
    for answer in UNASKED:
        for sender in ("juliet@dialback.example", "juliet@plain.example"):
            with target.stream(phase) as peer:
                peer.send(answer + message(MARK + "bad", sender=sender))
                refused(target, peer, ())
    for answer in UNASKED:
        with target.stream("plain", sender="plain.example") as peer:
            peer.send(answer + message(MARK + "bad",
                                       sender="juliet@plain.example"))
            refused(target, peer, ())
    crossed(target)
    check(b"dialback-unsolicited" in target.text(), "not a word in the log")


@case("I09 dialback for a domain that must show a certificate")
def dialback_instead(target):
    accepted = target.server.accepted
    for phase in ("plain", "tls"):
        with target.stream(phase, sender="dialback.example") as peer:
            peer.send(db("result", "example.org", "contoso.com", key="k"))
            end = peer.end(3)
            check(b"type='valid'" not in end.text, f"{end}")
            peer.send(message(MARK + "bad"))
    check(target.server.accepted == accepted, "stox asked about it")
    crossed(target)


def answer_with(target, domain, words, asked):
    """An authoritative server that answers with these words."""
    def serve(peer):
        peer.answer(TLS_FEATURE, sender=domain)
        peer.until(rb"<starttls[^>]*/>")
        peer.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        peer.wrap(target.server_context, server_side=True)
        peer.answer(DIALBACK_FEATURE, sender=domain)
        found = peer.until(rb"<db:verify[^>]*id=['\"]([^'\"]+)['\"][^>]*>")
        asked.append(found[1])
        peer.send(db("verify", **{"sender": domain, "to": "contoso.com",
                                  "id": found[1].decode(), **words}))
        peer.end(4)
    return serve


@case("I09 a verification answered for another pair or stream")
def crossed_answers(target):
    for words, good in (
            ({"type": "valid"}, True),
            ({"sender": "contoso.com", "to": "dialback.example",
              "type": "valid"}, False),
            ({"sender": "plain.example", "type": "valid"}, False),
            ({"type": "valid", "id": "other"}, False),
            ({"type": "bogus"}, False)):
        domain, asked = target.fresh("d"), []
        target.server.serve = answer_with(target, domain, words, asked)
        try:
            with target.stream("tls", sender=domain) as peer:
                peer.send(db("result", domain, "contoso.com", key="k"))
                text = answer_to(peer)
                check(asked, f"stox did not ask: {target.server.failures}")
                check((b"valid" in text and b"invalid" not in text) == good,
                      f"{words}: {text!r}")
                body = f"{MARK}{'fine' if good else 'bad'}"
                peer.send(message(body, sender=f"juliet@{domain}"))
                if good:
                    check(target.front_end.has(body, 5), "it did not come")
        finally:
            target.server.serve = None
    crossed(target)


def answer_to(peer):
    """What stox says to a db:result within 5 s, or nothing."""
    try:
        return peer.until(rb"<db:result[^>]*type=['\"](\w+)['\"]", 5)[1]
    except Refused:
        return b""


@case("I10 keys that were never issued")
def unknown_keys(target):
    with target.stream("tls", sender="dialback.example") as peer:
        for number in range(30):
            peer.send(db("verify", "dialback.example", "contoso.com",
                         id=f"s{number}", key="0" * 64))
        for _ in range(30):
            found = peer.until(rb"<db:verify[^>]*type=['\"](\w+)['\"]")
            check(found[1] == b"invalid", f"{found[0]!r}")
    with target.stream("tls", sender="dialback.example") as peer:
        peer.send(b"".join(db("verify", "dialback.example", "contoso.com",
                              id=f"f{number}", key="0" * 64)
                           for number in range(1000)))
        refused(target, peer, ("policy-violation",), flooded=True)


@case("I11 dialback for many made-up domains")
def dialback_flood(target):
    accepted = target.server.accepted
    with target.stream("tls", sender="dialback.example") as peer:
        peer.send(b"".join(db("result", f"made-up{number}.example", "contoso.com",
                              key="k") for number in range(300)))
        end = peer.end(3)
        check(b"type='valid'" not in end.text, "one was taken")
    check(target.server.accepted - accepted <= 1, "stox became a reflector")
