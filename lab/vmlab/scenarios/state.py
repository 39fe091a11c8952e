"""Desired states by `vmstore apply`: the founding document's playbook, growing under I/O, two appliers at once, one killed."""

import re

from vmlab.agreement import agree, clear_away, settle
from vmlab.kernel import look
from vmlab.load import Writer
from vmlab.process import wait_until
from vmlab.report import expect, expect_equal
from vmlab.vmstore import Deployment

MIB = 1 << 20
CONSUMERS = ("compute1", "compute2")
MANY = 6


def run(lab) -> None:
    States(lab).run()


class States:
    """The scenario's steps; each leaves what the next one starts from."""

    def __init__(self, lab):
        self.lab = lab
        self.nas = lab.guest("nas")
        self.cli = Deployment(lab).cli

    def run(self) -> None:
        steps = {
            "the playbook, for each consumer: every stage is changed once and unchanged the second time": self.playbook,
            "what is wrong in a document is named, and nothing is done": self.refused_document,
            "a volume of another host is left to it, unless the document says from": self.from_another,
            "extended grows a volume under I/O, and its host has the size": self.extended,
            "two appliers of one document at once: every step is taken once": self.two_at_once,
            "an applier killed half way is ended by the next": self.killed,
            "Ctrl-C says what holds": self.interrupted,
            "after absent of everything nothing is left": self.nothing_left,
        }
        for name, step in steps.items():
            with self.lab.check(name):
                step()

    def playbook(self) -> None:
        self.changed_once({host: "state: present, size: 64M" for host in CONSUMERS}, "UNMAPPED")
        connected = self.changed_once({host: f"state: connected, host: {host}" for host in CONSUMERS}, "MAPPED")
        for host, volume in connected.items():
            path = volume["mapping"]["stablePath"]
            size = self.lab.guest(host).out_of(f"blockdev --getsize64 {path}")
            expect_equal(int(size), 64 * MIB, f"the size of {path} on {host}")
            self.lab.report.progress(f"volume {volume['mapping']['id']} attached to {host} as {path}")
        self.changed_once({host: f"state: disconnected, host: {host}" for host in CONSUMERS}, "UNMAPPED")
        self.changed_once({host: "state: absent" for host in CONSUMERS}, "ABSENT")
        self.nothing_left()

    def refused_document(self) -> None:
        file = self.file("wrong", ["{nas: nas, zvol: tank/a, state: present, size: 64M, sise: 1G}"])
        answer = self.cli.refused("INVALID_ARGUMENT", "apply", file)
        expect("volumes[0].sise" in answer.error["problem"], f"the field is not named: {answer}")
        file = self.file("twice", ["{nas: nas, zvol: tank/a, state: present, size: 64M}", "{nas: nas, zvol: tank/a, state: absent}"])
        self.cli.refused("INVALID_ARGUMENT", "apply", file)
        expect_equal(agree(self.lab, self.cli), {}, "volumes")

    def from_another(self) -> None:
        self.apply("own", {"own": "state: connected, host: compute1, size: 64M"})
        before = agree(self.lab, self.cli)
        wish = {"own": "state: connected, host: compute2"}
        (plan,) = self.cli.call("apply", "--plan", self.file("take", lines(wish))).value["volumes"]
        expect_equal(plan["error"]["code"], "FAILED_PRECONDITION", "what the plan says")
        answer = self.cli.call("apply", self.file("take", lines(wish)))
        expect_equal((answer.exit, answer.value["failed"]), (1, 1), str(answer))
        expect_equal(agree(self.lab, self.cli), before, "the volumes after the refusal")
        taken = self.apply("taken", {"own": "state: connected, host: compute2, from: compute1"})
        expect_equal(taken["own"]["steps"], ["disconnect from compute1", "connect to compute2"], "steps")
        expect_equal(agree(self.lab, self.cli)["tank/own"]["host"], "compute2", "who has it")
        self.apply("gone", {"own": "state: absent, from: compute2"})

    def extended(self) -> None:
        volume = self.apply("disk", {"disk": "state: connected, host: compute1, size: 64M"})["disk"]
        compute, path = self.lab.guest("compute1"), volume["mapping"]["stablePath"]
        writer = Writer(compute, path)
        try:
            grown = self.apply("larger", {"disk": "state: extended, size: 128M"})["disk"]
            expect_equal(grown["result"], "changed", str(grown))
            expect_equal(int(compute.out_of(f"blockdev --getsize64 {path}")), 128 * MIB, "blockdev")
            expect_equal(look(self.nas).zvols, [("tank/disk", 128 * MIB)], "zfs list")
            writer.await_more()
            again = self.apply("larger", {"disk": "state: extended, size: 128M"})["disk"]
            expect_equal(again["result"], "unchanged", str(again))
            smaller = self.cli.call("apply", self.file("smaller", lines({"disk": "state: extended, size: 64M"})))
            expect_equal(smaller.value["volumes"][0]["error"]["code"], "FAILED_PRECONDITION", str(smaller))
        finally:
            writer.stop()
        writer.judge(compute, path)
        agree(self.lab, self.cli)
        self.apply("gone", {"disk": "state: absent, from: compute1"})

    def two_at_once(self) -> None:
        file = self.file("many", lines(many()))
        calls = [self.cli.started("apply", file, timeout=300) for _ in range(2)]
        answers = [call.answer() for call in calls]
        expect_equal([answer.exit for answer in answers], [0, 0], "exit statuses")
        steps = [(volume["zvol"], step) for answer in answers for volume in answer.value["volumes"] for step in volume["steps"]]
        wanted = [(f"tank/{name}", step) for name in many() for step in ("create with 64M", f"connect to {host_of(name)}")]
        expect_equal(sorted(steps), sorted(wanted), "the steps of both")
        for answer in answers:
            for volume in answer.value["volumes"]:
                expect_equal(volume["result"], "changed" if volume["steps"] else "unchanged", str(volume))
        self.lab.report.progress(" and ".join(f"{answer.value['changed']} changed" for answer in answers))
        self.all_connected()
        self.apply("gone", {name: f"state: absent, from: {host_of(name)}" for name in many()})

    def killed(self) -> None:
        file = self.file("many", lines(many()))
        call = self.cli.started("apply", "--parallel", "2", file, timeout=300)
        self.await_begun(call)
        call.process.kill()
        call.process.communicate()
        begun = len(look(self.nas).zvols)
        answer = self.cli.call("apply", file, timeout=300)
        expect(answer.ok, str(answer))
        self.lab.report.progress(f"killed with {begun} of {MANY} volumes there; the next changed {answer.value['changed']}")
        expect(0 < answer.value["changed"] <= MANY, f"the next one changed {answer.value['changed']}")
        self.all_connected()
        self.apply("gone", {name: f"state: absent, from: {host_of(name)}" for name in many()})

    def interrupted(self) -> None:
        call = self.cli.started("apply", "--parallel", "1", self.file("many", lines(many())), timeout=300)
        self.await_begun(call)
        call.process.terminate()
        _, said = call.process.communicate(timeout=60)
        match = re.search(r"interrupted: (\d+) changed, 0 unchanged, 0 failed, (\d+) under way, (\d+) not begun", said)
        expect(match is not None, f"it said: {said}")
        self.lab.report.progress(match.group(0))
        expect_equal(sum(int(number) for number in match.groups()), MANY, "volumes it speaks of")
        expect(int(match.group(3)) > 0, f"it was not half way: {said}")
        settle(self.lab, self.cli)
        self.apply("gone", {name: f"state: absent, from: {host_of(name)}" for name in many()})

    def await_begun(self, call) -> None:
        wait_until(lambda: len(look(self.nas).zvols) >= 2 or call.process.poll() is not None, 120, "two volumes to be there", 0.2)
        expect(call.process.poll() is None, "the applier was done before it was disturbed")

    def all_connected(self) -> None:
        volumes = settle(self.lab, self.cli)
        expect_equal({zvol: volume["host"] for zvol, volume in volumes.items()}, {f"tank/{name}": host_of(name) for name in many()}, "who has what")
        again = self.cli.call("apply", self.file("many", lines(many())), timeout=300)
        expect_equal((again.exit, again.value["unchanged"]), (0, MANY), str(again))

    def nothing_left(self) -> None:
        clear_away(self.lab, self.cli)

    def changed_once(self, wishes: dict, found: str) -> dict:
        """Applies it twice; returns the volumes of the first time."""
        plan = self.cli.ask("apply", "--plan", self.file("stage", lines(wishes)))
        first = self.apply("stage", wishes)
        expect_equal({name: volume["result"] for name, volume in first.items()}, dict.fromkeys(wishes, "changed"), "the first time")
        expect_equal({name: volume["found"] for name, volume in first.items()}, dict.fromkeys(wishes, found), "what it came to")
        planned = [volume["steps"] for volume in plan["volumes"]]
        expect_equal([volume["steps"] for volume in first.values()], planned, "what was done, and what the plan said")
        before = agree(self.lab, self.cli)
        second = self.apply("stage", wishes)
        expect_equal({name: volume["result"] for name, volume in second.items()}, dict.fromkeys(wishes, "unchanged"), "the second time")
        expect_equal(agree(self.lab, self.cli), before, "the volumes after it")
        return first

    def apply(self, name: str, wishes: dict) -> dict:
        answer = self.cli.ask("apply", self.file(name, lines(wishes)), timeout=300)
        return {volume["zvol"].removeprefix("tank/"): volume for volume in answer["volumes"]}

    def file(self, name: str, volumes: list) -> str:
        path = self.lab.out / f"{name}.yaml"
        path.write_text("volumes:\n" + "".join(f"  - {volume}\n" for volume in volumes))
        return str(path)


def lines(wishes: dict) -> list:
    """The volumes of a document, by their names and what is said of each."""
    return [f"{{nas: nas, zvol: tank/{name}, {wish}}}" for name, wish in wishes.items()]


def many() -> dict:
    return {f"v{number}": f"state: connected, host: {host_of(f'v{number}')}, size: 64M" for number in range(1, MANY + 1)}


def host_of(name: str) -> str:
    return CONSUMERS[int(name[1:]) % 2]
