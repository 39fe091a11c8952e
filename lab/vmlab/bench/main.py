"""The command line of lab/bench."""

import argparse
import signal
import time
import traceback
from pathlib import Path

from vmlab.bench import page
from vmlab.bench.claims import judge, known_misses
from vmlab.bench.measure import FULL, LOOK, QUICK, Figures, Measurement
from vmlab.guest import Node
from vmlab.lab import COMPUTE1, COMPUTE2, DISTRIBUTION, Lab
from vmlab.report import LabError, Report, Unexpected, fatal

# Room for all volumes of a storm and all that are exposed; a twentieth of a pool stays free.
NODES = (Node("nas", "nas", memory=2048, pool_size=6 << 30), COMPUTE1, COMPUTE2)
OUT = Path(__file__).resolve().parent.parent.parent / "out"


def main(arguments: list) -> int:
    parser = argparse.ArgumentParser(
        prog="lab/bench", description="Measures vmstore against the least work there is, and against others' ways."
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, storms of 20 and not of 100; ends within 15 minutes")
    parser.add_argument("--look", action="store_true", help="vmstore and the floor only, 5 rounds; leaves the page as it is")
    parser.add_argument("--keep-page", action="store_true", help="leave docs/performance.md and its plot as they are")
    options = parser.parse_args(arguments)
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    if not (DISTRIBUTION / "bin" / "vmstore-bench").exists():
        return fatal(f"{DISTRIBUTION} has no bin/vmstore-bench: build it, `make dist`")
    return run(options)


def run(options) -> int:
    report = Report()
    out = OUT / time.strftime("%Y%m%d-%H%M%S") / "bench"
    out.mkdir(parents=True)
    with open(out / "report.txt", "w") as report.copy:
        try:
            figures = measured(report, out, LOOK if options.look else QUICK if options.quick else FULL)
        except KeyboardInterrupt:
            report.progress("interrupted")
            return 1
        except LabError as missing:
            return fatal(str(missing))
        ok = told(report, figures)
        (out / "figures.txt").write_text(repr(figures) + "\n")
        if not (options.keep_page or options.look):
            page.write(figures, judge(figures), known_misses())
    return 0 if ok else 1


def measured(report: Report, out: Path, amount) -> Figures:
    with Lab(report, out, NODES) as lab:
        measurement = Measurement(lab, amount)
        try:
            measurement.run()
        except Exception as broken:  # what was measured before it is told all the same
            plain = isinstance(broken, (LabError, Unexpected))
            text = str(broken) if plain else "".join(traceback.format_exception(broken))
            report.progress(f"cannot go on: {text}")
            measurement.figures.failures.append(text)
            lab.collect_evidence()
        return measurement.figures


def told(report: Report, figures: Figures) -> bool:
    """Prints a line a claim; returns whether nothing missed but what is known to."""
    reasons = known_misses()
    unknown = 0
    for claim in judge(figures):
        report.line(str(claim))
        if claim.holds:
            report.passed += 1
        else:
            report.failed += 1
            unknown += claim.name not in reasons
            report.line(f"       {reasons.get(claim.name, 'not known to miss: see lab/known-misses.md')}")
    report.summary()
    return unknown == 0
