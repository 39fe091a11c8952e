"""Power cuts of the compute node, of the NAS under running I/O, of both and of the broker too, and its crash: all mappings return."""

from vmlab.agreement import LINKS, agree, clear_away, document, settle
from vmlab.kernel import look
from vmlab.lab import COMPUTE1, NAS
from vmlab.load import Frontend, Writer
from vmlab.process import wait_until
from vmlab.report import Unexpected, expect, expect_equal
from vmlab.vmstore import Deployment

NODES = (NAS, COMPUTE1)

VOLUMES = 10
# From power on to the last mapping: a boot, a JVM and ten logins, all emulated.
BACK_SECONDS = 400
# Until open-iscsi takes a target for lost: it asks after 5 s of silence, and waits 5 s for the answer.
LOST_SECONDS = 60


def run(lab) -> None:
    Reboots(lab).run()


class Reboots:
    """Ten volumes are mapped once; nothing but `ls` is asked until the end."""

    def __init__(self, lab):
        self.lab = lab
        self.nas, self.compute = lab.guest("nas"), lab.guest("compute1")
        self.deployment = Deployment(lab)
        self.cli = self.deployment.cli

    def run(self) -> None:
        with self.lab.check(f"{VOLUMES} volumes are mapped and written"):
            self.map_all()
        events = {
            "a power cut of the compute node": lambda: self.power_cut(self.compute),
            "a power cut of the NAS under running I/O": self.nas_under_load,
            "a power cut of both": lambda: self.power_cut(self.nas, self.compute),
            "a power cut of all, and the broker comes last": self.site,
            "a crash of the broker under running I/O": self.broker,
        }
        for name, event in events.items():
            with self.lab.check(f"{name}: every mapping returns, and all data"):
                with Frontend(self.cli, self.lab.report):
                    event()
                self.nothing_changed()
        with self.lab.check("after unmap and delete of everything nothing is left"):
            clear_away(self.lab, self.cli)

    def map_all(self) -> None:
        calls = [
            self.cli.started("map", "nas", f"tank/v{number}", "compute1", "64M", timeout=300)
            for number in range(1, VOLUMES + 1)
        ]
        mappings = [document(call) for call in calls]
        for mapping in mappings:
            self.compute.run(f"{content(mapping)} | dd of={mapping['stablePath']} iflag=fullblock bs=1M conv=fsync")
        self.before = lasting(agree(self.lab, self.cli))
        self.disks = sorted(disk[1:] for disk in look(self.compute).disks)  # all but the kernel's name

    def power_cut(self, *guests) -> None:
        for guest in guests:
            guest.power_cut()
        self.power_on(*guests)

    def power_on(self, *guests) -> None:
        for guest in guests:
            self.deployment.daemons[guest.name].mark()
            guest.start()
        for guest in guests:
            guest.await_ready()
        self.await_mappings()

    def await_mappings(self) -> None:
        """By what the compute node's kernel says; nothing is asked of vmstore."""
        seen = None

        def back() -> bool:
            nonlocal seen
            seen = sorted(disk[1:] for disk in look(self.compute).disks)
            return seen == self.disks

        try:
            wait_until(back, BACK_SECONDS, "the disks", every=1)
        finally:
            expect_equal(seen, self.disks, "the compute node's disks")

    def nas_under_load(self) -> None:
        writer = self.writer()
        self.nas.power_cut()
        wait_until(self.lost, LOST_SECONDS, "reconcile to tell of every session that it is lost")
        self.power_on(self.nas)
        self.lab.report.progress(f"the writer {writer.await_more_or_error(300)}")
        self.settle_writer(writer)

    def site(self) -> None:
        """The broker may be a virtual machine whose own disk is on the NAS."""
        self.deployment.broker.kill()
        self.power_cut(self.nas, self.compute)
        self.deployment.broker.start()
        for daemon in self.deployment.daemons.values():
            daemon.await_ready()

    def lost(self) -> bool:
        findings = self.cli.call("reconcile", "compute1", "--dry-run").value
        return [(finding["kind"], finding["outcome"]) for finding in findings] == [("NOT_LOGGED_IN", "LEFT")] * VOLUMES

    def broker(self) -> None:
        writer = self.writer()
        sessions = look(self.compute).sessions
        self.deployment.broker.kill()
        self.cli.refused("UNAVAILABLE", "ls", "nas", timeout=20)
        writer.await_more()
        self.deployment.broker.start()
        wait_until(lambda: self.cli.call("ls", "nas", timeout=20).ok, 120, "the NAS to be back at the broker")
        writer.await_more()
        self.settle_writer(writer)
        expect_equal(look(self.compute).sessions, sessions, "sessions")

    def writer(self) -> Writer:
        return Writer(self.compute, self.stable_path("tank/v1"))

    def settle_writer(self, writer: Writer) -> None:
        writer.stop()
        expect(writer.acknowledged() > 0, "nothing was ever acknowledged")
        writer.judge(self.compute, self.stable_path("tank/v1"))

    def nothing_changed(self) -> None:
        expect_equal(lasting(settle(self.lab, self.cli)), self.before, "the mappings")
        for mapping in self.before.values():
            path = mapping["stablePath"]
            expect(path.startswith(LINKS), f"{path} should be in {LINKS}")
            read = f"dd if={path} bs=1M count=1 iflag=direct status=none"
            same = self.compute.run(f"cmp <({content(mapping)}) <({read})", check=False)
            if same.code != 0:
                raise Unexpected(f"{mapping['zvol']} holds something else: {same}")

    def stable_path(self, zvol: str) -> str:
        return self.before[zvol]["stablePath"]


def content(mapping: dict) -> str:
    """The command that prints what a volume's first MiB must hold."""
    return f"yes {mapping['id']} 2> /dev/null | head -c 1M"


def lasting(volumes: dict) -> dict:
    """The mappings without the kernel's name of the device, which may change with a reboot."""
    return {
        zvol: {key: value for key, value in volume["mapping"].items() if key != "device"} for zvol, volume in volumes.items()
    }
