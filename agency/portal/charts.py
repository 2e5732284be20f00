"""The geometry of our charts: pure functions from numbers to coordinates.

`ui/charts.html` draws, the style sheet paints (ADR 33). Every chart lies in a box of 1,000 units across, so that a
template writes nothing but attributes. Words stay in HTML beside the drawing: they scale with the reader's text size,
and a stretched box would distort them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1000.0  # units across; a row of the page decides how wide that is
_STEPS = (1, 2, 2.5, 5, 10)
_SMALLEST = 1e-6  # what is smaller is drawn as nothing


@dataclass(frozen=True)
class LineChart:
    """A line with its area, where the limit lies, and the labels of both axes.

    `rows` are the values at the top, the middle and the bottom; `columns` some of the labels, evenly, first and last
    among them. `limit_y` is in units; what lies above it is the zone beyond the limit.
    """

    height: float
    path: str
    area: str
    dots: tuple[tuple[float, float], ...]  # points without a neighbour, which a line would not show
    limit_y: float | None
    rows: tuple[float, ...]
    columns: tuple[str, ...]
    last: tuple[float, float] | None

    @property
    def limit_at(self) -> float:
        """The limit's place in per cent from the top; 0 without one."""
        return round((self.limit_y or 0.0) * 100 / self.height, 1)


@dataclass(frozen=True)
class Bar:
    """One day's column: `x`, `width`, and from the bottom up the `y` and height of each part."""

    x: float
    width: float
    parts: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class StackedBars:
    """Columns of some parts each."""

    height: float
    bars: tuple[Bar, ...]
    rows: tuple[float, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Meter:
    """A bar of `width` units with a tick at the goal or limit; both never beyond the box."""

    width: float
    tick: float | None


def nice_top(highest: float) -> float:
    """The smallest round number that is not below `highest`: 1, 2, 2.5 or 5 times a power of ten; 1 for nothing."""
    if highest < _SMALLEST:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(step * power for step in _STEPS if step * power >= highest * (1 - 1e-9))


def line_chart(
    points: Sequence[float | None], labels: Sequence[str], limit: float | None = None, height: float = 240
) -> LineChart:
    """A line over `labels`, one point each; None is a gap. `limit` is where the zone above it begins.

    The scale goes from zero to a round number above both the highest point and the limit, so that the limit shows.
    """
    known = [point for point in points if point is not None]
    top = nice_top(max([*known, (limit or 0) * 1.2, 0.0]))
    placed = [
        None if point is None else (_across(place, len(points)), _down(point, top, height))
        for place, point in enumerate(points)
    ]
    runs = _runs(placed)
    limit_y = None if limit is None else _down(limit, top, height)
    return LineChart(
        height=height,
        path=" ".join(_path(run) for run in runs if len(run) > 1),
        area=" ".join(_area(run, height) for run in runs if len(run) > 1),
        dots=tuple(run[0] for run in runs if len(run) == 1),
        limit_y=limit_y,
        rows=_rows(top),
        columns=_columns(labels),
        last=runs[-1][-1] if runs else None,
    )


def sparkline(points: Sequence[float | None], height: float = 200) -> LineChart:
    """A small line without axes; flat in the middle when nothing changes."""
    known = [point for point in points if point is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span, inset = (high - low) or 1.0, height * 0.12
    middle = height / 2 if high == low else None
    placed = [
        None
        if point is None
        else (
            _across(place, len(points)),
            middle
            if middle is not None
            else round(height - inset - (point - low) / span * (height - 2 * inset), 1),
        )
        for place, point in enumerate(points)
    ]
    runs = _runs(placed)
    path = " ".join(_path(run) for run in runs if len(run) > 1)
    dots = tuple(run[0] for run in runs if len(run) == 1)
    return LineChart(height, path, "", dots, None, (), (), runs[-1][-1] if runs else None)


def stacked_bars(
    parts: Sequence[Sequence[float]], labels: Sequence[str], height: float = 240, gap: float = 0.28
) -> StackedBars:
    """One column for each label; `parts` has the parts of a column from the bottom up. `gap` is a share of its room."""
    top = nice_top(max((sum(column) for column in parts), default=0.0))
    room = WIDTH / max(len(parts), 1)
    bars = []
    for place, column in enumerate(parts):
        base, drawn = height, []
        for part in column:
            tall = round(part / top * height, 1)
            base -= tall
            drawn.append((round(base, 1), tall))
        x, width = round(place * room + room * gap / 2, 1), round(room * (1 - gap), 1)
        bars.append(Bar(x, width, tuple(drawn)))
    return StackedBars(height, tuple(bars), _rows(top), _columns(labels))


def goal_bars(pairs: Sequence[tuple[float | None, float]]) -> list[Meter]:
    """Horizontal bars on one scale, each with a tick at its goal; a value of None draws no bar."""
    top = (
        max([*(value for value, _ in pairs if value is not None), *(goal for _, goal in pairs), 0.0]) * 1.1
        or 1.0
    )
    return [meter(value or 0.0, top, goal) for value, goal in pairs]


def meter(value: float, top: float, tick: float | None = None) -> Meter:
    """A bar of `value` in a box of `top`; what lies beyond is cut."""
    return Meter(_part(value, top), None if tick is None else _part(tick, top))


def limit_meter(points: int, limit: int, *, lower_is_better: bool) -> Meter:
    """A share against its limit, both in basis points; the limit sits at two thirds of the box.

    For errors the box begins at zero. For successes it begins where three times the allowed errors would be, since
    between 0 and 95 per cent there is nothing to see; the words beside it say the share.
    """
    if lower_is_better:
        return meter(points, limit * 1.5, limit)
    room = (10_000 - limit) * 3.0
    return meter(points - (10_000 - room), room, room * 2 / 3)


def _part(value: float, top: float) -> float:
    return round(min(max(value / top, 0.0), 1.0) * WIDTH, 1)


def _across(place: int, count: int) -> float:
    return round(place * WIDTH / (count - 1), 1) if count > 1 else WIDTH / 2


def _down(value: float, top: float, height: float) -> float:
    return round(height - value / top * height, 1)


def _runs(placed: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = []
    before: tuple[float, float] | None = None
    for point in placed:
        if point is not None:
            if before is None:
                runs.append([])
            runs[-1].append(point)
        before = point
    return runs


def _path(run: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:g},{y:g}" for x, y in run)


def _area(run: Sequence[tuple[float, float]], height: float) -> str:
    return f"{_path(run)} L{run[-1][0]:g},{height:g} L{run[0][0]:g},{height:g} Z"


def _rows(top: float) -> tuple[float, ...]:
    return top, top / 2, 0.0


def _columns(labels: Sequence[str], most: int = 5) -> tuple[str, ...]:
    """At most five labels, evenly, with the first and the last."""
    if len(labels) <= most:
        return tuple(labels)
    places = [round(step * (len(labels) - 1) / (most - 1)) for step in range(most)]
    return tuple(labels[place] for place in places)
