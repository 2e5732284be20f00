"""One town of the matrix: it is opened with fault points, led through its cells, left to settle, and judged."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.cells import NOBODY, Cell
from tests.chaos.conductor import Conductor
from tests.chaos.hook import FOLDERS
from tests.chaos.people import VENDORS, one_of_each
from tests.chaos.town import open_town
from tests.chaos.verdict import Verdict

ROOT = Path(__file__).parents[2]
RATE, PACE = 7_200.0, 0.3
WORKERS = 6  # above the processes that stand still at once
# The simulator hangs up idle connections well before the quarantine ends: our fence against a frozen process.
IDLE_SECONDS = 1.5


@dataclass(frozen=True)
class Played:
    """What a town showed."""

    proved: Sequence[Cell]
    failed: Sequence[str]
    verdict: Verdict
    points: dict[str, set[str]]  # point -> the vendors in whose work it was passed


def play(folder: Path, cells: Sequence[Cell], entry: str = "tests.chaos.entry") -> Played:
    """Plays the cells in one town; `entry` is the module by which our programs are started."""
    points = folder / "points"
    for name in FOLDERS:
        (points / name).mkdir(parents=True)
    with open_town(
        folder / "town",
        one_of_each(),
        workers=WORKERS,
        web=True,
        doors=True,
        entry=(sys.executable, "-m", entry, str(points)),
        environment={"PYTHONPATH": str(ROOT)},
        rate=RATE,
        pace=PACE,
        idle_seconds=IDLE_SECONDS,
    ) as town:
        conductor = Conductor(town, points, cells)
        conductor.run()
        verdict = town.settled()
        vendors = {town.people.clients[house.number]: house.vendor for house in town.people.houses}
    return Played(conductor.proved, conductor.failed, verdict, _passed(points, vendors))


def _passed(points: Path, vendors: dict[int, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in (points / "seen").iterdir():
        client, _at, point = path.name.partition("@")
        found.setdefault(point, set()).add(vendors.get(int(client), NOBODY))
    return found


def as_lines(passed: dict[str, set[str]]) -> list[str]:
    """The points in the form of `points.txt`."""
    order = (NOBODY, *VENDORS)
    return [f"{point} | {' '.join(sorted(passed[point], key=order.index))}" for point in sorted(passed)]
