"""One town of the matrix: it is opened with fault points, led through its cells, left to settle, and judged."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.cells import NOBODY, Cell
from tests.chaos.conductor import REACHED_WITHIN, Conductor
from tests.chaos.hook import FOLDERS
from tests.chaos.people import VENDORS, House, one_of_each
from tests.chaos.town import open_town
from tests.chaos.verdict import Verdict

ROOT = Path(__file__).parents[2]
RATE, PACE = 3_600.0, 0.15
WORKERS = 6  # above the processes that stand still at once
# The simulator hangs up idle connections well before the quarantine ends: our fence against a frozen process.
IDLE_SECONDS = 1.5


@dataclass(frozen=True)
class Played:
    """What a town showed."""

    proved: Sequence[Cell]
    failed: Sequence[str]
    verdict: Verdict
    lost_access: int  # how often a client had to connect again, as a row in front of a person said
    points: dict[str, set[str]]  # point -> the vendors in whose work it was passed


@contextmanager
def stage(
    folder: Path,
    cells: Sequence[Cell],
    houses: Sequence[House],
    entry: Sequence[str] = ("tests.chaos.entry",),
    *,
    workers: int = WORKERS,
    web: bool = True,
    within: float = REACHED_WITHIN,
) -> Iterator[Conductor]:
    """A town with fault points and who leads it; `entry` is the module (and its words) that starts our programs."""
    points = folder / "points"
    for name in FOLDERS:
        (points / name).mkdir(parents=True)
    with open_town(
        folder / "town",
        houses,
        workers=workers,
        web=web,
        doors=True,
        entry=(sys.executable, "-m", *entry, str(points)),
        environment={"PYTHONPATH": str(ROOT)},
        rate=RATE,
        pace=PACE,
        idle_seconds=IDLE_SECONDS,
        # Some suppliers take their time, so that a cancelled order is not always too late.
        faults={"late_tracking": {"probability": 0.4}},
    ) as town:
        yield Conductor(town, points, cells, within)


def play(folder: Path, cells: Sequence[Cell], within: float = REACHED_WITHIN) -> Played:
    """Plays the cells in one town and waits until it has settled; a point not reached `within` seconds has failed."""
    with stage(folder, cells, one_of_each(), within=within) as conductor:
        conductor.run()
        town = conductor.town
        verdict = town.settled()
        vendors = {town.people.clients[house.number]: house.vendor for house in town.people.houses}
    passed = _passed(folder / "points", vendors)
    return Played(conductor.proved, conductor.failed, verdict, conductor.lost_access, passed)


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
