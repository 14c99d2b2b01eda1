"""Cases: Kamailio is the presence server for the XMPP users too, and stox tells
it by PUBLISH what they are.
"""
import json
import re
from contextlib import contextmanager

from cases import case, check, equal
from lab import until
from presence_cases import staged
from world import ROMEO

SERVED = {"servers": ("prosody",), "modes": ("external",)}
WANTED = "presence_publish = true\n"


def configure(world, extra=""):
    world.stox.write(world.stox.text(extra))
    world.stox.ctl("reload")


@contextmanager
def published(world):
    """stox publishes what Juliet is."""
    def restart(hosts, seconds=3600):
        world.fe.stop()
        world.log_out("romeo")
        world.fe.forget()
        world.fe.hosts, world.fe.max_expires = hosts, seconds
        world.fe.start()
        if hosts:
            world.fe.rule("juliet", ROMEO, domain=hosts)
        world.log_in()
    configure(world, WANTED)
    try:
        restart("example.org")
        yield restart
    finally:
        configure(world)
        if world.fe.hosts:
            restart("")


def told(world):
    """What stoxctl tells of what is published of Juliet."""
    rows = json.loads(world.stox.ask("--json", "roster", "published",
                                     "juliet@example.org"))
    equal(len(rows), 1, "publications")
    return rows[0]


def let_in(contacts):
    """Juliet lets Romeo see her; he has no subscription at stox."""
    contacts.watch()
    contacts.hears("subscribe")
    contacts.stanza("subscribed")
    contacts.sees(state="active", open=True)
    contacts.watch(expires=0)
    contacts.sees(state="terminated")


@case("a presence server is told what an XMPP user is", **SERVED)
@staged
def publishes(world, contacts):
    def sees(**facts):
        return contacts.sees(state="active", **facts)

    def is_at_server(etag=None):
        tag, body = world.fe.published("juliet", 15, etag)
        contacts.bodies.append(body)
        return tag
    let_in(contacts)
    with published(world) as restart:
        contacts.show("away", "at the ball")
        first = is_at_server()
        until(5, "stoxctl tells of no tag", lambda: told(world).get(
            "etag") == first)
        equal(told(world)["state"], "published", "state")
        equal(contacts.watch()["status"], 200, "answer to SUBSCRIBE")
        equal(sees(open=True, notes=["at the ball"])["activities"], ["away"],
              "activities")
        # It comes back, and knows nobody: the tag is wrong (412).
        restart("example.org", seconds=8)
        contacts.watch()
        since = len(world.fe.process.output())
        contacts.show("dnd", "\u017eivjeli &amp; &lt;well&gt;")
        equal(sees(notes=["\u017eivjeli & <well>"])["activities"], ["busy"],
              "activities")
        world.fe.process.wait_log(
            rf"PUBLISH .*match {re.escape(first)},", 5, since)
        world.fe.process.wait_log("PUBLISH .*match <null>,", 5, since)
        # Renewed before it ends.
        is_at_server(is_at_server(first))
        contacts.watch()
        sees(notes=["\u017eivjeli & <well>"])
        contacts.offline()
        contacts.sees(open=False)
        # One that is none takes nothing: the log and stoxctl say so.
        restart("")
        since = len(world.stox.process.output())
        contacts.show("", "unseen")
        world.stox.process.wait_log("not-published .*status=405", 15, since)
        equal(told(world)["state"], "refused", "state")
        equal(told(world)["trouble_status"], 405, "status")
        words = world.stox.ask("roster", "show", "juliet@example.org", ROMEO)
        check(re.search("juliet@example.org is published to contoso.com: "
                        r"refused\n.*told again in \d+ s\.\nlast trouble",
                        words), words)
