"""The command line: which scenarios to run, and what is left of a run."""

import argparse
import importlib
import pkgutil
import signal
import time
import traceback
from pathlib import Path

from vmlab import scenarios
from vmlab.image import ensure_image
from vmlab.lab import DISTRIBUTION, USUAL, Lab
from vmlab.report import LabError, Report, Unexpected, fatal

OUT = Path(__file__).resolve().parent.parent / "out"


def main(arguments: list) -> int:
    known = {module.name: module for module in pkgutil.iter_modules(scenarios.__path__)}
    parser = argparse.ArgumentParser(prog="lab/run", description="Runs scenarios on real kernels in emulated machines.")
    parser.add_argument("--list", action="store_true", help="say what scenarios there are")
    parser.add_argument("--image", action="store_true", help="build the guests' disk image, if there is none, and no more")
    parser.add_argument("--keep", action="store_true", help="leave the guests of a scenario up until Ctrl-C")
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO", help="one of: " + " ".join(known))
    options = parser.parse_args(arguments)
    if options.list:
        for name in known:
            print(f"{name:12} {load(name).__doc__.strip().splitlines()[0]}")
        return 0
    if options.image:
        return build_image()
    unknown = set(options.scenario) - known.keys()
    if unknown or not options.scenario:
        return fatal(f"no scenario {' '.join(sorted(unknown))!r}; there are: {' '.join(known)}")
    return run(options.scenario, options.keep)


def build_image() -> int:
    try:
        ensure_image(Report().progress)
    except LabError as missing:
        return fatal(str(missing))
    return 0


def load(name: str):
    return importlib.import_module(f"vmlab.scenarios.{name}")


def run(names: list, keep: bool) -> int:
    # Being told to end runs the same `finally` as Ctrl-C does; and a shell's `&` leaves SIGINT ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    report = Report()
    directory = OUT / time.strftime("%Y%m%d-%H%M%S")
    try:
        for name in names:
            require_distribution(name)
        for name in names:
            run_one(name, report, directory / name, keep)
    except LabError as missing:
        return fatal(str(missing))
    except KeyboardInterrupt:
        report.progress("interrupted")
        report.failed += 1
    report.summary()
    return 0 if report.failed == 0 else 1


def require_distribution(name: str) -> None:
    """Says before anything boots that there is nothing to run."""
    if getattr(load(name), "RUNS_VMSTORE", True) and not (DISTRIBUTION / "bin" / "vmstore").exists():
        raise LabError(f"'{name}' runs {DISTRIBUTION}, which is not there: build it, `mvn -DskipTests package`")


def run_one(name: str, report: Report, out: Path, keep: bool) -> None:
    scenario = load(name)
    report.progress(f"scenario {name}")
    out.mkdir(parents=True)
    with open(out / "report.txt", "w") as report.copy:
        try:
            topology = getattr(scenario, "NODES", USUAL)
            with Lab(report, out, topology) as lab:
                observe(scenario, lab)
                if keep:
                    wait_for_interrupt(lab)
        except Exception as broken:
            give_up(report, broken)
        finally:
            report.copy = None


def observe(scenario, lab: Lab) -> None:
    """Runs the checks, and keeps what the guests know when one of them fails."""
    failed_before = lab.report.failed
    try:
        scenario.run(lab)
    except Exception as broken:
        give_up(lab.report, broken)
    if lab.report.failed > failed_before:
        lab.collect_evidence()


def give_up(report: Report, broken: Exception) -> None:
    """Not a check that failed: what all further checks need is not there."""
    report.failed += 1
    plain = isinstance(broken, (LabError, Unexpected))
    report.progress(f"cannot go on: {broken if plain else ''.join(traceback.format_exception(broken))}")


def wait_for_interrupt(lab: Lab) -> None:
    lab.report.progress("kept until Ctrl-C; log in with\n" + lab.describe())
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass
