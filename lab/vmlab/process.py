"""Programs the lab starts on the host: each is ended by its pid, and none outlives the lab, however that ends."""

import contextlib
import signal
import socket
import subprocess
import time

from vmlab.report import LabError


def start(command: list, log, when_lab_dies="KILL", **options) -> subprocess.Popen:
    """
    Starts a program to which the kernel sends a signal when the lab dies. Call it on the main thread only: the kernel
    watches the thread that started it. A session of its own keeps a terminal's Ctrl-C from it, so that logs can still be
    collected.
    """
    options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT, **options}
    return subprocess.Popen(guarded(command, when_lab_dies), start_new_session=True, **options)


def piped(command: list, **options) -> subprocess.Popen:
    """As `start`, for a program to which the caller talks, in lines of text."""
    return subprocess.Popen(
        guarded(command, "KILL"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        start_new_session=True, **options,
    )  # fmt: skip


def guarded(command: list, when_lab_dies: str) -> list:
    return ["setpriv", "--pdeathsig", when_lab_dies, "--", *map(str, command)]


def stop(process: subprocess.Popen, with_signal=signal.SIGTERM, patience: float = 10) -> None:
    """Ends a program; one that does not end in time is killed."""
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def undisturbed():
    """Runs a block to its end, whoever says Ctrl-C or SIGTERM meanwhile."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(holds, seconds: float, what: str, every: float = 0.05):
    """Returns the first true answer of holds(), asking often until the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise LabError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)
