#!/usr/bin/python3
"""Check that the tests that doc/standards.md and doc/presence.md name exist, and
that every play of presence is named.  Speaks TAP."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("STOX_SRCDIR", os.path.join(HERE, "..", ".."))
CELL = re.compile(r"`([^`]+)`")
HEADS = (["document", "version or section", "how far", "shown by"],
         ["flow", "document", "what", "shown by"])


def read(name):
    try:
        with open(os.path.join(TOP, name), encoding="utf-8") as f:
            return f.read()
    except OSError:
        return None


def rows(page):
    """The cells of every row below a head."""
    for line in page.splitlines():
        if line.startswith("|"):
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if cells not in HEADS and not re.match(r"^-+$", cells[0]):
                yield cells


def missing(test):
    """Why there is no such test, or None."""
    path, _, case = test.partition(": ")
    text = read(path)
    if text is None:
        return f"there is no file {path}"
    if path.endswith(".play"):
        return None if path in (read("tests/play/local.mk") or "") else f"{path} is performed by nobody"
    if path.endswith(".c"):
        if case == "*":
            return None if re.search(r"(?:TEST|unit_test)\w*\(\w", text) else f"{path} has no case"
        return None if re.search(rf"(?:TEST|unit_test)\w*\(\s*{re.escape(case)}\b", text) else f"{path} has no case {case}"
    if path.endswith(".py"):
        return None if f'@case("{case}"' in text else f"{path} has no case {case}"
    return f"{path} is no kind of test"


def faults(page):
    bad = []
    for cells in rows(page):
        if len(cells) != len(HEADS[0]):
            bad.append(f"{len(cells)} cells: {' | '.join(cells)}")
            continue
        tests = CELL.findall(cells[3])
        if not tests:
            bad.append(f"{cells[0]}: no test")
        bad += [f"{cells[0]}: {why}" for why in map(missing, tests) if why]
    return bad


def unnamed(pages):
    """Plays of presence that no row names."""
    folder = os.path.join(TOP, "plugins/presence")
    return [name for name in sorted(os.listdir(folder))
            if name.endswith(".play") and f"/{name}`" not in pages]


def row(test):
    return f"| X | 1 | all | {test} |\n"


def main():
    page = read("doc/standards.md") or ""
    flows = read("doc/presence.md") or ""
    results = [("the page has rows", [] if len(list(rows(page))) > 40 else ["too few"]),
               ("presence has rows", [] if len(list(rows(flows))) > 40 else ["too few"])]
    for name, test in [
            ("a lost file", "`tests/core/test_nothing.c: a`"),
            ("a lost case", "`tests/core/test_disco.c: simpl`"),
            ("a case that is only called", "`tests/core/test_disco.c: check`"),
            ("a lost play", "`plugins/disco/nothing.play`"),
            ("a play that nobody performs", "`doc/standards.play`"),
            ("a lost case of real peers", '`tests/peers/talk.py: a message`'),
            ("a text file", "`doc/standards.md`"),
            ("a row without a test", "")]:
        results.append((f"seen: {name}", [] if faults(row(test)) else ["not seen"]))
    for test in ("`tests/core/test_disco.c: simple`", "`plugins/disco/disco.play`",
                 "`tests/peers/talk.py: the first word may come from XMPP`"):
        results.append((f"found: {test}", faults(row(test))))
    results.append(("every test that doc/standards.md names exists", faults(page)))
    results.append(("every test that doc/presence.md names exists", faults(flows)))
    results.append(("every play of presence is named", unnamed(page + flows)))
    print(f"1..{len(results)}")
    for i, (name, bad) in enumerate(results, 1):
        print(f"{'not ok' if bad else 'ok'} {i} - {name}")
        for b in bad:
            print(f"# {b}")
    return 1 if any(bad for _, bad in results) else 0


sys.exit(main())
