"""Programs that the benchmark talks to, a line of JSON there and one back, many requests at a time."""

import itertools
import json
import os
import queue
import subprocess
import threading
import time

from vmlab.broker import OPERATOR, Broker
from vmlab.guest import Guest
from vmlab.lab import DISTRIBUTION
from vmlab.process import piped
from vmlab.report import LabError

PATIENCE = 600
FRONTEND_JAVA = "-XX:TieredStopAtLevel=1"  # as the daemons': compiled once, and run for minutes only


class Reply:
    """An answer that is under way."""

    def __init__(self, question: str):
        self._question = question
        self._answers = queue.SimpleQueue()
        self.ended = 0.0  # when the answer came, by the host's monotonic clock

    def put(self, answer: dict) -> None:
        self.ended = time.monotonic()
        self._answers.put(answer)

    def get(self) -> dict:
        """The document; its `seconds` are those that whoever answered says it took."""
        try:
            answer = self._answers.get(timeout=PATIENCE)
        except queue.Empty:
            raise LabError(f"`{self._question}` was not answered within {PATIENCE} s") from None
        if "error" in answer:
            raise LabError(f"`{self._question}` failed: {answer['error']}")
        return answer | {"seconds": answer.get("ns", 0) / 1e9}


class Talk:
    """One such program; `close` ends its input, and so the program."""

    def __init__(self, process: subprocess.Popen):
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting = {}
        self._writing = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, question: str, line) -> Reply:
        """`line` makes the line to send, from the request's number."""
        reply = Reply(question)
        with self._writing:
            number = next(self._numbers)
            self._waiting[str(number)] = reply
            self._process.stdin.write(line(number) + "\n")
            self._process.stdin.flush()
        return reply

    def close(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        for line in self._process.stdout:
            answer = json.loads(line)
            self._waiting.pop(str(answer["id"])).put(answer)
        for reply in list(self._waiting.values()):
            reply.put({"error": "whoever was asked has ended"})


class Agent:
    """lab/guest/bench_nas.py or bench_compute.py in a guest, over one ssh session."""

    def __init__(self, guest: Guest):
        self._name = guest.name
        self._talk = Talk(guest.converse(f"exec python3 -u /lab/guest/bench_{guest.node.role}.py"))
        self.close = self._talk.close

    def start(self, do: str, **arguments) -> Reply:
        question = f"{do} on {self._name}"
        return self._talk.send(question, lambda number: json.dumps({"id": number, "do": do, **arguments}))

    def ask(self, do: str, **arguments) -> dict:
        return self.start(do, **arguments).get()

    def seconds(self, do: str, **arguments) -> float:
        """What it took in the guest, the way there not counted."""
        return self.ask(do, **arguments)["seconds"]


class Frontend:
    """bin/vmstore-bench on the host: one process for all requests."""

    def __init__(self, broker: Broker, log):
        environment = {
            **os.environ,
            "VMSTORE_BROKER": f"127.0.0.1:{broker.port}",
            "VMSTORE_USER": OPERATOR,
            "VMSTORE_PASSWORD_FILE": str(broker.password_file(OPERATOR)),
            "VMSTORE_JAVA_OPTS": FRONTEND_JAVA,
        }
        self._talk = Talk(piped([DISTRIBUTION / "bin" / "vmstore-bench"], env=environment, stderr=log))
        self.close = self._talk.close

    def start(self, *words) -> Reply:
        text = " ".join(map(str, words))
        return self._talk.send(f"vmstore {text}", lambda number: f"{number} {text}")

    def ask(self, *words) -> dict:
        return self.start(*words).get()


class Messages:
    """What the predecessor sends for a command: a process, a connection and a queue, and four messages one after the other."""

    PYTHON = "/usr/bin/python3"  # Debian's, which has python3-pika

    def __init__(self, broker: Broker, script):
        self._command = [self.PYTHON, script, str(broker.port), OPERATOR, broker.password_file(OPERATOR)]

    def seconds(self) -> float:
        start = time.monotonic()
        subprocess.run(self._command, check=True, stdin=subprocess.DEVNULL)
        return time.monotonic() - start
