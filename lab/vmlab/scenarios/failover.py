"""A pool that moves from one NAS to another, in order, after a crash, and with its address: the mappings come with it."""

from vmlab.agreement import agree, clear_away, document, settle
from vmlab.guest import Node
from vmlab.kernel import look
from vmlab.lab import COMPUTE1, Some
from vmlab.load import Writer
from vmlab.process import wait_until
from vmlab.report import expect, expect_equal
from vmlab.vmstore import Deployment

NAS1 = Node("nas1", "nas")
# Both machines have the disk, as a shelf with two controllers has; one of them has the pool.
NAS2 = Node("nas2", "nas", pool_of="nas1")
NODES = (NAS1, NAS2, COMPUTE1)

VOLUMES = 3
MOVED_SECONDS = 400
# An address of the pool's own, which an operator moves with it.
ADDRESS = "10.77.0.100"


def run(lab) -> None:
    Failover(lab).run()


class Failover:
    def __init__(self, lab):
        self.lab = lab
        self.nas1, self.nas2, self.compute = lab.guest("nas1"), lab.guest("nas2"), lab.guest("compute1")
        self.deployment = Deployment(lab)
        self.daemons = self.deployment.daemons
        self.cli = self.deployment.cli

    def run(self) -> None:
        with self.lab.check(f"{VOLUMES} volumes are mapped and written; the other NAS knows nothing of them"):
            self.map_all()
            self.knows_nothing("nas2")
        with self.lab.check("the pool is exported here and imported there: same IQN and serial, other portal, same data"):
            self.hand_over()
        with self.lab.check("the NAS that gave the pool away starts, exports nothing and answers so"):
            self.daemons["nas1"].start()
            self.daemons["nas1"].await_ready()
            self.knows_nothing("nas1")
        with self.lab.check("a volume is unmapped and mapped again on its new NAS"):
            self.map_again()
        with self.lab.check("a crash under running I/O, and the pool is forced onto the other NAS: no acknowledged write is lost"):
            self.crash()
        with self.lab.check("the NAS that crashed comes back, exports nothing and answers so"):
            self.daemons["nas2"].mark()
            self.nas2.boot()
            self.daemons["nas2"].await_ready()
            self.knows_nothing("nas2")
        with self.lab.check("the NAS is given another address: its mappings follow"):
            self.address()
        with self.lab.check("a crash, and the address moves with the pool: the I/O goes on without an error"):
            self.crash_with_address()
        with self.lab.check("after unmap and delete of everything nothing is left"):
            clear_away(self.here(self.nas2), self.cli)

    def here(self, nas) -> Some:
        """The guests that have something to do with the pool while it is on the given NAS."""
        return Some([nas, self.compute])

    def map_all(self) -> None:
        # As docs/operations.md says: without it the crashed NAS would import the pool again at its next boot.
        self.nas1.run("zpool set multihost=on tank")
        calls = [self.cli.started("map", "nas1", f"tank/v{number}", "compute1", "64M", timeout=300)
                 for number in range(1, VOLUMES + 1)]  # fmt: skip
        for mapping in [document(call) for call in calls]:
            self.compute.run(f"{content(mapping)} | dd of={mapping['stablePath']} iflag=fullblock bs=1M conv=fsync")
        self.before = mappings(agree(self.here(self.nas1), self.cli))

    def knows_nothing(self, name: str) -> None:
        self.cli.refused("UNAVAILABLE", "unmap", name, "tank/v1", "compute1", timeout=30)
        self.cli.refused("UNAVAILABLE", "map", name, "tank/v1", "compute1", "64M", timeout=30)
        (finding,) = self.cli.call("reconcile", name, "--dry-run").value
        expect_equal((finding["kind"], finding["subject"]), ("NOT_READ", "tank"), f"what {name} finds")
        expect_equal(look(self.lab.guest(name)).targets, [], f"targets of {name}")

    def hand_over(self) -> None:
        self.daemons["nas1"].stop()
        self.nas1.run("/opt/vmstore/bin/vmstore-nas --release /etc/vmstore/node.properties && zpool export tank", timeout=300)
        self.imported(self.nas2)
        self.moved(self.nas2)

    def imported(self, nas, how: str = "") -> None:
        # The other machine made the partitions; a shelf's disks are looked at again when they change hands.
        disk = "/dev/disk/by-id/virtio-pool"
        # With multihost, the import first watches whether another machine writes.
        look_again = f"blockdev --rereadpt {disk} && udevadm wait --timeout=60 {disk}-part1"
        nas.run(f"{look_again} && zpool import {how} -d {disk}-part1 tank", timeout=300)

    def moved(self, nas, address: str = "") -> None:
        """Asks for what an operator asks for, waits, and compares."""
        self.cli.call("reconcile", nas.name)  # may have to leave something for later
        volumes = mappings(settle(self.here(nas), self.cli, seconds=MOVED_SECONDS))
        portal = f"{address or nas.ipv4}:3260"
        expect_equal({zvol: mapping["portals"] for zvol, mapping in volumes.items()},
                     {zvol: [portal] for zvol in self.before}, "portals")  # fmt: skip
        expect_equal(lasting(volumes), lasting(self.before), "the mappings")
        expect_equal({session.portal for session in look(self.compute).sessions}, {portal}, "the portals of sessions")
        for mapping in volumes.values():
            read = f"dd if={mapping['stablePath']} bs=1M count=1 iflag=direct status=none"
            self.compute.run(f"cmp <({content(mapping)}) <({read})")

    def map_again(self) -> None:
        self.cli.ask("unmap", "nas2", "tank/v2", "compute1")
        mapping = self.cli.ask("map", "nas2", "tank/v2", "compute1", "64M")
        expect_equal(mapping["generation"], self.before["tank/v2"]["generation"] + 1, "the number of the mapping")
        self.before = mappings(agree(self.here(self.nas2), self.cli))

    def crash(self) -> None:
        writer = Writer(self.compute, self.before["tank/v1"]["stablePath"])
        self.nas2.power_cut()
        self.imported(self.nas1, "-f")
        self.cli.call("reconcile", "nas1")
        # The disk of the old portal is dead and open; the volumes that are not open move at once.
        others = {mapping["target"] for zvol, mapping in self.before.items() if zvol != "tank/v1"}
        portal = f"{self.nas1.ipv4}:3260"
        wait_until(
            lambda: others <= {session.iqn for session in look(self.compute).sessions if session.portal == portal},
            MOVED_SECONDS, "the volumes that are not open to move", every=1,
        )  # fmt: skip
        writer.stop()
        self.moved(self.nas1)
        writer.judge(self.compute, self.before["tank/v1"]["stablePath"])

    def address(self) -> None:
        self.nas1.run(f"ip address add {ADDRESS}/24 dev storage")
        for name in ("nas1", "nas2"):
            self.daemons[name].reconfigure(portals=f"{ADDRESS}:3260")
        self.daemons["nas1"].await_ready()
        self.moved(self.nas1, ADDRESS)

    def crash_with_address(self) -> None:
        writer = Writer(self.compute, self.before["tank/v1"]["stablePath"], name="moving")
        self.nas1.power_cut()
        self.imported(self.nas2, "-f")
        self.nas2.run(f"ip address add {ADDRESS}/24 dev storage")
        self.cli.call("reconcile", "nas2")
        writer.await_more(MOVED_SECONDS)
        writer.stop()
        self.moved(self.nas2, ADDRESS)
        expect(writer.error() == "", f"the writer got: {writer.error()}")
        writer.judge(self.compute, self.before["tank/v1"]["stablePath"])


def mappings(volumes: dict) -> dict:
    return {zvol: volume["mapping"] for zvol, volume in volumes.items()}


def lasting(before: dict) -> dict:
    """What no move changes."""
    passing = ("device", "portals")
    return {zvol: {key: value for key, value in mapping.items() if key not in passing} for zvol, mapping in before.items()}


def content(mapping: dict) -> str:
    """The command that prints what a volume's first MiB must hold."""
    return f"yes {mapping['id']} 2> /dev/null | head -c 1M"
