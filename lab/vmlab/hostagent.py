"""vmstore-agent of one guest, spoken to as a manager of virtual machines does: JSON, a line a request."""

import json
import queue
import threading

from vmlab.guest import Guest
from vmlab.process import wait_until
from vmlab.report import LabError, expect
from vmlab.vmstore import CRASH_FILE, CRASH_OPTION

SETTINGS = "/etc/vmstore/agent.properties"
# From the start of a JVM on a busy emulated machine.
READY_SECONDS = 120
ANSWER_SECONDS = 300


class Answer:
    """The result of a request, or its error."""

    def __init__(self, request: dict, document: dict):
        self.request = request
        self.result = document.get("result")
        self.error = document.get("error")

    @property
    def code(self) -> str:
        return self.error["code"] if self.error else "ok"

    def __str__(self) -> str:
        return f"{self.request['method']} {self.request['params'].get('vol_id', '')}: {self.error or self.result}"


class Agent:
    """The guest must be booted. The database is on its state disk, so it outlives a power cut, as a real host's does."""

    def __init__(self, guest: Guest, **settings):
        self.guest = guest
        self._settings = {"state.directory": "/var/lib/vmstore/agent", **settings}
        self._log = guest.out / "agent.log"
        self._process = None
        self._seen = 0
        self._number = 0

    def start(self) -> "Agent":
        """Returns when it answers, and nothing is half attached any more."""
        lines = "".join(f"{key} = {value}\n" for key, value in self._settings.items())
        self.guest.run(f"cat > {SETTINGS}", stdin=lines)
        self._seen = self._log.stat().st_size if self._log.exists() else 0
        self._process = self.guest.converse(
            f"VMSTORE_JAVA_OPTS={CRASH_OPTION} exec /opt/vmstore/bin/vmstore-agent {SETTINGS} 2>> /lab/out/{self._log.name}"
        )
        self._answers = queue.Queue()
        threading.Thread(target=self._read, args=(self._process, self._answers), daemon=True).start()
        wait_until(lambda: "vmstore-agent recovered" in self.said(), READY_SECONDS, f"the agent, see {self._log}", every=0.2)
        return self

    def stop(self) -> None:
        """By the end of its input, as in order."""
        self._process.stdin.close()
        self._process.wait(60)

    def said(self) -> str:
        """What it logged since it was started."""
        return self._log.read_bytes()[self._seen :].decode(errors="replace") if self._log.exists() else ""

    def crash_points(self, line: str) -> None:
        """Tells it where to crash, or to record its points; an empty line is neither."""
        self.guest.run(f"rm -f {CRASH_FILE}" if not line else f"echo {line} > {CRASH_FILE}.new; mv {CRASH_FILE}.new {CRASH_FILE}")

    def begin(self, method: str, **params) -> dict:
        """Asks and does not wait."""
        self._number += 1
        request = {"id": self._number, "method": method, "params": params}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return request

    def call(self, method: str, **params) -> Answer:
        """Asks and waits for the answer; one request at a time."""
        request = self.begin(method, **params)
        try:
            document = self._answers.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise LabError(f"the agent did not answer {request} within {ANSWER_SECONDS} s") from None
        expect(document is not None, f"the agent ended over {request}, see {self._log}")
        expect(document["id"] == request["id"], f"{document} is no answer to {request}")
        return Answer(request, document)

    def ask(self, method: str, **params):
        """The result of a request that must succeed."""
        answer = self.call(method, **params)
        expect(not answer.error, str(answer))
        return answer.result

    def refused(self, code: str, method: str, **params) -> Answer:
        """A request that must fail with this code, and say why."""
        answer = self.call(method, **params)
        expect(answer.code == code, f"should have failed with {code}: {answer}")
        for part in ("problem", "cause", "correction"):
            expect(bool(answer.error.get(part)), f"an operator would miss the {part}: {answer}")
        return answer

    def await_answer_or_end(self) -> bool:
        """After `begin`: whether it ended, killed, instead of answering."""
        try:
            answered = self._answers.get(timeout=ANSWER_SECONDS) is not None
        except queue.Empty:
            raise LabError(f"the agent neither answered nor ended within {ANSWER_SECONDS} s") from None
        if not answered:
            self._process.wait(READY_SECONDS)
        return not answered

    @staticmethod
    def _read(process, answers: queue.Queue) -> None:
        for line in process.stdout:
            answers.put(json.loads(line))
        answers.put(None)
