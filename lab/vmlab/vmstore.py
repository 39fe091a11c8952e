"""vmstore as its users run it: the packaged daemons in the guests, the packaged command line on the host."""

import json
import os
import subprocess
import time
from dataclasses import dataclass

from vmlab.broker import OPERATOR, Broker, user_of
from vmlab.guest import Guest
from vmlab.lab import DISTRIBUTION, Lab
from vmlab.process import wait_until
from vmlab.report import LabError, expect

CODES = (
    "INVALID_ARGUMENT NOT_FOUND ALREADY_EXISTS FAILED_PRECONDITION BUSY RESOURCE_EXHAUSTED PERMISSION_DENIED UNAVAILABLE"
    " DEADLINE_EXCEEDED CANCELLED UNIMPLEMENTED INTERNAL"
).split()
READY_SECONDS = 300
CRASH_FILE = "/run/vmstore.crash"
CRASH_OPTION = f"-Dvmstore.crash.file={CRASH_FILE}"


@dataclass(frozen=True)
class Answer:
    """What one call of the command line came to."""

    command: str
    exit: int
    value: object  # the JSON document, None when there was none
    err: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.exit == 0

    @property
    def error(self) -> dict:
        return self.value["error"] if isinstance(self.value, dict) and "error" in self.value else {}

    def __str__(self) -> str:
        return f"`vmstore {self.command}` ended with {self.exit} after {self.seconds:.1f} s: {self.value} {self.err}".strip()


class Daemon:
    """vmstore-nas or vmstore-compute of one guest, by the lab's own unit. The guest must be booted."""

    def __init__(self, guest: Guest, broker: Broker, settings: dict):
        self.guest = guest
        self.unit = "vmstore.service"
        self._log = guest.out / "vmstore.log"
        self._role = guest.node.role
        self._settings = {
            "node.name": guest.name,
            "broker.addresses": f"10.0.2.2:{broker.port}",
            "broker.plain": "allow",  # 10.0.2.2 is the host's loopback, seen from a guest
            "broker.username": user_of(self._role, guest.name),
            "broker.password.file": "/etc/vmstore/broker.password",
            "state.directory": "/var/lib/vmstore",
            **settings,
        }
        self._password = broker.password_file(user_of(self._role, guest.name)).read_text()
        self._seen = 0

    def install(self, java_options: str = "") -> None:
        lines = "".join(f"{key} = {value}\n" for key, value in self._settings.items())
        self.guest.run("cat > /etc/vmstore/node.properties", stdin=lines)
        self.guest.run("umask 077; cat > /etc/vmstore/broker.password", stdin=self._password)
        if java_options:
            self.guest.run("cat > /etc/vmstore/environment", stdin=f"JDK_JAVA_OPTIONS={java_options}\n")
        self.guest.run(f"echo {self._role} > /etc/vmstore/role; sync -f /etc/vmstore")

    def reconfigure(self, **settings) -> None:
        """Starts it anew with other settings and does not wait."""
        self._settings |= settings
        self.install()
        self.mark()
        self.guest.run(f"systemctl restart {self.unit}")

    def start(self) -> None:
        """Starts it and does not wait, so that several can start at once."""
        self.mark()
        self.guest.run(f"systemctl start {self.unit}")

    def mark(self) -> None:
        """From now on only what it says anew counts, for `said` and what waits for it."""
        self._seen = self._log.stat().st_size if self._log.exists() else 0

    def said(self) -> str:
        """What it logged since `mark`; there even when its guest is not."""
        return self._log.read_bytes()[self._seen :].decode(errors="replace") if self._log.exists() else ""

    def await_ready(self) -> None:
        """Returns when it answers requests."""
        self._await("ready")

    def await_recovered(self) -> None:
        """Returns when all that was there before its last end is there again."""
        self._await("recovered")

    def _await(self, word: str) -> None:
        text = f"vmstore-{self._role} {word}"
        wait_until(lambda: self._has_said(text), READY_SECONDS, f"'{self.guest.name}' to say '{text}', see {self._log}", 0.2)

    def stop(self) -> None:
        """In order: it may answer what it has begun."""
        self.guest.run(f"systemctl stop {self.unit}")

    def kill(self) -> None:
        """As `kill -9`; systemd starts it again."""
        self.guest.run(f"systemctl kill --signal=KILL {self.unit}")

    def crash_points(self, line: str) -> None:
        """Tells a daemon started with CRASH_OPTION where to crash, or to record its points; an empty line is neither."""
        self.guest.run(f"rm -f {CRASH_FILE}" if not line else f"echo {line} > {CRASH_FILE}.new; mv {CRASH_FILE}.new {CRASH_FILE}")

    def _has_said(self, text: str) -> bool:
        log = self.said()
        if text in log:
            return True
        if self.guest.run(f"systemctl is-failed --quiet {self.unit}", check=False).code == 0:
            raise LabError(f"vmstore ended on '{self.guest.name}':\n{log[-2000:]}")
        return False


