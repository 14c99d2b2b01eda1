#!/usr/bin/python3
"""The examples of doc/lync.md and README.md: every configuration is sound, the
plan for it has the commands that stand beside it, and what is named exists.
Speaks TAP."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("STOX_SRCDIR", os.path.join(HERE, "..", ".."))
BUILD = os.path.abspath(os.environ.get("STOX_BUILDDIR", TOP))
TYPES = ["Discovered partner domain (open enhanced federation)", "Allowed partner domain (enhanced federation)",
         "Allowed partner server (direct federation)", "Hosting provider (server allow list)",
         "Public IM provider (server allow list)", "Blocked"]
# Whose commands the plan prints as they are; of the others there is a choice.
PLANNED = TYPES[:3]
# Only what is missing may be warned of: there are no certificates here.
EXPECTED = re.compile(r"no certificate|discover_")


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def sections(text):
    """{title: text} of the third level, without the number."""
    parts = re.split(r"^#{2,3} (?:[\d.]+ )?(.*)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def stoxd(config, *args):
    with tempfile.TemporaryDirectory() as top:
        for folder in ("certs", "data"):
            os.mkdir(os.path.join(top, folder))
        with open(os.open(os.path.join(top, "secret"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as f:
            f.write("secret\n")
        config = config.replace("/etc/stox", top).replace("/var/lib/stox", top + "/data")
        config = re.sub(r"^trust .*$", "", config, flags=re.M)
        name = os.path.join(top, "stox.cfg.lua")
        with open(name, "w", encoding="utf-8") as f:
            f.write(f'plugin_path = {{ "{BUILD}/.libs" }}\n{config}')
        os.chmod(name, 0o600)
        return subprocess.run([f"{BUILD}/src/stoxd/stoxd", "-c", name, *args], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check_config(config):
    done = stoxd(config, "--check-config")
    bad = [] if done.returncode == 0 else [f"status {done.returncode}"]
    return bad + [line for line in done.stderr.splitlines() if not EXPECTED.search(line)]


def commands(text):
    """Those that change something, each as one line."""
    text = re.sub(r"`\n\s*", "", text)
    text = re.sub(r' -Comment "[^"]*"', "", text).replace("-Site SITE", "-Site 1")
    return [" ".join(line.split()) for line in text.splitlines() if re.match(r"(\$\w+ = )?(New|Set|Enable)-Cs", line)]


def check_planned(config, powershell):
    plan = commands(stoxd(config, "--plan", "lync").stdout)
    return [f"the plan has no {c}" for c in commands(powershell) if c not in plan] or \
        ([] if commands(powershell) else ["no command"])


def named_files(text):
    """Tests and files that the page names; a test may have ": case" behind it."""
    plays = read("tests/play/local.mk")
    bad = []
    for name, case in re.findall(r"`((?:tests|contrib|src|plugins)/[\w./-]+)(?:: ([^`]+))?", text):
        if not os.path.exists(os.path.join(TOP, name)):
            bad.append(f"there is no {name}")
        elif name.endswith(".play") and name not in plays:
            bad.append(f"{name} is performed by nobody")
        elif case and f"({case})" not in read(name) and f'@case("{case}"' not in read(name):
            bad.append(f"{name} has no case {case}")
    return bad


def named_options(text):
    """Options that the page names."""
    manual = read("doc/stox.cfg.lua.5")
    return [f"there is no option {name}" for name in sorted(set(re.findall(
        r"`(sip_\w+|message_\w+|tls_min|keepalive|refuse_strangers|users_\w+|discover_\w+|additional_domains|front_end|trusted)",
        text))) if f".BR {name} " not in manual]


def table(part):
    """The rows of all tables, without heads."""
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return [row for i, row in enumerate(rows)
            if not row[0].startswith("---") and not (i + 1 < len(rows) and rows[i + 1][0].startswith("---"))]


def condition(constant):
    return constant.replace("STOX_", "").replace("_", "-").lower()


def statuses_from_lync(part):
    """7.1 against the tables of src/map/error.c; that for Lync goes first."""
    code = {}
    for entry in (r"\{ (\d+), \{ (STOX_\w+),", r"\{ (\d+), 0, \{ (STOX_\w+),"):
        code.update({status: condition(c) for status, c in re.findall(entry, read("src/map/error.c"))})
    return [f"{status} is {code.get(status)}" for row in table(part) for status in row[0].split(", ")
            if code.get(status) != row[2]]


def statuses_to_lync(part):
    """7.2 against the same file."""
    code = {condition(c): status for c, status in re.findall(r"\[(STOX_\w+)\] = \{ \.status = (\d+)",
                                                             read("src/map/error.c"))}
    told = {name: row[1] for row in table(part) for name in row[0].split(", ")}
    # no error of a stanza
    for name in ("no-error", "redirect"):
        code.pop(name)
    return [f"{name}: {told.get(name)} in the page, {code.get(name)} in the code" for name in sorted(set(told) | set(code))
            if told.get(name) != code.get(name)]


def diagnostics(part):
    """7.3 against src/map/diagnostics.c."""
    code = set(re.findall(r"^\t\{ (\d+), STOX_", read("src/map/diagnostics.c"), re.M))
    told = {i for row in table(part) for i in row[0].split(", ")}
    return [f"{i} is only in {'the code' if i in code else 'the page'}" for i in sorted(code ^ told)]


def main():
    text = read("doc/lync.md")
    parts = sections(text)
    results = [("every federation type has a configuration, commands and a test",
                [f"{t}: no {what}" for t in TYPES for what, there in [
                    ("section", t in parts), ("configuration", blocks(parts.get(t, ""), "lua")),
                    ("command", blocks(parts.get(t, ""), "powershell")),
                    ("test", re.search(r"`(tests|plugins)/", parts.get(t, "")))] if not there]),
               ("what doc/lync.md names exists", named_files(text)),
               ("options that doc/lync.md names exist", named_options(text)),
               ("README.md leads to it", [] if "doc/lync.md" in read("README.md") else ["no link"])]
    for page in ("doc/lync.md", "README.md"):
        for i, config in enumerate(b for b in blocks(read(page), "lua") if re.search(r"^host ", b, re.M)):
            results.append((f"{page}: configuration {i + 1} is sound", check_config(config)))
    for title in PLANNED:
        part = parts.get(title, "")
        results.append((f"the plan agrees: {title}", check_planned("".join(blocks(part, "lua")),
                                                                   "".join(blocks(part, "powershell")))))
    inside = blocks(parts["Configure stox"], "lua")[1]
    results.append(("the plan agrees: inside", check_planned(inside, blocks(parts["Attach it"], "powershell")[0])))
    outside = blocks(parts["Configure stox"], "lua")[0]
    results.append(("the plan agrees: outside", check_planned(outside, blocks(parts["Attach it"], "powershell")[1])))
    results += [("what the statuses of Lync become", statuses_from_lync(parts["What Lync answers, and what the XMPP user gets"])),
                ("what Lync gets for errors", statuses_to_lync(parts["What stox answers, and what it means"])),
                ("every ms-diagnostics id has a row", diagnostics(parts["ms-diagnostics"])),
                ("seen: a status that is another condition",
                 [] if statuses_from_lync("| 404 | x | gone | y |") else ["no"]),
                ("seen: an id without a row", [] if diagnostics("| 1000 | x |") else ["no"])]
    results.append(("seen: an option that is gone", [] if named_options("`sip_nothing`") else ["no"]))
    results.append(("seen: a case that is gone",
                    [] if named_files("`tests/sip/test_client.c: nothing`") else ["no"]))
    results.append(("seen: a configuration that is not sound", [] if check_config('SipDomain "a"\n x = 1\n') else ["no"]))
    results.append(("seen: a command that the plan lacks",
                    [] if check_planned(outside, "New-CsAllowedDomain -Identity example.net") else ["no"]))
    print(f"1..{len(results)}")
    for i, (name, bad) in enumerate(results, 1):
        print(f"{'not ok' if bad else 'ok'} {i} - {name}")
        for b in bad:
            print(f"# {b}")
    return 1 if any(bad for _, bad in results) else 0


sys.exit(main())
