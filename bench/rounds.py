"""Rounds: every variant once per round in a new random order, so that a noisy minute hits all alike.

What counts is the ratio inside a round; its median over the rounds is reported, with the lowest and the highest.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Clocks:
    """Processor seconds used so far on our side (web, worker or this process) and in PostgreSQL."""

    ours: Callable[[], float]
    postgres: Callable[[], float]


@dataclass(frozen=True)
class Variant:
    """One way of doing the work. `run` does it once and returns how many things were done."""

    name: str
    run: Callable[[], int]
    note: str = ""


@dataclass(frozen=True)
class Lap:
    """One variant in one round, per thing done: wall and processor time in milliseconds."""

    wall: float
    ours: float
    postgres: float

    @property
    def cpu(self) -> float:
        """Processor time on both sides."""
        return self.ours + self.postgres


Laps = Mapping[str, Sequence[Lap]]


def run_rounds(variants: Sequence[Variant], rounds: int, clocks: Clocks, seed: int = 2) -> Laps:
    """One warm-up of every variant, then `rounds` rounds."""
    order = random.Random(seed)
    for variant in variants:
        variant.run()
    laps: dict[str, list[Lap]] = {variant.name: [] for variant in variants}
    for _round in range(rounds):
        for variant in order.sample(list(variants), len(variants)):
            laps[variant.name].append(_lap(variant, clocks))
    return laps


def _lap(variant: Variant, clocks: Clocks) -> Lap:
    ours, postgres, started = clocks.ours(), clocks.postgres(), time.perf_counter()
    done = variant.run()
    wall = time.perf_counter() - started
    each = 1000.0 / done
    return Lap(wall * each, (clocks.ours() - ours) * each, (clocks.postgres() - postgres) * each)


@dataclass(frozen=True)
class Figure:
    """A variant over all rounds: medians, and the in-round ratios to the reference (1.00 = as fast as it)."""

    name: str
    per_second: float
    ours_ms: float
    postgres_ms: float
    rate: tuple[float, float, float]  # median, lowest, highest
    cpu: float | None


def figures(laps: Laps, reference: str) -> list[Figure]:
    """One figure per variant; ratios above 1 are better than the reference."""
    base = laps[reference]
    found = []
    for name, own in laps.items():
        rates = [one.wall / two.wall for one, two in zip(base, own, strict=True)]
        cpus = [one.cpu / two.cpu for one, two in zip(base, own, strict=True) if two.cpu > 0]
        found.append(
            Figure(
                name,
                1000.0 / median(lap.wall for lap in own),
                median(lap.ours for lap in own),
                median(lap.postgres for lap in own),
                (median(rates), min(rates), max(rates)),
                median(cpus) if cpus else None,
            )
        )
    return found


@dataclass(frozen=True)
class Growth:
    """How one variant fares on ten times the data: in-round medians, 1.00 = no dearer than on the small data."""

    name: str
    wall: float
    cpu: float
    postgres_ms: tuple[float, float]  # small, large


def growths(laps: Laps) -> list[Growth]:
    """One per pair of variants named "..., small" and "..., large"."""
    found = []
    for name in laps:
        kind, _, size = name.rpartition(", ")
        if size == "small" and f"{kind}, large" in laps:
            small, large = laps[name], laps[f"{kind}, large"]
            pairs = list(zip(small, large, strict=True))
            found.append(
                Growth(
                    kind,
                    median(big.wall / little.wall for little, big in pairs),
                    median(big.cpu / little.cpu for little, big in pairs),
                    (median(lap.postgres for lap in small), median(lap.postgres for lap in large)),
                )
            )
    return found
