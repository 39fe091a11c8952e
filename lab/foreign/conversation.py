"""
The whole conversation with one NAS and two compute nodes, each step with its errors; prints one line a step, and ends with 1
when one of them is not as docs/protocol.md says. Arguments: PORT USER PASSWORD-FILE NAS COMPUTE1 COMPUTE2.
"""

import sys
import uuid
from contextlib import contextmanager
from pathlib import Path

from client import Client, NoSuchNode, Refused

MIB = 1 << 20


class Conversation:
    def __init__(self, client: Client, nas: str, computes: list):
        self.client, self.nas, (self.first, self.second) = client, nas, computes
        self.failed = 0

    def run(self) -> None:
        with self.step("a request that is no JSON object is INVALID_ARGUMENT"):
            self.refused("INVALID_ARGUMENT", lambda: self.client.answer(self.client.send(self.nas, "", body=b"[1]")))
        with self.step("an action that nobody knows is UNIMPLEMENTED"):
            refusal = self.refused("UNIMPLEMENTED", lambda: self.ask("dance"))
            expect(refusal.reply["error"], "action_unsupported")
        with self.step("a missing field, a size as text, a name that is a path are INVALID_ARGUMENT, and quoted"):
            self.refused("INVALID_ARGUMENT", lambda: self.ask("map_zvol", zvol="p1", size_bytes=MIB))
            self.refused("INVALID_ARGUMENT", lambda: self.map("p1", self.first, size="10G"))
            path = self.refused("INVALID_ARGUMENT", lambda: self.map("../p1", self.first))
            expect("../p1" in path.reply["error"], True)
        with self.step("a request without user_id is PERMISSION_DENIED"):
            nobody = lambda: self.client.answer(self.client.send(self.nas, "list_zvols", user_id="nobody"))  # noqa: E731
            self.refused("PERMISSION_DENIED", nobody)
        with self.step("a node that is not there is told by the broker, and by the NAS as UNAVAILABLE"):
            try:
                self.client.ask("nobody", "list_zvols")
                raise AssertionError("should have been returned")
            except NoSuchNode:
                pass
            self.refused("UNAVAILABLE", lambda: self.map("p1", "nobody"))
        with self.step("a volume larger than the pool is RESOURCE_EXHAUSTED"):
            self.refused("RESOURCE_EXHAUSTED", lambda: self.map("p1", self.first, size=1 << 50))
        with self.step("a volume that is not there is NOT_FOUND"):
            self.refused("NOT_FOUND", lambda: self.ask("unmap_zvol", zvol="p1"))
            expect(self.ask("list_zvols", zvol="p1")["body"], [])
        with self.step("map: while it is under way another operation is BUSY; its answer is the mapping"):
            request = self.client.send(self.nas, "map_zvol", zvol="p1", remotehost=self.first, size_bytes=64 * MIB)
            self.refused("BUSY", lambda: self.ask("del_zvol", zvol="p1"))
            mapping = self.client.answer(request)
            expect((mapping["action"], mapping["zvol"], mapping["remotehost"], mapping["size_bytes"], mapping["generation"]),
                   ("zvol_mapped", "p1", self.first, 64 * MIB, 1))  # fmt: skip
            expect(mapping["sender"], f"vmstore-nas-{self.nas}")
        with self.step("the same operation again gets the same answer; the same mapping again, too"):
            again = {"zvol": "p2", "remotehost": self.first, "size_bytes": 64 * MIB, "operation_id": str(uuid.uuid4())}
            one, two = self.ask("map_zvol", **again), self.ask("map_zvol", **again)
            expect(one, two)
            expect(self.map("p2", self.first)["target"], one["target"])
        with self.step("another host is FAILED_PRECONDITION, and so is a delete"):
            state = self.refused("FAILED_PRECONDITION", lambda: self.map("p1", self.second))
            expect(state.reply["details"]["state"], "MAPPED")
            self.refused("FAILED_PRECONDITION", lambda: self.ask("del_zvol", zvol="p1"))
        with self.step("list_zvols and list_dev say the same"):
            listed = {volume["zvol"]: volume for volume in self.ask("list_zvols")["body"]}
            devices = self.client.ask(self.first, "list_dev")["body"]
            expect(sorted(devices), sorted(volume["mapping"]["volume_id"] for volume in listed.values()))
            for volume in listed.values():
                device = devices[volume["mapping"]["volume_id"]]
                expect((volume["state"], device["stable_path"]), ("MAPPED", volume["mapping"]["stable_path"]))
        with self.step("a compute node lets nobody but a NAS attach and detach"):
            gone = {"target": mapping["target"], "portals": mapping["portals"],
                    "volume_id": mapping["volume_id"], "generation": 1}  # fmt: skip
            for action in ("set_zvol", "tear_down"):
                self.refused("PERMISSION_DENIED", lambda action=action: self.client.ask(self.first, action, **gone))
        with self.step("create_zvol, and requests for what a volume was when it was listed"):
            (created,) = self.ask("create_zvol", zvol="p3", size_bytes=64 * MIB)["body"]
            expect((created["state"], created["size_bytes"]), ("UNMAPPED", 64 * MIB))
            self.ask("map_zvol", zvol="p3", remotehost=self.first, size_bytes=64 * MIB, if_version=created["version"])
            old = lambda: self.ask("unmap_zvol", zvol="p3", if_version=created["version"])  # noqa: E731
            now = self.ask("list_zvols", zvol="p3")["body"][0]["version"]
            expect(self.refused("FAILED_PRECONDITION", old).reply["details"]["version"], now)
            self.ask("unmap_zvol", zvol="p3", if_version=now)
            self.ask("del_zvol", zvol="p3")
        with self.step("nothing differs from the records"):
            for node in (self.nas, self.first, self.second):
                expect(self.client.ask(node, "reconcile")["body"], [])
        with self.step("unmap, unmap again, map to the other host, unmap by force, delete, delete again"):
            self.ask("unmap_zvol", zvol="p1")
            self.ask("unmap_zvol", zvol="p1")
            expect(self.map("p1", self.second)["generation"], 2)
            self.ask("unmap_zvol", zvol="p1", force=True)
            self.ask("unmap_zvol", zvol="p2")
            for zvol in ("p1", "p2", "p1"):
                self.ask("del_zvol", zvol=zvol)
            expect(self.ask("list_zvols")["body"], [])

    def ask(self, action: str, **fields) -> dict:
        return self.client.ask(self.nas, action, **fields)

    def map(self, zvol: str, host: str, size=64 * MIB) -> dict:
        return self.ask("map_zvol", zvol=zvol, remotehost=host, size_bytes=size)

    @staticmethod
    def refused(code: str, call) -> Refused:
        try:
            answer = call()
        except Refused as refusal:
            expect(refusal.code, code)
            for part in ("problem", "cause", "correction"):
                expect(bool(refusal.reply.get(part)), True)
            return refusal
        raise AssertionError(f"should have been refused with {code}: {answer}")

    @contextmanager
    def step(self, name: str):
        try:
            yield
            print(f"ok {name}", flush=True)
        except (AssertionError, Refused, KeyError) as wrong:
            self.failed += 1
            print(f"FAIL {name}: {type(wrong).__name__} {wrong}", flush=True)


def expect(found, wanted) -> None:
    if found != wanted:
        raise AssertionError(f"expected {wanted!r} but saw {found!r}")


def main(port: str, user: str, password_file: str, nas: str, *computes: str) -> int:
    client = Client("127.0.0.1", int(port), user, Path(password_file).read_text().strip())
    conversation = Conversation(client, nas, list(computes))
    conversation.run()
    client.close()
    return 1 if conversation.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
