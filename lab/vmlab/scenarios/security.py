"""Who gets in to an export, and whether its secrets are anywhere they should not be."""

import json

from vmlab.agreement import agree, clear_away, settle
from vmlab.kernel import look
from vmlab.process import wait_until
from vmlab.report import expect, expect_equal
from vmlab.vmstore import Deployment

LOGIN_REFUSED = 24
VOLUMES = (("tank/v1", "compute1"), ("tank/v2", "compute2"), ("tank/v10", "compute1"))
ROUNDS = 2
AUTH = "node.session.auth"
WRONG = "0123456789abcdef0123456789abcdef"

# Whatever runs while volumes are mapped and unmapped: each new command line is written down once.
WATCHER = """
import os, sys, time
os.umask(0o77)
seen = set()
with open("/run/arguments", "wb", buffering=0) as out:
    print("watching", flush=True)
    while not os.path.exists("/run/arguments.end"):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                arguments = open(f"/proc/{pid}/cmdline", "rb").read()
                environment = open(f"/proc/{pid}/environ", "rb").read()
            except OSError:
                continue
            for text in (arguments, environment):
                if text and text not in seen:
                    seen.add(text)
                    out.write(text.replace(b"\\0", b" ") + b"\\n")
        time.sleep(0.02)
"""

# What a user of the machine who is not root tries to read.
SEARCHED = "/etc /var/lib /var/log /var/tmp /run /tmp /dev/shm /sys/class/iscsi_session/*/ /sys/kernel/config/target"

# What the NAS's kernel asks of logins, a JSON object for each initiator admitted.
ACLS = """
import glob, json, os
found = []
for acl in sorted(glob.glob("/sys/kernel/config/target/iscsi/iqn.*/tpgt_1/acls/*")):
    group = os.path.dirname(os.path.dirname(acl))
    entry = {name: open(f"{acl}/auth/{name}").read().strip()
             for name in ("userid", "password", "userid_mutual", "password_mutual", "authenticate_target")}
    entry["own"] = open(f"{acl}/attrib/authentication").read().strip()
    entry["group"] = open(f"{group}/attrib/authentication").read().strip()
    entry["method"] = open(f"{group}/param/AuthMethod").read().strip()
    entry["target"], entry["initiator"] = os.path.basename(os.path.dirname(group)), os.path.basename(acl)
    found.append(entry)
print(json.dumps(found))
"""


def run(lab) -> None:
    Security(lab).run()


