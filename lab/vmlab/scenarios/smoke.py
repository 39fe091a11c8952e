"""The whole path by hand, without vmstore: what the lab and the kernels in it do by themselves."""

import uuid

from vmlab.kernel import look
from vmlab.process import wait_until
from vmlab.report import expect, expect_equal

RUNS_VMSTORE = False

MIB = 1 << 20
SIZE = 64 * MIB
SERIAL = str(uuid.uuid4())
TARGET = f"iqn.2026-11.io.vmstore.lab:{SERIAL}"
ZVOL = "/dev/zvol/tank/smoke"

# What iscsiadm exits with; the README says what each was seen for.
SESSION_EXISTS, LOGIN_REFUSED, NONE_FOUND = 15, 24, 21


def run(lab) -> None:
    nas, compute1, compute2 = (lab.guest(name) for name in ("nas", "compute1", "compute2"))
    with lab.check("a pool and a zvol of the asked size are made"):
        make_zvol(nas)
    with lab.check("an exported zvol is open for nobody else who asks exclusively"):
        export(nas, compute1)
        expect_equal(open_exclusively(nas, ZVOL), "EBUSY", f"opening {ZVOL} with O_EXCL")
    with lab.check("the initiator's disk has the size and serial of the volume"):
        login(compute1, f"{nas.ipv4}:3260")
        (disk,) = look(compute1).disks
        expect_equal((disk.iqn, disk.serial, disk.size), (TARGET, SERIAL, SIZE), "disk")
    with lab.check("what is written is read back"):
        write_and_compare(compute1)
    with lab.check("another initiator is refused"):
        expect_equal(try_login(compute2, f"{nas.ipv4}:3260"), LOGIN_REFUSED, "exit status")
    with lab.check("a second login says that a session exists"):
        expect_equal(try_login(compute1, f"{nas.ipv4}:3260"), SESSION_EXISTS, "exit status")
    with lab.check("a portal of IPv6 gives a second path to the same disk"):
        login(compute1, f"[{nas.ipv6}]:3260")
        expect_equal([disk.serial for disk in look(compute1).disks], [SERIAL] * 2, "serials")
    with lab.check("a pulled cable stops the storage network and nothing else"):
        cable(nas, compute1)
    with lab.check("after logout and deletion nothing is left"):
        logout(compute1)
        nas.run(f"/lab/guest/lio unexport smoke {TARGET} && zfs destroy tank/smoke")
        for guest in lab.guests():
            expect_equal(look(guest).leftovers(), [], guest.name)
    with lab.check("a power cut loses no synced byte, and the pool is there again after boot"):
        power_cut(nas)


def make_zvol(nas) -> None:
    nas.run("zpool create -O mountpoint=none tank /dev/disk/by-id/virtio-pool")
    nas.run(f"zfs create -V {SIZE} tank/smoke && udevadm wait --timeout=30 {ZVOL}")
    expect_equal(look(nas).zvols, [("tank/smoke", SIZE)], "zvols")


def export(nas, compute) -> None:
    portals = f"{nas.ipv4}:3260 '[{nas.ipv6}]:3260'"
    nas.run(f"/lab/guest/lio export smoke {ZVOL} {TARGET} {SERIAL} {compute.initiator} {portals}")


def open_exclusively(guest, device: str) -> str:
    program = f"""
import errno, os
try:
    os.close(os.open("{device}", os.O_RDWR | os.O_EXCL)); print("ok")
except OSError as refusal:
    print(errno.errorcode[refusal.errno])
"""
    return guest.out_of("python3 -", stdin=program)


def login(compute, portal: str) -> None:
    expect_equal(try_login(compute, portal), 0, "exit status of the login")


def try_login(compute, portal: str) -> int:
    node = f"iscsiadm -m node -T {TARGET} -p {portal}"
    once = "-n node.session.initial_login_retry_max -v 1"
    result = compute.run(f"{node} -o new && {node} -o update {once} && {node} --login", check=False)
    if result.code not in (0, SESSION_EXISTS):
        compute.run(f"{node} -o delete")
    return result.code


def logout(compute) -> None:
    compute.run(f"iscsiadm -m node -T {TARGET} --logout && iscsiadm -m node -T {TARGET} -o delete")
    expect_equal(compute.run("iscsiadm -m session", check=False).code, NONE_FOUND, "exit status without a session")


def write_and_compare(compute) -> None:
    compute.run(
        "head -c 8M /dev/urandom > /dev/shm/data && dd if=/dev/shm/data of=/dev/sda bs=1M oflag=direct"
        " && dd if=/dev/sda of=/dev/shm/back bs=1M count=8 iflag=direct && cmp /dev/shm/data /dev/shm/back"
    )


def cable(nas, compute) -> None:
    connect = f"timeout 2 bash -c '< /dev/tcp/{nas.ipv4}/22'"
    compute.run(connect)
    compute.link(up=False)
    expect(compute.run(connect, check=False).code != 0, "the storage network answers through a pulled cable")
    compute.link(up=True)
    wait_until(lambda: compute.run(connect, check=False).code == 0, 30, "the storage network to come back")


def power_cut(nas) -> None:
    nas.run("zfs create -V 8M -o compression=off tank/kept && udevadm wait --timeout=30 /dev/zvol/tank/kept")
    digest = nas.out_of(
        "head -c 4M /dev/urandom > /dev/shm/data && dd if=/dev/shm/data of=/dev/zvol/tank/kept bs=1M conv=fsync"
        " && sha256sum < /dev/shm/data"
    )
    nas.power_cut()
    nas.boot()
    nas.run("udevadm wait --timeout=30 /dev/zvol/tank/kept")
    expect_equal(nas.out_of("head -c 4M /dev/zvol/tank/kept | sha256sum"), digest, "digest after the power cut")
    nas.run("zpool destroy tank")
