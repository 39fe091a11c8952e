"""
The frame of the benchmark's agents in the guests: commands come as lines of JSON, each is done on a thread of its own, and
each answer is a line of JSON with the nanoseconds that the command took here, so the way to the guest counts for nothing.
"""

import json
import os
import subprocess
import sys
import threading
import time
import traceback

PAUSE = 0.01  # between two looks at something the kernel does not announce

_answering = threading.Lock()


def serve(commands: dict) -> None:
    """`{"id": 1, "do": "attach", ...}` calls commands["attach"](...); runs until the end of standard input."""
    for line in sys.stdin:
        request = json.loads(line)
        number, do = request.pop("id"), request.pop("do")
        threading.Thread(target=_answer, args=(number, commands[do], request)).start()


def _answer(number: int, command, arguments: dict) -> None:
    start = time.perf_counter_ns()
    try:
        answer = {"answer": command(**arguments)}
    except Exception:  # whoever asked is told, and the agent stays
        answer = {"error": traceback.format_exc()[-2000:]}
    answer |= {"id": number, "ns": time.perf_counter_ns() - start}
    with _answering:
        print(json.dumps(answer), flush=True)


def run(*command: str, codes: tuple = (0,)) -> tuple:
    """Runs a program and returns what it printed, and its exit code; one that is not among those given is raised."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode not in codes:
        raise RuntimeError(f"`{' '.join(command)}` ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout, done.returncode


def settle() -> None:
    """Until udev and its helpers have done with every device that has come or gone."""
    run("udevadm", "settle")


def wait_for(look, what: str, seconds: float = 120, otherwise=None, pause: float = PAUSE):
    """Returns the first true answer of look(); calls otherwise() every two seconds in between."""
    start = asked = time.monotonic()
    while not (answer := look()):
        now = time.monotonic()
        if now - start > seconds:
            raise RuntimeError(f"waited {seconds:.0f} s in vain for {what}")
        if otherwise and now - asked > 2:
            asked = now
            otherwise()
        time.sleep(pause)
    return answer


def read(path: str) -> str:
    with open(path) as file:
        return file.read().strip()


def write(path: str, text: str) -> None:
    """In one write: a file object whose write failed writes again when it is closed."""
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
