#!/usr/bin/python3
"""Check that the sources keep to tests/lint/layers.  Speaks TAP."""
import os
import re
import sys
import tempfile
from fnmatch import fnmatch

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def read_rules(path):
    rules = {"include": [], "library": [], "word": []}
    for line in open(path, encoding="utf-8"):
        line = line.split("#")[0].strip()
        if line:
            left, right = (line + " ").split(" : ")
            verb, *names = left.split()
            rules[verb] += [(name, right.split()) for name in names]
    return rules


def any_match(name, patterns):
    return any(fnmatch(name, p) for p in patterns)


def check_include(rules, who, kind, what):
    """What is wrong with one #include of file @who, or None."""
    if what == "config.h":
        return None
    if kind == "<" and not what.startswith("stox/"):
        for name, allowed in rules["library"]:
            if fnmatch(what, name) and not any_match(who, allowed):
                return f"{who} includes <{what}>"
        return None
    if who.startswith("plugins/"):
        # the plugin's own files are named without a folder
        own = "/" not in what or os.path.dirname(who) == "plugins/" + os.path.dirname(what)
        return None if own or fnmatch(what, "stox/*") else f"{who} includes {what}"
    for pattern, allowed in rules["include"]:
        if fnmatch(who, pattern):
            return None if any_match(what, allowed) else f"{who} includes {what}"
    return f"{who} is in no layer"


def check_file(rules, who, text):
    bad = []
    for kind, what in re.findall(r'^\s*#\s*include\s*(["<])([^">]+)[">]', text, re.M):
        bad.append(check_include(rules, who, kind, what))
    code = SKIPPED.sub(" ", text)
    for name, allowed in rules["word"]:
        if re.search(rf"(?<![\w.>]){name}\s*\(", code) and not any_match(who, allowed):
            bad.append(f"{who} calls {name}()")
    return [b for b in bad if b]


def check_tree(rules, top):
    """{folder: [what is wrong]} for all that is compiled."""
    found = {}
    for root, strip in (("src", "src/"), ("include", "include/"), ("plugins", "")):
        for folder, _, files in sorted(os.walk(os.path.join(top, root))):
            for f in sorted(files):
                who = os.path.relpath(os.path.join(folder, f), top)
                if f.endswith((".c", ".h")):
                    text = open(os.path.join(folder, f), encoding="utf-8").read()
                    found.setdefault(os.path.dirname(who), []).extend(
                        check_file(rules, who[len(strip):], text))
    return found


# Each is wrong in one way; the file without the wrong line is fine.
SELF_TEST = [
    ("src/base/a.c", '#include "io/io.h"'),
    ("src/base/a.c", '#include <stox/plugin.h>'),
    ("src/io/a.c", '#include "xml/xml.h"'),
    ("src/xmpp/jid_a.c", '#include "io/io.h"'),
    ("src/xmpp/stanza.c", '#include "xmpp/xmpp.h"'),
    ("src/xmpp/a.c", '#include "sip/uri.h"'),
    ("src/xmpp/a.c", '#include "io/internal.h"'),
    ("src/sip/uri.c", '#include "sip/sip.h"'),
    ("src/sip/a.c", '  #  include   "xml/xml.h"'),
    ("src/store/a.c", '#include "core/node.h"'),
    ("src/map/a.c", '#include "sip/sip.h"'),
    ("src/core/a.c", '#include "ctl/ctl.h"'),
    ("src/core/a.c", '#include "store/internal.h"'),
    ("src/core/a.c", '#include <uv.h>'),
    ("src/sip/a.c", '#include <gnutls/x509.h>'),
    ("src/core/a.c", '#include <unbound.h>'),
    ("src/xmpp/a.c", '#include <expat.h>'),
    ("src/core/a.c", '#include <sqlite3.h>'),
    ("src/xmpp/stream.c", '#include <unicode/uidna.h>'),
    ("src/ctl/a.c", '#include <lua.h>'),
    ("src/nobody/a.c", '#include "base/buf.h"'),
    ("plugins/a/a.c", '#include "base/str.h"'),
    ("plugins/a/a.c", '#include "b/b.h"'),
    ("plugins/a/a.c", '#include <uv.h>'),
    ("include/stox/types.h", '#include "base/str.h"'),
    ("src/base/buf.c", "char *p = malloc(3);"),
    ("src/core/a.c", "int n = atoi(s);"),
    ("src/core/a.c", "strcpy(a, b);"),
    ("src/core/a.c", "x = strtok (a, b);"),
    ("plugins/a/a.c", 'sprintf(a, "%d", 1);'),
]
FINE = [
    ("src/base/pool.c", '#include "base/pool.h"\nchar *p = malloc(3);\n'),
    ("src/xmpp/jid_a.c", '#include <unicode/uidna.h>\n#include "base/str.h"\n'),
    ("src/core/a.c", '/* malloc( */ // atoi(\nsnprintf(a, 3, "strcpy("); base_realloc(a); x.malloc(1);\n'),
    ("plugins/a/a.c", '#include <stox/plugin.h>\n#include "stox/service/xml.h"\n#include "a.h"\n#include <string.h>\n'),
]


def problems_with(rules, path, text):
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(os.path.join(top, os.path.dirname(path)))
        with open(os.path.join(top, path), "w", encoding="utf-8") as f:
            f.write(text)
        return sum(check_tree(rules, top).values(), [])


def main():
    rules = read_rules(os.path.join(HERE, "layers"))
    results = []
    for path, line in SELF_TEST:
        results.append((f"caught: {path}: {line}", [] if problems_with(rules, path, line + "\n") else ["not seen"]))
    for path, text in FINE:
        results.append((f"allowed: {path}", problems_with(rules, path, text)))
    top = os.environ.get("STOX_SRCDIR", os.path.join(HERE, "..", ".."))
    for folder, bad in check_tree(rules, top).items():
        results.append((f"{folder} keeps to its layer", bad))
    print(f"1..{len(results)}")
    for i, (name, bad) in enumerate(results, 1):
        print(f"{'not ok' if bad else 'ok'} {i} - {name.replace('#', chr(92) + '#')}")
        for b in bad:
            print(f"# {b}")
    return 1 if any(bad for _, bad in results) else 0


sys.exit(main())
