"""The counts of the matrix, gathered over all towns of a run and printed at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.cells import Cell
from tests.chaos.verdict import Verdict

_COUNTED = {
    "orders": "orders_issued",
    "lines bought": "lines_bought",
    "bought or paid twice": "lines_bought_twice",
    "never bought": "lines_never_bought",
    "wrong tracking": "wrong_tracking",
    "money that differs, in minor units": "money_mismatch_minor",
    "in front of a person": "needs_person",
}
_sums: Counter[str] = Counter()
_points: set[str] = set()
_acts: Counter[str] = Counter()


def note(proved: Sequence[Cell], failed: Sequence[str], verdict: Verdict, lost_access: int) -> None:
    """Adds one town."""
    _points.update(cell.point for cell in proved)
    _acts.update(cell.act for cell in proved)
    _sums["cells"] += len(proved)
    _sums["cells that did not happen"] += len(failed)
    _sums.update({word: int(verdict.figures[name]) for word, name in _COUNTED.items()})
    _sums["rows unequal to the books"] += len(verdict.unequal)
    _sums["in front of nobody"] += len(verdict.without_reason)
    _sums["clients that were asked to connect again"] += lost_access


def lines() -> list[str]:
    """What is printed; nothing when no town ran."""
    if not _sums:
        return []
    told = [f"points: {len(_points)}", *(f"{word}: {count}" for word, count in _sums.items())]
    return [*told, *(f"  {act}: {count}" for act, count in sorted(_acts.items()))]
