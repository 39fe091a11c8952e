#!/usr/bin/python3
"""
The compute node's side of lab/bench: logs in and out, in each contender's way. See bench_agent.py; `export` is as in
bench_nas.py.
"""

import glob
import os
import time

from bench_agent import read, run, serve, settle, wait_for, write

NO_OBJECTS = 21
DATABASE = 6  # another iscsiadm had the lock for too long
TRIES = 30  # of a second to some ten; a storm's hundred are deleted at once
AUTH = "node.session.auth."
LOOKS = 4


def iscsiadm(*words: str, codes: tuple = (0,)) -> str:
    for _ in range(TRIES):
        out, code = run("iscsiadm", "-m", *words, codes=(*codes, DATABASE))
        if code in codes:
            return out
    raise RuntimeError(f"`iscsiadm -m {' '.join(words)}` found its database locked {TRIES} times")


def node(export: dict, *words: str, **options) -> str:
    return iscsiadm("node", "-T", export["iqn"], "-p", export["portal"], *words, **options)


def settings(pairs: dict) -> list:
    return [word for name, value in pairs.items() for word in ("-n", name, "-v", value)]


def chap(export: dict) -> dict:
    if not export["chap"]:
        return {}
    names = ("username", "password", "username_in", "password_in")
    return {f"{AUTH}authmethod": "CHAP"} | {AUTH + name: value for name, value in zip(names, export["chap"])}


# What sysfs says


def session(export: dict) -> str:
    for found in glob.glob("/sys/class/iscsi_session/session*"):
        try:
            if read(f"{found}/targetname") == export["iqn"]:
                return found
        except OSError:
            pass  # it is going
    return ""


def disk(found: str) -> str:
    for block in glob.glob(f"{found}/device/target*/*/block/*"):
        try:
            if int(read(f"{block}/size")) > 0 and os.path.exists(f"/dev/{os.path.basename(block)}"):
                return os.path.basename(block)
        except OSError:
            pass
    return ""


def scan(found: str) -> None:
    host = next(part for part in os.path.realpath(f"{found}/device").split("/") if part.startswith("host"))
    write(f"/sys/class/scsi_host/{host}/scan", "0 0 0")


def await_disk(export: dict) -> str:
    found = wait_for(lambda: session(export), f"the session of {export['iqn']}")
    if not disk(found):
        scan(found)  # with `node.session.scan` manual the login leaves that to us
    return wait_for(lambda: disk(found), f"the disk of {export['iqn']}", otherwise=lambda: scan(found))


# The floor: one record, one login


def floor_attach(export: dict) -> str:
    node(export, "-o", "new")
    node(export, "-o", "update", *settings({
        "node.startup": "manual", "node.session.scan": "manual", "node.session.initial_login_retry_max": "0",
        "node.conn[0].timeo.login_timeout": "15", **chap(export)}))  # fmt: skip
    node(export, "--login")
    return await_disk(export)


def floor_detach(export: dict) -> None:
    iscsiadm("node", "-T", export["iqn"], "--logout")
    wait_for(lambda: not session(export), f"the end of the session of {export['iqn']}")
    # Of several at once one may find none, and may have deleted it all the same.
    iscsiadm("node", "-T", export["iqn"], "-o", "delete", codes=(0, NO_OBJECTS))


# Scripts around targetcli: discovery, an update for each setting, login


def script_attach(export: dict) -> str:
    iscsiadm("discovery", "-t", "sendtargets", "-p", export["portal"])
    for name, value in chap(export).items():
        node(export, "-o", "update", "-n", name, "-v", value)
    node(export, "--login")
    return await_disk(export)


def script_detach(export: dict) -> None:
    floor_detach(export)


# os-brick's commands, which go with Cinder's rtslib


def osbrick_attach(export: dict) -> str:
    node(export, codes=(0, NO_OBJECTS))
    node(export, "--interface", "default", "--op", "new")
    for name, value in {"node.session.scan": "manual", **chap(export | {"chap": export["chap"][:2]})}.items():
        node(export, "--op", "update", "-n", name, "-v", value)
    iscsiadm("session", codes=(0, NO_OBJECTS))
    node(export, "--login")
    node(export, "--op", "update", "-n", "node.startup", "-v", "automatic")
    iscsiadm("session")
    return await_disk(export)


def osbrick_detach(export: dict) -> None:
    name = disk(session(export))
    run("blockdev", "--flushbufs", f"/dev/{name}")
    write(f"/sys/block/{name}/device/delete", "1")
    node(export, "--op", "update", "-n", "node.startup", "-v", "manual")
    node(export, "--logout")
    node(export, "--op", "delete")


# The predecessor's: discovery, login, a look at all sessions up to four times, a second apart


def predecessor_attach(export: dict) -> str:
    iscsiadm("discovery", "-t", "sendtargets", "-p", export["portal"])
    node(export, "-l")
    for _ in range(LOOKS):
        if name := attached(export):
            return name
        time.sleep(1)
    raise RuntimeError(f"Not found {export['iqn']} in targets")


def attached(export: dict) -> str:
    mine = False
    for line in iscsiadm("session", "-P3").splitlines():
        words = line.split()
        if words[:1] == ["Target:"]:
            mine = words[1] == export["iqn"]
        if mine and words[:3] == ["Attached", "scsi", "disk"]:
            return words[3]
    return ""


def predecessor_detach(export: dict) -> None:
    if attached(export):
        iscsiadm("node", "-T", export["iqn"], "-u")


def forget(export: dict) -> None:
    """What a contender leaves behind; of a discovery, the records of all targets there are."""
    iscsiadm("node", "-T", export["iqn"], "-o", "delete", codes=(0, NO_OBJECTS))


if __name__ == "__main__":
    serve({command.__name__: command for command in (
        floor_attach, floor_detach, script_attach, script_detach, osbrick_attach, osbrick_detach, predecessor_attach,
        predecessor_detach, forget, settle)})  # fmt: skip
