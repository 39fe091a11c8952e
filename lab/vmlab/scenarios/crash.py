"""kill -9 of each daemon before and after every journal step and effect of map, unmap and delete."""

import re

from vmlab.agreement import clear_away, settle
from vmlab.lab import COMPUTE1, NAS, thinned
from vmlab.process import wait_until
from vmlab.report import expect, expect_equal
from vmlab.vmstore import CRASH_OPTION, Deployment

NODES = (NAS, COMPUTE1)

VICTIM, KEPT = "tank/victim", "tank/kept"
OPERATIONS = {
    "map": ("map", "nas", VICTIM, "compute1", "64M"),
    "unmap": ("unmap", "nas", VICTIM, "compute1"),
    "rm": ("rm", "nas", VICTIM),
}
# The states between which the operations lead, in the order of the operations.
STATES = ("absent", "MAPPED", "UNMAPPED")

# A crash at a call that changes nothing leaves what a crash at the effect before it does.
READS = {"readAll", "find", "list", "targetOf", "chap", "initiator"}

# Long enough for an operation on a busy machine; a NAS waits as long for a compute node that has crashed.
PATIENCE = 15


def run(lab) -> None:
    Crashes(lab).run()


class Crashes:
    """One volume is mapped, unmapped and deleted over and over; another one lies beside it and must not notice."""

    def __init__(self, lab):
        self.lab = lab
        self.nas, self.compute = lab.guest("nas"), lab.guest("compute1")
        deployment = Deployment(lab, java_options=CRASH_OPTION)
        self.cli = deployment.cli
        self.daemons = deployment.daemons
        self.state = "absent"

    def run(self) -> None:
        points = {}
        with self.lab.check("another volume is mapped and written"):
            self.kept = self.cli.ask("map", "nas", KEPT, "compute1", "64M")["stablePath"]
            self.await_hidden(KEPT)
            self.digest = self.compute.out_of(
                f"head -c 4M /dev/urandom > /run/kept && dd if=/run/kept of={self.kept} bs=1M conv=fsync status=none"
                " && sha256sum < /run/kept"
            )
        with self.lab.check("the points of each operation are recorded"):
            points = self.record()
        for name, operation, point in in_turns(thinned(points)):
            with self.lab.check(f"{operation}, {name} killed at {point}"):
                self.crash_at(name, operation, point)
        with self.lab.check("after unmap and delete of everything nothing is left"):
            clear_away(self.lab, self.cli)

    def record(self) -> list:
        """What each daemon passes in each operation: (daemon's node, operation, point)."""
        points = []
        for operation in OPERATIONS:
            for daemon in self.daemons.values():
                daemon.mark()
                daemon.crash_points("record")
            self.request(operation)
            if operation == "map":
                self.await_hidden(VICTIM)
            for name, daemon in self.daemons.items():
                daemon.crash_points("")
                passed = re.findall(r"crash point: (\S+)", daemon.said())
                points += [(name, operation, point) for point in passed if method(point) not in READS]
        for name in self.daemons:
            for operation in OPERATIONS:
                of = [point for point in points if point[:2] == (name, operation)]
                self.lab.report.progress(f"{name} passes {len(of)} points in {operation}")
        return points

    def await_hidden(self, zvol: str) -> None:
        """A map's last program runs in the background, some seconds after its answer."""
        wait_until(lambda: self.nas.out_of(f"zfs get -H -o value volmode {zvol}") == "dev", 60, f"{zvol}'s partitions to be hidden")

    def crash_at(self, name: str, operation: str, point: str) -> None:
        self.reach(operation)
        daemon = self.daemons[name]
        daemon.mark()
        daemon.crash_points(point)
        self.state = None
        try:
            first = self.cli.started(*OPERATIONS[operation], timeout=PATIENCE)
            wait_until(lambda: f"crashing at: {point}" in daemon.said(), PATIENCE + 30, f"'{name}' to crash")
        finally:
            daemon.crash_points("")
        daemon.await_recovered()
        answer = first.answer()
        expect(answer.ok or "code" in answer.error, f"the request that met the crash got no proper answer: {answer}")
        self.repeat(operation)
        volumes = settle(self.lab, self.cli)
        after = STATES[(list(OPERATIONS).index(operation) + 1) % len(STATES)]
        expected = {KEPT: "MAPPED"} if after == "absent" else {KEPT: "MAPPED", VICTIM: after}
        expect_equal({zvol: volume["state"] for zvol, volume in volumes.items()}, expected, "volumes")
        self.state = after
        self.data_is_there()

    def repeat(self, operation: str) -> None:
        """The same request again must succeed; recovery may have the volume in hand for a moment."""

        def succeeds() -> bool:
            answer = self.cli.call(*OPERATIONS[operation])
            expect(answer.ok or answer.error.get("code") == "BUSY", f"the repeated request: {answer}")
            return answer.ok

        wait_until(succeeds, 120, f"the repeated {operation} to get its turn")

    def reach(self, operation: str) -> None:
        """Brings the volume to where the operation starts, by requests that meet no crash."""
        operations = list(OPERATIONS)
        if self.state is None:  # a check failed: what is there now is not known
            self.cli.call(*OPERATIONS["unmap"])
            self.request("rm")
            self.state = "absent"
        while self.state != STATES[operations.index(operation)]:
            self.request(operations[STATES.index(self.state)])

    def request(self, operation: str) -> None:
        self.cli.ask(*OPERATIONS[operation])
        self.state = STATES[(list(OPERATIONS).index(operation) + 1) % len(STATES)]

    def data_is_there(self) -> None:
        read = self.compute.out_of(f"dd if={self.kept} bs=1M count=4 iflag=direct status=none | sha256sum")
        expect_equal(read, self.digest, f"what {KEPT} holds")


def method(point: str) -> str:
    return point.split(":")[0].split(".")[1]


def in_turns(points: list) -> list:
    """
    A first point of each operation, then a second of each, and so on: one crash leads to where the next operation starts,
    so that almost no request is made for nothing.
    """
    turns = []
    for name in dict.fromkeys(point[0] for point in points):
        queues = [[point for point in points if point[:2] == (name, operation)] for operation in OPERATIONS]
        while any(queues):
            turns += [queue.pop(0) for queue in queues if queue]
    return turns
