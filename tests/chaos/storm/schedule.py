"""What befalls the house in a storm, as plain data: a pure function of the seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

WORKERS = ("worker-1", "worker-2")


@dataclass(frozen=True)
class Act:
    """One blow: `at` seconds after the storm began, against `target`, for `seconds` where it lasts.

    `amount` is what some kinds need besides: seconds of shop time, or of the machine's, that a clock jumps.
    """

    at: float
    kind: str
    target: str = ""
    seconds: float = 0.0
    amount: float = 0.0


@dataclass(frozen=True)
class Weather:
    """How hard it blows. `lease` is the lane lease in seconds; whoever is stopped is stopped for longer than that."""

    seconds: float
    acts: int
    lease: float


# How often each kind comes, next to the others. Every kind comes at least once in every storm.
KINDS: Mapping[str, int] = {
    "kill_horse": 8,  # the forked child in which a turn runs
    "kill_worker": 3,  # the worker; its child goes on as an orphan
    "kill_both": 3,  # worker and child at once, as a machine that loses power
    "kill_dispatcher": 3,
    "kill_web": 2,
    "stop_horse": 4,
    "stop_worker": 3,  # worker and child
    "stop_dispatcher": 2,
    "flush_redis": 3,
    "kill_redis": 2,  # it keeps nothing
    "crash_postgres": 2,
    "cut_refused": 2,  # the way to one vendor: connections are reset
    "cut_silent": 2,  # the same: bytes vanish
    "jump_all_clocks": 1,  # shop time leaps for the vendors and for us
    "jump_their_clock": 1,  # for the vendors alone, until we follow
    "jump_our_clock": 1,  # shop time of one worker alone, for a while
    "skew_machine": 2,  # the machine clock of one worker, for a while
}
_CLOCK_HOURS = (0.5, 1.0, 2.0, 6.0)
# Ahead within and beyond what TikTok accepts, past a quarantine, past the default one, and behind.
_SKEWS = (8.0, 20.0, 60.0, 1200.0, -15.0, -600.0)


def plan_storm(seed: int, weather: Weather) -> list[Act]:
    """The acts of a seed in order of time: every kind once, the others by weight, at random moments."""
    dice = random.Random(f"storm {seed}")
    kinds = list(KINDS)
    more = max(0, weather.acts - len(kinds))
    chosen = kinds + dice.choices(kinds, weights=list(KINDS.values()), k=more)
    dice.shuffle(chosen)
    moments = sorted(dice.uniform(0.0, weather.seconds) for _ in chosen)
    return [_act(dice, at, kind, weather) for at, kind in zip(moments, chosen, strict=True)]


def _act(dice: random.Random, at: float, kind: str, weather: Weather) -> Act:
    target = dice.choice(WORKERS) if kind.endswith(("_horse", "_worker", "_both")) else ""
    long = weather.lease * dice.uniform(1.2, 2.0)
    if kind.startswith("stop_"):
        return Act(at, kind, target, long)
    if kind.startswith("cut_"):
        return Act(at, kind, seconds=dice.uniform(1.0, long))
    if kind == "jump_all_clocks":
        return Act(at, kind, amount=3600.0 * dice.choice(_CLOCK_HOURS))
    if kind == "jump_their_clock":
        return Act(at, kind, seconds=long, amount=3600.0 * dice.choice(_CLOCK_HOURS))
    if kind in ("jump_our_clock", "skew_machine"):
        shift = 3600.0 * dice.choice(_CLOCK_HOURS) * dice.choice((1, -1))
        return Act(at, kind, WORKERS[1], 2 * long, shift if kind == "jump_our_clock" else dice.choice(_SKEWS))
    return Act(at, kind, target)
