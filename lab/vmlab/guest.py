"""One emulated machine: its disks outlive its power, everything else starts anew at each boot."""

import json
import os
import re
import shlex
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from vmlab import process
from vmlab.image import Image
from vmlab.report import LabError, expect

GUEST_FILES = Path(__file__).resolve().parent.parent / "guest"
BOOT_SECONDS = 600
# Loaded for what the emulated hardware seems to have, and then never used: seconds of every boot.
UNWANTED_MODULES = "aesni_intel,ghash_clmulni_intel,pcspkr,iTCO_wdt,lpc_ich,powernow_k8"


@dataclass(frozen=True)
class Node:
    """What a scenario asks for when it wants a machine."""

    name: str
    role: str  # nas | compute
    memory: int = 1536  # MiB
    pool_size: int = 3 << 30  # bytes; sparse, and only a NAS has one
    pool_of: str = ""  # the NAS whose pool's disk this one has as well, instead of one of its own
    paths: int = 1  # 2: it is on the network 'storage2' as well, which shares nothing with 'storage'


@dataclass(frozen=True)
class Result:
    """What a command in a guest left behind."""

    command: str
    code: int
    out: str
    err: str
    seconds: float

    def __str__(self) -> str:
        return f"`{self.command}` ended with {self.code} after {self.seconds:.2f} s\n{self.out}{self.err}".rstrip()


@dataclass(frozen=True)
class Surroundings:
    """What all guests of a lab share."""

    image: Image
    work: Path  # sockets, keys and disks; gone at the end
    out: Path  # logs
    switches: dict  # sockets, by network
    distribution: Path
    progress: object


