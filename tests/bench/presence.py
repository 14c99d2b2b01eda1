#!/usr/bin/python3
"""What many pairs of people cost: stoxd with a million of them in its store.

They come in as an administrator brings them, by `stoxctl roster import`.
Prints, beside the aims: bytes on disk and resident memory per pair, the time
from start to listening, and whether export gives back what was imported.  Then
some with live dialogs: bytes on disk for each, and how many requests the
neighbours get within a second after a restart, by the times at which they came.
Then storms, of an XMPP user and of a SIP user whom all of them watch: storm.py.
Fails when an aim is missed.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import bench
import storm

# There, away and gone, twice.
STORMS = 6
# The domains of those others who have nothing to do with a storm.
APART = f"""
SipDomain "fabrikam.com"
    front_end = "apart.localhost:{bench.APART_SIP}"
    certificate = "localhost"
XmppDomain "example.net"
    proxy = "127.0.0.1:{bench.APART_XMPP}"
    sasl = "required"
    dialback = false
"""
STOXCTL = os.path.join(bench.BUILD, "src/stoxctl/stoxctl")


def pairs(count):
    """Lines of CSV: fifty contacts for each user."""
    for i in range(count):
        yield f"user{i // 50}@example.org,friend{i}@contoso.com,yes,yes\n"


def stoxctl(folder, *words):
    done = subprocess.run([STOXCTL, "-s", f"{folder}/control", *words],
                          capture_output=True, text=True, timeout=580,
                          check=False)
    if done.returncode:
        raise SystemExit(f"stoxctl {words}: {done.stdout} {done.stderr}")
    return done.stdout


def disk(folder):
    return sum(entry.stat().st_size for entry in os.scandir(folder)
               if ".sqlite" in entry.name or ".db" in entry.name)


def import_all(folder, count):
    path = f"{folder}/pairs.csv"
    with open(path, "w", encoding="ascii") as file:
        file.write("xmpp,sip,x2s,s2x\n")
        file.writelines(pairs(count))
    began = time.monotonic()
    said = stoxctl(folder, "roster", "import", path)
    if f"{count} added, 0 were there, 0 failed" not in said:
        raise SystemExit(f"import: {said}")
    return time.monotonic() - began


def round_trip(folder, count):
    """What export prints, without its times, is what came in."""
    came = stoxctl(folder, "roster", "export").splitlines()[1:]
    back = sorted(",".join(line.split(",")[:4]) + "\n" for line in came)
    if back != sorted(pairs(count)):
        raise SystemExit("export differs from what was imported")


FAILED = []


def row(what, value, aim, good=True):
    print(f"{what:<48} {value:>12} {aim:>12}", flush=True)
    if not good:
        FAILED.append(what)


def load(folder, *words, seconds=900):
    done = subprocess.run(bench.load_words(folder, *words), text=True,
                          capture_output=True, timeout=seconds, check=False)
    if done.returncode:
        raise SystemExit(f"load failed ({done.returncode}): {done.stdout} "
                         f"{done.stderr}")
    return json.loads(done.stdout)


class Listener:
    """Both neighbours: they answer, and note when requests come."""

    def __init__(self, folder):
        self.process = subprocess.Popen(bench.load_words(folder, "-L"),
                                        stdout=subprocess.PIPE, text=True)
        bench.STARTED.append(self.process)
        self.process.stdout.readline()

    def requests(self):
        """By name: how many came, and how many within a second at most."""
        self.process.send_signal(signal.SIGTERM)
        return json.loads(self.process.communicate(timeout=60)[0])


def live(folder, name, count, *words):
    """So many pairs get a dialog: what it costs on disk, and how fast the
    restart that follows speaks of them.  Its pace is that of sessions: each has
    a request for the SIP side, or for both sides."""
    bench.forget(folder)
    bench.Stoxd(folder).stop()
    empty = disk(folder)
    stoxd = bench.Stoxd(folder)
    load(folder, "-P", *words, "-p", str(count), "-n", "1")
    stoxd.stop()
    each = (disk(folder) - empty) / count
    row(f"{name}: bytes on disk per live pair", f"{each:.0f}", "757",
        each <= 757)
    listener = Listener(folder)
    stoxd = bench.Stoxd(folder)
    time.sleep(min(count / 500 + 2, 30))
    stoxd.stop()
    requests = listener.requests()
    for what in ("NOTIFY", "SUBSCRIBE", "probe"):
        if what in requests:
            came, most = requests[what]
            row(f"{name}: {what}, after a restart, within a second", f"{most}",
                "500 + 5 %", most <= 525 and came >= count * 0.9)


def storms(folder, name, count, *words):
    bench.forget(folder)
    stoxd = bench.Stoxd(folder)
    times, samples = storm.storms(folder, count, STORMS, *words)
    stoxd.stop()
    row(f"{name}, {count:,} watchers: all told in s", ", ".join(
        f"{(end - begin) / 1e6:.1f}" for begin, end in times), "-")
    for kind in ("apart", "beside"):
        calm, during = storm.judge(times, samples[kind])
        row(f"others {kind}: p99 us, calm and storm", f"{calm} {during}", "-")
        row("the ratio", f"{during / max(calm, 1):.2f}", "2",
            during <= 2 * calm)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    folder = tempfile.mkdtemp(prefix="stox-bench-")
    try:
        bench.make_certificates(folder)
        with open(f"{folder}/stox.cfg.lua", "w", encoding="utf-8") as file:
            file.write(bench.CONFIG.format(
                folder=folder, plugins=os.path.join(bench.BUILD, ".libs"),
                xmpp=bench.XMPP, sip=bench.SIP, far_xmpp=bench.FAR_XMPP,
                far_sip=bench.FAR_SIP) + APART)
        stoxd = bench.Stoxd(folder)
        empty_kb = stoxd.status("VmRSS")
        seconds = import_all(folder, count)
        stoxd.stop()
        print(f"{'':<40} {'stox':>12} {'aim':>12}")
        print(f"{'pairs imported per second':<40} {count / seconds:>12,.0f} "
              f"{'-':>12}", flush=True)
        print(f"{'bytes on disk per idle pair':<40} "
              f"{disk(folder) / count:>12.1f} {157:>12}", flush=True)
        stoxd = bench.Stoxd(folder)
        print(f"{'start to listening, s':<40} {stoxd.start_ms / 1000:>12.2f} "
              f"{10:>12}")
        grown = (stoxd.status("VmRSS") - empty_kb) * 1024
        print(f"{'resident bytes per idle pair':<40} {grown / count:>12.1f} "
              f"{300:>12}", flush=True)
        round_trip(folder, count)
        print(f"{'after an export of all':<40} "
              f"{(stoxd.status('VmRSS') - empty_kb) * 1024 / count:>12.1f} "
              f"{300:>12}")
        stoxd.stop()
        live(folder, "SIP watches", min(count, 10000))
        live(folder, "XMPP watches", min(count, 10000), "-f")
        storms(folder, "XMPP user", min(count, 100000))
        storms(folder, "SIP user", min(count, 100000), "-f")
    finally:
        for process in bench.STARTED:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    if FAILED:
        raise SystemExit(f"above the aim: {', '.join(FAILED)}")


if __name__ == "__main__":
    main()
