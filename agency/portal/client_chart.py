"""A line over days as numbers for an SVG: a box of 1,000 by 240 units, zero at the bottom. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agency.domain.money import Money
from agency.services.client_rows import DaySales

WIDTH, HEIGHT = 1000, 240
_STEPS = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)
_LABELS = 4  # days named under the line, the last one included


@dataclass(frozen=True)
class DayLine:
    """`points` for a polyline, `area` closes it; `top` and `half` label the lines, `named` the days."""

    points: str
    area: str
    top: Money
    half: Money
    named: tuple[date, ...]
    days: tuple[DaySales, ...]


def line_of(days: Sequence[DaySales]) -> DayLine | None:
    """The line; None when there is nothing to draw."""
    if len(days) < 2 or not any(day.amount.amount for day in days):
        return None
    highest = max(day.amount.amount for day in days)
    top, currency = _round_up(highest), days[0].amount.currency
    step = WIDTH / (len(days) - 1)
    spots = [
        f"{number * step:.1f},{HEIGHT - day.amount.amount * HEIGHT / top:.1f}"
        for number, day in enumerate(days)
    ]
    points = " ".join(spots)
    named = tuple(days[round(number * (len(days) - 1) / _LABELS)].day for number in range(_LABELS + 1))
    return DayLine(
        points=points,
        area=f"0,{HEIGHT} {points} {WIDTH},{HEIGHT}",
        top=Money(top, currency),
        half=Money(top // 2, currency),
        named=named,
        days=tuple(days),
    )


def _round_up(amount: int) -> int:
    """The smallest even round number of whole units that is not below the amount, in minor units."""
    size = 100
    while size * 10 < amount:
        size *= 10
    return next(int(size * step) for step in (*_STEPS, 20) if size * step >= amount)
