"""Cases X: streams and XML."""
import html
import re
import time

from cases import MARK, PHASES, Failed, case, check, refused
from peer import Refused, header, message

RESTRICTED = ("restricted-xml",)
BROKEN = ("not-well-formed", "restricted-xml", "bad-format")
TOO_MUCH = ("policy-violation",)
DOCTYPE = (b"<!DOCTYPE s [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>"
           b"<!ENTITY c '&b;&b;&b;&b;'>]>")
# More at once than the stanza limits before and after authentication.
ROOM = {"plain": 9000, "tls": 9000, "auth": 300000}


def crossed(target, text=MARK + "bad"):
    check(not target.front_end.has(text), "a stanza crossed")


@case("X01 DOCTYPE before the header", PHASES)
def doctype_first(target, phase):
    with target.restarted(phase) as peer:
        peer.send(b"<?xml version='1.0'?>" + DOCTYPE + header())
        refused(target, peer, RESTRICTED)


@case("X01 DOCTYPE within the stream", PHASES)
def doctype_within(target, phase):
    with target.stream(phase) as peer:
        peer.send(DOCTYPE + message(MARK + "bad&c;"))
        refused(target, peer, RESTRICTED + BROKEN)
    crossed(target)


@case("X02 comment, processing instruction, entity", PHASES)
def constructs(target, phase):
    for bad in (b"<!-- " + MARK.encode() + b" -->", b"<?php x ?>",
                message(MARK + "bad&foo;"),
                message(MARK + "bad<!-- x -->")):
        with target.stream(phase) as peer:
            peer.send(bad)
            refused(target, peer, BROKEN)
    crossed(target)


@case("X02 CDATA without end", PHASES)
def cdata(target, phase):
    with target.stream(phase) as peer:
        peer.send(message("x")[:-17] + b"<![CDATA[" + b"a" * ROOM[phase])
        refused(target, peer, TOO_MUCH, flooded=True)


@case("X03 bytes that are no UTF-8", PHASES)
def no_utf8(target, phase):
    for bad in (b"\xc3\x28", b"\xe4\xbd\x3e", b"\xc0\xaf", b"\xed\xa0\x80",
                b"\xf8\x88\x80\x80\x80", b"\x80", b"\x00", b"&#0;",
                b"\xef\xbf\xbe"):
        start = message(MARK + "bad")[:-10]
        for text in (start + b"<a" + bad + b"/></message>",
                     start + b"<a b='" + bad + b"'/></message>",
                     start + bad + b"</body></message>",
                     start + b"<a xmlns='" + bad + b"'/></message>"):
            with target.stream(phase) as peer:
                peer.send(text + message(MARK + "bad"))
                refused(target, peer, BROKEN)
        if phase != "auth":
            return    # the reader is the same; what may cross differs
    crossed(target)


@case("X04 a namespace that looks like the parser's own")
def separators(target):
    for number, word in enumerate(("jabber:server&#10;body", "a|body", "a body",
                                   "a}body", "a&#9;body")):
        body = f"{MARK}ns{number}"
        with target.stream("auth") as peer:
            peer.send(f"<message to='romeo@contoso.com' "
                      f"from='juliet@example.org' type='chat'><x xmlns='{word}'>"
                      f"{MARK}bad</x><body>{body}</body></message>".encode())
            if not target.front_end.has(body, 3):
                refused(target, peer, BROKEN)
    for bad in (b"\xff", b"\x01", b"&#1;"):
        with target.stream("auth") as peer:
            peer.send(b"<message xmlns:x='jabber:server" + bad + b"body'/>")
            refused(target, peer, BROKEN)
    crossed(target)


