#!/usr/bin/python3
"""Keep doc/limits.md equal to the table in src/base/limit.h.  Speaks TAP.

"limits.py --write" prints the table that belongs into the page.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("STOX_SRCDIR", os.path.join(HERE, "..", ".."))
ROW = re.compile(r'\bLIMIT\((\w+), (\w+), "([^"]*)", (\d+), "([^"]*)", "([^"]*)"\)')


def in_code(text):
    """[(limit, name, number, unit, reaction)], as in the header."""
    return [(word, name, number, unit, reaction)
            for _, word, name, number, unit, reaction in ROW.findall(text)]


def in_page(text):
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in row) for row in rows[2:]]


def differences(code, page):
    bad = [f"missing in the page: {r}" for r in code if r not in page]
    bad += [f"only in the page: {r}" for r in page if r not in code]
    return bad or ([] if code == page else ["the order differs"])


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def table(code):
    lines = ["| limit | name | number | unit | reaction |", "|---|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in code])


def main():
    header = read("src/base/limit.h")
    code = in_code(header)
    if sys.argv[1:] == ["--write"]:
        print(table(code))
        return 0
    page = in_page(read("doc/limits.md"))
    changed = [code[0][:2] + ("1",) + code[0][3:]] + code[1:]
    results = [
        ("every row of the header is read", [] if len(code) == len(re.findall(r"^\tLIMIT\(", header, re.M)) > 40 else [str(len(code))]),
        ("a page made from the header is equal", differences(code, in_page(table(code)))),
        ("a changed number is seen", [] if len(differences(changed, page)) >= 2 else ["not seen"]),
        ("a lost row is seen", [] if differences(code, in_page(table(code[:-1]))) else ["not seen"]),
        ("a foreign row is seen", [] if differences(code[1:], in_page(table(code))) else ["not seen"]),
        ("another order is seen", [] if differences(code, in_page(table(code[::-1]))) else ["not seen"]),
        ("doc/limits.md is equal to src/base/limit.h", differences(code, page)),
    ]
    print(f"1..{len(results)}")
    for i, (name, bad) in enumerate(results, 1):
        print(f"{'not ok' if bad else 'ok'} {i} - {name}")
        for b in bad:
            print(f"# {b}")
    return 1 if any(bad for _, bad in results) else 0


sys.exit(main())
