"""What a daemon does while nobody asks it for anything: it should start no program."""

import os

from vmlab.bench.trace import Traced
from vmlab.guest import Guest

SECONDS = int(os.environ.get("VMSTORE_LAB_IDLE", "600"))


def programs_started(guests: list, seconds: int = SECONDS) -> dict:
    """By guest, what its daemon ran meanwhile, seen by strace, which misses none."""
    if not guests:
        return {}
    first, *others = guests
    with Traced(first) as traced:
        started = programs_started(others, seconds)
        if not others:
            watch(first, seconds)
    return {first.name: [words for words, _ in traced.trace.programs], **started}


def watch(guest: Guest, seconds: int) -> None:
    """The time itself is what is waited for."""
    guest.run(f"sleep {seconds}", timeout=seconds + 60)
