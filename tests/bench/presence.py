#!/usr/bin/python3
"""What many pairs of people cost: stoxd with a million of them in its store.

They come in as an administrator brings them, by `stoxctl roster import`.
Prints, beside the aims: bytes on disk and resident memory per pair, the time
from start to listening, and whether export gives back what was imported.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

import bench

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


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    folder = tempfile.mkdtemp(prefix="stox-bench-")
    try:
        bench.make_certificates(folder)
        with open(f"{folder}/stox.cfg.lua", "w", encoding="utf-8") as file:
            file.write(bench.CONFIG.format(
                folder=folder, plugins=os.path.join(bench.BUILD, ".libs"),
                xmpp=bench.XMPP, sip=bench.SIP, far_xmpp=bench.FAR_XMPP,
                far_sip=bench.FAR_SIP).replace('"message",', '"presence",'))
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
    finally:
        for process in bench.STARTED:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
