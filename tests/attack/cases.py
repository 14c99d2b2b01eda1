"""Cases: what is tried on stox, and what it must do."""
import re
import time

CASES = []
PHASES = ("plain", "tls", "auth")

# Every text that is sent holds it; no log may.
MARK = "Xq7v"


class Failed(Exception):
    """stox did not do what it should."""


def check(truth, text):
    if not truth:
        raise Failed(text)


def case(name, phases=(None,)):
    """Mark a function(target[, phase]) as a case, once for each phase."""
    def mark(function):
        for phase in phases:
            CASES.append((f"{name} ({phase})" if phase else name,
                          function, (phase,) if phase else ()))
        return function
    return mark


def refused(target, peer, conditions, seconds=6, flooded=False):
    """The stream must end in time, with one of these conditions and one line
    of log that is its own (none: an end without words will do).

    flooded: we sent more than stox read, so that the connection may have been
    reset before its words reached us; then the log must have them.
    """
    end = peer.end(seconds)
    check(end.closed, f"not closed: {end}")
    if not conditions:
        return end
    peer.close()
    told = told_of(target, peer)
    check(len(told) == 1, f"{len(told)} lines of log about it: {told}")
    words = set(end.conditions)
    if flooded and not words:
        words = set(re.findall(r"[a-z]+(?:-[a-z]+)+", told[0].decode()))
    check(words & set(conditions), f"not one of {conditions}: {end}")
    return end


def told_of(target, peer):
    """The lines that tell of the failure of a peer's stream."""
    deadline = time.monotonic() + 3
    while True:
        told = re.findall(rb"stream-failed .*peer=127\.0\.0\.1:%d .*"
                          % peer.port, target.text()[peer.since:])
        if told or time.monotonic() > deadline:
            return told
        time.sleep(0.02)
