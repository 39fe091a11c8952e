"""What the daemons do for one request, seen by strace: the programs they run and the writes they wait for."""

import re
from dataclasses import dataclass

from vmlab.guest import Guest
from vmlab.process import wait_until

FILE, PID = "/run/bench.trace", "/run/bench.strace"
LINE = re.compile(r"(\d+) +(\d+\.\d+) (.*)")
EXECUTED = re.compile(r'execve\("[^"]*/([^"/]+)", \[(.*?)\]')
STARTER = "jspawnhelper"  # what a JVM starts first; it becomes the program


@dataclass(frozen=True)
class Trace:
    """Of one node and one request. The seconds are a program's own under strace, which slows all of it down."""

    programs: list  # (words, seconds)
    syncs: int


class Traced:
    """Use as a context manager around one request; `trace` is there afterwards."""

    def __init__(self, guest: Guest):
        self._guest = guest
        self.trace = None

    def __enter__(self) -> "Traced":
        strace = f"strace -f -q -ttt -s 120 -e trace=execve,fsync,fdatasync -o {FILE}"
        self._strace = self._guest.spawn(
            f"rm -f {FILE}; echo $$ > {PID}; exec {strace} -p $(systemctl show -P MainPID vmstore.service)"
        )
        attached = "awk '/TracerPid/ && $2 > 0' /proc/$(systemctl show -P MainPID vmstore.service)/task/*/status | wc -l"
        threads = "ls /proc/$(systemctl show -P MainPID vmstore.service)/task | wc -l"
        wait_until(
            lambda: self._guest.out_of(attached) == self._guest.out_of(threads), 60, f"strace to attach on {self._guest.name}"
        )
        return self

    def __exit__(self, kind, failure, trace) -> None:
        self._guest.run(f"kill $(cat {PID})", check=False)
        self._strace.wait(60)
        if not failure:
            self.trace = parse(self._guest.run(f"cat {FILE}").out)


def parse(text: str) -> Trace:
    started, programs, syncs = {}, [], 0
    for match in filter(None, map(LINE.match, text.splitlines())):
        pid, time, what = match[1], float(match[2]), match[3]
        executed = EXECUTED.match(what)
        if executed and executed[1] != STARTER:
            started[pid] = (words(executed), time)
        elif what.startswith(("fsync(", "fdatasync(")):
            syncs += 1
        elif what.startswith("+++ exited") and pid in started:
            name, since = started.pop(pid)
            programs.append((name, time - since))
    return Trace(programs, syncs)


def words(executed: re.Match) -> str:
    """The program and those of its words that say what it does: no names, no values."""
    arguments = re.findall(r'"([^"]*)"', executed[2])[1:]
    telling = {"get", "set", "create", "destroy", "node", "new", "update", "delete", "--login", "--logout", "trigger"}
    return " ".join([executed[1], *(word for word in arguments if word in telling)])
