#!/usr/bin/python3
"""What a message costs: stoxd between two small neighbours on loopback.

Prints instructions per message under callgrind, CPU and rate on one core,
latency at 100 messages a second, memory and start-up, each beside the figure
to beat.  Ratios within one run count; absolute times are this machine's.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from beside import Process, Prosody, present

BUILD = os.environ.get("STOX_BUILDDIR", ".")
STOXD = os.path.join(BUILD, "src/stoxd/stoxd")
LOAD = os.path.join(BUILD, "tests/bench/load")
# Ports of this bench alone, on loopback.
XMPP, SIP, FAR_XMPP, FAR_SIP = 25269, 25061, 35269, 35061
APART_XMPP, APART_SIP = 35270, 35062

CONFIG = """
data = "{folder}"
certificates = "{folder}/certs"
trust = "{folder}/ca.crt"
control = "{folder}/control"
host = "gw.example.net"
log_level = "warn"
plugins = {{ "message", "presence", "disco", "ping", "version", "time" }}
plugin_path = {{ "{plugins}" }}
xmpp_listen = {{ "127.0.0.1:{xmpp}" }}
sip_listen = {{ "127.0.0.1:{sip}" }}
limits = {{ xmpp_idle = 86400, sip_idle = 86400, exchange_x2s = 600,
            exchange_s2x = 600, xmpp_streams_partner = 5000,
            tls_handshake_time = 120, message_hold = 60000 }}
SipDomain "contoso.com"
    front_end = "localhost:{far_sip}"
    certificate = "localhost"
XmppDomain "example.org"
    proxy = "127.0.0.1:{far_xmpp}"
    sasl = "required"
    dialback = false
    connection_limit = 5000
"""


def certtool(*words, template=""):
    with tempfile.NamedTemporaryFile("w", suffix=".tmpl") as file:
        file.write(template)
        file.flush()
        subprocess.run(["certtool", *words, "--template", file.name], check=True,
                       capture_output=True)


def make_key(path):
    certtool("--generate-privkey", "--key-type", "ecdsa", "--curve",
             "secp256r1", "--outfile", path)
    os.chmod(path, 0o600)


def make_certificates(folder):
    """A throw-away authority and one certificate per name."""
    ca, ca_key = f"{folder}/ca.crt", f"{folder}/ca.key"
    make_key(ca_key)
    certtool("--generate-self-signed", "--load-privkey", ca_key, "--outfile", ca,
             template="cn = bench\nca\ncert_signing_key\nexpiration_days = 2\n")
    os.mkdir(f"{folder}/certs", 0o700)
    for name in ("localhost", "contoso.com", "example.org", "apart.localhost",
                 "fabrikam.com", "example.net"):
        key = f"{folder}/certs/{name}.key"
        make_key(key)
        certtool("--generate-certificate", "--load-privkey", key,
                 "--load-ca-certificate", ca, "--load-ca-privkey", ca_key,
                 "--outfile", f"{folder}/certs/{name}.crt",
                 template=f"cn = {name}\ndns_name = {name}\nexpiration_days = 2\n"
                          "signing_key\ntls_www_server\ntls_www_client\n")


STARTED = []


class Stoxd(Process):
    """The daemon on core 0, perhaps under a tool."""

    def __init__(self, folder, tool=(), config=None):
        # a file: a pipe that nobody reads would stop it
        self.log = open(f"{folder}/stoxd.log", "w+", encoding="utf-8")
        began = time.monotonic()
        program = [*tool, STOXD, "-c", config or f"{folder}/stox.cfg.lua"]
        if not tool:
            program = ["taskset", "-c", "0", *program]
        self.process = subprocess.Popen(program, stderr=self.log)
        STARTED.append(self.process)
        self.wait_listening()
        self.start_ms = (time.monotonic() - began) * 1000

    def wait_listening(self):
        """Until the SIP port is open; it is the last one."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.log.seek(0)
                raise SystemExit(f"stoxd ended: {self.log.read()}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", SIP)) == 0:
                    return
            time.sleep(0.002)
        raise SystemExit("stoxd does not listen")

    def stop(self):
        super().stop()
        self.log.close()


def load_words(folder, *more):
    return ["taskset", "-c", str(os.cpu_count() - 1), LOAD,
            "-c", f"{folder}/certs", "-t", f"{folder}/ca.crt",
            "-x", str(XMPP), "-s", str(SIP), "-X", str(FAR_XMPP),
            "-S", str(FAR_SIP), *more]


def load(folder, direction, count, *more):
    words = load_words(folder, "-n", str(count), *MODES[direction], *more)
    done = subprocess.run(words, capture_output=True, text=True, timeout=500,
                          check=False)
    if done.returncode:
        raise SystemExit(f"load failed ({done.returncode}): "
                         f"{done.stdout} {done.stderr}")
    return json.loads(done.stdout)


def forget(folder):
    """No pair of people of an earlier run is left."""
    for entry in os.scandir(folder):
        if ".db" in entry.name or ".sqlite" in entry.name:
            os.unlink(entry)


MODES = {
    "x2s": (), "s2x": ("-f",), "notify": ("-f", "-P"),
    # a watcher hears of a change every five seconds at most
    "show": ("-P", "-p", "500", "-r", "80"),
}


def callgrind(stoxd, order):
    """Once it has nothing to do: the count is of what is over."""
    before = -1
    while stoxd.cpu_s() != before:
        before = stoxd.cpu_s()
        time.sleep(0.3)
    subprocess.run(["callgrind_control", order, str(stoxd.process.pid)],
                   check=True, capture_output=True, timeout=60)


