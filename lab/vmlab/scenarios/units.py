"""The units of the distribution: everything works in their sandbox, and nothing else does."""

import re

from vmlab.agreement import agree, clear_away, settle
from vmlab.kernel import look
from vmlab.lab import COMPUTE1, NAS
from vmlab.load import Writer
from vmlab.report import expect, expect_equal
from vmlab.vmstore import Daemon, Deployment

NODES = (NAS, COMPUTE1)

# What `systemd-analyze security` of systemd 252 may say at most, in tenths: what it counts now. All of it is needed, see the
# units and docs/operations.md: root with CAP_SYS_ADMIN, the network of the machine, its devices, on a NAS mount, on a compute
# node the capabilities by which it sees who has a disk open.
EXPOSURE = {"nas": 23, "compute": 27}
MOUNT = "/var/lib/vmstore/pools/tank"
# The compute unit without the capabilities by which it sees the open files of others.
BLIND = "[Service]\nCapabilityBoundingSet=\nCapabilityBoundingSet=CAP_SYS_ADMIN\n"
# How a daemon, a program it started or the kernel says that a sandbox was in the way.
DENIALS = r"not permitted|ermission denied|ead-only file system|not supported by protocol|type=1326|status=226|SIGSYS"

# As in lab/guest/vmstore.service.
LAB = """[Service]
Environment=VMSTORE_JAVA_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m"
StandardOutput=append:/lab/out/vmstore.log
StandardError=append:/lab/out/vmstore.log
"""


def run(lab) -> None:
    Units(lab).run()


class ShippedDaemon(Daemon):
    """A daemon by the unit that is in the distribution, installed as docs/operations.md says."""

    def __init__(self, guest, broker, settings):
        super().__init__(guest, broker, settings)
        self.role = guest.node.role
        self.unit = f"vmstore-{self.role}.service"

    def install(self, java_options: str = "") -> None:
        super().install(java_options)
        self.guest.run(f"ln -sf node.properties /etc/vmstore/{self.role}.properties")
        self.guest.run(f"cp /opt/vmstore/systemd/{self.unit} /etc/systemd/system/")
        self.drop_in("lab", LAB)
        self.guest.run(f"systemctl enable {self.unit}")

    def drop_in(self, name: str, lines: str) -> None:
        directory = f"/etc/systemd/system/{self.unit}.d"
        self.guest.run(f"mkdir -p {directory}; cat > {directory}/{name}.conf; systemctl daemon-reload", stdin=lines)

    def restart(self) -> None:
        self.guest.run(f"systemctl restart {self.unit}")

    def kill(self) -> None:
        """The daemon alone, not what it has started; systemd starts it again."""
        self.guest.run(f"systemctl kill --kill-whom=main --signal=KILL {self.unit}")

    def pid(self) -> str:
        return self.property("MainPID")

    def property(self, name: str) -> str:
        return self.guest.out_of(f"systemctl show --property={name} --value {self.unit}")


