#!/usr/bin/python3
"""
The NAS side of lab/bench: makes, exports and takes away volumes, in each contender's way. See bench_agent.py.

`export` is a document: name, iqn, serial, the initiator and its address, portal, and chap, the four words a login has to
prove, or none.
"""

import errno
import glob
import os
import re
import threading
import time

from bench_agent import PAUSE, read, run, serve, settle, wait_for, write

POOL = "tank"
TARGET = "/sys/kernel/config/target"
PREFIX = "iqn.2026-11.io.vmstore"  # of the targets that are vmstore's own
ERESTARTSYS = 512  # an open of a zvol that met the lock of all pools; see lab/README.md
TGT_AWAY = 107  # ENOTCONN, by which tgtadm says that no daemon answers
CHAP_FILES = ("userid", "password", "userid_mutual", "password_mutual")

WATCH = 0.02  # seconds between two looks
DESTROYED = 300  # seconds, as a storm's hundred are destroyed at once, and udev looks into each

_adapters = iter(range(500_000, 900_000))  # between rtslib's and vmstore's
_targetcli = threading.Lock()


# Volumes


def create(zvol: str, size: int, serial: str) -> None:
    """With the properties that vmstore gives a new volume."""
    run("zfs", "create", "-V", str(size), "-o", "volblocksize=16384", "-o", "sync=always", "-o", f"io.vmstore:id={serial}",
        "-o", "io.vmstore:origin=created", f"{POOL}/{zvol}")  # fmt: skip
    # Without the trigger some links never come; see lab/README.md, "a link that never comes".
    wait_for(lambda: os.path.exists(device(zvol)), f"the link of {zvol}", otherwise=udev_again)


def udev_again() -> None:
    run("udevadm", "trigger", "--action=change", "--subsystem-match=block", "--sysname-match=zd*")


def destroy(zvols: list) -> None:
    for zvol in zvols:
        wait_for(lambda zvol=zvol: destroyed(zvol), f"the end of {zvol}", DESTROYED)


def destroyed(zvol: str) -> bool:
    try:
        run("zfs", "destroy", f"{POOL}/{zvol}")
    except RuntimeError as failure:
        if "does not exist" in str(failure):
            return True
        if "busy" in str(failure):  # udev looks into it
            return False
        raise
    return True


def list_zvols() -> int:
    out, _ = run("zfs", "list", "-H", "-p", "-t", "volume", "-o", "name,volsize")
    return len(out.splitlines())


def device(zvol: str) -> str:
    return f"/dev/zvol/{POOL}/{zvol}"


# The floor: nothing but the kernel's own files


def floor_map(zvol: str, size: int, export: dict) -> None:
    create(zvol, size, export["serial"])
    build(device(zvol), export)


def floor_unmap(zvol: str, export: dict) -> None:
    demolish(export)


def build(path: str, export: dict) -> None:
    backstore = f"{TARGET}/core/iblock_{next(_adapters)}/{export['name']}"
    os.makedirs(backstore)
    write(f"{backstore}/udev_path", path)
    write(f"{backstore}/control", f"udev_path={path}")
    enable(backstore)
    write(f"{backstore}/wwn/vpd_unit_serial", export["serial"])
    if read(f"{backstore}/attrib/max_unmap_block_desc_count") != "0":
        write(f"{backstore}/attrib/emulate_tpu", "1")
    write(f"{backstore}/attrib/emulate_3pc", "0")
    group = f"{TARGET}/iscsi/{export['iqn']}/tpgt_1"
    os.makedirs(os.path.dirname(group))  # the first one also makes iscsi itself, which loads the module
    os.mkdir(group)
    for name, value in attributes(export).items():
        write(f"{group}/attrib/{name}", value)
    os.mkdir(f"{group}/lun/lun_0")
    os.symlink(backstore, f"{group}/lun/lun_0/link")
    os.mkdir(f"{group}/np/{export['portal']}")
    acl = f"{group}/acls/{export['initiator']}"
    os.mkdir(acl)
    os.mkdir(f"{acl}/lun_0")
    os.symlink(f"{group}/lun/lun_0", f"{acl}/lun_0/link")
    write(f"{acl}/lun_0/write_protect", "0")
    for name, value in zip(CHAP_FILES, export["chap"] or ()):
        write(f"{acl}/auth/{name}", value)
    write(f"{group}/enable", "1")


