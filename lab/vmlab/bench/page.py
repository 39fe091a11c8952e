"""Writes the run into docs/performance.md, between two marks, and its plot beside it."""

import statistics
import subprocess
from datetime import date

from vmlab.bench import plot
from vmlab.bench.contenders import ALL, SIZE
from vmlab.bench.measure import Figures
from vmlab.lab import REPOSITORY

PAGE = REPOSITORY / "docs" / "performance.md"
PLOT = REPOSITORY / "docs" / "performance.svg"
METHOD = "lab/vmlab/bench/method.md"
BEGIN, END = "<!-- written by lab/bench -->\n", "<!-- end of what lab/bench writes -->\n"


def write(figures: Figures, claims: list, reasons: dict) -> None:
    before, _, rest = (PAGE.read_text() if PAGE.exists() else "# Performance\n\n" + BEGIN + END).partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + BEGIN + text(figures, claims, reasons) + END + after)
    PLOT.write_text(plot.svg(medians(figures.maps), medians(figures.unmaps)))


def text(figures: Figures, claims: list, reasons: dict) -> str:
    parts = [
        heading(figures),
        claims_table(claims, reasons),
        "![Seconds of a map and of an unmap, by contender](performance.svg)\n",
        contenders_table(figures),
        storms_table(figures),
        starts_text(figures),
        traces_table(figures),
        *([failures_text(figures)] if figures.failures else []),
        (REPOSITORY / METHOD).read_text(),
    ]
    return "\n".join(parts)


def heading(figures: Figures) -> str:
    commit = subprocess.run(["git", "-C", REPOSITORY, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    amount = figures.amount
    return (
        f"## vmstore against the least there is, and against others\n\nA run of `lab/bench` on {date.today()}, at"
        f" {commit.stdout.strip()}: {amount.rounds} rounds ({amount.slow_rounds} of the slow ones'), storms of {amount.storm}"
        f" volumes to two compute nodes, volumes of {SIZE >> 20} MiB. A ratio is the median of the ratios of the rounds, each of"
        " which runs all contenders one after the other in the same guests.\n"
    )


def claims_table(claims: list, reasons: dict) -> str:
    rows = ["| claim | ratio | spread | limit | | |", "|---|---|---|---|---|---|"]
    for claim in claims:
        sign = "≥" if claim.least else "≤"
        reason = "" if claim.holds else reasons.get(claim.name, "not explained yet")
        state = "pass" if claim.holds else "**miss**"
        rows.append(f"| {claim.name} | {claim.figure:.2f} | {claim.spread} | {sign} {claim.limit:g} | {state} | {reason} |")
    return "\n".join(rows) + "\n"


def contenders_table(figures: Figures) -> str:
    rows = ["| contender | map, s | unmap, s | |", "|---|---|---|---|"]
    for contender in ALL:
        maps, unmaps = figures.maps.get(contender.name, {}), figures.unmaps.get(contender.name, {})
        if maps and unmaps:
            rows.append(f"| {contender.name} | {seconds(maps.values())} | {seconds(unmaps.values())} | {contender.says} |")
    return "Median and, in brackets, the fastest and the slowest:\n\n" + "\n".join(rows) + "\n"


def storms_table(figures: Figures) -> str:
    rows = ["| storm | maps a second | the slowest's wait, in medians |", "|---|---|---|"]
    for name, storms in figures.storms.items():
        throughput = seconds([storm.throughput for storm in storms])
        rows.append(f"| {name} | {throughput} | {seconds([storm.slowest for storm in storms])} |")
    return "\n".join(rows) + "\n"


def starts_text(figures: Figures) -> str:
    rows = ["| | s |", "|---|---|"]
    names = {"vmstore": "`list` through vmstore", "zfs": "`zfs list`"}
    rows += [f"| {names[name]} | {seconds(values, 3)} |" for name, values in figures.lists.items()]
    names = {"floor": "all exports again, by hand", "vmstore": "the same by vmstore, from the first to the last",
             "from the start of the process": "the same from the start of vmstore's process"}  # fmt: skip
    rows += [f"| {names[name]} | {seconds(values)} |" for name, values in figures.starts.items()]
    amount = figures.amount
    heading = f"With {amount.exports} volumes, of which {amount.storm} are attached and the others exposed to nobody:\n\n"
    return heading + "\n".join(rows) + "\n"


def traces_table(figures: Figures) -> str:
    rows = ["| | programs run, in order, with their seconds under strace | fsync |", "|---|---|---|"]
    for (what, guest), trace in figures.traces.items():
        programs = ", ".join(f"`{words}` {took:.2f}" for words, took in trace.programs)
        rows.append(f"| {what}, {guest} | {programs or 'none'} | {trace.syncs} |")
    return "What the daemons do for one map and one unmap:\n\n" + "\n".join(rows) + "\n"


def failures_text(figures: Figures) -> str:
    return "What failed in this run:\n\n" + "".join(f"- {line.splitlines()[0]}\n" for line in figures.failures)


def seconds(values, digits: int = 2) -> str:
    values = list(values)
    text = f"{statistics.median(values):.{digits}f}"
    return text + (f" ({min(values):.{digits}f} to {max(values):.{digits}f})" if len(values) > 1 else "")


def medians(rounds: dict) -> dict:
    return {name: statistics.median(values.values()) for name, values in rounds.items() if values}