class Units:
    """The scenario's steps; each leaves what the next one starts from."""

    def __init__(self, lab):
        self.lab = lab
        self.nas, self.compute = lab.guest("nas"), lab.guest("compute1")
        self.vmstore = Deployment(lab, daemon=ShippedDaemon)
        self.cli = self.vmstore.cli
        self.daemons = [self.vmstore.daemons[guest.name] for guest in (self.nas, self.compute)]

    def run(self) -> None:
        steps = {
            "systemd finds nothing wrong with the units": self.verified,
            "a volume is mapped, written and read": self.mapped,
            "whoever is not root can follow the stable link, and read no record": self.link,
            "the records' file system is mounted for the daemon alone": self.mounted,
            "a restart of each daemon by systemctl leaves the mapping, and its I/O goes on": self.restarted,
            "kill -9 of each daemon: systemd starts it again, and the I/O goes on": self.killed,
            "what a daemon has started outlives its stop": self.children,
            "what a daemon has no need of is refused in its sandbox, and only there": self.probed,
            "a disk that a process has open, root's or another user's, is not unmapped": self.in_use,
            "a daemon that cannot see who has a disk open unmaps nothing": self.blind,
            "a pool is released, exported and imported": self.moved,
            "after unmap and delete nothing is left": lambda: clear_away(self.lab, self.cli),
            "nobody was in the way of the daemons": self.undisturbed,
            "systemd-analyze security": self.exposed,
        }
        for name, step in steps.items():
            with self.lab.check(name):
                step()

    def verified(self) -> None:
        for daemon in self.daemons:
            said = daemon.guest.run(f"systemd-analyze verify {daemon.unit}")
            expect_equal(said.out + said.err, "", f"what systemd says of {daemon.unit}")

    def mapped(self) -> None:
        self.mapping = self.cli.ask("map", "nas", "tank/v", "compute1", "64M")
        device = self.mapping["stablePath"]
        self.compute.run(f"head -c 8M /dev/urandom > /root/random; dd if=/root/random of={device} bs=1M conv=fsync", timeout=300)
        self.compute.run(f"blockdev --flushbufs {device}; cmp -n $((8 << 20)) /root/random {device}", timeout=300)
        agree(self.lab, self.cli)

    def link(self) -> None:
        nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        expect_equal(self.compute.out_of(f"{nobody} readlink {self.mapping['stablePath']}"), self.mapping["device"], "link")
        for guest in (self.nas, self.compute):
            expect(guest.run(f"{nobody} ls /var/lib/vmstore", check=False).code != 0, f"records of {guest.name} are listed")

    def mounted(self) -> None:
        mounts = f"grep -c ' {MOUNT} ' /proc/{{}}/mountinfo"
        daemon = self.daemons[0]
        expect_equal(self.nas.out_of(mounts.format(daemon.pid())), "1", "mounts the daemon sees")
        expect_equal(self.nas.run(mounts.format("self"), check=False).out.strip(), "0", "mounts of the machine")

    def restarted(self) -> None:
        self.comes_back(ShippedDaemon.restart)

    def killed(self) -> None:
        restarts = [int(daemon.property("NRestarts")) for daemon in self.daemons]
        self.comes_back(ShippedDaemon.kill)
        after = [int(daemon.property("NRestarts")) for daemon in self.daemons]
        expect_equal(after, [number + 1 for number in restarts], "restarts by systemd")

    def comes_back(self, end) -> None:
        """Ends each daemon in turn while a machine writes."""
        before = look(self.compute).sessions
        writer = Writer(self.compute, self.mapping["device"])
        try:
            for daemon in self.daemons:
                self.again(daemon, end)
                writer.await_more()
        finally:
            writer.stop()
        writer.judge(self.compute, self.mapping["device"])
        expect_equal(look(self.compute).sessions, before, "sessions")
        settle(self.lab, self.cli)

    @staticmethod
    def again(daemon, end) -> None:
        daemon.mark()
        end(daemon)
        daemon.await_recovered()

    def children(self) -> None:
        # A process in the daemon's control group, as an iscsiadm that waits for a dead portal is.
        for daemon in self.daemons:
            group = f"/sys/fs/cgroup{daemon.property('ControlGroup')}/cgroup.procs"
            child = daemon.guest.spawn(f"echo $$ > {group}; echo $$ > /run/child; exec tail -f /dev/null")
            try:
                pid = daemon.guest.out_of("until [ -s /run/child ]; do sleep 0.1; done; cat /run/child")
                self.again(daemon, ShippedDaemon.restart)
                daemon.guest.run(f"kill -0 {pid}")
            finally:
                daemon.guest.run("kill $(cat /run/child); rm /run/child", check=False)
                child.wait(30)

    def probed(self) -> None:
        for daemon in self.daemons:
            outside = daemon.guest.out_of(f"/lab/guest/probe {daemon.role}").splitlines()
            expect_equal([line for line in outside if not line.startswith("done ")], [], "what fails without the sandbox")
            inside = self.in_sandbox(daemon)
            self.lab.report.progress(f"{daemon.unit}: {', '.join(inside)}")
            wanted = [line if line.startswith("done needs") else line.replace("done", "refused", 1) for line in outside]
            expect_equal(inside, wanted, "what the sandbox refuses")

    @staticmethod
    def in_sandbox(daemon) -> list:
        """The lines of the probe in the daemon's own unit, with another program."""
        daemon.guest.run(
            f"sed -e 's|^ExecStart=.*|ExecStart=/bin/bash /lab/guest/probe {daemon.role}|'"
            " -e 's/^Type=.*/Type=oneshot\\nStandardOutput=truncate:\\/lab\\/out\\/probe.txt/' -e '/^Restart/d'"
            f" /etc/systemd/system/{daemon.unit} > /run/systemd/system/probe.service"
            "; systemctl daemon-reload; modprobe -r dummy; systemctl start probe.service"
        )
        return (daemon.guest.out / "probe.txt").read_text().splitlines()

    def in_use(self) -> None:
        # Opened as a virtual machine's process opens it, which nothing but /proc tells of; by root, and by another user.
        device = self.mapping["device"]
        for user in ("", "setpriv --reuid=65534 --regid=65534 --clear-groups"):
            holder = self.compute.spawn(f"exec 3<>{device}; exec {user} tail -f /dev/null")
            try:
                self.compute.run(f"until fuser -s {device}; do sleep 0.1; done")
                refusal = self.cli.refused("FAILED_PRECONDITION", "unmap", "nas", "tank/v", "compute1")
                expect("tail" in refusal.error["cause"], f"the holder's command 'tail' is not named: {refusal}")
            finally:
                self.compute.run(f"fuser -k {device}", check=False)
                holder.wait(30)
            settle(self.lab, self.cli)

    def blind(self) -> None:
        daemon = self.daemons[1]
        daemon.drop_in("blind", BLIND)
        try:
            self.again(daemon, ShippedDaemon.restart)
            refusal = self.cli.refused("FAILED_PRECONDITION", "unmap", "nas", "tank/v", "compute1")
            expect("cannot be seen" in refusal.error["cause"], f"not refused for want of sight: {refusal}")
        finally:
            self.compute.run(f"rm /etc/systemd/system/{daemon.unit}.d/blind.conf; systemctl daemon-reload")
            self.again(daemon, ShippedDaemon.restart)
        settle(self.lab, self.cli)

    def moved(self) -> None:
        daemon = self.daemons[0]
        daemon.stop()
        self.nas.run("/opt/vmstore/bin/vmstore-nas --release /etc/vmstore/nas.properties", timeout=300)
        self.nas.run("zpool export tank")
        self.nas.run("zpool import tank")
        self.again(daemon, ShippedDaemon.start)
        expect_equal(settle(self.lab, self.cli)["tank/v"]["state"], "MAPPED", "state")

    def undisturbed(self) -> None:
        for daemon in self.daemons:
            log = (daemon.guest.out / "vmstore.log").read_text(errors="replace")
            journal = daemon.guest.out_of(f"journalctl --no-pager --output=cat --unit={daemon.unit}")
            kernel = daemon.guest.out_of("dmesg | grep type=1326", check=False)
            lines = (log + journal + kernel).splitlines()
            expect_equal([line for line in lines if re.search(DENIALS, line)], [], f"denials to {daemon.unit}")

    def exposed(self) -> None:
        for daemon in self.daemons:
            security = daemon.guest.run(
                f"systemd-analyze security --no-pager --threshold={EXPOSURE[daemon.role]} {daemon.unit}", check=False
            )
            self.lab.report.progress(security.out.strip().splitlines()[-1])
            expect(security.code == 0, f"more than {EXPOSURE[daemon.role] / 10} is exposed: {security}")