class Security:
    """The steps; each leaves what the next one starts from."""

    def __init__(self, lab):
        self.lab = lab
        self.nas, self.compute1, self.compute2 = (lab.guest(name) for name in ("nas", "compute1", "compute2"))
        self.vmstore = Deployment(lab)
        self.cli = self.vmstore.cli
        self.answers, self.arguments = [], {}
        self.secrets = set()

    def run(self) -> None:
        steps = {
            "mapping and unmapping, several times, while all arguments are written down": self.watched,
            "each mapping asks for secrets of its own, in both directions": self.asks,
            "the node record has the secrets and is root's alone": self.records,
            "a login without a secret is refused": self.without,
            "a login with a wrong secret, or another volume's, is refused": self.wrong,
            "a login by another node's name, or without the right name, is refused": self.other_names,
            "a target that does not know its secret is refused by the initiator": self.false_target,
            "discovery tells a name its own targets and nobody another's": self.discovery,
            "no session was made or ended by all that": self.undisturbed,
            "what is opened by hand is closed by reconcile, under the running session": self.closed_again,
            "no secret is in an argument, an environment, a log, an answer or a file that others read": self.nowhere,
            "after a power cut of both sides the mapping is back with the same secrets": self.power_cut,
            "and still no secret is where it should not be": self.nowhere,
            "after unmap and delete nothing is left": lambda: clear_away(self.lab, self.cli),
        }
        for name, step in steps.items():
            with self.lab.check(name):
                step()

    # What is there.

    def watched(self) -> None:
        watchers = [(guest, guest.spawn(f"rm -f /run/arguments.end; exec python3 -c '{WATCHER}'")) for guest in self.lab.guests()]
        for guest, _ in watchers:
            wait_until(lambda: guest.run("test -e /run/arguments", check=False).code == 0, 60, "the watcher")
        for _ in range(ROUNDS):
            self.map_all()
            self.keep("lsdev", "compute1")
            self.keep("reconcile", "nas", "--dry-run")
            self.keep("reconcile", "compute1", "--dry-run")
            for zvol, host in VOLUMES:
                self.keep("unmap", "nas", zvol, host)
        self.map_all()
        for guest, watcher in watchers:
            guest.run("touch /run/arguments.end")
            watcher.wait(60)
            self.arguments[guest.name] = guest.run("cat /run/arguments; rm /run/arguments").out
            program = "io.vmstore.examples" if guest is self.nas else "--login"
            expect(program in self.arguments[guest.name], f"the watcher of {guest.name} did not see '{program}'")
        agree(self.lab, self.cli)

    def map_all(self) -> None:
        for zvol, host in VOLUMES:
            self.keep("map", "nas", zvol, host, "64M")
        self.remember()
        self.keep("ls", "nas")

    def keep(self, *words) -> object:
        answer = self.cli.ask(*words, timeout=300)
        self.answers.append(json.dumps(answer))
        return answer

    def remember(self) -> None:
        for target in self.acls():
            self.secrets |= {target["password"], target["password_mutual"]}

    def acls(self) -> list:
        return json.loads(self.nas.out_of("python3 -", stdin=ACLS))

    def asks(self) -> None:
        acls = self.acls()
        expect_equal(len(acls), 3, "access lists")
        for acl in acls:
            expect_equal((acl["group"], acl["own"], acl["authenticate_target"]), ("1", "-1", "1"), "authentication")
            expect_equal((acl["userid"], acl["userid_mutual"]), (acl["initiator"], acl["target"]), "users' names")
            expect("None" not in acl["method"], f"the group of {acl['target']} offers {acl['method']}")
            self.lab.report.progress(f"AuthMethod is {acl['method']}")
        mappings = (ROUNDS + 1) * len(VOLUMES)
        expect_equal(len(self.secrets), 2 * mappings, f"how many different secrets {mappings} mappings had")
        expect(all(len(secret) == 32 for secret in self.secrets), "a secret is not 32 characters long")

    def records(self) -> None:
        for guest in (self.compute1, self.compute2):
            facts = look(guest)
            expect(len(facts.records) > 0, "no node record")
            modes = guest.out_of("find /etc/iscsi/nodes -type f -printf '%m %u\\n' | sort -u")
            expect_equal(modes, "600 root", f"modes of the node records of {guest.name}")
            expect_equal(guest.out_of("find /etc/iscsi/nodes -name 'vmstore*'"), "", "what writing them left")
        names = self.compute1.out_of(f"grep -rhoE '^{AUTH}[a-z_.]+ = (CHAP|SHA.*)?' /etc/iscsi/nodes | sort | uniq -c")
        self.lab.report.progress(f"compute1's node records: {' '.join(names.split())}")

    # Who gets in.

    def mapping(self, zvol: str) -> dict:
        (volume,) = self.cli.ask("ls", "nas", zvol)
        return volume["mapping"]

    def secrets_of(self, zvol: str) -> dict:
        target = self.mapping(zvol)["target"]
        (acl,) = [acl for acl in self.acls() if acl["target"] == target]
        return acl

    def refused(self, zvol: str, initiator: str = "", **settings) -> None:
        """A login by hand from compute2, as an intruder may try, that must fail, and leaves nothing."""
        node = f"iscsiadm -m node -T {self.mapping(zvol)['target']} -p {self.nas.ipv4}:3260"
        # A record's initiator name is its interface's.
        iface = "iscsiadm -m iface -I forged -o"
        forge = f"{iface} new && {iface} update -n iface.initiatorname -v {initiator} && " if initiator else ""
        via = "-I forged" if initiator else ""
        settings = {"node.session.initial_login_retry_max": "1", **settings}
        update = "".join(f" && {node} -o update -n {name} -v {value}" for name, value in settings.items())
        try:
            code = self.compute2.run(f"{forge}{node} {via} -o new{update} && {node} --login", check=False).code
        finally:
            self.compute2.run(f"{node} --logout; {node} -o delete; {iface} delete", check=False)
        expect_equal(code, LOGIN_REFUSED, "iscsiadm's exit status")

    def not_by_name(self) -> int:
        """How often the NAS's kernel has refused an initiator for its name alone."""
        return int(self.nas.run("dmesg | grep -c 'is not authorized to access'", check=False).out)

    def chap(self, user: str, password: str) -> dict:
        return {f"{AUTH}.authmethod": "CHAP", f"{AUTH}.username": user, f"{AUTH}.password": password}

    def without(self) -> None:
        # compute2 gives the name of compute1, which nothing on a network prevents.
        before = self.not_by_name()
        self.refused("tank/v1", initiator=self.compute1.initiator)
        expect_equal(self.not_by_name(), before, "refusals for the name alone")

    def wrong(self) -> None:
        before = self.not_by_name()
        for password in (WRONG, self.secrets_of("tank/v10")["password"]):
            login = self.chap(self.compute1.initiator, password)
            self.refused("tank/v1", initiator=self.compute1.initiator, **login)
        expect_equal(self.not_by_name(), before, "refusals for the name alone")

    def other_names(self) -> None:
        secret = self.secrets_of("tank/v1")["password"]
        before = self.not_by_name()
        self.refused("tank/v1", **self.chap(self.compute1.initiator, secret))
        self.refused("tank/v1", **self.chap(self.compute2.initiator, secret))
        expect(self.not_by_name() > before, "a name that is not admitted was not refused for that")

    def false_target(self) -> None:
        # The volume of compute2, whose session is ended by hand for a moment: it knows the right secret, and its idea of the
        # target's is another one than the target has.
        target = self.mapping("tank/v2")["target"]
        node = f"iscsiadm -m node -T {target} -p {self.nas.ipv4}:3260"
        self.compute2.run(f"{node} --logout")
        try:
            self.compute2.run(f"sed -i 's/^{AUTH}.password_in = .*/{AUTH}.password_in = {WRONG}/' /etc/iscsi/nodes/{target}/*,*")
            login = self.compute2.run(f"{node} --login", check=False)
            expect(login.code != 0, f"a target that does not know its secret was believed: {login}")
            expect_equal([session for session in look(self.compute2).sessions if session.iqn == target], [], "sessions")
            self.lab.report.progress(f"a target that does not know its secret: exit {login.code}")
        finally:
            self.vmstore.daemons["compute2"].kill()
        settle(self.lab, self.cli)

    def discovery(self) -> None:
        found = self.discovered(self.compute1)
        expect_equal(found, sorted(self.mapping(zvol)["target"] for zvol in ("tank/v1", "tank/v10")), "what compute1 discovers")
        expect_equal(self.discovered(self.compute2), [self.mapping("tank/v2")["target"]], "what compute2 discovers")
        expect_equal(self.discovered(self.compute2, "iqn.2026-11.io.vmstore.lab:nobody"), [], "what a stranger discovers")

    def discovered(self, guest, initiator: str = "") -> list:
        """What it is told; nonpersistent, or iscsiadm would make records of it."""
        iface = "iscsiadm -m iface -I stranger -o"
        make = f"{iface} new; {iface} update -n iface.initiatorname -v {initiator}; "
        end = f"; {iface} delete"
        ask = f"iscsiadm -m discovery -t sendtargets -p {self.nas.ipv4}:3260 -o nonpersistent"
        command = f"{make}{ask} -I stranger{end}" if initiator else ask
        found = guest.run(command, check=False).out.splitlines()
        guest.run("rm -rf /etc/iscsi/send_targets/*")
        return sorted({line.split()[1] for line in found if " iqn." in line})

    def undisturbed(self) -> None:
        volumes = agree(self.lab, self.cli)
        expect_equal(sorted(zvol for zvol, volume in volumes.items() if volume["state"] == "MAPPED"),
                     ["tank/v1", "tank/v10", "tank/v2"], "what is mapped")  # fmt: skip

    def closed_again(self) -> None:
        target = self.mapping("tank/v1")["target"]
        sessions = look(self.compute1).sessions
        self.nas.run(f"echo 0 > /sys/kernel/config/target/iscsi/{target}/tpgt_1/attrib/authentication")
        (finding,) = self.keep("reconcile", "nas")
        expect_equal((finding["kind"], finding["outcome"]), ("NOT_EXPORTED", "SETTLED"), "finding")
        self.asks_for_no_less()
        expect_equal(look(self.compute1).sessions, sessions, "sessions of compute1")
        self.without()

    def asks_for_no_less(self) -> None:
        expect_equal({acl["group"] for acl in self.acls()}, {"1"}, "authentication of all groups")

    def power_cut(self) -> None:
        before = {acl["target"]: (acl["password"], acl["password_mutual"]) for acl in self.acls()}
        cut = (self.nas, self.compute1)
        for guest in cut:
            guest.power_cut()
        for guest in cut:
            self.vmstore.daemons[guest.name].mark()
            guest.start()
        for guest in cut:
            guest.await_ready()
            self.vmstore.daemons[guest.name].await_recovered()
        settle(self.lab, self.cli)
        expect_equal({acl["target"]: (acl["password"], acl["password_mutual"]) for acl in self.acls()}, before, "the secrets")

    # Where the secrets are not.

    def nowhere(self) -> None:
        self.remember()
        self.free_of_secrets("an answer", *self.answers)
        for guest in self.lab.guests():
            name = guest.name
            if name in self.arguments:
                self.free_of_secrets(f"an argument or environment on {name}", self.arguments[name])
            # A journal holds bytes that are no text sooner or later; here it does always.
            guest.run(r"printf '\377\n' | systemd-cat; journalctl --sync")
            journal = guest.run("journalctl --no-pager -o export; dmesg", timeout=300)
            self.free_of_secrets(f"the journal of {name}", journal.out)
            search = f"grep -rlsF -f - {SEARCHED}"
            nobody = f"setpriv --reuid=65534 --regid=65534 --clear-groups {search}"
            expect_equal(self.found(guest, nobody), [], f"what others can read on {name}")
            held = self.found(guest, search)
            expect(len(held) > 0, f"the search finds nothing on {name}, where secrets are")
            files = [file for file in held if not file.startswith("/sys/")]
            places = ("/etc/iscsi/nodes/", "/var/lib/vmstore/")
            expect([file for file in files if not file.startswith(places)] == [], f"secrets are in {files}")
            expect(len(files) > 0, f"no record on {name} has a secret")
            expect_equal(guest.out_of(f"find {' '.join(files)} -perm /077"), "", "files with secrets that others may read")
        for log in self.lab.out.rglob("*.log"):
            self.free_of_secrets(log.name, log.read_bytes().decode(errors="replace"))

    def found(self, guest, search: str) -> list:
        """The files with a secret. The secrets come from standard input, or they would be in the arguments of the search."""
        return guest.run(search, check=False, stdin="".join(f"{secret}\n" for secret in self.secrets), timeout=300).out.split()

    def free_of_secrets(self, where: str, *texts) -> None:
        expect(not any(secret in text for text in texts for secret in self.secrets), f"a secret is in {where}")