@case("X05 other encodings")
def encodings(target):
    text = header().decode()
    for data in (text.encode("utf-16"), text.encode("utf-16-be"),
                 b"\xfe\xff" + text.encode("utf-16-be"),
                 text.replace("'1.0'", "'1.0' encoding='ISO-8859-1'", 1).encode(),
                 text.replace("'1.0'", "'1.0' encoding='UTF-7'", 1).encode(),
                 b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"):
        with target.connect() as peer:
            peer.send(data)
            refused(target, peer, ("unsupported-encoding",) + BROKEN)


@case("X06 an attribute that never ends, byte by byte")
def endless_attribute(target):
    for filler in (b"a", b">"):
        with target.stream("auth") as peer:
            cpu = target.cpu_s()
            peer.send(b"<message to='")
            for _ in range(40):
                peer.send_bytewise(filler * 250)
            peer.send(filler * 262144)
            refused(target, peer, TOO_MUCH, flooded=True)
            cpu = target.cpu_s() - cpu
            check(cpu < 5, f"{cpu:.1f} s CPU, sanitizers included")


@case("X07 the last bytes of a stanza come alone")
def last_bytes(target):
    body = MARK + "split"
    text = message(body, more=f" x='{'y' * 700}'")
    with target.stream("auth") as peer:
        peer.send(text[:-3])
        time.sleep(0.2)
        began = time.monotonic()
        peer.send(text[-3:])
        came = target.front_end.has(body, 5)
        check(came, "it did not come: the parser waits for more")
        check(came - began < 1, f"after {came - began:.2f} s only")


@case("X08 ten thousand attributes or namespaces")
def attributes(target):
    for word in ("a", "xmlns:a"):
        with target.stream("auth") as peer:
            cpu = target.cpu_s()
            peer.send(b"<message " + b" ".join(
                f"{word}{i}='u'".encode() for i in range(10000)) + b"/>")
            refused(target, peer, TOO_MUCH, flooded=True)
            check(target.cpu_s() - cpu < 1, "too much CPU")


@case("X09 depth", PHASES)
def depth(target, phase):
    with target.stream(phase) as peer:
        peer.send(b"<message>" + b"<a>" * (2000 if phase != "auth" else 100000))
        refused(target, peer, TOO_MUCH, flooded=True)


@case("X10 ever new names")
def new_names(target):
    body = MARK + "after names"
    with target.stream("auth") as peer:
        before = None
        for turn in range(20):
            peer.send(b"".join(
                f"<presence from='a@example.org' to='b@contoso.com' "
                f"type='unavailable'><p{turn}x{i}:e{turn}x{i} "
                f"xmlns:p{turn}x{i}='u' b{turn}x{i}=''/></presence>".encode()
                for i in range(500)))
            peer.send(message(f"{body} {turn}"))
            check(target.front_end.has(f"{body} {turn}", 20),
                  "the stream is deaf")
            if turn == 9:
                before = target.rss_kb()
        grown = target.rss_kb() - before
        check(grown < 2048, f"{grown} kB more after 5,000 stanzas more")


@case("X11 a stanza over the limit before authentication", ("plain", "tls"))
def early_stanza(target, phase):
    for data in (message("a" * 8193), message("a" * (1 << 20)),
                 b"<message to='" + b"a" * 10000):
        with target.stream(phase) as peer:
            peer.send(data)
            refused(target, peer, TOO_MUCH + ("not-authorized",),
                    flooded=True)


@case("X11 a header attribute of ten megabytes", PHASES)
def early_header(target, phase):
    with target.restarted(phase) as peer:
        before = target.rss_kb()
        peer.send(header(more=" x='" + "a" * (10 << 20))[:-1])
        refused(target, peer, TOO_MUCH, flooded=True)
        check(target.rss_kb() - before < 2048, "it was kept in memory")


@case("X12 a stanza at its limit and one over")
def at_limit(target):
    for size, good in ((262143, True), (262144, True), (262146, False)):
        body = f"{MARK}size{size}"
        with target.stream("auth") as peer:
            first = message(body + "first")
            whole = message(body)
            pad = size - len(whole) - len("<x xmlns='p'></x>")
            peer.send(first + whole[:-10] + b"<x xmlns='p'>" + b"a" * pad
                      + b"</x></message>")
            check(target.front_end.has(body + "first", 5),
                  "the stanza before it is lost")
            if good:
                check(target.front_end.has(body + "<", 0) is None
                      and any(text == body.encode()
                              for _, text in wait_for(target, body)),
                      f"{size} bytes were not delivered")
            else:
                refused(target, peer, TOO_MUCH, flooded=True)


def wait_for(target, body):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if any(text == body.encode() for _, text in target.front_end.texts):
            break
        time.sleep(0.05)
    return target.front_end.texts


HEADERS = (
    ("without to", {"to": None}, ("host-unknown", "improper-addressing")),
    ("to an unknown domain", {"to": "elsewhere.example"}, ("host-unknown",)),
    ("from a malformed domain", {"sender": "a@b@c"},
     ("improper-addressing", "invalid-from")),
    ("version 2.0 backwards", {"version": "-1"},
     ("unsupported-version", "bad-format")),
    ("foreign stream namespace", {"streams": "urn:x"},
     ("invalid-namespace", "bad-namespace-prefix")),
    ("jabber:client", {"ns": "jabber:client"}, ("invalid-namespace",)),
)


@case("X13 wrong headers", PHASES)
def wrong_headers(target, phase):
    for what, words, conditions in HEADERS:
        with target.restarted(phase) as peer:
            peer.send(header(**words))
            if what == "jabber:client":
                # The default namespace may be any; stanzas in it may not.
                peer.send(message(MARK + "bad"))
                conditions += ("not-authorized", "improper-addressing")
            try:
                refused(target, peer, conditions)
            except Failed as error:
                raise Failed(f"{what}: {error}") from None
    crossed(target)


@case("X13 odd versions are answered with 1.0", ("plain", "tls"))
def odd_versions(target, phase):
    for version in ("1.0", "1.5", "9.9"):
        with target.restarted(phase) as peer:
            try:
                text = peer.open(version=version)
            except Refused as error:
                check(b"unsupported-version" in str(error).encode(),
                      f"{version}: {error}")
                continue
            check(re.search(rb"version=['\"]1\.0['\"]", text), f"{text!r}")


@case("X13 a second header without restart", PHASES)
def second_header(target, phase):
    with target.stream(phase) as peer:
        peer.send(header())
        refused(target, peer, ())


@case("X13 the end of the stream first", PHASES)
def end_first(target, phase):
    with target.restarted(phase) as peer:
        peer.send(b"</stream:stream>")
        refused(target, peer, ())


@case("X15 compression is not there", PHASES)
def compression(target, phase):
    with target.restarted(phase) as peer:
        check(b"compress" not in peer.open(), "offered")
        peer.send(b"<compress xmlns='http://jabber.org/protocol/compress'>"
                  b"<method>zlib</method></compress>")
        end = peer.end(6)
        check(end.closed and "unsupported-stanza-type" in end.conditions,
              str(end))


@case("X16 what a text holds stays what it was")
def escaping(target):
    text = (f"{MARK}esc ]]> <<>> && \"\" '' \x85 \u2028 \u202e end &lt; &amp;lt;")
    with target.stream("auth") as peer:
        peer.send(message(html.escape(text)))
        check(target.front_end.has(MARK + "esc", 5), "it did not come")
    got = next(body for _, body in target.front_end.texts
               if body.startswith(f"{MARK}esc".encode()))
    check(got.decode() == text, f"{got!r}")
    for number in list(range(1, 9)) + [11, 12] + list(range(14, 32)):
        with target.stream("auth") as peer:
            peer.send(message(f"{MARK}bad&#{number};"))
            refused(target, peer, BROKEN)
    crossed(target)
