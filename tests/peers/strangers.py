"""Cases: the scripted server of tests/attack, proven against real servers.

What it finds at stox counts only because these find it a server like others.
"""
import os
import socket
import sys

# Behind our own folder, which has cases of the same names.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "..", "attack"))
# pylint: disable=wrong-import-position
from cases import MARK, case, check, equal  # noqa: E402
from lab import LabError  # noqa: E402
from world import JULIET  # noqa: E402

import peer as attack  # noqa: E402

PROVEN = {"servers": ("prosody", "ejabberd"), "modes": ("external",)}


def connect(world):
    """From the front end's host, to the XMPP server."""
    def make():
        with world.lab.inside("fe"):
            return socket.socket()
    return attack.Peer.connect((world.lab.ip4("xmpp"), 5269), make)


def header_words():
    return {"to": "example.org", "sender": "contoso.com"}


def context(world):
    pair = world.authority.issue("stranger", "contoso.com")
    return attack.client_context(world.authority.file, pair)


def logged_in(world, tls):
    """A stream that is proven by EXTERNAL."""
    stranger = connect(world)
    try:
        stranger.open(**header_words())
        stranger.secure(tls)
        stranger.open(**header_words())
        stranger.external("contoso.com")
        stranger.open(**header_words())
    except attack.Refused as error:
        raise LabError(str(error)) from None
    return stranger


@case("the scripted server logs in and is heard", **PROVEN)
def heard(world):
    with logged_in(world, context(world)) as stranger:
        stranger.send(attack.message(f"{MARK} from the script", JULIET,
                                     "romeo@contoso.com"))
        got = world.juliet.wait("message", 10)
        equal(got["body"], f"{MARK} from the script", "body")


@case("the scripted server sees attacks refused", **PROVEN)
def attacks_refused(world):
    tls = context(world)
    for bad in (b"<!DOCTYPE s [<!ENTITY a 'a'>]>", b"<a \xc3\x28='x'/>",
                b"<message><body>&foo;</body></message>"):
        with logged_in(world, tls) as stranger:
            stranger.send(bad)
            end = stranger.end(10)
            check(end.closed and end.conditions, f"{bad!r}: {end}")
    with connect(world) as stranger:
        stranger.send(attack.header(to="elsewhere.example",
                                    sender="contoso.com"))
        end = stranger.end(10)
        check("host-unknown" in end.conditions, str(end))


@case("the scripted server is not heard unless proven", **PROVEN)
def not_heard(world):
    for words in ("result", "verify"):
        with connect(world) as stranger:
            stranger.open(**header_words())
            stranger.send(
                f"<db:{words} xmlns:db='{attack.DIALBACK}' type='valid' "
                "from='contoso.com' to='example.org' id='1'/>".encode()
                + attack.message(f"{MARK} unproven", JULIET,
                                 "romeo@contoso.com"))
            stranger.end(2)
    check(world.juliet.quiet("message", 1, body=f"{MARK} unproven"),
          "Juliet heard it")
