"""What a person or a CI sees: one line for each check, progress while something slow happens, one line at the end."""

import contextlib
import sys
import time
import traceback


class LabError(Exception):
    """The lab itself cannot go on; the message says what to do about it."""


class Unexpected(AssertionError):
    """What a check saw is not what it expected."""


def expect(holds: bool, otherwise: str) -> None:
    """Like assert, but never switched off."""
    if not holds:
        raise Unexpected(otherwise)


def expect_equal(actual, expected, what: str) -> None:
    expect(actual == expected, f"{what}: expected {expected!r} but saw {actual!r}")


class Report:
    """Counts checks and writes lines to stdout, and to a file as well while one is set."""

    def __init__(self):
        self._start = time.monotonic()
        self.passed = 0
        self.failed = 0
        self.copy = None

    def progress(self, text: str) -> None:
        self.line(f"[{time.monotonic() - self._start:6.1f} s] {text}")

    @contextlib.contextmanager
    def check(self, name: str):
        """Runs one check; what it raises is its failure, and the scenario goes on with the next one."""
        start = time.monotonic()
        try:
            yield
        except Exception as failure:  # whatever it is, it is a failed check and not the end of the run
            self.failed += 1
            self.line(f"FAIL {name} ({time.monotonic() - start:.1f} s)")
            plain = isinstance(failure, (Unexpected, LabError))
            text = str(failure) if plain else "".join(traceback.format_exception(failure))
            self.line("       " + text.rstrip().replace("\n", "\n       "))
        else:
            self.passed += 1
            self.line(f"ok   {name} ({time.monotonic() - start:.1f} s)")

    def summary(self) -> None:
        self.line(f"{self.passed} passed, {self.failed} failed")

    def line(self, text: str) -> None:
        print(text, flush=True)
        if self.copy:
            print(text, file=self.copy, flush=True)


def fatal(text: str) -> int:
    print(f"lab: {text}", file=sys.stderr)
    return 2