def attributes(export: dict) -> dict:
    return {"authentication": "1" if export["chap"] else "0", "generate_node_acls": "0", "cache_dynamic_acls": "0",
            "demo_mode_write_protect": "1", "demo_mode_discovery": "0"}  # fmt: skip


def enable(backstore: str) -> None:
    while True:
        try:
            return write(f"{backstore}/enable", "1")
        except OSError as failure:
            if failure.errno not in (ERESTARTSYS, errno.EINTR):
                raise
            time.sleep(PAUSE)


def demolish(export: dict) -> None:
    target = f"{TARGET}/iscsi/{export['iqn']}"
    group = f"{target}/tpgt_1"
    (link,) = (entry.path for entry in os.scandir(f"{group}/lun/lun_0") if entry.is_symlink())
    backstore = os.path.realpath(link)
    write(f"{group}/enable", "0")
    for acl in glob.glob(f"{group}/acls/*"):
        unlink_luns(acl)
        os.rmdir(acl)
    unlink_luns(f"{group}/lun")
    for folder in (*glob.glob(f"{group}/np/*"), group, target, backstore, os.path.dirname(backstore)):
        os.rmdir(folder)


def unlink_luns(parent: str) -> None:
    for lun in glob.glob(f"{parent}/lun_*"):
        for entry in os.scandir(lun):
            if entry.is_symlink():
                os.unlink(entry.path)
        os.rmdir(lun)


# targetcli, a process for each command, as most scripts and drivers run it


def targetcli(*words: str) -> None:
    with _targetcli:  # it locks itself as well, and gives up when that takes long
        run("/usr/bin/python3", "/lab/guest/bench_targetcli.py", *words)


def targetcli_prepare() -> None:
    """Once, as an administrator would: without this it makes a portal at 0.0.0.0, which excludes those with an address."""
    os.makedirs("/etc/rtslib-fb-target", exist_ok=True)  # Debian's place for what is saved
    targetcli("set", "global", "auto_add_default_portal=false", "logfile=/dev/null")


def targetcli_map(zvol: str, size: int, export: dict) -> None:
    create(zvol, size, export["serial"])
    group = f"/iscsi/{export['iqn']}/tpg1"
    userid, password, userid_mutual, password_mutual = export["chap"]
    targetcli("/backstores/block", "create", f"name={export['name']}", f"dev={device(zvol)}", f"wwn={export['serial']}")
    targetcli("/iscsi", "create", export["iqn"])
    targetcli(group, "set", "attribute", "authentication=1", "generate_node_acls=0", "demo_mode_discovery=0")
    targetcli(f"{group}/luns", "create", f"/backstores/block/{export['name']}")
    targetcli(f"{group}/acls", "create", export["initiator"])
    targetcli(f"{group}/acls/{export['initiator']}", "set", "auth", f"userid={userid}", f"password={password}",
              f"mutual_userid={userid_mutual}", f"mutual_password={password_mutual}")  # fmt: skip
    address, port = export["portal"].rsplit(":", 1)
    targetcli(f"{group}/portals", "create", address, port)
    targetcli("/", "saveconfig")


def targetcli_unmap(zvol: str, export: dict) -> None:
    targetcli("/iscsi", "delete", export["iqn"])
    targetcli("/backstores/block", "delete", export["name"])
    targetcli("/", "saveconfig")


# rtslib in this process; the configuration is saved after each change, as Cinder does


def rtslib_prepare() -> None:
    os.makedirs("/etc/rtslib-fb-target", exist_ok=True)  # Debian's place for what is saved
    import rtslib_fb

    rtslib_fb.RTSRoot()


def rtslib_map(zvol: str, size: int, export: dict) -> None:
    import rtslib_fb as rtslib

    create(zvol, size, export["serial"])
    backstore = rtslib.BlockStorageObject(export["name"], dev=device(zvol), wwn=export["serial"])
    group = rtslib.TPG(rtslib.Target(rtslib.FabricModule("iscsi"), export["iqn"], "create"), 1)
    group.set_attribute("authentication", "1")
    group.set_attribute("generate_node_acls", "0")
    lun = rtslib.LUN(group, storage_object=backstore)
    acl = rtslib.NodeACL(group, export["initiator"], "create")
    acl.chap_userid, acl.chap_password = export["chap"][:2]
    rtslib.MappedLUN(acl, lun.lun, lun.lun)
    address, port = export["portal"].rsplit(":", 1)
    rtslib.NetworkPortal(group, address, int(port), "any")
    group.enable = True
    rtslib.RTSRoot().save_to_file()


