"""What goes on while a scenario breaks things: a virtual machine that writes, and a frontend that asks."""

import base64
import threading
import time

from vmlab.guest import Guest
from vmlab.process import wait_until
from vmlab.report import LabError, expect, expect_equal
from vmlab.vmstore import Cli

# As in lab/guest/blocks.
SIZE, COUNT, START = 4096, 256, 1 << 20


class Writer:
    """
    Writes numbered blocks to a device on a guest, each with fsync; what was acknowledged is on record on the host, whatever
    becomes of the guest. It ends at its first error.
    """

    def __init__(self, guest: Guest, device: str, name: str = "blocks"):
        self._guest = guest
        self._log = guest.out / f"{name}.log"
        self._log.unlink(missing_ok=True)
        self._pid = f"/run/{name}.pid"
        command = f"echo $$ > {self._pid}; exec /lab/guest/blocks {device} /lab/out/{self._log.name}"
        self._process = guest.spawn(command)
        self.await_more()

    def acknowledged(self) -> int:
        """How many writes were acknowledged so far."""
        numbers = [line for line in self._lines() if line.isdigit()]
        return int(numbers[-1]) if numbers else 0

    def error(self) -> str:
        """What ended it; empty while it runs."""
        return " ".join(line for line in self._lines() if not line.isdigit())

    def await_more(self, seconds: float = 60, count: int = 20) -> None:
        """Waits until so many more are acknowledged; an error is unexpected."""
        wanted = self.acknowledged() + count
        wait_until(lambda: self.acknowledged() >= wanted or self.error(), seconds, f"write {wanted}, see {self._log}")
        expect(not self.error(), f"after write {self.acknowledged()} the writer got: {self.error()}")

    def await_more_or_error(self, seconds: float) -> str:
        """Waits until it goes on or has failed; either is right, to hang is not. Returns which."""
        before = self.acknowledged()
        wait_until(lambda: self.acknowledged() > before or self.error(), seconds, f"write {before + 1} to end, see {self._log}")
        return f"failed cleanly ({self.error()})" if self.error() else "went on"

    def stop(self) -> None:
        """Returns when it is gone, so that the device is closed."""
        stop = f"pid=$(cat {self._pid}); kill $pid; timeout 60 tail --pid=$pid -f /dev/null"
        self._guest.run(stop, check=False)
        self._process.wait(60)

    def judge(self, reader: Guest, device: str) -> None:
        """Expects every acknowledged block on the device, read past the caches of the guest that reads."""
        read = f"dd if={device} bs={SIZE} skip={START // SIZE} count={COUNT} iflag=direct status=none | base64 -w0"
        data = base64.b64decode(reader.out_of(read))
        last = self.acknowledged()
        found = {slot: data[slot * SIZE : (slot + 1) * SIZE] for slot in range(COUNT)}
        lost = [number for number in range(max(1, last - COUNT + 1), last + 1)
                if found[number % COUNT] not in (block(number), self._unacknowledged(number, last))]  # fmt: skip
        expect_equal(lost, [], f"acknowledged blocks of {last} that are not on {device}")

    @staticmethod
    def _unacknowledged(number: int, last: int):
        # Only one write is under way at a time; it may have been done without its acknowledgement being seen.
        return block(last + 1) if (last + 1) % COUNT == number % COUNT else None

    def _lines(self) -> list:
        if not self._log.exists():
            return []
        text = self._log.read_text()
        return text[: text.rfind("\n") + 1].splitlines()  # the last one may be half written


def block(number: int) -> bytes:
    return number.to_bytes(8, "big") * (SIZE // 8)


class Frontend:
    """
    Asks the NAS for its list again and again. Every question must get an answer, or an error, in time; use it as a
    context manager around what is to be survived.
    """

    TIMEOUT = 10
    # Of a JVM's start and end on a machine that emulates others; it is no part of the request.
    JVM = 20

    def __init__(self, cli: Cli, report):
        self._cli = cli
        self._report = report
        self._stop = threading.Event()
        self._answers = []
        self._unanswered = []
        self._thread = threading.Thread(target=self._ask, name="frontend", daemon=True)

    def __enter__(self) -> "Frontend":
        self._thread.start()
        return self

    def __exit__(self, kind, failure, trace) -> None:
        self._stop.set()
        self._thread.join()
        if not failure:
            self._judge()

    def _ask(self) -> None:
        while not self._stop.wait(1):
            try:
                self._answers.append(self._cli.call("ls", "nas", timeout=self.TIMEOUT))
            except LabError as silence:
                self._unanswered.append(str(silence))

    def _judge(self) -> None:
        expect_equal(self._unanswered, [], "questions without an answer")
        codes = ["ok" if answer.ok else answer.error.get("code") for answer in self._answers]
        slowest = max((answer.seconds for answer in self._answers), default=0)
        counts = ", ".join(f"{codes.count(code)} {code}" for code in sorted(set(codes), key=str))
        self._report.progress(f"the frontend's questions: {counts}; slowest {slowest:.1f} s")
        expect(None not in codes, f"an error without a code: {[str(answer) for answer in self._answers]}")
        expect(slowest < self.TIMEOUT + self.JVM, f"an answer took {slowest:.1f} s")


def hold(seconds: float) -> None:
    """Keeps something as it is for so long: the length of a cut, which is what a scenario is about."""
    time.sleep(seconds)
