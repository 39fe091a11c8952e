"""Who is measured: each maps a new volume and unmaps it, and says what that took."""

import itertools
import secrets
import uuid
from pathlib import Path

from vmlab.bench.talk import Agent, Frontend, Messages
from vmlab.guest import Guest
from vmlab.lab import Lab
from vmlab.report import expect_equal
from vmlab.vmstore import Deployment

SIZE = 16 << 20
POOL = "tank"
NAS = "nas"
# On a disk of its own and with its classes prepared, as docs/operations.md has it: what the host shares is slow to read.
INSTALL = "cp -r /opt/vmstore /state/ && mount --bind /state/vmstore /opt/vmstore && /opt/vmstore/bin/vmstore-prepare"
INSTALL_SECONDS = 300
NOBODY = ("nobody", "iqn.2026-11.io.bench:nobody")  # a host, and its initiator, that never log in
PREFIX = "iqn.2026-11.io.bench"  # vmstore leaves other targets than its own alone


class Parts:
    """What contenders are made of: the agents in the guests, and vmstore with a frontend."""

    def __init__(self, lab: Lab):
        self.lab = lab
        for installation in [guest.spawn(INSTALL) for guest in lab.guests()]:
            expect_equal(installation.wait(INSTALL_SECONDS), 0, f"exit of `{INSTALL}`")
        self.deployment = Deployment(lab)
        self.nas = Agent(lab.guest(NAS))
        lab.on_close(self.nas.close)
        self.computes = {}
        for guest in lab.guests("compute"):
            self.computes[guest.name] = Agent(guest)
            lab.on_close(self.computes[guest.name].close)
        log = open(lab.out / "frontend.log", "w")
        lab.on_close(log.close)
        self.frontend = Frontend(self.deployment.broker, log)
        lab.on_close(self.frontend.close)
        self.messages = Messages(self.deployment.broker, Path(__file__).with_name("hops.py"))

    def settle(self, compute: str) -> None:
        for agent in (self.nas, self.computes[compute]):
            agent.ask("settle")


class ByHand:
    """A contender that works in the guests through their agents."""

    name = "floor"
    says = "the least work by hand: one process a side, no messages, no checks"
    nas_way = compute_way = "floor"
    unmap_way = "floor"
    port = 3260
    chap = True
    slow = False

    def __init__(self, parts: Parts):
        self.nas, self.computes, self.lab = parts.nas, parts.computes, parts.lab
        self._numbers = itertools.count(1)
        self._secrets = [secrets.token_hex(8), secrets.token_hex(8)]
        self._exports = {}

    def prepare(self) -> None:
        """What is done once, before anything is measured."""

    def new(self, compute: str) -> str:
        """The name of a volume that is still to be made, for a compute node."""
        zvol = f"{self.name}{next(self._numbers)}"
        self._exports[zvol] = (compute, self._export(zvol, self.lab.guest(compute)))
        return zvol

    def map(self, zvol: str) -> float:
        """The seconds both sides took; they run one after the other, so that the way between them is not counted."""
        compute, export = self._exports[zvol]
        exported = self.nas.seconds(f"{self.nas_way}_map", zvol=zvol, size=SIZE, export=export)
        return exported + self.computes[compute].seconds(f"{self.compute_way}_attach", export=export)

    def unmap(self, zvol: str) -> float:
        compute, export = self._exports[zvol]
        detached = self.computes[compute].seconds(f"{self.compute_way}_detach", export=export)
        return detached + self.nas.seconds(f"{self.unmap_way}_unmap", zvol=zvol, export=export)

    def clear(self, zvol: str) -> None:
        compute, export = self._exports.pop(zvol)
        self.computes[compute].ask("forget", export=export)
        self.nas.ask("destroy", zvols=[zvol])

    def _export(self, zvol: str, host: Guest) -> dict:
        iqn = f"{PREFIX}:{zvol}"
        proofs = [host.initiator, self._secrets[0], iqn, self._secrets[1]]
        return {"name": zvol, "iqn": iqn, "serial": str(uuid.uuid4()), "initiator": host.initiator, "address": host.ipv4,
                "portal": self._portal(), "chap": proofs if self.chap else None}  # fmt: skip

    def _portal(self) -> str:
        return f"{self.lab.guest(NAS).ipv4}:{self.port}"


class Targetcli(ByHand):
    name = "targetcli"
    says = "one targetcli process a command; discovery and an iscsiadm for each setting"
    nas_way = unmap_way = "targetcli"
    compute_way = "script"
    slow = True

    def prepare(self) -> None:
        self.nas.ask("targetcli_prepare")


class Rtslib(ByHand):
    name = "rtslib"
    says = "rtslib in a process that stays, and os-brick's commands, as with Cinder"
    nas_way = unmap_way = "rtslib"
    compute_way = "osbrick"

    def prepare(self) -> None:
        self.nas.ask("rtslib_prepare")


class Predecessor(ByHand):
    name = "predecessor"
    says = "a process, a connection and a queue a command, tgt-setup-lun, discovery, a listing of all sessions; no secrets"
    nas_way = unmap_way = compute_way = "predecessor"
    port = 3261  # its target daemon's, beside LIO's
    chap = False
    slow = True

    def __init__(self, parts: Parts):
        super().__init__(parts)
        self._messages = parts.messages

    def prepare(self) -> None:
        self.nas.ask("predecessor_prepare", portal=self._portal())

    def map(self, zvol: str) -> float:
        return self._messages.seconds() + super().map(zvol)

    def unmap(self, zvol: str) -> float:
        return self._messages.seconds() + super().unmap(zvol)


class Vmstore:
    name = "vmstore"
    says = "all of it: a frontend on the host, RabbitMQ, records, identity check, both daemons"
    slow = False

    def __init__(self, parts: Parts):
        self._frontend = parts.frontend
        self._numbers = itertools.count(1)
        self._hosts = {}

    def prepare(self) -> None:
        """Nothing: the daemons are there."""

    def new(self, compute: str) -> str:
        zvol = f"vmstore{next(self._numbers)}"
        self._hosts[zvol] = compute
        return zvol

    def map(self, zvol: str) -> float:
        return self.start_map(zvol).get()["seconds"]

    def start_map(self, zvol: str):
        return self._frontend.start("map", NAS, f"{POOL}/{zvol}", self._hosts[zvol], SIZE)

    def expose(self, zvol: str) -> None:
        self._frontend.ask("expose", NAS, f"{POOL}/{zvol}", *NOBODY, SIZE)

    def unmap(self, zvol: str) -> float:
        return self._frontend.ask("unmap", NAS, f"{POOL}/{zvol}")["seconds"]

    def clear(self, zvol: str) -> None:
        self._frontend.ask("rm", NAS, f"{POOL}/{zvol}")

    def list(self) -> dict:
        return self._frontend.ask("ls", NAS)


ALL = (ByHand, Vmstore, Rtslib, Predecessor, Targetcli)
