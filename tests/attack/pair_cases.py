"""Cases I14, I17 and X18: whose stream carries what, and who does not read."""
import contextlib
import hashlib
import re
import socket
import time

from cases import MARK, case, check, refused
from identity_cases import EXTERNAL, TLS_FEATURE, answer_with, db
from peer import SASL, header, message

BIDI = b"<bidi xmlns='urn:xmpp:bidi'/>"
BIDI_FEATURE = b"<bidi xmlns='urn:xmpp:features:bidi'/>"
SECRET = "Zr5-secret-of-the-component"
LONG = 15000  # bytes of a message's text

CONFIG = f"""
SipDomain "comp.contoso.com"
    front_end   = "localhost:{{far_sip}}"
    certificate = "localhost"
    component   = {{{{ host = "127.0.0.1", port = {{component}},
                    secret = "{SECRET}" }}}}
"""


def crossed(target):
    check(not target.front_end.has(MARK + "bad"), "a stanza crossed")


# ---- streams in both directions ----------------------------------------------


def both_ways(target):
    """A stream of example.org's that carries both directions."""
    peer = target.connect()
    peer.open()
    peer.secure(target.context())
    check(b"urn:xmpp:features:bidi" in peer.open(), "bidi is not offered")
    peer.send(BIDI)
    peer.external()
    peer.open()
    body = f"{MARK}both{peer.port}"
    peer.send(message(body))
    check(target.front_end.has(body, 5), "it does not carry")
    return peer


@case("I14 on a stream in both directions each pair is proven on its own")
def foreign_pairs(target):
    for data in (message(MARK + "bad", sender="juliet@dialback.example"),
                 message(MARK + "bad", sender="juliet@example.net"),
                 message(MARK + "bad", sender="romeo@contoso.com"),
                 message(MARK + "bad", to="romeo@comp.contoso.com"),
                 message(MARK + "bad", to="romeo@elsewhere.example")):
        with both_ways(target) as peer:
            peer.send(data)
            refused(target, peer, ("invalid-from", "host-unknown"))
    crossed(target)


@case("I14 a stream carries back what is for its own domain only")
def carried_back(target):
    seen = []
    target.server.serve = lambda peer: seen.append(
        peer.until(rb"<stream:stream[^>]*>")[0])
    try:
        with both_ways(target) as peer:
            accepted = target.server.accepted
            target.say(MARK + "back")
            peer.until(MARK.encode() + b"back", 5)
            check(target.server.accepted == accepted, "it went another way")
            domain = target.fresh()
            target.say(MARK + "other", f"juliet@{domain}")
            check(seen, "no stream of its own")
            check((MARK + "other").encode() not in peer.end(1).text,
                  "it came to another domain")
    finally:
        target.server.serve = None


@case("I14 a second domain on the stream, proven and not")
def multiplexed(target):
    for kind, good in (("valid", True), ("invalid", False)):
        domain, asked = target.fresh("d"), []
        target.server.serve = answer_with(target, domain, {"type": kind}, asked)
        with both_ways(target) as peer:
            peer.send(db("result", domain, "contoso.com", key="k"))
            peer.until(rb"<db:result[^>]*type='" + kind.encode(), 8)
            check(asked, "stox did not ask")
            body = MARK + ("second" if good else "bad")
            peer.send(message(body, sender=f"juliet@{domain}"))
            if good:
                check(target.front_end.has(body, 5), "it did not come")
            else:
                refused(target, peer, ("invalid-from",))
        target.server.serve = None
    crossed(target)


@case("I14 <bidi/> where it does not belong")
def misplaced(target):
    with target.stream("plain") as peer:
        peer.send(BIDI)
        refused(target, peer, ("policy-violation",))
    with target.stream("auth") as peer:
        peer.send(BIDI)
        refused(target, peer, ("policy-violation",))
    with target.stream("tls") as peer:
        peer.send(BIDI + message(MARK + "bad"))
        refused(target, peer, ("not-authorized",))
    crossed(target)


def reversing(target, domain, features, data, ends):
    """A server that takes stox's stream and sends stanzas on it."""
    def serve(peer):
        pair = target.authority.issue(f"reverse/{domain}")
        peer.answer(TLS_FEATURE, sender=domain)
        peer.until(rb"<starttls[^>]*/>")
        peer.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        peer.wrap(target.server_side(pair), server_side=True)
        peer.answer(EXTERNAL + features, sender=domain)
        peer.until(rb"<auth .*?</auth>")
        peer.send(f"<success xmlns='{SASL}'/>".encode())
        peer.answer(b"", sender=domain)
        peer.until(rb"<message ")
        peer.send(data(domain))
        ends.append(peer.end(4))
    return serve