class Cli:
    """bin/vmstore on the host, with --json."""

    def __init__(self, broker: Broker):
        self._processes = []
        self._environment = {
            **os.environ,
            "VMSTORE_BROKER": f"127.0.0.1:{broker.port}",
            "VMSTORE_USER": OPERATOR,
            "VMSTORE_PASSWORD_FILE": str(broker.password_file(OPERATOR)),
            "VMSTORE_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        }

    def call(self, *words, timeout: int = 120) -> Answer:
        return self.started(*words, timeout=timeout).answer()

    def started(self, *words, timeout: int = 120) -> "Call":
        """A call that runs while the caller does something else, such as making another one."""
        call = Call([str(word) for word in words], timeout, self._environment)
        self._processes.append(call.process)
        return call

    def close(self) -> None:
        """Ends the calls nobody waited for, because a check failed before."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def ask(self, *words, **options):
        """The document of a call that must succeed."""
        answer = self.call(*words, **options)
        expect(answer.ok, str(answer))
        return answer.value

    def refused(self, code: str, *words, **options) -> Answer:
        """A call that must fail with this code, in the document and in the exit status."""
        answer = self.call(*words, **options)
        expect(not answer.ok, f"should have failed with {code}: {answer}")
        expect(answer.error.get("code") == code, f"should have failed with {code}: {answer}")
        expect(answer.exit == 10 + CODES.index(code), f"exit status of {code} should be {10 + CODES.index(code)}: {answer}")
        for part in ("problem", "cause", "correction"):
            expect(bool(answer.error.get(part)), f"an operator would miss the {part}: {answer}")
        return answer


class Call:
    """One process of the command line."""

    def __init__(self, words: list, timeout: int, environment: dict):
        self._words = words
        self._patience = timeout + 30  # of the JVM's start and end; the request itself keeps to its own time-out
        self._start = time.monotonic()
        command = [DISTRIBUTION / "bin" / "vmstore", "--json", "--timeout", str(timeout), *words]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def answer(self) -> Answer:
        try:
            out, err = self.process.communicate(timeout=self._patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise LabError(f"`vmstore {' '.join(self._words)}` did not answer within {self._patience} s") from None
        try:
            value = json.loads(out) if out.strip() else None
        except ValueError:
            raise LabError(f"`vmstore {' '.join(self._words)}` printed what is not JSON: {out!r}") from None
        return Answer(" ".join(self._words), self.process.returncode, value, err.strip(), time.monotonic() - self._start)


class Deployment:
    """A broker, a pool on every NAS and a daemon on every guest, all of them ready."""

    def __init__(self, lab: Lab, pool: str = "tank", java_options: str = "", daemon=Daemon, **nas_settings):
        self._lab = lab
        self._java_options = java_options
        self.broker = Broker(lab.work, lab.out, {guest.name: guest.node.role for guest in lab.guests()})
        lab.on_close(self.broker.close)
        self.broker.start()
        self.cli = Cli(self.broker)
        lab.on_close(self.cli.close)
        for nas in filter(Guest.owns_pool, lab.guests("nas")):
            nas.run(f"zpool create -O mountpoint=none {pool} /dev/disk/by-id/virtio-pool")
        self.daemons = {}
        for guest in lab.guests():
            settings = {"pools": pool, "portals": f"{guest.ipv4}:3260", **nas_settings} if guest.node.role == "nas" else {}
            self.daemons[guest.name] = daemon(guest, self.broker, settings)
        self.start()

    def start(self) -> None:
        for daemon in self.daemons.values():
            daemon.install(self._java_options)
            daemon.start()
        for daemon in self.daemons.values():
            daemon.await_ready()
        self._lab.report.progress("broker and daemons are ready")
