"""Volumes of any target, ours and a foreign one's, over two paths: cut, killed, rebooted, swapped."""

import re

from vmlab.guest import Node
from vmlab.hostagent import Agent
from vmlab.kernel import look
from vmlab.lab import thinned
from vmlab.load import Writer
from vmlab.process import wait_until
from vmlab.report import expect, expect_equal
from vmlab.vmstore import Deployment

NODES = (Node("nas", "nas", memory=2048, paths=2), Node("compute1", "compute", paths=2))

MIB = 1 << 20
ARRAY = "iqn.2003-01.org.linux-iscsi.array:x1"
LOGIN = {"auth_method": "CHAP", "auth_username": "host", "auth_password": "of0the0initiator"}
MUTUAL = {"target_auth_username": "array", "target_auth_password": "of0the0targets0own"}
# Emulated: a boot of multipathd, of udev's rules for each disk, and of iscsiadm.
SECONDS = 240

# docs/operations.md says why; what is not here is Debian's default.
MULTIPATH = """
defaults {
    user_friendly_names no
    skip_kpartx yes
}
"""

# A target with two LUNs and a third disk, which none of vmstore's programs has made.
TARGETCLI = """
set global auto_add_default_portal=false auto_save_on_exit=false
/backstores/fileio create lun0 /var/tmp/lun0 64M
/backstores/fileio create lun1 /var/tmp/lun1 48M
/backstores/fileio create other /var/tmp/other 64M
/iscsi create {target}
/iscsi/{target}/tpg1 set attribute authentication=1 generate_node_acls=0
/iscsi/{target}/tpg1/portals create {first}
/iscsi/{target}/tpg1/portals create {second}
/iscsi/{target}/tpg1/luns create /backstores/fileio/lun0
/iscsi/{target}/tpg1/luns create /backstores/fileio/lun1
/iscsi/{target}/tpg1/acls create {initiator}
/iscsi/{target}/tpg1/acls/{initiator} set auth userid={auth_username} password={auth_password}
/iscsi/{target}/tpg1/acls/{initiator} set auth mutual_userid={target_auth_username} mutual_password={target_auth_password}
"""

# Puts another disk behind LUN 0 of the running target.
SWAP = """
set global auto_add_mapped_luns=false
/iscsi/{target}/tpg1/acls/{initiator} delete 0
/iscsi/{target}/tpg1/luns delete 0
/iscsi/{target}/tpg1/luns create /backstores/fileio/{disk} 0
/iscsi/{target}/tpg1/acls/{initiator} create 0 0
"""


class WithoutCompute:
    """A lab whose compute nodes have no daemon: the agent is alone there."""

    def __init__(self, lab):
        self._lab = lab

    def __getattr__(self, name: str):
        return getattr(self._lab, name)

    def guests(self, role: str = None) -> list:
        return [] if role == "compute" else self._lab.guests("nas")


def run(lab) -> None:
    Managed(lab).run()


