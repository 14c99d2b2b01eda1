"""Lanes: parts of the cases, each in a laboratory of its own, so that several are
tried at once: what takes time is mostly waiting.
"""
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

# At once.  There is hardly a machine with less than two processors, and three of
# these leave half of them idle.
WIDTH = 3

# Server, modes and modules of cases, as regular expressions; each case is in the
# first one that fits.  Those that take long begin first.
LANES = (
    ("prosody", "external", r"presence|publish|baresip"),
    ("ejabberd", "component|gateway", ""),
    ("ejabberd", "", ""),
    ("prosody", "(?!external|lync)", ""),
    ("prosody", "external", ""),
    ("prosody", "", ""),
    ("jabberd2", "", ""),
)


def lane_of(server, mode, module):
    """The number of the lane in which a case is."""
    return next(number for number, (name, modes, modules) in enumerate(LANES)
                if name == server and re.match(modes, mode)
                and re.search(modules, module))


class Outcome:
    """Puts together what the lanes print: one list, and one sum."""

    def __init__(self):
        self._lock = threading.Lock()
        self.passed = self.failed = self.skipped = 0

    @property
    def told(self):
        return self.passed + self.failed + self.skipped

    def _count(self, line):
        if line.startswith("not ok"):
            self.failed += 1
        elif " # SKIP " in line:
            self.skipped += 1
        else:
            self.passed += 1

    def tell(self, lines):
        """A case's line, and what was said of it."""
        with self._lock:
            for line in lines:
                if not line.startswith("#"):
                    self._count(line)
                    line = re.sub(r"ok \d+", f"ok {self.told}", line, count=1)
                print(line, flush=True)

    def end(self):
        print(f"1..{self.told}")
        print(f"{self.passed} passed, {self.failed} failed, "
              f"{self.skipped} skipped", flush=True)
        return 1 if self.failed or not self.passed else 0


def follow(process, outcome):
    """Take what a lane prints, a case at a time; returns whether it came to its
    own end."""
    block, ended = [], False
    for line in process.stdout:
        line = line.rstrip("\n")
        if re.match(r"(not )?ok ", line):
            outcome.tell(block)
            block = []
        if re.match(r"(not )?ok |#", line):
            block.append(line)
        else:
            ended = True
    outcome.tell(block)
    process.wait()
    return ended


def run_all(numbers, pattern):
    """Try these lanes; returns the exit status."""
    outcome, running, over = Outcome(), [], threading.Event()

    def run(number):
        if over.is_set():
            return
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", sys.executable, sys.argv[0],
             "--lane", str(number), pattern],
            stdout=subprocess.PIPE, text=True, errors="replace")
        running.append(process)
        if not follow(process, outcome) and not over.is_set():
            outcome.tell([f"not ok 0 - lane {number}, {LANES[number]}: ended "
                          f"with status {process.returncode}"])

    with ThreadPoolExecutor(WIDTH) as pool:
        try:
            list(pool.map(run, numbers))
        finally:
            over.set()
            for process in running:
                process.send_signal(signal.SIGTERM)
    return outcome.end()