@case("I14 stanzas that come back on a stream of ours")
def reversed_streams(target):
    def sender(text):
        return lambda domain: message(
            MARK + ("bad" if text != "DOMAIN" else domain),
            sender=f"juliet@{text.replace('DOMAIN', domain)}")
    for features, data, good in (
            (BIDI_FEATURE, sender("DOMAIN"), True),
            (BIDI_FEATURE, sender("example.org"), False),
            (BIDI_FEATURE, sender("contoso.com"), False),
            (BIDI_FEATURE, lambda domain: message(
                MARK + "bad", "romeo@comp.contoso.com", f"juliet@{domain}"),
             False),
            (b"", lambda domain: message(
                MARK + "bad", sender=f"juliet@{domain}"), False)):
        domain, ends = target.fresh(), []
        target.server.serve = reversing(target, domain, features, data, ends)
        target.say(MARK + "forth", f"juliet@{domain}")
        if good:
            check(target.front_end.has(MARK + domain, 5), "it did not come")
        deadline = time.monotonic() + 8
        while not ends and time.monotonic() < deadline:
            time.sleep(0.02)
        target.server.serve = None
        check(ends, f"{target.server.failures[-2:]}")
        check(ends[0].closed != good or b"<stream:error" not in ends[0].text
              and good, f"{ends[0]}")
    crossed(target)


# ---- a component --------------------------------------------------------------


def component_header(peer, ident):
    peer.until(rb"<stream:stream[^>]*>")
    peer.send(f"<?xml version='1.0'?><stream:stream id='{ident}' "
              "xmlns='jabber:component:accept' from='comp.contoso.com' "
              "xmlns:stream='http://etherx.jabber.org/streams'>".encode())
    return peer.until(rb"<handshake>([0-9a-f]+)</handshake>")[1].decode()


def component_message(body, **words):
    return message(body, **{"to": "romeo@comp.contoso.com", **words})


def next_connection(target, serve):
    """Cut the component's connection; serve the next one."""
    done = []

    def run(peer):
        try:
            serve(peer)
            done.append(None)
        except Exception as error:  # told below
            done.append(error)
            raise
        finally:
            target.component.serve = target.host_server
    target.component.serve = run
    for peer in target.hosted:
        with contextlib.suppress(OSError):
            peer.sock.shutdown(socket.SHUT_RDWR)
    target.hosted.clear()
    deadline = time.monotonic() + 15
    while not done and time.monotonic() < deadline:
        time.sleep(0.02)
    check(done, "the component did not connect again")
    check(done[0] is None, f"{done[0]}")


@case("I17 a host server that speaks for others, and one that is false")
def host_server(target):
    def known(peer):
        digest = component_header(peer, "i17")
        check(digest == hashlib.sha1(b"i17" + SECRET.encode()).hexdigest(),
              "another handshake")
        peer.send(component_message(MARK + "bad"))   # before it is accepted
        peer.send(b"<handshake/>")
        for words in ({"sender": "romeo@comp.contoso.com"},
                      {"sender": "romeo@contoso.com"},
                      {"sender": "juliet@example.org",
                       "to": "romeo@contoso.com"},
                      {"sender": ""}, {"sender": "@", "to": "x"}):
            peer.send(component_message(MARK + "bad", **words))
        peer.send(component_message(MARK + "hosted"))
        check(target.front_end.has(MARK + "hosted", 5), "it did not come")

    def refusing(peer):
        component_header(peer, "i17b")
        peer.send(b"<stream:error><not-authorized xmlns='urn:ietf:params:xml:"
                  b"ns:xmpp-streams'/></stream:error></stream:stream>")
        end = peer.end(5)
        check(end.closed and b"<message" not in end.text, f"{end}")
    since = len(target.text())
    next_connection(target, known)
    next_connection(target, refusing)
    text = target.text()[since:]
    check(text.count(b"stanza-dropped") >= 5, "what was dropped is not told")
    check(b"the secret is wrong" in text, "no advice")
    check(SECRET.encode() not in target.text(), "the secret is in the log")
    crossed(target)


