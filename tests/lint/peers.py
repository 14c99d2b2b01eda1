#!/usr/bin/python3
"""Every case that doc/peers.md names must exist.  Speaks TAP."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("STOX_SRCDIR", os.path.join(HERE, "..", ".."))
PEERS = os.path.join(TOP, "tests/peers")


def titles():
    """The titles of all cases, read from the source."""
    found = set()
    for name in os.listdir(PEERS):
        if name.endswith(".py"):
            with open(os.path.join(PEERS, name), encoding="utf-8") as file:
                found |= set(re.findall(r'@case\(\s*"([^"]+)"', file.read()))
    return found


def modes():
    """{server: its modes}, read from the source."""
    found = {}
    for name in ("prosody", "ejabberd", "jabberd2"):
        with open(os.path.join(PEERS, f"{name}.py"), encoding="utf-8") as file:
            words = re.search(r"^    modes = \(([^)]*)\)", file.read(), re.M)
        found[name] = set(re.findall(r'"(\w+)"', words[1]))
    return found


def main():
    with open(os.path.join(TOP, "doc/peers.md"), encoding="utf-8") as file:
        named = re.findall(r'"(\w+), (\w+): ([^"]+)"', file.read())
    known, has = titles(), modes()
    bad = [f"{server}, {mode}: {title}" for server, mode, title in named
           if title not in known or mode not in has.get(server, ())]
    good = not bad and bool(named)
    print("1..1")
    print(f"{'ok' if good else 'not ok'} 1 - the {len(named)} cases that "
          "doc/peers.md names exist")
    for line in bad:
        print(f"# missing: {line}")
    return 0 if good else 1


sys.exit(main())
