"""What a shop's figures mean: a state per figure against its limit, the trend, and the goals of each stage.

counts --> rate --> state: over limit, watch, good, too few orders, no limit known
              '---> runway: how many more may go wrong before the limit is broken (`metrics.runway`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from agency.domain.metrics import LOWER_IS_BETTER, Limit, Metric, Rate, is_met, list_limits, runway

FEWEST = 10  # cases; below it one order is more than a tenth, and a share says nothing
WATCH_SHARE = 60  # per cent of what the limit allows; from there on a figure is watched
SMOOTHED = 7  # days that one point of a trend looks back, itself included
SCAN_WAIT = timedelta(days=2)  # a parcel without a scan is counted once its carrier had this long
_LONGEST_FORECAST = 60  # days; further ahead a straight line is no forecast
_FEWEST_POINTS = 7


class State(StrEnum):
    """How a figure stands, worst first. A shop stands as its worst figure does."""

    OVER = "over"
    WATCH = "watch"
    FEW = "few"
    NO_LIMIT = "no_limit"
    GOOD = "good"


WORST_FIRST = tuple(State)


@dataclass(frozen=True)
class Judged:
    """A figure with what it means.

    `line` is the stricter of the limits in force, `enforced` the one at which TikTok acts where it is another;
    `left` counts the mistakes that still fit, None without a limit or a case.
    """

    rate: Rate
    state: State
    line: Limit | None
    enforced: Limit | None
    left: int | None
    acts: bool = False  # the enforced line is broken as well

    @property
    def lower_is_better(self) -> bool:
        """Whether the figure counts what went wrong."""
        return self.rate.metric in LOWER_IS_BETTER


@dataclass(frozen=True)
class StageGoal:
    """One stretch of an order's way and the hours that it should take at most: ours, not TikTok's.

    The goals of the stages leave a third of TikTok's two business days as a reserve (US policy 2026-01-26).
    """

    key: str
    hours: float


STAGE_GOALS = (
    StageGoal("bought", 2),
    StageGoal("supplier_ships", 18),
    StageGoal("handed_over", 2),
    StageGoal("scanned", 10),
)


def judge(rate: Rate, region: str, day: date) -> Judged:
    """What a figure means in a region on a day."""
    limits = sorted(list_limits(rate.metric, region, day), key=lambda limit: _strictness(rate.metric, limit))
    if not limits:
        return Judged(rate, State.NO_LIMIT, None, None, None)
    line = limits[0]
    enforced = next((limit for limit in limits[1:] if limit.level == "enforced"), None)
    if line.level == "enforced":
        enforced = None
    left = runway(rate, line) if rate.base else None
    acts = rate.base >= FEWEST and any(
        not is_met(rate, limit) for limit in limits if limit.level == "enforced"
    )
    return Judged(rate, _state(rate, line), line, enforced, left, acts)


def worst(states: Iterable[State]) -> State:
    """The worst of some states; too few orders when there is none."""
    return min(states, key=WORST_FIRST.index, default=State.FEW)


def standing(states: Iterable[State]) -> State:
    """The worst figure's state; a figure with too few cases or no limit is silent as long as another one speaks."""
    known = list(states)
    telling = [state for state in known if state not in (State.FEW, State.NO_LIMIT)]
    return worst(telling or known)


def rolling(
    days: Sequence[date], counts: Mapping[date, tuple[int, int]], span: int = SMOOTHED
) -> list[int | None]:
    """For each day the share, in basis points, of the `span` days up to it: bad cases and all cases per day.

    None where there was no case: a gap in the line, not a zero.
    """
    points: list[int | None] = []
    for day in days:
        window = [counts.get(day - timedelta(days=back), (0, 0)) for back in range(span)]
        bad, base = sum(pair[0] for pair in window), sum(pair[1] for pair in window)
        points.append(bad * 10_000 // base if base else None)
    return points


def days_to_limit(points: Sequence[int | None], line: int) -> int | None:
    """In how many days a rising figure reaches `line` (basis points) if it goes on as in the last 14 points.

    None when it is there already, does not rise, would take more than 60 days, or has too few points to tell.
    """
    known = [(place, point) for place, point in enumerate(points[-14:]) if point is not None]
    if len(known) < _FEWEST_POINTS or known[-1][1] >= line:
        return None
    middle_x = sum(place for place, _ in known) / len(known)
    middle_y = sum(point for _, point in known) / len(known)
    rise = sum((place - middle_x) * (point - middle_y) for place, point in known)
    slope = rise / sum((place - middle_x) ** 2 for place, _ in known)
    if slope <= 0:
        return None
    days = -int(-(line - known[-1][1]) // slope)
    return days if days <= _LONGEST_FORECAST else None


def _strictness(metric: Metric, limit: Limit) -> tuple[int, str]:
    points = limit.basis_points if metric in LOWER_IS_BETTER else -limit.basis_points
    return points, limit.level


def _state(rate: Rate, line: Limit) -> State:
    if rate.base < FEWEST:
        return State.FEW
    if not is_met(rate, line):
        return State.OVER
    lower = rate.metric in LOWER_IS_BETTER
    bad = rate.counted if lower else rate.base - rate.counted
    allowed = line.basis_points if lower else 10_000 - line.basis_points
    return State.WATCH if bad and bad * 1_000_000 >= WATCH_SHARE * allowed * rate.base else State.GOOD
