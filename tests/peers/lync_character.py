"""Which Microsoft servers the scripted front end plays, as data.

What the properties stand for, and how sure it is, is told in the protocol
notes of the project: transport 2, instant messages 3, presence 4.
"""
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Character:
    """A kind of server and of the clients behind it."""

    server: str                # of its answers
    user_agent: str            # of its clients' requests
    connections: int = 4       # it opens to one peer, side by side
    negotiate: bool = True     # asks for compression before anything else
    capitals: bool = False     # header names
    scattered: bool = True     # Via and Record-Route lines between others
    lower_via: bool = True     # the client's Via, without a branch
    epid: bool = True          # in From and To, beside the tag
    gruu: bool = True          # Contacts that name no machine
    progress: bool = True      # 101 with ms-diagnostics before 180
    embedded: bool = True      # the first text rides in the INVITE
    claims: bool = False       # takes the text that rides in an INVITE
    media: str = "message"     # of its SDP
    tls12: bool = True         # knows nothing newer
    single_bytes: bool = False  # each byte it writes is a TLS record


CHARACTERS = {
    "lync2013": Character(
        "RTC/5.0", "UCCAPI/15.0.4569.1503 OC/15.0.4569.1503 (Microsoft Lync)"),
    "ocs2007": Character(
        "RTC/3.5", "UCCP/3.5.6907.0 OC/3.5.6907.0 (Microsoft Office "
        "Communicator 2007 R2)", connections=1, progress=False,
        embedded=False, media="x-ms-message"),
    "sfb2015": Character(
        "RTC/6.0", "UCCAPI/16.0.4266.1001 OC/16.0.4266.1001 (Skype for "
        "Business)", claims=True, tls12=False),
    "ucma": Character(
        "RTCC/5.0.0.0", "RTCC/5.0.0.0", connections=2, capitals=True,
        scattered=False, lower_via=False, epid=False, gruu=False,
        progress=False, embedded=False),
}


def character(name, **switches):
    """A character, perhaps with some properties of its own."""
    return replace(CHARACTERS[name], **switches)