@case("I17 nobody can be a component of stox")
def no_component(target):
    accept = {"ns": "jabber:component:accept", "version": None}
    with target.connect() as peer:
        peer.send(header(to="comp.contoso.com", **accept))
        refused(target, peer, ("host-unknown",))
    for words in (accept, {}):
        with target.connect() as peer:
            peer.send(header(**words)
                      + b"<handshake xmlns='jabber:component:accept'>00"
                      b"</handshake>" + message(MARK + "bad"))
            refused(target, peer, ())
    # a domain that is a component's is none of the server's
    with target.connect() as peer:
        peer.send(header(to="comp.contoso.com"))
        refused(target, peer, ("host-unknown",))
    crossed(target)


# ---- who does not read ----------------------------------------------------------


def deaf(target, domain, ready):
    """A server that takes stox's stream and reads no more of it."""
    def serve(peer):
        pair = target.authority.issue(f"deaf/{domain}")
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.answer(TLS_FEATURE, sender=domain)
        peer.until(rb"<starttls[^>]*/>")
        peer.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        peer.wrap(target.server_side(pair), server_side=True)
        peer.answer(EXTERNAL, sender=domain)
        peer.until(rb"<auth .*?</auth>")
        peer.send(f"<success xmlns='{SASL}'/>".encode())
        peer.answer(b"", sender=domain)
        peer.until(rb"<message ")
        ready.append(peer)

        target.deaf.wait(30)
    return serve


def finals(sock, count, seconds):
    """The final statuses of so many requests."""
    found, text, deadline = [], b"", time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        sock.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            data = sock.recv(65536)
        except TimeoutError:
            break
        if not data:
            break
        text += data
        heads = text.split(b"\r\n\r\n")
        text = heads.pop()
        for head in heads:
            status = re.match(rb"SIP/2\.0 ([2-6]\d\d)", head)
            if status:
                found.append(int(status[1]))
    return found


def pour(target, count):
    """Write so many long messages to a peer that reads only the first.
    Returns its domain, and what the senders heard."""
    domain, ready = target.fresh(), []
    target.server.serve = deaf(target, domain, ready)
    with target.call() as front_end:
        front_end.sendall(target.request(MARK + "first", f"juliet@{domain}"))
        deadline = time.monotonic() + 8
        while not ready and time.monotonic() < deadline:
            time.sleep(0.02)
        target.server.serve = None
        check(ready, f"no stream: {target.server.failures[-2:]}")
        for number in range(count):
            front_end.sendall(target.request(
                MARK + "x" * LONG, f"u{number}@{domain}"))
            if number % 100 == 50:
                meanwhile(target, domain + str(number))
        return domain, finals(front_end, count + 1, 30)


def given_up(target, domain, since, seconds):
    """The stream has failed, in time."""
    deadline = time.monotonic() + seconds
    while True:
        lines = [line for line in target.text()[since:].splitlines()
                 if b"stream-failed" in line and domain.encode() in line]
        if lines or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    check(lines, "the stream was not given up")


@case("X18 a peer that never reads costs others nothing")
def never_reads(target):
    with open("/proc/sys/net/ipv4/tcp_wmem", encoding="ascii") as file:
        kernel = int(file.read().split()[2])
    queue = next(row["value"] for row in target.ctl("limits")["limits"]
                 if row["id"] == "send_queue")
    # more than the kernel takes while nothing is read (stox lets it hold little
    # that is not sent), then more than stox keeps besides
    for total, word in ((queue // 2, "write_time"),
                        (kernel + 2 * queue, "send_queue")):
        before, since = target.rss_kb(), len(target.text())
        reached = counter(target, word)
        target.deaf.clear()
        domain, told = pour(target, total // LONG)
        given_up(target, domain, since, 8)
        target.deaf.set()
        check(len(told) == total // LONG + 1, f"{len(told)} have an answer")
        check(any(status >= 400 for status in told) or word == "write_time",
              "all were taken for sent")
        check(counter(target, word) > reached, f"not by {word}")
        check(target.rss_kb() - before < 32768,
              f"RSS {before} kB, {target.rss_kb()} kB")


def counter(target, word):
    """How often a limit was reached."""
    return next(row["reached"] for row in target.ctl("limits")["limits"]
                if row["id"] == word)


def meanwhile(target, name):
    """Another stream is served at once."""
    with target.stream("auth") as peer:
        body = f"{MARK}beside{name}"
        peer.send(message(body))
        check(target.front_end.has(body, 3), "others have to wait")
