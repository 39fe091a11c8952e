"""Cut cables: between NAS and compute node, between nodes and broker; and a node that is shut out and comes back writing."""

from vmlab.agreement import clear_away, settle
from vmlab.lab import THIN
from vmlab.load import Frontend, Writer, hold
from vmlab.report import expect, expect_equal
from vmlab.vmstore import Deployment

# A cut that passes, and one that outlasts every heartbeat and nearly iSCSI's own patience of two minutes.
SECONDS = (5, 120) if THIN == 1 else (5,)
SHORTEST = SECONDS[0]

MIB = 1 << 20
SIZE = 64 * MIB


def run(lab) -> None:
    Cuts(lab).run()


class Cuts:
    """One volume on each compute node; the first one is written to during every cut."""

    def __init__(self, lab):
        self.lab = lab
        self.nas, self.compute1, self.compute2 = (lab.guest(name) for name in ("nas", "compute1", "compute2"))
        self.cli = Deployment(lab).cli

    def run(self) -> None:
        with self.lab.check("a volume is mapped to each compute node"):
            self.cli.ask("map", "nas", "tank/v1", "compute1", SIZE)
            self.cli.ask("map", "nas", "tank/v2", "compute2", SIZE)
            self.volumes = settle(self.lab, self.cli)
        for seconds in SECONDS:
            for guest, network in ((self.compute1, "storage"), (self.nas, "storage"),
                                   (self.compute1, "uplink"), (self.nas, "uplink")):  # fmt: skip
                name = f"{guest.name} without its {network} network for {seconds} s: no mapping is lost, no write, no answer"
                with self.lab.check(name):
                    self.cut(guest, network, seconds)
        with self.lab.check("unmap of a node that is cut off is refused in time"):
            self.cut_off()
        with self.lab.check("forced unmap frees the volume, and another node has it"):
            self.force()
        with self.lab.check("what the first node had not written never reaches the volume, and the node drops its device"):
            self.come_back()
        with self.lab.check("after unmap and delete of everything nothing is left"):
            clear_away(self.lab, self.cli)

    def cut(self, guest, network: str, seconds: float) -> None:
        writer = Writer(self.compute1, self.path("tank/v1"))
        with Frontend(self.cli, self.lab.report):
            guest.link(up=False, network=network)
            try:
                hold(seconds)
            finally:
                guest.link(up=True, network=network)
            # The way to the broker is none of the disk's business, and a short silence is bridged by the initiator.
            outcome = writer.await_more_or_error(180)
            self.lab.report.progress(f"the writer {outcome}")
            if network == "uplink" or seconds == SHORTEST:
                writer.await_more()
            writer.stop()
            volumes = settle(self.lab, self.cli)
        expect_equal(volumes, self.volumes, "the volumes after the cut")
        writer.judge(self.compute1, self.path("tank/v1"))

    def cut_off(self) -> None:
        self.writer = Writer(self.compute1, self.path("tank/v1"))
        self.set_links(self.compute1, up=False)
        # These stay in the node's memory, and are written when it thinks it can.
        self.compute1.spawn(f"yes LATE | dd of={self.path('tank/v1')} bs=1M count=32 iflag=fullblock conv=notrunc,fsync")
        answer = self.cli.call("unmap", "nas", "tank/v1", "compute1", timeout=20)
        expect(answer.error.get("code") in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), f"the unmap: {answer}")
        expect(answer.seconds < 20 + Frontend.JVM, f"the unmap took {answer.seconds:.1f} s")
        self.lab.report.progress(f"unmap: {answer.error['code']} after {answer.seconds:.1f} s")
        elsewhere = self.cli.call("map", "nas", "tank/v1", "compute2", SIZE)
        # BUSY while the NAS is trying to reach the node itself.
        expect(elsewhere.error.get("code") in ("FAILED_PRECONDITION", "BUSY"), f"the map to another node: {elsewhere}")

    def force(self) -> None:
        answer = self.cli.call("unmap", "--force", "nas", "tank/v1", "compute1")
        expect(answer.ok, str(answer))
        self.lab.report.progress(f"unmap --force took {answer.seconds:.1f} s")
        mapping = self.cli.ask("map", "nas", "tank/v1", "compute2", SIZE)
        self.stable = mapping["stablePath"]
        self.digest = self.compute2.out_of(
            f"yes SECOND | head -c {SIZE} | tee >(sha256sum > /run/digest) | dd of={self.stable} bs=1M iflag=fullblock"
            " conv=fsync status=none; cat /run/digest"
        )
        self.acknowledged = self.writer.acknowledged()
        self.unharmed()

    def come_back(self) -> None:
        self.set_links(self.compute1, up=True)
        volumes = settle(self.lab, self.cli, seconds=400)
        self.lab.report.progress(f"the first node's writer: {self.writer.error() or 'no error'}")
        self.unharmed()
        expect_equal(volumes["tank/v1"]["host"], "compute2", "who has the volume")
        expect_equal(self.writer.acknowledged(), self.acknowledged, "writes of the first node that were acknowledged")
        expect(bool(self.writer.error()), "the first node's writer should have got an error")

    def unharmed(self) -> None:
        read = f"dd if={self.stable} bs=1M iflag=direct status=none | sha256sum"
        expect_equal(self.compute2.out_of(read), self.digest, "what the volume holds")

    @staticmethod
    def set_links(guest, up: bool) -> None:
        for network in ("storage", "uplink"):
            guest.link(up=up, network=network)

    def path(self, zvol: str) -> str:
        return self.volumes[zvol]["mapping"]["stablePath"]