def rtslib_unmap(zvol: str, export: dict) -> None:
    import rtslib_fb as rtslib

    rtslib.Target(rtslib.FabricModule("iscsi"), export["iqn"], "lookup").delete()
    rtslib.BlockStorageObject(export["name"]).delete()
    rtslib.RTSRoot().save_to_file()


# The predecessor's way: it looks before it creates, and has a target daemon's script, one at a time, admit an address


def predecessor_prepare(portal: str) -> None:
    run("tgtd", "--iscsi", f"portal={portal}")
    wait_for(lambda: "State: ready" in run("tgtadm", "--op", "show", "--mode", "sys", codes=(0, TGT_AWAY))[0], "tgtd")


def predecessor_map(zvol: str, size: int, export: dict) -> None:
    run("zfs", "list", f"{POOL}/{zvol}", codes=(1,))
    create(zvol, size, export["serial"])
    run("flock", "/run/tgt-setup-lun", "tgt-setup-lun", "-n", export["iqn"], "-d", device(zvol), export["address"])


def predecessor_unmap(zvol: str, export: dict) -> None:
    targets, _ = run("tgtadm", "--op", "show", "--mode", "target")
    (number,) = re.findall(rf"^Target (\d+): {re.escape(export['iqn'])}$", targets, re.MULTILINE)
    run("tgtadm", "--lld", "iscsi", "--op", "delete", "--mode", "target", "--tid", number)


# The start of a NAS: its exports are read, taken down, and made again by hand or by the daemon


def exports() -> list:
    """Those of vmstore, each as `build` makes it; with them the device."""
    found = []
    for target in glob.glob(f"{TARGET}/iscsi/{PREFIX}:*"):
        group = f"{target}/tpgt_1"
        (link,) = (entry.path for entry in os.scandir(f"{group}/lun/lun_0") if entry.is_symlink())
        (acl,) = glob.glob(f"{group}/acls/*")
        backstore = os.path.realpath(link)
        export = {
            "name": os.path.basename(backstore),
            "iqn": os.path.basename(target),
            "serial": read(f"{backstore}/wwn/vpd_unit_serial").rsplit(" ", 1)[1],
            "initiator": os.path.basename(acl),
            "portal": os.path.basename(glob.glob(f"{group}/np/*")[0]),
            "chap": [read(f"{acl}/auth/{name}") for name in CHAP_FILES],
        }
        found.append((read(f"{backstore}/udev_path"), export))
    return found


def take_down(found: list) -> None:
    for _, export in found:
        demolish(export)


def put_up(found: list) -> None:
    for path, export in found:
        build(path, export)


def await_exports(count: int, seconds: float) -> float:
    """
    Watches until so many of vmstore's targets are enabled, and returns the seconds from the first one on. The guest has one
    processor, and what the watch takes of it is taken from the daemon: it looks at one number, of how many folders there are.
    """
    fabric = f"{TARGET}/iscsi"

    def folders() -> int:
        return os.stat(fabric).st_nlink

    def enabled(target: str) -> bool:
        try:
            return read(f"{fabric}/{target}/tpgt_1/enable") == "1"
        except OSError:
            return False  # it is being made

    before = folders()
    wait_for(lambda: folders() > before, "the first export", seconds, pause=WATCH)
    first = time.monotonic()
    wait_for(lambda: folders() == before + count, f"{count} targets", seconds, pause=WATCH)
    for target in os.listdir(fabric):  # the newest first
        if target.startswith(PREFIX):
            wait_for(lambda target=target: enabled(target), f"{target} to be enabled", seconds, pause=WATCH)
    return time.monotonic() - first


if __name__ == "__main__":
    serve({command.__name__: command for command in (
        create, destroy, list_zvols, floor_map, floor_unmap, targetcli_prepare, targetcli_map, targetcli_unmap,
        rtslib_prepare, rtslib_map, rtslib_unmap, predecessor_prepare, predecessor_map,
        predecessor_unmap, exports, take_down, put_up, await_exports, settle)})  # fmt: skip
