"""Cases: what independent judges say of stox: tshark, valgrind, grep."""
import glob
import os
import re
import shutil
import signal
import subprocess
import time

from cases import MARK, Skipped, case, check, equal
from lab import Process, until
from talk import EVIL, VERSES, to_sip, to_xmpp


def _tshark(world, capture, keys, what):
    done = subprocess.run(
        ["tshark", "-n", "-r", capture, "-o", f"tls.keylog_file:{keys}",
         "-d", "tcp.port==5269,xmpp", "-d", "tcp.port==5347,xmpp",
         "-Y", what], capture_output=True, text=True, timeout=120,
        env={**os.environ, "HOME": world.lab.folder}, check=False)
    return done.stdout.splitlines()


def _end(sniffer, capture):
    """Packets reach the file late: end when none has for a while."""
    last = [-1, 0]

    def still():
        size = os.path.getsize(capture)
        if size != last[0]:
            last[:] = [size, time.monotonic()]
        return time.monotonic() - last[1] > 2.5
    until(30, "the capture does not end", still, 0.1)
    sniffer.signal(signal.SIGINT)
    sniffer.wait(20)
    sniffer.stop()


@case("tshark finds nothing malformed in what stox sends",
      modes=("external", "component"))
def well_formed(world):
    if not shutil.which("tshark"):
        raise Skipped("tshark is not installed")
    if not world.lab.separate:
        raise Skipped("no namespace to capture in")
    capture = world.lab.path(f"{world.mode}.pcapng")
    world.stox.stop()
    # A new key file: its sessions are those of this capture.
    keys = world.lab.path(f"stox/keys-{world.mode}.log")
    sniffer = Process(world.lab, "gw", "tshark",
                      ["tshark", "-n", "-q", "-i", "eth0", "-w", capture])
    sniffer.wait_log("Capturing on", 20)
    until(20, "the capture does not begin",
          lambda: os.path.exists(capture) and os.path.getsize(capture))
    world.start_stox(env={"SSLKEYLOGFILE": keys})
    to_sip(world, VERSES)
    to_xmpp(world, VERSES)
    to_sip(world, EVIL.replace("\r", ""), subject="a subject")
    to_xmpp(world, EVIL)
    order = world.juliet.tell("disco", to="contoso.com")
    world.juliet.wait("info", 10, id=order)
    world.stox.stop()
    _end(sniffer, capture)
    world.start_stox()
    if not _tshark(world, capture, keys, "sip.Method == MESSAGE"):
        raise Skipped("tshark could not decrypt the SIP connections")
    if not _tshark(world, capture, keys, "xmpp.message"):
        raise Skipped("tshark could not decrypt the XMPP streams")
    # 8388608 is "error", the gravest there is.  tshark takes each packet of a
    # stream for a document of its own, so that the end of the stream behind a
    # stream error is "unopened" to it.
    bad = _tshark(world, capture, keys,
                  f"(ip.src == {world.lab.ip4('gw')} || "
                  f"ipv6.src == {world.lab.ip6('gw')}) && "
                  "(_ws.malformed || _ws.expert.severity >= 8388608) && "
                  '!(xml.tag == "<stream:error>" && xml.closing_unopened_tag)')
    check(not bad, "tshark objects:\n" + "\n".join(bad))


@case("valgrind finds no error and nothing lost at exit",
      servers=("prosody",), modes=("external", "component"))
def no_leak(world):
    if not shutil.which("valgrind"):
        raise Skipped("valgrind is not installed")
    world.stox.stop()
    report = world.lab.path(f"log/valgrind-{world.mode}.log")
    world.start_stox(
        wrapper=["valgrind", "--leak-check=full", "--error-exitcode=99",
                 "--errors-for-leak-kinds=definite,indirect",
                 f"--log-file={report}"],
        seconds=120, name="stoxd-valgrind")
    to_sip(world, VERSES, 60)
    to_xmpp(world, VERSES, 60)
    order = world.juliet.tell("send", to="tybalt@contoso.com", body=MARK)
    world.juliet.wait("error", 60, id=order)
    world.stox.ctl("reload")
    to_sip(world, MARK, 60)
    status = world.stox.stop(60)
    world.start_stox()
    with open(report, encoding="utf-8") as file:
        text = file.read()
    summary = "\n".join(text.splitlines()[-40:])
    equal(status, 0, f"exit status\n{summary}\n")
    check("ERROR SUMMARY: 0 errors" in text, summary)
    for kind in ("definitely", "indirectly"):
        found = re.search(rf"{kind} lost: ([\d,]+) bytes", text)
        if found:
            equal(found[1], "0", f"bytes {kind} lost")
        else:
            check("no leaks are possible" in text, summary)


@case("no log of stox holds a word of a message")
def discreet(world):
    for log in glob.glob(world.lab.path("log/stoxd*.log")):
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                check(MARK not in line, f"{os.path.basename(log)}: {line}")
