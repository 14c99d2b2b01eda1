"""Cases: what is tried in a running world, and how the outcome is told."""
import re
import time
import traceback

from lab import LabError

# Every text that the tests send holds it, so that logs can be searched.
MARK = "Xq7v"


# Those of the whole list stand in stox.MODES.
MODES = ("external", "dialback", "component")
EVERY_MODE = MODES + ("plain", "direct")


class Failed(Exception):
    """What is tested did not do what it should."""


class Skipped(Exception):
    """The case cannot be tried here; the reason is the text."""


def check(truth, text):
    if not truth:
        raise Failed(text)


def equal(got, wanted, what):
    if got != wanted:
        raise Failed(f"{what}: {got!r}, not {wanted!r}")


CASES = []


def case(title, servers=("prosody", "ejabberd", "jabberd2"),
         modes=MODES):
    """Mark a function(world) as a case for these servers and modes, as far as
    the server has them."""
    def mark(function):
        CASES.append((title, servers, modes, function))
        return function
    return mark


class Report:
    """Tells the outcomes, in TAP, and counts them."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    @property
    def told(self):
        """How many cases have an outcome."""
        return self.passed + self.failed + self.skipped

    def _line(self, word, title, more=""):
        print(f"{word} {self.told} - {title}{more}", flush=True)

    def ok(self, title, seconds):
        self.passed += 1
        self._line("ok", f"{title} ({seconds:.1f} s)")

    def skip(self, title, reason):
        self.skipped += 1
        self._line("ok", title, f" # SKIP {reason}")

    def fail(self, title, text):
        self.failed += 1
        self._line("not ok", title)
        for line in text.rstrip().splitlines():
            print(f"#   {line}", flush=True)

    def try_case(self, title, function, world, forgiven=False):
        """Run one case; returns whether the world may go on as it is.  When
        forgiven, a failure that the XMPP server's own defect explains is
        told but not counted."""
        began = time.monotonic()
        stumbles = world.stumbles()
        try:
            function(world)
        except Skipped as reason:
            self.skip(title, reason)
            return True
        except (Failed, LabError) as error:
            if forgiven and world.stumbles() > stumbles:
                print(f"#   {title}: {world.xmpp.name} broke a stream")
                return False
            where = traceback.extract_tb(error.__traceback__)
            place = next((f"{frame.name}, line {frame.lineno}"
                          for frame in reversed(where)
                          if re.search(r"(talk|faults|judges|_cases)\.py$",
                                       frame.filename)), "")
            self.fail(title, f"{error}\n({place})")
            return False
        except Exception:  # whatever else: our own mistake, told in full
            self.fail(title, traceback.format_exc())
            return False
        self.ok(title, time.monotonic() - began)
        return True

    def end(self):
        print(f"1..{self.told}")
        print(f"{self.passed} passed, {self.failed} failed, "
              f"{self.skipped} skipped", flush=True)
        return 1 if self.failed or not self.passed else 0
