"""Mapping and unmapping as an operator does it, each step judged by the kernels and not by vmstore."""

import os

from vmlab.agreement import agree, clear_away, path_name
from vmlab.kernel import look
from vmlab.load import Writer
from vmlab.report import expect, expect_equal
from vmlab.vmstore import Deployment

MIB = 1 << 20
DATA = 64 * MIB
LOGIN_REFUSED = 24
MANY = 20


def run(lab) -> None:
    Mapping(lab).run()


class Mapping:
    """The scenario's steps; each leaves what the next one starts from."""

    def __init__(self, lab):
        self.lab = lab
        self.nas, self.compute1, self.compute2 = (lab.guest(name) for name in ("nas", "compute1", "compute2"))
        self.cli = Deployment(lab).cli

    def run(self) -> None:
        steps = {
            "map creates the zvol of the asked size and the device has it": self.creates,
            "the device's serial is the volume's id": self.serial,
            "the same map again gives the same device": self.again,
            "64 MiB written on one host are read back on another": self.moves,
            "a volume that is written to grows, and its node sees the new size": self.grows,
            "a growth beyond the pool and a smaller size change nothing": self.grows_not,
            "a login by hand from another host is refused": self.admits_one,
            "map while mapped elsewhere is FAILED_PRECONDITION": self.mapped_elsewhere,
            "delete while mapped is FAILED_PRECONDITION": self.delete_mapped,
            "unmap while the device is open names the holder and changes nothing": self.unmap_open,
            "map to a node that is not there is UNAVAILABLE at once and leaves nothing": self.no_such_node,
            "map into a full pool is RESOURCE_EXHAUSTED and leaves nothing": self.full_pool,
            f"{MANY} volumes mapped at once all succeed": self.many,
            "an exposed volume is attached by hand, grows, and is given back only when that has ended": self.exposes,
            "after unmap and delete of everything nothing is left": self.nothing_left,
        }
        for name, step in steps.items():
            with self.lab.check(name):
                step()

    def creates(self) -> None:
        mapping = self.cli.ask("map", "nas", "tank/vol", "compute1", "100M")
        expect_equal(look(self.nas).zvols, [("tank/vol", 100 * MIB)], "zfs list")
        expect_equal(int(self.compute1.out_of(f"blockdev --getsize64 {mapping['device']}")), 100 * MIB, "blockdev")
        expect_equal(mapping["size"], 100 * MIB, "size in the answer")
        self.agree()

    def serial(self) -> None:
        mapping = self.volume()["mapping"]
        disk = path_name(mapping["device"])
        expect_equal(self.compute1.out_of(f"tail -c +5 /sys/block/{disk}/device/vpd_pg80 | tr -d '\\0'"), mapping["id"], "VPD 0x80")

    def again(self) -> None:
        before = self.volume()["mapping"]
        expect_equal(self.cli.ask("map", "nas", "tank/vol", "compute1", "100M"), before, "the second answer")
        expect_equal(self.agree()["tank/vol"]["mapping"], before, "the mapping after it")

    def moves(self) -> None:
        self.share_random_data()
        device = self.volume()["mapping"]["device"]
        self.compute1.run(f"dd if=/lab/out/random of={device} bs=1M conv=fsync", timeout=300)
        self.cli.ask("unmap", "nas", "tank/vol", "compute1")
        expect_equal(look(self.compute1).leftovers(), [], "what compute1 has after unmap")
        self.agree()
        device = self.cli.ask("map", "nas", "tank/vol", "compute2", "100M")["device"]
        self.compute2.run(f"cmp -n {DATA} /lab/out/random {device}", timeout=300)
        self.agree()

    def share_random_data(self) -> None:
        first = self.compute1.out / "random"
        first.write_bytes(os.urandom(DATA))
        os.link(first, self.compute2.out / "random")
        for guest in (self.compute1, self.compute2):
            self.lab.on_close((guest.out / "random").unlink)

    def grows(self) -> None:
        before = self.volume()["mapping"]
        device = before["device"]
        writer = Writer(self.compute2, device, "growing")
        try:
            expect_equal(self.cli.ask("grow", "nas", "tank/vol", "160M"), {"zvol": "tank/vol", "size": 160 * MIB}, "the answer")
            writer.await_more()
        finally:
            writer.stop()
        writer.judge(self.compute2, device)
        expect_equal(int(self.compute2.out_of(f"blockdev --getsize64 {device}")), 160 * MIB, "blockdev")
        self.compute2.run(f"dd if=/dev/zero of={device} bs=1M seek=159 count=1 oflag=direct conv=fsync")
        expect_equal(self.cli.ask("map", "nas", "tank/vol", "compute2", "1M"), before | {"size": 160 * MIB}, "the mapping")
        properties = "volsize,refreservation"
        size, reserved = map(int, self.nas.out_of(f"zfs get -H -p -o value {properties} tank/vol").split())
        expect_equal(size, 160 * MIB, "volsize")
        expect(160 * MIB <= reserved < 180 * MIB, f"the reservation has not followed: {reserved}")
        self.agree()

    def grows_not(self) -> None:
        available = int(self.nas.out_of("zfs get -H -p -o value available tank"))
        for code, size in (("RESOURCE_EXHAUSTED", available // MIB * MIB + 160 * MIB), ("FAILED_PRECONDITION", "100M")):
            self.unchanged_by(lambda: self.cli.refused(code, "grow", "nas", "tank/vol", size))
        self.unchanged_by(lambda: self.cli.ask("grow", "nas", "tank/vol", "160M"))

    def exposes(self) -> None:
        connection = self.cli.ask("expose", "nas", "tank/given", "host9", self.compute1.initiator, "64M")["data"]
        (volume,) = self.cli.ask("ls", "nas", "tank/given")
        expect_equal(volume["mapping"], None, "the mapping of an exposure")
        expect_equal(volume["exposure"]["target"], connection["target_iqn"], "the target in the list")
        expect("auth_password" not in str(volume), f"a list with a secret: {volume}")
        node = f"iscsiadm -m node -T {connection['target_iqn']} -p {connection['target_portal']}"
        login = {
            "authmethod": "CHAP",
            "username": connection["auth_username"],
            "password": connection["auth_password"],
            "username_in": connection["target_auth_username"],
            "password_in": connection["target_auth_password"],
        }
        settings = " ".join(f"-n node.session.auth.{name} -v {value}" for name, value in login.items())
        self.compute1.run(f"{node} -o new && {node} -o update {settings} && {node} --login")
        try:
            disk = "ls /sys/class/iscsi_session/session*/device/target*/*/block"
            rescan = "echo 1 > /sys/block/$disk/device/rescan; blockdev --getsize64 /dev/$disk"
            self.cli.ask("grow", "nas", "tank/given", "96M")
            find = f"for disk in $({disk} | grep '^sd'); do {rescan}; done"
            expect(str(96 * MIB) in self.compute1.out_of(find).split(), "no disk of the new size after a rescan")
            refusal = self.cli.refused("FAILED_PRECONDITION", "unmap", "nas", "tank/given", "host9")
            expect(self.compute1.initiator in str(refusal.error), f"the initiator is not named: {refusal}")
        finally:
            self.compute1.run(f"{node} --logout; {node} -o delete", check=False)
        self.cli.ask("unmap", "nas", "tank/given", "host9")
        self.agree()

    def admits_one(self) -> None:
        node = f"iscsiadm -m node -T {self.volume()['mapping']['target']} -p {self.nas.ipv4}:3260"
        try:
            self.compute1.run(f"{node} -o new")
            expect_equal(self.compute1.run(f"{node} --login", check=False).code, LOGIN_REFUSED, "iscsiadm's exit status")
        finally:
            self.compute1.run(f"{node} -o delete")
        self.agree()

    def mapped_elsewhere(self) -> None:
        self.unchanged_by(lambda: self.cli.refused("FAILED_PRECONDITION", "map", "nas", "tank/vol", "compute1", "100M"))

    def delete_mapped(self) -> None:
        self.unchanged_by(lambda: self.cli.refused("FAILED_PRECONDITION", "rm", "nas", "tank/vol"))

    def unmap_open(self) -> None:
        device = self.volume()["mapping"]["device"]
        holder = self.compute2.spawn(f"exec 3<>{device}; echo $$ > /run/holder; exec tail -f /dev/null")
        try:
            pid = self.compute2.out_of("until [ -s /run/holder ]; do sleep 0.1; done; cat /run/holder")
            refusal = self.unchanged_by(
                lambda: self.cli.refused("FAILED_PRECONDITION", "unmap", "nas", "tank/vol", "compute2")
            )
            expect(pid in words(refusal.error), f"the holder's pid {pid} is not named: {refusal}")
            expect("tail" in words(refusal.error), f"the holder's command 'tail' is not named: {refusal}")
            self.compute2.run(f"dd if=/proc/{pid}/fd/3 of=/dev/null bs=4k count=1 iflag=direct")
        finally:
            self.compute2.run("kill $(cat /run/holder); rm /run/holder", check=False)
            holder.wait(30)

    def no_such_node(self) -> None:
        # Most of a call is the start of a JVM: what `ls` of the same NAS takes is no part of the request's time.
        # The best of three each: on a busy machine a single one tells of its neighbours.
        usual = min(self.cli.call("ls", "nas").seconds for _ in range(3))
        fastest = self.unchanged_by(lambda: min(self.map_to_nowhere().seconds for _ in range(3)))
        took = fastest - usual
        expect(took < 2, f"took {took:.1f} s longer than the {usual:.1f} s of an ls")

    def map_to_nowhere(self):
        return self.cli.refused("UNAVAILABLE", "map", "nas", "tank/nowhere", "compute9", "100M")

    def full_pool(self) -> None:
        available = int(self.nas.out_of("zfs get -H -p -o value available tank"))
        self.unchanged_by(
            lambda: self.cli.refused("RESOURCE_EXHAUSTED", "map", "nas", "tank/toobig", "compute1", available // MIB * MIB)
        )

    def many(self) -> None:
        calls = [
            self.cli.started("map", "nas", f"tank/v{number}", f"compute{number % 2 + 1}", "64M", timeout=300)
            for number in range(1, MANY + 1)
        ]
        answers = [call.answer() for call in calls]
        expect_equal([str(answer) for answer in answers if not answer.ok], [], "maps that failed")
        slowest = max(answer.seconds for answer in answers)
        self.lab.report.progress(f"{MANY} maps started at once, answered within {slowest:.1f} s, JVMs included")
        for key in ("id", "target", "stablePath"):
            expect_equal(len({answer.value[key] for answer in answers}), MANY, f"how many a different {key}")
        self.agree()

    def nothing_left(self) -> None:
        clear_away(self.lab, self.cli)

    def agree(self) -> dict:
        return agree(self.lab, self.cli)

    def volume(self) -> dict:
        (volume,) = self.cli.ask("ls", "nas", "tank/vol")
        return volume

    def unchanged_by(self, call):
        """Makes a call that must change nothing, neither in what vmstore says nor in the kernels."""
        before = self.agree()
        answer = call()
        expect_equal(self.agree(), before, "the volumes after the refusal")
        return answer


def words(document) -> set:
    """The words of all texts in a JSON document, without the quotes and brackets around them."""
    if isinstance(document, dict):
        document = " ".join(" ".join(map(str, item)) for item in document.items())
    for mark in "'\"(),:;[]{}.":
        document = document.replace(mark, " ")
    return set(document.split())