class Managed:
    """The steps; each leaves what the next one starts from."""

    def __init__(self, lab):
        self.lab = lab
        self.nas, self.host = lab.guest("nas"), lab.guest("compute1")
        portals = f"{self.nas.ipv4}:3260, {self.nas.ipv4_second}:3260"
        self.cli = Deployment(WithoutCompute(lab), portals=portals).cli
        self.agent = Agent(self.host, **{"iscsi.address": self.host.ipv4, "iscsi.multipath": "enforced"})
        self.ours = {}

    def run(self) -> None:
        self.start_multipathd()
        self.agent.start()
        steps = {
            "the host says what it is": self.says,
            "an export of ours is attached over both portals as one device": self.attach_ours,
            "attached again it is the same device, with other information it is refused": self.again,
            "two LUNs of a target made with targetcli are attached, each alone, with CHAP": self.attach_array,
            "a wrong secret is refused, and leaves the others alone": self.wrong_secret,
            "no secret was an argument or is in a log": self.no_secret,
            "one path cut under running I/O: no error; restored, it is used again": self.path_cut,
            "it grows under running I/O, on both paths": self.grows,
            "a volume in use is not detached, and who has it is named": self.in_use,
            "after a power cut nothing exists, and all is attached again with its data": self.reboot,
            "a LUN swapped behind the same address is refused, before and after it was attached": self.swapped,
            "one LUN detached leaves the session to the other": self.one_of_two,
            "detached without any path left it ends": self.no_path,
            "detached, no dm device, session or record is left": self.detached,
        }
        for name, step in steps.items():
            with self.lab.check(name):
                step()
        self.kill_everywhere()
        with self.lab.check("given back and deleted, nothing is left on the NAS"):
            self.cli.ask("unmap", "nas", "tank/v1", "compute1")
            self.cli.ask("rm", "nas", "tank/v1")
            expect_equal(look(self.nas).zvols, [], "zvols")

    # The machines.

    def start_multipathd(self) -> None:
        """The image has its units masked, and a boot begins with the image."""
        units = "/etc/systemd/system/multipathd.service /etc/systemd/system/multipathd.socket"
        self.host.run("cat > /etc/multipath.conf", stdin=MULTIPATH)
        self.host.run(f"rm {units} && systemctl daemon-reload && systemctl start multipathd.service")

    def targetcli(self, commands: str, **words) -> None:
        portals = {"first": self.nas.ipv4, "second": self.nas.ipv4_second}
        words = {"target": ARRAY, "initiator": self.host.initiator, **portals, **LOGIN, **MUTUAL, **words}
        done = self.nas.run("python3 /lab/guest/bench_targetcli.py", stdin=commands.format(**words), timeout=SECONDS)
        trouble = re.compile(r"^(?!Warning).*(not found|invalid|error|cannot|no such|could not)", re.IGNORECASE | re.MULTILINE)
        expect(not trouble.search(done.out), f"targetcli: {done}")

    def array(self, lun: int, **data) -> dict:
        portals = [f"{address}:3260" for address in (self.nas.ipv4, self.nas.ipv4_second)]
        plural = {"target_iqns": [ARRAY] * 2, "target_portals": portals, "target_luns": [lun] * 2}
        return {"driver_volume_type": "iscsi", "data": {**plural, **LOGIN, **MUTUAL, **data}}

    def info(self, *ids) -> dict:
        return {volume["vol_id"]: volume for volume in self.agent.ask("volumes_info", vol_ids=list(ids))}

    def exists(self, name: str) -> str:
        return self.info(name)[name]["exists"]

    def dm(self) -> dict:
        """The multipath devices: name to the states of their paths, A for active and F for failed."""
        lines = self.host.out_of("dmsetup status --target multipath").splitlines()
        return {line.split(":")[0]: re.findall(r" \d+:\d+ ([AF])", line) for line in lines if "multipath" in line}

    def remains(self) -> list:
        """What a volume can leave behind on the host."""
        facts = look(self.host)
        return [*facts.sessions, *facts.records, *facts.disks, *self.dm(), *self.host.out_of("ls /run/vmstore/managed", check=False).split()]

    def fill(self, volume: dict, text: str) -> None:
        self.host.run(f"yes '{text}' | head -c 1M | dd of={volume['path']} iflag=fullblock bs=1M oflag=direct status=none")

    def holds(self, volume: dict, text: str) -> None:
        read = f"dd if={volume['path']} bs=1M count=1 iflag=direct status=none"
        self.host.run(f"cmp <(yes '{text}' | head -c 1M) <({read})")

    def requires_device(self, volume: dict, size: int, paths: int = 2) -> None:
        """The answer against the kernel."""
        name = volume["attachment"]["multipath_id"]
        expect_equal(volume["path"], f"/dev/mapper/{name}", "path")
        expect_equal(volume["attachment"]["scsi_wwn"], name, "the name of the multipath device")
        expect_equal(volume["attachment"]["path"], self.host.out_of(f"realpath {volume['path']}"), "the kernel's name")
        expect_equal((volume["exists"], volume["vmstore_size"]), ("True", size), "exists and size")
        expect_equal(self.dm()[name], ["A"] * paths, "paths")
        dm = volume["attachment"]["path"].removeprefix("/dev/")
        wwids = self.host.out_of(f"cat /sys/block/{dm}/slaves/*/device/wwid").split()
        expect_equal(wwids, [f"naa.{name[1:]}"] * paths, "the names that the paths' disks give themselves")

    # The steps.

    def says(self) -> None:
        info = self.agent.ask("connector_info")["connector_info"]
        expected = {"initiator": self.host.initiator, "ip": self.host.ipv4, "host": "compute1", "platform": "x86_64",
                    "os_type": "linux", "multipath": "True", "do_local_attach": "False"}  # fmt: skip
        expect_equal(info, expected, "connector_info")

    def attach_ours(self) -> None:
        self.ours = self.cli.ask("expose", "nas", "tank/v1", "compute1", self.host.initiator, "64M")
        portals = [f"{address}:3260" for address in (self.nas.ipv4, self.nas.ipv4_second)]
        expect_equal(sorted(self.ours["data"]["target_portals"]), portals, "portals of the connection_info")
        self.v1 = self.agent.ask("attach_volume", vol_id="v1", connection_info=self.ours)
        self.requires_device(self.v1, 64 * MIB)
        serials = {disk.serial for disk in look(self.host).disks}
        expect_equal(serials, {self.ours["data"]["vmstore_serial"]}, "the disks' serial numbers")
        self.fill(self.v1, "v1")

    def again(self) -> None:
        before = look(self.host)
        expect_equal(self.agent.ask("attach_volume", vol_id="v1", connection_info=self.ours), self.v1, "the second answer")
        other = {**self.ours, "data": {**self.ours["data"], "access_mode": "ro"}}
        self.agent.refused("ALREADY_EXISTS", "attach_volume", vol_id="v1", connection_info=other)
        self.agent.refused("ALREADY_EXISTS", "attach_volume", vol_id="v2", connection_info=self.ours)
        expect_equal(vars(look(self.host)), vars(before), "what is on the host")
        self.holds(self.v1, "v1")

    def attach_array(self) -> None:
        self.targetcli(TARGETCLI)
        self.a0 = self.agent.ask("attach_volume", vol_id="a0", connection_info=self.array(0))
        self.requires_device(self.a0, 64 * MIB)
        expect_equal({disk.size for disk in self.disks(ARRAY)}, {64 * MIB}, "no LUN but the one asked for")
        self.a1 = self.agent.ask("attach_volume", vol_id="a1", connection_info=self.array(1, access_mode="ro"))
        self.requires_device(self.a1, 48 * MIB)
        expect_equal(len([session for session in look(self.host).sessions if session.iqn == ARRAY]), 2, "sessions for two LUNs")
        self.fill(self.a0, "a0")
        refused = self.host.run(f"dd if=/dev/zero of={self.a1['path']} bs=4k count=1 oflag=direct", check=False)
        expect(refused.code != 0, "a volume attached read-only was written to")
        self.holds(self.v1, "v1")

    def disks(self, target: str) -> list:
        return [disk for disk in look(self.host).disks if disk.iqn == target]

    def wrong_secret(self) -> None:
        self.agent.ask("detach_volume", vol_id="a1")
        self.agent.ask("detach_volume", vol_id="a0")
        before = self.remains()
        wrong = self.array(0, auth_password="another0secret0x")
        self.agent.refused("PERMISSION_DENIED", "attach_volume", vol_id="a0", connection_info=wrong)
        self.agent.refused("NOT_FOUND", "attach_volume", vol_id="a9", connection_info=self.array(9))
        expect_equal(self.remains(), before, "what a refused attach leaves")
        expect_equal(sorted(self.info()), ["v1"], "the database")
        self.a0 = self.agent.ask("attach_volume", vol_id="a0", connection_info=self.array(0))
        self.holds(self.a0, "a0")

    def no_secret(self) -> None:
        secrets = [LOGIN["auth_password"], MUTUAL["target_auth_password"], "another0secret0x", self.ours["data"]["auth_password"]]
        log = self.agent.said() + self.host.run("journalctl -b --no-pager").out
        expect(not any(secret in log for secret in secrets), "a secret is in a log")
        modes = self.host.out_of("find /etc/iscsi/nodes -type f -printf '%m %u\\n' | sort -u")
        expect_equal(modes, "600 root", "modes of the node records")
        search = "setpriv --reuid=65534 --regid=65534 --clear-groups grep -rlsF -f - /etc /run /var/lib /var/log /tmp"
        found = self.host.run(search, check=False, stdin="".join(f"{secret}\n" for secret in secrets)).out
        expect_equal(found, "", "files with a secret that others can read")

    def path_cut(self) -> None:
        name = self.v1["attachment"]["multipath_id"]
        writer = Writer(self.host, self.v1["path"])
        try:
            self.nas.link(False, "storage2")
            wait_until(lambda: self.dm()[name].count("F") == 1, SECONDS, "the path to fail", every=1)
            writer.await_more(SECONDS)
            expect_equal(self.exists("v1"), "True", "exists, over one path")
            self.nas.link(True, "storage2")
            wait_until(lambda: self.dm()[name] == ["A", "A"], SECONDS, "the path to be used again", every=1)
            writer.await_more(SECONDS)
            self.nas.link(False, "storage")
            wait_until(lambda: self.dm()[name].count("F") == 1, SECONDS, "the other path to fail", every=1)
            writer.await_more(SECONDS)
            self.nas.link(True, "storage")
            wait_until(lambda: self.dm()[name] == ["A", "A"], SECONDS, "the other path to be used again", every=1)
            expect_equal(writer.error(), "", "what the writer got")
        finally:
            self.nas.link(True, "storage2")
            self.nas.link(True, "storage")
            writer.stop()
        writer.judge(self.host, self.v1["path"])

    def grows(self) -> None:
        writer = Writer(self.host, self.v1["path"], "growing")
        try:
            self.cli.ask("grow", "nas", "tank/v1", "96M")
            self.v1 = self.agent.ask("extend_volume", vol_id="v1")
            self.requires_device(self.v1, 96 * MIB)
            expect_equal(int(self.host.out_of(f"blockdev --getsize64 {self.v1['path']}")), 96 * MIB, "blockdev")
            expect_equal({disk.size for disk in self.disks(self.ours["data"]["target_iqn"])}, {96 * MIB}, "the paths' sizes")
            writer.await_more(SECONDS)
        finally:
            writer.stop()
        writer.judge(self.host, self.v1["path"])
        expect_equal(self.agent.ask("extend_volume", vol_id="v1"), self.v1, "what did not grow")

    def in_use(self) -> None:
        self.host.run(f"sleep 1000 < {self.v1['path']} > /dev/null 2>&1 & echo $! > /run/holder")
        try:
            refusal = self.agent.refused("FAILED_PRECONDITION", "detach_volume", vol_id="v1")
            expect("sleep (pid " in str(refusal.error), f"who has it is not named: {refusal}")
            self.requires_device(self.info("v1")["v1"], 96 * MIB)
        finally:
            self.host.run("kill $(cat /run/holder)")

    def restart_host(self) -> None:
        self.host.power_cut()
        self.host.boot()
        self.start_multipathd()
        self.agent.start()

    def reboot(self) -> None:
        self.fill(self.v1, "v1 before the reboot")
        self.restart_host()
        expect_equal({name: volume["exists"] for name, volume in self.info().items()}, {"a0": "False", "v1": "False"}, "exists")
        self.v1 = self.agent.ask("attach_volume", vol_id="v1", connection_info=self.ours)
        self.a0 = self.agent.ask("attach_volume", vol_id="a0", connection_info=self.array(0))
        self.requires_device(self.v1, 96 * MIB)
        self.requires_device(self.a0, 64 * MIB)
        self.holds(self.v1, "v1 before the reboot")
        self.holds(self.a0, "a0")
        expect_equal(self.info(), {"a0": self.a0, "v1": self.v1}, "volumes_info")

    def swapped(self) -> None:
        self.targetcli(SWAP, disk="other")
        expect_equal(self.exists("a0"), "False", "exists, with another disk behind the LUN")
        self.agent.refused("FAILED_PRECONDITION", "extend_volume", vol_id="a0")
        again = self.agent.refused("FAILED_PRECONDITION", "attach_volume", vol_id="a0", connection_info=self.array(0))
        self.lab.report.progress(f"swapped while attached: {again.error['cause']}")
        self.restart_host()
        again = self.agent.refused("FAILED_PRECONDITION", "attach_volume", vol_id="a0", connection_info=self.array(0))
        self.lab.report.progress(f"swapped before it was attached again: {again.error['cause']}")
        # The boot has left v1's node records, which its next attach uses.
        expect_equal([each for each in self.remains() if ARRAY in str(each)], [], "what the refused attach leaves")
        self.targetcli(SWAP, disk="lun0")
        self.a0 = self.agent.ask("attach_volume", vol_id="a0", connection_info=self.array(0))
        self.holds(self.a0, "a0")
        self.v1 = self.agent.ask("attach_volume", vol_id="v1", connection_info=self.ours)

    def one_of_two(self) -> None:
        self.a1 = self.agent.ask("attach_volume", vol_id="a1", connection_info=self.array(1))
        self.agent.ask("detach_volume", vol_id="a0")
        self.requires_device(self.a1, 48 * MIB)
        expect_equal({disk.size for disk in self.disks(ARRAY)}, {48 * MIB}, "the disks of the target")
        self.fill(self.a1, "a1")
        self.agent.ask("detach_volume", vol_id="a1")
        expect_equal([session for session in look(self.host).sessions if session.iqn == ARRAY], [], "sessions of the target")
        expect_equal([record for record in look(self.host).records if record.iqn == ARRAY], [], "records of the target")

    def no_path(self) -> None:
        name = self.v1["attachment"]["multipath_id"]
        try:
            self.nas.link(False, "storage")
            self.nas.link(False, "storage2")
            wait_until(lambda: self.dm()[name] == ["F", "F"], SECONDS, "both paths to fail", every=1)
            expect_equal(self.exists("v1"), "False", "exists, without a path")
            self.agent.ask("detach_volume", vol_id="v1")
            expect_equal(self.remains(), [], "what is left")
        finally:
            self.nas.link(True, "storage")
            self.nas.link(True, "storage2")
        self.v1 = self.agent.ask("attach_volume", vol_id="v1", connection_info=self.ours)
        self.holds(self.v1, "v1 before the reboot")

    def detached(self) -> None:
        self.agent.ask("detach_volume", vol_id="v1")
        expect_equal(self.remains(), [], "what is left")
        expect_equal(self.agent.ask("detach_volume", vol_id="v1"), {}, "detach of what is gone")
        expect_equal(self.info(), {}, "the database")

    # Kills.

    def kill_everywhere(self) -> None:
        points = []
        with self.lab.check("the points of attach and detach are recorded"):
            points = self.record()
        for method, point in thinned(points):
            with self.lab.check(f"{method} killed at {point}: the truth is told, and it works again"):
                self.kill_at(method, point)

    def request(self, method: str) -> dict:
        connection = {"connection_info": self.ours} if method == "attach_volume" else {}
        return {"method": method, "vol_id": "v1", **connection}

    def record(self) -> list:
        """A crash before a call leaves what a crash after the call before it does, but for the first."""
        points = []
        for method in ("attach_volume", "detach_volume"):
            self.agent.crash_points("record")
            heard = len(self.agent.said())
            self.agent.ask(**self.request(method))
            self.agent.crash_points("")
            passed = re.findall(r"crash point: (\S+)", self.agent.said()[heard:])
            points += [(method, point) for point in passed
                       if ":after:" in point and not point.startswith(("store.read", "connector.find"))]  # fmt: skip
        return points

    def kill_at(self, method: str, point: str) -> None:
        if method == "detach_volume":
            self.agent.ask(**self.request("attach_volume"))
        self.agent.crash_points(point)
        try:
            self.agent.begin(**self.request(method))
            ended = self.agent.await_answer_or_end()
        finally:
            self.agent.crash_points("")
        if ended:
            self.agent.start()
        else:
            self.lab.report.progress(f"it did not come to {point} this time")
        told = self.info()
        for volume in told.values():
            here = "path" in volume and self.host.run(f"test -b {volume['path']}", check=False).code == 0
            expect_equal(volume["exists"], str(here), f"exists of {volume}")
        self.v1 = self.agent.ask("attach_volume", vol_id="v1", connection_info=self.ours)
        self.requires_device(self.v1, 96 * MIB)
        self.holds(self.v1, "v1 before the reboot")
        self.agent.ask("detach_volume", vol_id="v1")
        expect_equal(self.remains(), [], "what is left")
