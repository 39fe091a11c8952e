"""What is claimed, and whether a run bears it out."""

import re
import statistics
from dataclasses import dataclass
from pathlib import Path

from vmlab.bench.measure import Figures

KNOWN_MISSES = Path(__file__).resolve().parent.parent.parent / "known-misses.md"


@dataclass(frozen=True)
class Claim:
    """`figure` is compared with `limit`: at most that, or with `least` at least that."""

    name: str
    figure: float
    limit: float
    least: bool = False
    spread: str = ""

    @property
    def holds(self) -> bool:
        return self.figure >= self.limit if self.least else self.figure <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.least else "<="
        spread = f" ({self.spread})" if self.spread else ""
        return f"{'pass' if self.holds else 'MISS'} {self.name}: {self.figure:.2f}{spread}, limit {sign} {self.limit:g}"


def ratios(above: dict, below: dict) -> list:
    """Of the rounds in which both took part: what was side by side is compared, so that a busy moment hits both."""
    return [above[number] / below[number] for number in sorted(above.keys() & below.keys())]


def spread(values: list) -> str:
    return f"{min(values):.2f} to {max(values):.2f} in {len(values)}" if len(values) > 1 else ""


def judge(figures: Figures) -> list:
    found = [of_ratios(*row) for row in pairs(figures)]
    storms = list(zip(figures.storms.get("vmstore", []), figures.storms.get("floor", [])))
    if storms:
        throughputs = [storm.throughput / floor.throughput for storm, floor in storms]
        found.append(of_ratios("storm's throughput / floor's", throughputs, 0.9, True))
        found.append(of_ratios("storm's slowest wait / median", [storm.slowest for storm, _ in storms], 3))
    found.append(Claim("calls that failed", len(figures.failures), 0))
    found.append(Claim("sessions that iscsid lost", figures.lost, 0))
    return [claim for claim in found if claim]


def pairs(figures: Figures) -> list:
    maps, unmaps = figures.maps, figures.unmaps

    def of(rounds: dict, above: str, below: str) -> list:
        return ratios(rounds.get(above, {}), rounds.get(below, {}))

    def in_order(rows: dict, above: str, below: str) -> list:
        return [high / low for high, low in zip(rows.get(above, []), rows.get(below, []))]

    return [
        ("map / floor's", of(maps, "vmstore", "floor"), 1.25),
        ("unmap / floor's", of(unmaps, "vmstore", "floor"), 1.25),
        ("targetcli's map / map", of(maps, "targetcli", "vmstore"), 8, True),
        ("predecessor's map / map", of(maps, "predecessor", "vmstore"), 2, True),
        ("list / zfs list", in_order(figures.lists, "vmstore", "zfs"), 1.2),
        ("exports after a start / floor's", in_order(figures.starts, "vmstore", "floor"), 1.2),
    ]


def of_ratios(name: str, values: list, limit: float, least: bool = False):
    """The median of the rounds; None when there is none."""
    return Claim(name, statistics.median(values), limit, least, spread(values)) if values else None


def known_misses() -> dict:
    """The reasons by claim, from the table in known-misses.md."""
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", KNOWN_MISSES.read_text(), re.MULTILINE)
    return dict(rows[1:])  # the first is the heading; a row of dashes has no blanks
