"""The cells of the matrix: a point, what happens there, and for which kind of supplier; and which of them CI runs.

`points.txt` lists every point with the kinds of suppliers in whose work it is passed ("-" = in nobody's, as a round
of the dispatcher). A run fails when it passes a point that is not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agency.domain.effects import EffectKind
from tests.chaos.doors import BAD_LUCK, LOST, REFUSED
from tests.chaos.hook import KILL_HORSE, STOP
from tests.chaos.people import VENDORS

KILL_ALL, ORPHAN = "kill worker, dispatcher and horse", "kill worker and dispatcher, the horse goes on"
NOBODY = "-"
_DEAR = 5  # how much dearer it is to start processes again, or to wait, than to lose one horse
# Places where a call to the outside is still to be made.
_ASKS, _CONNECTS = ("before_ask", "before_send"), ("before_ask", "before_connect")
# Heartbeats and the hourly tidying carry no promise; a login at CJ happens once in a town's life. After some races
# only, and not at will, it is seen that a supplier has a reference which we never sent, that its list cannot be
# read, that a bell comes too late, that a turn is so long that it lengthens its lease, that CJ is asked once more for
# an order whose payment was prepared before, or that more than fifty orders of a shop moved in one window, so that a
# further page is read (tests/stories/test_nothing_missing.py has pages that are lost).
LEFT_OUT = (
    "worker.tell_alive.",
    "orders.walk.",
    "tracking.reconcile.2.",
    "dispatcher.beat.",
    "dispatcher.tidy.",
    "tracking.keep_login.",
    "purchase.keep_login.",
    "purchase.place.prepare_place.before_commit",
    "purchase.place.prepare_place.after_commit",
    "runtime.serve.1.",
)
LEFT_OUT_CALLS = ("cj getAccessToken", "prepare_pay.cj getOrderDetail", "check")


@dataclass(frozen=True, order=True)
class Cell:
    """One thing that happens once, in one kind of supplier's work."""

    point: str
    act: str
    vendor: str

    @property
    def place(self) -> str:
        """The commit, bell or call; its points are the moments before, within and after it."""
        return self.point.rpartition(".")[0]

    @property
    def moment(self) -> str:
        """Before, within or after."""
        return self.point.rpartition(".")[2]

    @property
    def lane(self) -> str:
        """The lane, or the process, in whose work it happens."""
        return self.point.partition(".")[0]

    @property
    def area(self) -> str:
        """The same, with the kind of write; cells of one area happen one after the other."""
        words = self.point.split(".")
        return ".".join(words[:2]) if words[1] in EffectKind.ALL else words[0]


@cache
def known_points() -> dict[str, tuple[str, ...]]:
    """Every point with the vendors in whose work it is passed."""
    found = {}
    for line in Path(__file__).with_name("points.txt").read_text().splitlines():
        point, _bar, vendors = line.partition(" | ")
        found[point] = tuple(vendors.split())
    return found


def in_matrix(point: str) -> bool:
    """Whether something is made to happen there."""
    return not point.startswith(LEFT_OUT) and not any(f".{call}." in point for call in LEFT_OUT_CALLS)


def acts_at(point: str) -> Iterator[str]:
    """What can happen at a point."""
    area, moment = point.partition(".")[0], point.rpartition(".")[2]
    if area == "dispatcher":
        yield from (KILL_ALL, STOP)
    elif area == "web":
        yield from (KILL_HORSE, STOP)
    else:
        yield from (KILL_HORSE, KILL_ALL, ORPHAN, STOP)
    if moment in _ASKS:
        yield from (act for act in BAD_LUCK if act != REFUSED)
    if moment in _CONNECTS:
        yield REFUSED


def all_cells() -> list[Cell]:
    """The whole matrix."""
    return sorted(
        Cell(point, act, vendor)
        for point, vendors in known_points().items()
        if in_matrix(point)
        for act in acts_at(point)
        for vendor in vendors
    )


def covering(cells: Sequence[Cell]) -> list[Cell]:
    """A small choice, always the same: each place (a commit, a bell, a call) once, and each act with each vendor once.

    Places that only some vendors pass choose first; then each takes the cell whose act and vendor were had least,
    acts after which processes must start again or stand still counting several times, and of before and after the one
    that was had less.
    """
    by_place: dict[str, list[Cell]] = {}
    for cell in cells:
        by_place.setdefault(cell.place, []).append(cell)
    chosen: list[Cell] = []
    pairs: dict[tuple[str, str], int] = {}
    for place in sorted(by_place, key=lambda place: (len({c.vendor for c in by_place[place]}), place)):
        best = min(by_place[place], key=lambda cell: (_rank(cell, pairs, chosen), cell))
        chosen.append(best)
        pairs[best.act, best.vendor] = pairs.get((best.act, best.vendor), 0) + 1
    missing = {(cell.act, cell.vendor) for cell in cells} - set(pairs)
    for pair in sorted(missing):
        chosen.append(next(cell for cell in cells if (cell.act, cell.vendor) == pair))
    for moment in sorted({cell.moment for cell in cells} - {cell.moment for cell in chosen}):
        chosen.append(next(cell for cell in cells if cell.moment == moment))
    return sorted({*chosen, *(cell for cell in cells if _is_about_money(cell))})


def _is_about_money(cell: Cell) -> bool:
    """The answer to a write that costs money is lost, or its process stands still with the request in its hand."""
    if not cell.point.startswith(("purchase.place.send.", "purchase.pay.send.")):
        return False
    moment = cell.point.rpartition(".")[2]
    return (moment, cell.act) in {("before_send", LOST), ("sending", STOP), ("sent", KILL_HORSE)}


def _rank(cell: Cell, pairs: dict[tuple[str, str], int], chosen: Sequence[Cell]) -> tuple[int, int, int]:
    """How often act and vendor were had together, how busy the cell's slot is, how often its moment was had."""
    slot = sum(1 for other in chosen if (other.vendor, other.area) == (cell.vendor, cell.area))
    had = pairs.get((cell.act, cell.vendor), 0)
    moment = sum(1 for other in chosen if other.moment == cell.moment)
    return (had * _DEAR if cell.act in (KILL_ALL, ORPHAN, STOP) else had), slot, moment


def parts(cells: Sequence[Cell], number: int) -> list[list[Cell]]:
    """The cells dealt out to so many towns, so that each has some of every area."""
    return [list(cells[start::number]) for start in range(number)]


def vendors_of(cells: Iterable[Cell]) -> set[str]:
    """Which kinds of suppliers are met."""
    return {cell.vendor for cell in cells if cell.vendor in VENDORS}
