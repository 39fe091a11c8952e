"""Two hundred volumes: mapped, listed, back after the NAS lost its power, idle, unmapped."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from vmlab import idle
from vmlab.agreement import agree, settle
from vmlab.bench.talk import Frontend
from vmlab.guest import Node
from vmlab.kernel import look
from vmlab.lab import COMPUTE1, COMPUTE2
from vmlab.report import LabError, expect_equal
from vmlab.vmstore import Deployment

# A twentieth of a pool stays free.
NODES = (Node("nas", "nas", memory=2048, pool_size=8 << 30), COMPUTE1, COMPUTE2)

COUNT = 200
# Calls under way: a NAS answers BUSY to the 129th of one sender, and emulated machines with 128 at once run out of time.
AT_ONCE = 32
SIZE = "16M"
PATIENCE = 900


def run(lab) -> None:
    Scale(lab).run()


class Scale:
    """The scenario's steps; each leaves what the next one starts from."""

    def __init__(self, lab):
        self.lab = lab
        self.deployment = Deployment(lab)
        self.cli = self.deployment.cli
        self.frontend = Frontend(self.deployment.broker, open(lab.out / "frontend.log", "w"))
        lab.on_close(self.frontend.close)
        self.zvols = {f"tank/v{number:03}": f"compute{number % 2 + 1}" for number in range(COUNT)}

    def run(self) -> None:
        steps = {
            f"{COUNT} maps, {AT_ONCE} at once, all succeed": self.map_all,
            "ls and lsdev say what the kernels say": self.agree,
            "all are exported and attached again after the NAS lost its power": self.restart,
            f"daemons start no program in {idle.SECONDS} idle seconds": self.idle,
            f"{COUNT} unmaps, {AT_ONCE} at once, all succeed, and nothing is left": self.unmap_all,
        }
        for name, step in steps.items():
            with self.lab.check(name):
                step()

    def map_all(self) -> None:
        self.all("map", lambda zvol: ("map", "nas", zvol, self.zvols[zvol], SIZE))

    def agree(self) -> None:
        start = time.monotonic()
        expect_equal(len(agree(self.lab, self.cli)), COUNT, "volumes listed")
        self.progress(f"compared within {time.monotonic() - start:.1f} s")
        resident = self.lab.guest("nas").out_of(
            "grep VmRSS /proc/$(systemctl show -P MainPID vmstore.service)/status"
        )
        self.progress(f"the daemon of the NAS: {' '.join(resident.split())}")

    def restart(self) -> None:
        nas = self.lab.guest("nas")
        daemon = self.deployment.daemons["nas"]
        nas.power_cut()
        daemon.mark()
        nas.start()
        nas.await_ready()
        start = time.monotonic()
        daemon.await_recovered()
        self.progress(f"recovered {time.monotonic() - start:.1f} s after the guest was up")
        expect_equal(len(settle(self.lab, self.cli, PATIENCE)), COUNT, "volumes listed")
        self.progress(f"settled {time.monotonic() - start:.1f} s after the guest was up")

    def idle(self) -> None:
        nothing = {guest.name: [] for guest in self.lab.guests()}
        expect_equal(idle.programs_started(self.lab.guests()), nothing, "programs that the daemons started")

    def unmap_all(self) -> None:
        self.all("unmap", lambda zvol: ("unmap", "nas", zvol))
        self.all("rm", lambda zvol: ("rm", "nas", zvol))
        for guest in self.lab.guests():
            expect_equal(look(guest).leftovers(), [], f"what is left on {guest.name}")

    def all(self, what: str, words) -> None:
        """Asks for all volumes, a number of them at once, and waits for all answers."""
        start = time.monotonic()

        def one(zvol: str) -> float:
            asked = time.monotonic()
            self.frontend.ask(*words(zvol))
            return time.monotonic() - asked

        waits, failures = [], []
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for call in [threads.submit(one, zvol) for zvol in self.zvols]:
                try:
                    waits.append(call.result())
                except LabError as failure:
                    failures.append(str(failure))
                if (len(waits) + len(failures)) % 50 == 0:
                    self.progress(f"{what}: {len(waits)} done, {len(failures)} failed, after {time.monotonic() - start:.0f} s")
        expect_equal(failures, [], f"{what}: calls that failed")
        taken = f"{time.monotonic() - start:.0f} s, each {statistics.median(waits):.1f} s, the slowest {max(waits):.1f} s"
        self.progress(f"{what}: {len(waits)} in {taken}")

    def progress(self, text: str) -> None:
        self.lab.report.progress(text)
