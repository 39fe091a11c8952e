"""A laboratory for one scenario: its machines, their network, and whatever else it asks for."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from vmlab import process
from vmlab.guest import Guest, Node, Surroundings
from vmlab.image import ensure_image
from vmlab.report import Report
from vmlab.switch import Switch

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DISTRIBUTION = REPOSITORY / "examples" / "target" / "dist"

NAS = Node("nas", "nas", memory=2048)
COMPUTE1 = Node("compute1", "compute")
COMPUTE2 = Node("compute2", "compute")
USUAL = (NAS, COMPUTE1, COMPUTE2)

# Every how many of a long scenario's cases are run; 1 is all of them.
THIN = int(os.environ.get("VMSTORE_LAB_THIN", "1"))
# Which case is the first, to go on with a run that was interrupted.
FIRST = int(os.environ.get("VMSTORE_LAB_FIRST", "1"))

# What is worth having from a guest after a failure; each runs by itself and may fail.
EVIDENCE = {
    "journal": "journalctl -b --no-pager",
    "dmesg": "dmesg",
    "processes": "ps axfww -o pid,stat,wchan:24,args",
    "network": "ip address; ss -tnp",
    "zfs": "zpool status; zpool list -v; zfs list -o name,volsize,used,available,refreservation; ls -l /dev/zvol/*",
    "target": "cd /sys/kernel/config/target && find . -path '*statistics*' -prune -o -print",
    "iscsi": "iscsiadm -m session -P 3; iscsiadm -m node; ls -l /run/vmstore/devices",
    "block": "lsblk -O",
    "daemon-state": "tar -C /var/lib/vmstore -cf - . | base64",
}


def thinned(cases: list) -> list:
    """Every k-th case from VMSTORE_LAB_FIRST on, which is included, when VMSTORE_LAB_THIN is k."""
    return cases[FIRST - 1 :: THIN]


class Some:
    """Some of a lab's guests, for what asks all guests of something."""

    def __init__(self, guests: list):
        self._some = guests

    def guests(self, role: str = None) -> list:
        return [guest for guest in self._some if role in (None, guest.node.role)]


class Lab:
    """
    Use as a context manager; the guests are `lab.guest(NAME)`. Whatever a scenario adds with `on_close` is ended before
    the guests are, last added first.
    """

    def __init__(self, report: Report, out: Path, nodes: tuple = USUAL):
        self.report = report
        self.out = out
        self.work = Path(tempfile.mkdtemp(prefix="vmlab-"))
        self._nodes = nodes
        self._guests = {}
        self._endings = contextlib.ExitStack()
        self.on_close(lambda: shutil.rmtree(self.work, ignore_errors=True))

    def __enter__(self) -> "Lab":
        try:
            image = ensure_image(self.report.progress)
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.work / "key"], check=True)
            switches = {network: self._switch(network) for network in ("storage", "storage2")}
            around = Surroundings(image, self.work, self.out, switches, DISTRIBUTION, self.report.progress)
            for index, node in enumerate(self._nodes):
                guest = Guest(node, 10 + index, around)
                self._guests[node.name] = guest
                self.on_close(guest.discard)
            self._boot()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind, failure, trace) -> None:
        self._close()

    def guest(self, name: str) -> Guest:
        return self._guests[name]

    def guests(self, role: str = None) -> list:
        return [guest for guest in self._guests.values() if role in (None, guest.node.role)]

    def on_close(self, ending) -> None:
        self._endings.callback(ending)

    def check(self, name: str):
        return self.report.check(name)

    def collect_evidence(self) -> None:
        """Writes what the guests know into files next to their consoles."""
        self.report.progress(f"collecting evidence in {os.path.relpath(self.out)}")
        for guest in self.guests():
            for name, command in EVIDENCE.items() if guest.answers() else ():
                result = guest.run(command, check=False, timeout=30)
                (guest.out / f"{name}.txt").write_text(result.out + result.err)

    def describe(self) -> str:
        """How to look into the guests by hand."""
        return "\n".join(f"  {guest.name}: {guest.login()}" for guest in self.guests())

    def _switch(self, network: str) -> Path:
        switch = Switch(self.work / f"{network}.switch")
        self.on_close(switch.close)
        return switch.path

    def _boot(self) -> None:
        start = time.monotonic()
        self.report.progress(f"booting {', '.join(self._guests)}")
        for guest in self.guests():
            guest.start()
        for guest in self.guests():
            guest.await_ready()
        self.report.progress(f"all guests are up, {time.monotonic() - start:.1f} s after power on")

    def _close(self) -> None:
        with process.undisturbed():
            self._endings.close()