def stretched(folder):
    """Under callgrind all takes some fifty times longer: so do shares of time,
    or each turn of the loop would hold one message, and each TLS record."""
    path = f"{folder}/slow.cfg.lua"
    with open(f"{folder}/stox.cfg.lua", encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("limits = {", "limits = { turn_share = 12500,"))
    return path


def instructions(folder, direction, count=3000):
    """Per message, all of stoxd's user space, library code included.  The load
    stops itself where all is prepared: what comes before does not count."""
    forget(folder)
    out = f"{folder}/callgrind.{direction}"
    stoxd = Stoxd(folder, ["valgrind", "--tool=callgrind",
                           f"--callgrind-out-file={out}", "-q"],
                  stretched(folder))
    words = load_words(folder, "-z", "-n", str(count), *MODES[direction])
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        STARTED.append(process)
        if not os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]):
            raise SystemExit("load is not ready")
        callgrind(stoxd, "-z")
        process.send_signal(signal.SIGCONT)
        said = process.communicate(timeout=500)[0]
        if process.returncode:
            raise SystemExit(f"load failed ({process.returncode}): {said}")
        count -= json.loads(said)["sent_before"]
    callgrind(stoxd, "-d")
    stoxd.stop()
    if os.environ.get("BENCH_KEEP"):
        shutil.copy(f"{out}.1", f"callgrind.{direction}.out")
    with open(f"{out}.1", encoding="ascii", errors="replace") as file:
        return int(re.search(r"^(?:summary|totals): (\d+)", file.read(),
                             re.M)[1]) / count


def throughput(folder, direction, count):
    stoxd = Stoxd(folder)
    result = load(folder, direction, count)
    cpu = stoxd.cpu_s()
    stoxd.stop()
    return count / result["seconds"], cpu / count * 1e6


def latency(folder, direction):
    stoxd = Stoxd(folder)
    result = load(folder, direction, 1000, "-r", "100")
    stoxd.stop()
    return result["p50_us"], result["p99_us"]


def start_up(folder):
    stoxd = Stoxd(folder)
    memory = stoxd.status("VmRSS")
    start = stoxd.start_ms
    stoxd.stop()
    return start, memory / 1024


def idle_streams(folder, server, count=1000):
    """kB of the server and CPU per accepted, idle, authenticated stream."""
    STARTED.append(server.process)
    before, cpu = server.status("VmRSS"), server.cpu_s()
    opener = subprocess.Popen(load_words(folder, "-i", str(count)),
                              stdout=subprocess.PIPE, text=True)
    try:
        if json.loads(opener.stdout.readline())["ready"] != count:
            raise SystemExit("not all streams opened")
        memory, spent = server.status("VmRSS") - before, server.cpu_s() - cpu
    finally:
        opener.kill()
        opener.wait()
    server.stop()
    return memory / count, spent / count * 1000


def row(what, value, best, floor, aim):
    print(f"{what:<48} {value:>14} {best:>14} {floor:>10} {aim:>10}", flush=True)


def judged(value, aim):
    return f"{aim:,} {'met' if value <= aim else 'missed'}"


def main():
    folder = tempfile.mkdtemp(prefix="stox-bench-")
    try:
        make_certificates(folder)
        with open(f"{folder}/stox.cfg.lua", "w", encoding="utf-8") as file:
            file.write(CONFIG.format(
                folder=folder, plugins=os.path.join(BUILD, ".libs"), xmpp=XMPP,
                sip=SIP, far_xmpp=FAR_XMPP, far_sip=FAR_SIP))
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
        row("", "stox", "best real", "floor", "aim")
        for direction, name, best, floor, aim in (
                ("x2s", "XMPP to SIP", "54", "10", "13"),
                ("s2x", "SIP to XMPP", "106", "10", "14")):
            spent = instructions(folder, direction)
            row(f"{name}, instructions per message", f"{spent:,.0f}", "-", "-",
                judged(spent, 60000) if direction == "x2s" else "-")
            rate, cpu = throughput(folder, direction, count)
            row(f"{name}, CPU us per message", f"{cpu:.1f}", best, floor, aim)
            row(f"{name}, messages/s, one core", f"{rate:,.0f}",
                "25,300" if direction == "x2s" else "14,800", "100,000", "70,000")
            p50, p99 = latency(folder, direction)
            row(f"{name}, p50 / p99 us at 100/s", f"{p50} / {p99}", "730 / 1900",
                "150", "250 / 700")
        for direction, name in (("notify", "NOTIFY to presence"),
                                ("show", "presence to NOTIFY")):
            spent = instructions(folder, direction)
            row(f"{name}, instructions each", f"{spent:,.0f}", "-", "-",
                judged(spent, 80000))
        forget(folder)
        memory, cpu = idle_streams(folder, Stoxd(folder))
        beside = (idle_streams(folder, Prosody(folder, XMPP)) if present()
                  else None)
        row("1,000 idle s2s streams, kB each", f"{memory:.1f}",
            f"{beside[0]:.1f}" if beside else "-", "24", "27")
        row("CPU to accept one, ms", f"{cpu:.2f}",
            f"{beside[1]:.2f}" if beside else "-", "0.8", "1.0")
        start, memory = start_up(folder)
        row("start to listening, ms", f"{start:.0f}", "141", "", "40")
        row("idle memory, MB", f"{memory:.1f}", "9.6", "", "6")
    finally:
        for process in STARTED:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
