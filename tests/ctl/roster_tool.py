#!/usr/bin/python3
"""`stoxctl roster` itself against a running stoxd: list, show, add, remove,
import and export, CSV and JSON there and back.  Speaks TAP."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

TOP = os.environ.get("STOX_SRCDIR", os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.abspath(os.environ.get("STOX_BUILDDIR", TOP))
CONFIG = """
data = "{folder}/data"
certificates = "{folder}/certs"
control = "{folder}/control"
host = "gw.contoso.com"
plugins = {{ "presence" }}
plugin_path = {{ "{build}/.libs" }}
xmpp_listen = {{ "127.0.0.1:{xmpp}" }}
sip_listen = {{ "127.0.0.1:{sip}" }}
SipDomain "contoso.com"
    front_end = "localhost:{far}"
XmppDomain "example.org"
    proxy = "127.0.0.1:{far}"
"""
CSV = """xmpp,sip,x2s,s2x
juliet@example.org,romeo@contoso.com,yes,yes
juliet@example.org,tybalt@contoso.com,yes,no
nurse@example.org,romeo@contoso.com,no,yes
"""
EXPORT = """<?xml version='1.0' encoding='UTF-8'?>
<server-data xmlns='urn:xmpp:pie:0'><host jid='example.org'>
<user name='juliet'><query xmlns='jabber:iq:roster'>
<item jid='romeo@contoso.com' subscription='both'><group>Verona</group></item>
<item jid='tybalt@contoso.com' subscription='to' name='Tybalt'/>
<item jid='paris@elsewhere.example' subscription='both'/>
</query></user>
<user name='nurse'><query xmlns='jabber:iq:roster'>
<item jid='romeo@contoso.com' subscription='from'/></query></user>
</host></server-data>
"""


class Stoxd:
    """The daemon, and its store over restarts."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        for name in ("data", "certs"):
            os.mkdir(f"{folder}/{name}", 0o700)
        ports = [self.free_port() for _ in range(3)]
        with open(f"{folder}/stox.cfg.lua", "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=folder, build=BUILD, xmpp=ports[0],
                                     sip=ports[1], far=ports[2]))

    @staticmethod
    def free_port():
        with socket.create_server(("127.0.0.1", 0)) as probe:
            return probe.getsockname()[1]

    def start(self):
        """Until it says that it is ready; what it says is kept short."""
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "src/stoxd/stoxd"), "-c",
             f"{self.folder}/stox.cfg.lua"], stderr=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "core ready" in line:
                return
        raise SystemExit(f"Bail out! stoxd: {said}")

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=30)

    def ctl(self, *words, said=None):
        """Exit status and what is printed."""
        done = subprocess.run(
            [os.path.join(BUILD, "src/stoxctl/stoxctl"), "-s",
             f"{self.folder}/control", *words], input=said, text=True,
            capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr


class Report:
    """TAP."""

    def __init__(self):
        self.count = self.failed = 0

    def tell(self, good, name, text=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        for line in "" if good else str(text).splitlines():
            print(f"# {line}")


def rows(exported):
    """Lines of CSV without their times."""
    return [",".join(line.split(",")[:4]) for line in exported.splitlines()]


def walk(stoxd, report):
    status, said = stoxd.ctl("roster", "import", said=CSV)
    report.tell(status == 0 and "3 added" in said, "CSV comes in", said)
    status, csv = stoxd.ctl("roster", "export")
    report.tell(status == 0 and sorted(rows(csv)) == sorted(CSV.split()),
                "and goes out the same", csv)
    status, text = stoxd.ctl("--json", "roster", "export")
    pairs = json.loads(text)
    report.tell({(p["xmpp"], p["sip"]) for p in pairs} == {
        tuple(line.split(",")[:2]) for line in CSV.split()[1:]},
        "as JSON too", text)
    with open(f"{stoxd.folder}/out.json", "w", encoding="ascii") as file:
        file.write(text)

    status, said = stoxd.ctl("roster", "list", "nurse@example.org")
    report.tell(status == 0 and "romeo@contoso.com" in said
                and "tybalt" not in said, "list shows one user's", said)
    status, said = stoxd.ctl("roster", "show", "juliet@example.org",
                             "romeo@contoso.com")
    report.tell(status == 0 and "let in" in said, "show tells in words", said)
    status, said = stoxd.ctl("roster", "show", "romeo@contoso.com",
                             "paris@elsewhere.example")
    report.tell(status == 1, "show refuses a domain of nobody", said)

    status, said = stoxd.ctl("roster", "published", "example.org")
    report.tell((status, said) == (0, ""), "nothing is published", said)
    status, said = stoxd.ctl("--json", "roster", "published")
    report.tell(status == 0 and json.loads(said) == [],
                "which JSON says too", said)
    status, said = stoxd.ctl("status")
    report.tell(status == 0 and "of presence, 0 send to SIP, 0 wait" in said,
                "status counts sessions", said)

    status, said = stoxd.ctl("roster", "add", "paris@example.org",
                             "romeo@contoso.com", "x2s")
    report.tell(status == 0 and
                "paris@example.org" in stoxd.ctl("roster", "list")[1],
                "add adds", said)
    status, said = stoxd.ctl("roster", "remove", "paris@example.org",
                             "romeo@contoso.com")
    report.tell(status == 0, "remove is done", said)

    stoxd.stop()
    stoxd.start()
    status, again = stoxd.ctl("roster", "export")
    kept = [row for row in rows(again) if not row.startswith("paris")]
    report.tell(sorted(kept) == sorted(CSV.split()), "a restart keeps them",
                again)
    for row in CSV.split()[1:]:
        stoxd.ctl("roster", "remove", *row.split(",")[:2])
    said = stoxd.ctl("roster", "import", f"{stoxd.folder}/out.json")[1]
    back = rows(stoxd.ctl("roster", "export")[1])
    report.tell(set(CSV.split()) <= set(back), "JSON comes back in",
                f"{said} {back}")
    for row in CSV.split()[1:]:
        stoxd.ctl("roster", "remove", *row.split(",")[:2])
    said = stoxd.ctl("roster", "import", said=EXPORT)[1]
    back = rows(stoxd.ctl("roster", "export")[1])
    report.tell(set(CSV.split()) <= set(back) and "1 contacts of other" in said,
                "what an XMPP server exports comes in", f"{said} {back}")


def main():
    folder = tempfile.mkdtemp(prefix="stox-roster-")
    report, stoxd = Report(), Stoxd(folder)
    try:
        stoxd.start()
        walk(stoxd, report)
        stoxd.stop()
    finally:
        if stoxd.process and stoxd.process.poll() is None:
            stoxd.process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{report.count}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
