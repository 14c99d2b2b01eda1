"""Cases F15: five hundred partners at once, as after a restart."""
import time

from cases import MARK, case, check
from identity_cases import EXTERNAL, TLS_FEATURE
from peer import SASL, header

CROWD = 500


def greet(peer, features):
    """Answer a header, as the domain that it is for."""
    found = peer.until(rb"<stream:stream[^>]*\bto=['\"]([^'\"]+)['\"][^>]*>",
                       60)
    peer.send(header(to="contoso.com", sender=found[1].decode(),
                     more=" id='x1'") + b"<stream:features>" + features
              + b"</stream:features>")


def good_server(target, under_way):
    """Takes every stream: STARTTLS, EXTERNAL, and then silence.  under_way
    counts those between their first header and success."""
    context = target.server_side(
        target.authority.issue("crowd", san="DNS:*.crowd.example"))

    def serve(peer):
        greet(peer, TLS_FEATURE)
        under_way.append(peer)
        peer.until(rb"<starttls[^>]*/>", 60)
        peer.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        peer.wrap(context, server_side=True)
        greet(peer, EXTERNAL)
        peer.until(rb"<auth .*?</auth>", 60)
        under_way.remove(peer)
        peer.send(f"<success xmlns='{SASL}'/>".encode())
        greet(peer, b"")
        peer.until(rb"</stream:stream>", 120)
    return serve


def outbound(target):
    """States of the streams towards the crowd, as stoxctl tells."""
    return [row["state"] for row in target.ctl("streams")["streams"]
            if row["side"] == "XMPP" and row["direction"] == "out"
            and row["remote"].endswith(".crowd.example")]


def all_connect(target, most):
    """Write to all; all become ready, never more than so many under way."""
    under_way, peak = [], 0
    target.server.serve = good_server(target, under_way)
    with target.call() as front_end:
        for number in range(1, CROWD + 1):
            front_end.sendall(target.request(
                MARK, f"juliet@c{number}.crowd.example"))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            peak = max(peak, len(under_way))
            if outbound(target).count("ready") == CROWD:
                break
            time.sleep(0.05)
    check(outbound(target).count("ready") == CROWD,
          f"of {CROWD} are ready {outbound(target).count('ready')}; "
          f"{target.server.failures[-3:]}")
    check(0 < peak <= most, f"{peak} were in set-up at once, not {most}")


@case("F15 after a restart 500 partners come back in turn")
def restart(target):
    limit = next(row for row in target.ctl("limits")["limits"]
                 if row["id"] == "xmpp_opening")
    try:
        all_connect(target, limit["value"])
        check(target.stop() == 0, "it did not end in order")
        target.start()
        all_connect(target, limit["value"])
        reached = next(row["reached"] for row in
                       target.ctl("limits")["limits"]
                       if row["id"] == "xmpp_opening")
        check(reached > 0, "nobody had to wait")
    finally:
        target.server.serve = None