class Guest:
    """
    Obtained from a Lab. `run` wants the guest booted; `power_cut` is what a pulled plug is: nothing in the guest is told,
    and only what its disks were given is there at the next `boot`.
    """

    def __init__(self, node: Node, number: int, surroundings: Surroundings):
        self.node = node
        self.name = node.name
        self.ipv4 = f"10.77.0.{number}"
        self.ipv6 = f"fd77::{number}"
        self.ipv4_second = f"10.78.0.{number}"  # on 'storage2', when it has two paths
        self.initiator = f"iqn.2026-11.io.vmstore.lab:{node.name}"
        self.out = surroundings.out / node.name
        self.out.mkdir(parents=True)
        self._number = number
        self._around = surroundings
        self._qemu = None
        self._master = None
        self._console_read = 0
        self._ssh_port = process.free_port()
        self._disk("state").touch()
        os.truncate(self._disk("state"), 256 << 20)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", self._disk("state")], check=True)
        if self.owns_pool():
            self._disk("pool").touch()
            os.truncate(self._disk("pool"), node.pool_size)

    def owns_pool(self) -> bool:
        return self.node.role == "nas" and not self.node.pool_of

    # Power

    def boot(self) -> None:
        self.start()
        self.await_ready()

    def start(self) -> None:
        """Switches it on and does not wait, so that several can boot at once."""
        self._started = time.monotonic()
        with open(self.out / "qemu.log", "a") as log:
            self._qemu = process.start(self._command(), log)

    def await_ready(self) -> None:
        """Returns when it can be logged in to."""
        process.wait_until(self._said_ready, BOOT_SECONDS, f"'{self.name}' to boot, see {self._console}", every=0.2)
        seconds = time.monotonic() - self._started
        with open(self.out / "ssh.log", "a") as log:
            self._master = process.start([*self._ssh(), "-M", "-N"], log)
        process.wait_until(self._logged_in, 60, f"an ssh connection to '{self.name}'")
        self._around.progress(f"{self.name} booted in {seconds:.1f} s")

    def power_cut(self) -> None:
        process.stop(self._qemu, patience=0, with_signal=9)
        self._end_master()
        self._console_read = self._console.stat().st_size

    def shutdown(self) -> None:
        """An orderly end: the guest's services are stopped and its file systems written."""
        self.run("systemctl poweroff", check=False)
        process.wait_until(lambda: self._qemu.poll() is not None, 90, f"'{self.name}' to shut down")
        self.power_cut()

    def answers(self) -> bool:
        """Whether there is any use in asking it."""
        return self._master is not None and self._master.poll() is None

    def discard(self) -> None:
        """The end of the lab: power off and throw the disks away."""
        if self._qemu:
            self.power_cut()
        for disk in ("state", "pool"):
            self._disk(disk).unlink(missing_ok=True)

    # Commands

    def run(self, command: str, check: bool = True, timeout: float = 120, stdin: str = "") -> Result:
        """Runs a bash command as root. With check, an exit other than 0 is raised. What is not UTF-8 is replaced."""
        start = time.monotonic()
        try:
            done = subprocess.run(
                [*self._ssh(), self._bash(command)],
                input=stdin, capture_output=True, errors="replace", timeout=timeout,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise LabError(f"on '{self.name}': `{command}` did not end within {timeout} s") from None
        result = Result(command, done.returncode, done.stdout, done.stderr, time.monotonic() - start)
        expect(not check or result.code == 0, f"on '{self.name}': {result}")
        return result

    def out_of(self, command: str, **options) -> str:
        """The command's output without surrounding blanks."""
        return self.run(command, **options).out.strip()

    def spawn(self, command: str) -> subprocess.Popen:
        """Starts a command and leaves it running; killing it here ends only the ssh side."""
        return process.start([*self._ssh(), self._bash(command)], subprocess.DEVNULL)

    def converse(self, command: str) -> subprocess.Popen:
        """Starts a command whose standard input and output, lines of text, are the caller's; it ends with the lab."""
        return process.piped([*self._ssh(), self._bash(command)])

    def login(self) -> str:
        """The command that opens a shell in it."""
        return shlex.join(map(str, self._ssh()))

    # Network

    def link(self, up: bool, network: str = "storage") -> None:
        """Plugs or pulls the cable of 'storage', 'storage2' or 'uplink' (the way to the broker)."""
        self._monitor("set_link", name=network, up=up)

    def _monitor(self, command: str, **arguments) -> None:
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(10)
            monitor.connect(str(self._socket("monitor")))
            with monitor.makefile("rw") as lines:
                for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                    lines.write(json.dumps(request) + "\n")
                    lines.flush()
                    answer = {}
                    while not answer.keys() & {"return", "error"}:  # greeting and events come in between
                        answer = json.loads(lines.readline())
                    if "error" in answer:
                        raise LabError(f"QEMU refuses {request}: {answer['error']}")

    # How it is built

    @property
    def _console(self) -> Path:
        return self.out / "console.log"

    def _disk(self, name: str) -> Path:
        return self._around.work / f"{self.name}.{name}.img"

    def _socket(self, name: str) -> Path:
        return self._around.work / f"{self.name}.{name}"

    def _said_ready(self) -> bool:
        if self._qemu.poll() is not None:
            raise LabError(f"'{self.name}' went off while booting, see {self._console} and {self.out / 'qemu.log'}")
        if not self._console.exists():
            return False
        with open(self._console, "rb") as console:
            console.seek(self._console_read)
            return b"lab-ready" in console.read()

    def _logged_in(self) -> bool:
        if self._master.poll() is not None:
            raise LabError(f"ssh to '{self.name}' failed, see {self.out / 'ssh.log'}")
        return self._socket("ssh").exists()

    def _end_master(self) -> None:
        if self._master:
            process.stop(self._master)
            self._socket("ssh").unlink(missing_ok=True)

    def _bash(self, command: str) -> str:
        return f"LC_ALL=C bash -c {shlex.quote(command)}"

    def _ssh(self) -> list:
        options = {
            "ControlPath": self._socket("ssh"),
            "IdentityFile": self._around.work / "key",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "no",  # the image's host keys prove nothing
            "UserKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "ConnectTimeout": "10",
            "ServerAliveInterval": "30",
        }
        arguments = [f"-o{key}={value}" for key, value in options.items()]
        return ["ssh", "-F", "none", *arguments, "-p", str(self._ssh_port), "root@127.0.0.1"]

    def _command(self) -> list:
        number = f"{self._number:02x}"
        return [
            "qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot", "-name", self.name,
            # One processor: three guests share a machine, and an emulated spinlock waits for a core as well.
            *accelerator(), "-M", "q35,sata=off,smbus=off,i8042=off,vmport=off", "-smp", 1, "-m", self.node.memory,
            "-kernel", self._around.image.kernel, "-initrd", self._around.image.initrd, "-append", self._boot_line(),
            "-chardev", f"file,id=console,path={self._console},append=on", "-serial", "chardev:console",
            "-qmp", f"unix:{self._socket('monitor')},server=on,wait=off",
            *drive("root", self._around.image.root, "snapshot=on"),
            *drive("state", self._disk("state")),
            *(self._pool() if self.node.role == "nas" else []),
            *shared("guest", GUEST_FILES, "readonly=on"),
            *shared("out", self.out),
            *(shared("dist", self._around.distribution, "readonly=on") if self._around.distribution.is_dir() else []),
            *self._storage("storage", f"52:54:00:77:00:{number}"),
            *(self._storage("storage2", f"52:54:00:78:00:{number}") if self.node.paths > 1 else []),
            *nic("uplink", f"52:54:00:02:00:{number}", "user,ipv6=off,net=10.0.2.0/24"),
            # For ssh alone, so that a scenario which cuts the other two can still look inside.
            *nic("control", f"52:54:00:03:00:{number}",
                 f"user,ipv6=off,net=10.0.3.0/24,restrict=on,hostfwd=tcp:127.0.0.1:{self._ssh_port}-10.0.3.15:22"),
        ]  # fmt: skip

    def _storage(self, network: str, mac: str) -> list:
        return nic(network, mac, f"stream,server=off,addr.type=unix,addr.path={self._around.switches[network]}")

    def _pool(self) -> list:
        # Two machines may have it; that only one of them writes is what a scenario is about.
        owner = self.node.pool_of or self.name
        return drive("pool", self._around.work / f"{owner}.pool.img", "cache=writeback,file.locking=off")

    def _boot_line(self) -> str:
        words = {
            "console": "ttyS0",
            "root": "/dev/disk/by-id/virtio-root",
            "panic": "-1",
            "mitigations": "off",
            "net.ifnames": "0",
            "module_blacklist": UNWANTED_MODULES,
            "lab.name": self.name,
            "lab.role": self.node.role,
            "lab.ipv4": f"{self.ipv4}/24",
            "lab.ipv6": f"{self.ipv6}/64",
            "lab.key": (self._around.work / "key.pub").read_text().split()[1],
        }
        if self.node.paths > 1:
            words["lab.second"] = f"{self.ipv4_second}/24"
        if self.node.role == "compute":
            words["systemd.wants"] = "iscsid.service"
        return " ".join(f"{key}={value}" for key, value in words.items()) + " rw quiet"


def accelerator() -> list:
    """
    KVM where it works, else emulation on all cores. A device node alone proves nothing: there are hosts where it makes
    a machine that never boots, because the processor has no virtualization to lend.
    """
    flags = set(re.findall(r"\b(?:vmx|svm)\b", Path("/proc/cpuinfo").read_text()))
    if flags and os.access("/dev/kvm", os.R_OK | os.W_OK):
        return ["-accel", "kvm", "-cpu", "host"]
    # Each page of a five-level table would cost another emulated step; nobody nests machines here.
    return ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,la57=off,svm=off"]


def drive(name: str, file: Path, options: str = "cache=writeback") -> list:
    # The guest finds it as /dev/disk/by-id/virtio-NAME.
    return [
        "-drive", f"id={name},file={file},if=none,format=raw,{options}",
        "-device", f"virtio-blk-pci,drive={name},serial={name}",
    ]  # fmt: skip


def shared(tag: str, directory: Path, options: str = "security_model=none") -> list:
    security = "" if "security_model" in options else "security_model=none,"
    return ["-virtfs", f"local,path={directory},mount_tag={tag},{security}{options}"]


def nic(name: str, mac: str, backend: str) -> list:
    kind, _, options = backend.partition(",")
    return ["-netdev", f"{kind},id={name},{options}", "-device", f"virtio-net-pci,netdev={name},mac={mac},romfile="]
