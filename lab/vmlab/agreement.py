"""Whether what vmstore says is what the kernels do. Holds at rest only: call it when no request is under way."""

import time

from vmlab.kernel import Disk, Facts, look
from vmlab.lab import Lab
from vmlab.report import Unexpected, expect, expect_equal
from vmlab.vmstore import Cli

LINKS = "/run/vmstore/devices"


def agree(lab: Lab, cli: Cli) -> dict:
    """Compares `ls` and `lsdev` of every node with its kernel; returns the volumes by zvol name."""
    # Asked side by side: most of each answer's time is a JVM's start.
    listings = {nas: cli.started("ls", nas.name) for nas in lab.guests("nas")}
    attached = {compute: cli.started("lsdev", compute.name) for compute in lab.guests("compute")}
    facts = {guest.name: look(guest) for guest in lab.guests()}
    volumes = {}
    for nas, call in listings.items():
        listed = document(call)
        _nas_agrees(listed, facts[nas.name], {guest.name: guest.initiator for guest in attached})
        volumes |= {volume["zvol"]: volume for volume in listed}
    for compute, call in attached.items():
        _compute_agrees(compute, document(call), facts[compute.name], volumes)
    return volumes


def settle(lab: Lab, cli: Cli, seconds: float = 240) -> dict:
    """
    Waits until every node says that nothing differs from its records, and `agree` finds the kernels to say so too; returns
    what that returns.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            for guest, call in [(guest, cli.started("reconcile", guest.name, "--dry-run")) for guest in lab.guests()]:
                expect_equal(document(call), [], f"what reconcile finds on {guest.name}")
            return agree(lab, cli)
        except Unexpected as difference:
            if time.monotonic() > deadline:
                raise Unexpected(f"not settled after {seconds:.0f} s: {difference}") from None


def clear_away(lab: Lab, cli: Cli) -> None:
    """Unmaps and deletes every volume, and expects nothing to be left of any."""
    volumes = agree(lab, cli)
    mapped = [volume for volume in volumes.values() if volume["state"] == "MAPPED"]
    for call in [cli.started("unmap", nas_of(lab), volume["zvol"], volume["host"], timeout=300) for volume in mapped]:
        document(call)
    agree(lab, cli)
    for call in [cli.started("rm", nas_of(lab), zvol, timeout=300) for zvol in volumes]:
        document(call)
    expect_equal(agree(lab, cli), {}, "volumes")
    for guest in lab.guests():
        expect_equal(look(guest).leftovers(), [], f"what is left on {guest.name}")


def nas_of(lab: Lab) -> str:
    (nas,) = lab.guests("nas")
    return nas.name


def document(call):
    answer = call.answer()
    expect(answer.ok, str(answer))
    return answer.value


def _nas_agrees(listed: list, kernel: Facts, initiators: dict) -> None:
    expect_equal(sorted((volume["zvol"], volume["size"]) for volume in listed), sorted(kernel.zvols), "ls against zfs list")
    mapped = [volume["mapping"] for volume in listed if volume["state"] == "MAPPED"]
    expect_equal(sorted(volume["zvol"] for volume in listed if volume["state"] not in ("MAPPED", "UNMAPPED")), [],
                 "volumes at rest that are under way")  # fmt: skip
    serials = sorted(mapping["id"] for mapping in mapped)
    expect_equal(sorted(backstore.serial for backstore in kernel.backstores), serials, "ls against backstores' serials")
    targets = sorted((mapping["target"], "1") for mapping in mapped)
    expect_equal(sorted(kernel.targets), targets, "ls against targets (and whether they are enabled)")
    admitted = sorted((mapping["target"], initiators[mapping["host"]]) for mapping in mapped)
    expect_equal(sorted(kernel.acls), admitted, "ls against the initiators that targets admit")


def _compute_agrees(compute, listed: list, kernel: Facts, volumes: dict) -> None:
    name = compute.name
    targets = sorted(device["target"] for device in listed)
    expect_equal(sorted({session.iqn for session in kernel.sessions}), targets, f"lsdev {name} against sessions")
    expect_equal(sorted({record.iqn for record in kernel.records}), targets, f"lsdev {name} against node records")
    disks = sorted(Disk(path_name(device["device"]), device["target"], device["volumeId"], device["size"], "running")
                   for device in listed)  # fmt: skip
    expect_equal(sorted(kernel.disks), disks, f"lsdev {name} against SCSI disks")
    here = [volume["mapping"] for volume in volumes.values() if volume["state"] == "MAPPED" and volume["host"] == name]
    # Not the kernel's name, which a reboot may change.
    expect_equal(sorted((mapping["id"], mapping["stablePath"]) for mapping in here),
                 sorted((device["volumeId"], device["stablePath"]) for device in listed), f"ls against lsdev {name}")  # fmt: skip
    links = {device["volumeId"]: device["device"] for device in listed}
    expect_equal(stable_links(compute), links, f"lsdev {name} against {LINKS}")


def path_name(device: str) -> str:
    expect(device.startswith("/dev/"), f"'{device}' should be a path below /dev")
    return device.removeprefix("/dev/")


def stable_links(compute) -> dict:
    command = f'shopt -s nullglob; for link in {LINKS}/*; do echo "${{link##*/}} $(realpath "$link")"; done'
    return dict(line.split() for line in compute.run(command).out.splitlines())
