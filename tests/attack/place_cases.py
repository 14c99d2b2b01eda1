"""Cases I12 and I13: what the DNS may say, and lead stox to."""
import socket
import time

from cases import MARK, case, check
from identity_cases import (DIALBACK_FEATURE, EXTERNAL, TLS_FEATURE,
                            outbound_refused)
from names import A, alias, service
from peer import Refused
from policy_cases import receiving, taken, verifying

# Domains whose servers the DNS names, and partners whose proxy it names.
CONFIG = """
for number = 1, 20 do
    XmppDomain("s" .. number .. ".names.example")
end
XmppDomain "self.example"
    proxy    = "127.0.0.1:{xmpp}"
XmppDomain "proven.names.example"
    proxy    = "proven.forged.example:{far_xmpp}"
    sasl     = "required"
    dialback = false
XmppDomain "forged.names.example"
    proxy    = "forged.forged.example:{far_xmpp}"
    sasl     = "off"
XmppDomain "bogus.names.example"
    proxy    = "bogus.example:{far_xmpp}"
    sasl     = "off"
"""
# Nobody can sign for this zone.
ANCHOR = f"bogus.example. IN DS 12345 13 2 {'ab' * 32}\n"

SPECIAL = ("127.0.0.1", "127.9.9.9", "::1", "::", "0.0.0.0", "169.254.7.7",
           "fe80::1", "::ffff:127.0.0.1", "::127.0.0.1", "224.0.0.1",
           "255.255.255.255")


def failed(target, domain):
    """The last failed stream of ours towards a domain."""
    rows = [row for row in target.ctl("streams", "--failed")["streams"]
            if row["remote"] == domain and row["direction"] == "out"]
    check(rows, f"no failed stream towards {domain}")
    return rows[-1]


def own_addresses():
    """Of this machine, without loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))   # nothing is sent
            return [probe.getsockname()[0]]
        except OSError:
            return []


def refused(target, domain, step, seconds=10):
    """Neither a stanza nor dialback makes stox connect; the step is told."""
    accepted, began = target.server.accepted, time.monotonic()
    status = target.say(MARK + "bad", f"juliet@{domain}")
    check(status and status >= 400, f"{domain}: the sender heard {status}")
    check(time.monotonic() - began < seconds, f"{domain}: too slow")
    row = failed(target, domain)
    check(row["step"] == step, f"{domain}: {row}")
    check(not taken(target, domain, "plain", None, "D"),
          f"{domain}: proven by nothing")
    check(target.server.accepted == accepted, f"{domain}: stox connected")
    return row


@case("I12 names that lead to special addresses, or to this machine")
def special(target):
    own = own_addresses()
    for number, text in enumerate((*SPECIAL, *own), 1):
        domain = f"s{number}.names.example"
        target.names.domain(domain, (f"host.{domain}", text),
                            port=target.server.port)
        row = refused(target, domain, "tcp")
        check("address" in row["reason"], f"{text}: {row}")
    # one among them that is none does not make the others good
    domain = "s13.names.example"
    target.names.domain(domain, (f"host.{domain}", *SPECIAL),
                        port=target.server.port)
    refused(target, domain, "tcp")


@case("I12 no service, loops, and hundreds of addresses")
def mazes(target):
    records = target.names.records
    records["_xmpp-server._tcp.s14.names.example"] = [service(".", 0)]
    refused(target, "s14.names.example", "dns")
    records["s15.names.example"] = [alias("loop.names.example")]
    records["loop.names.example"] = [alias("s15.names.example")]
    refused(target, "s15.names.example", "dns")
    # 64 servers with 64 addresses each
    domain = "s16.names.example"
    many = [f"127.0.{i}.1" for i in range(64)]
    target.names.domain(domain, *((f"h{i}.{domain}", *many)
                                  for i in range(64)),
                        port=target.server.port)
    refused(target, domain, "tcp")
    tried = {name for name, kind in target.names.asked
             if name.endswith(f".{domain}") and name[0] == "h" and kind == A}
    check(0 < len(tried) <= 8, f"{len(tried)} servers were tried")


@case("I12 a partner that is stox itself")
def itself(target):
    status = target.say(MARK + "bad", "juliet@self.example")
    check(status and status >= 400, f"the sender heard {status}")
    row = failed(target, "self.example")
    check("back to this server" in row["reason"], f"{row}")


def impostor(target, seen):
    """Where a forged answer leads: a certificate of somebody else, and all
    ways of proof on offer."""
    def serve(peer, domain):
        peer.answer(TLS_FEATURE + DIALBACK_FEATURE, sender=domain)
        peer.until(rb"<starttls[^>]*/>")
        peer.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        try:
            peer.wrap(target.server_context, server_side=True)
            peer.answer(EXTERNAL + DIALBACK_FEATURE, sender=domain)
        except Refused:
            seen.append(None)
            return
        seen.append(peer.end(6))
    return serve


@case("I13 a forged answer where a certificate is required")
def forged(target):
    target.names.records["proven.forged.example"] = [(A, b"\x7f\0\0\1")]
    seen, domain = [], "proven.names.example"
    outbound_refused(target, impostor(target, seen), seen, domain)
    check(failed(target, domain)["step"] == "tls-name", f"{failed(target, domain)}")
    accepted = target.server.accepted
    check(not taken(target, domain, "bad", target.pair, "D"), "proven")
    check(target.server.accepted == accepted, "stox asked back")


@case("I13 a forged answer where dialback is enough is marked in the log")
def forged_dialback(target):
    target.names.records["forged.forged.example"] = [(A, b"\x7f\0\0\1")]
    domain, seen, since = "forged.names.example", [], len(target.text())
    target.server.serve = receiving(target, domain, target.pair, seen)
    target.say(MARK + "to whomever", f"juliet@{domain}")
    target.server.serve = verifying(target, domain, target.pair)
    check(seen[:1] == ["D over TLS"], f"{seen}")
    check(taken(target, domain, "bad", target.pair, "D"), "not proven")
    target.server.serve = None
    lines = [line for line in target.text()[since:].splitlines()
             if b"stream-ready" in line and domain.encode() in line]
    check(len(lines) == 2 and all(b'auth="dialback"' in line
                                  for line in lines), f"{lines}")


@case("I13 answers that DNSSEC refutes")
def bogus(target):
    target.names.records["bogus.example"] = [(A, b"\x7f\0\0\1")]
    row = refused(target, "bogus.names.example", "dns", 20)
    check(row["reason"], f"{row}")
    check(not target.front_end.has(MARK + "bad"), "a stanza crossed")
