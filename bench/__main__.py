"""`python -m bench [--quick] [--only fairness]`: measures everything once and prints Markdown tables of ratios."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bench.fairness.measure import FairSizes, measure_fairness, show_outcome
from bench.fairness.simulated import SimulatedSizes, measure_simulated, show_simulated
from bench.ground import MASTER_KEY, Ground, lay_ground
from bench.lane_turns import measure_turns
from bench.order_import import measure_import
from bench.reading import measure_reading
from bench.report import show
from bench.seed import World, fill
from bench.served import serve
from bench.today import measure_today
from bench.webhook_intake import measure_webhooks


@dataclass(frozen=True)
class Sizes:
    """How much is measured. Requests, batches and turns are per variant and round."""

    tiny: int = 1_000
    small: int = 10_000
    large: int = 100_000
    rounds: int = 7
    pages: int = 60
    webhooks: int = 400
    batches: int = 5
    turns: int = 50
    asked: int = 400
    fair: FairSizes = field(default_factory=FairSizes)
    simulated: SimulatedSizes = field(default_factory=SimulatedSizes)


QUICK = Sizes(
    500,
    1_000,
    5_000,
    rounds=2,
    pages=10,
    webhooks=40,
    batches=1,
    turns=10,
    asked=20,
    fair=FairSizes(shops=8, clients=2, flood=200, calm=10.0, stormy=10.0),
    simulated=SimulatedSizes(shops=400, flood=500, seconds=10.0, flood_at=2.0, claims=10),
)


def main() -> int:
    """Runs all sections; some twenty minutes on two cores, two minutes with --quick (which proves nothing)."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Ratios of docs/performance.md, in one run."
    )
    parser.add_argument(
        "--quick", action="store_true", help="few rounds on little data: only shows that it works"
    )
    parser.add_argument("--only", choices=tuple(_PARTS), help="one part alone")
    for name in _FAIR_OPTIONS:
        parser.add_argument(f"--{name}", type=int, help=f"fairness: another number of {name}")
    given = parser.parse_args()
    sizes = QUICK if given.quick else Sizes()
    wished = {name: getattr(given, name) for name in _FAIR_OPTIONS if getattr(given, name) is not None}
    sizes = replace(sizes, fair=replace(sizes.fair, **wished))
    started = time.monotonic()
    print(
        f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, {os.cpu_count()} cores, load {_load()}"
    )
    print(
        f"{sizes.rounds} rounds in random order; medians of in-round ratios; 1.00 = as good as the reference.\n"
    )
    with lay_ground() as ground:
        for name, part in _PARTS.items():
            if given.only in (None, name) and not (given.only is None and name == "today"):
                part(ground, sizes)
    print(f"Load at the end {_load()}, {time.monotonic() - started:.0f} s in all.")
    return 0


def _measure_today(ground: Ground, sizes: Sizes) -> None:
    tiny, large = _fill(ground, "tiny", sizes.tiny), _fill(ground, "large", sizes.large)
    with serve(ground, {"tiny": tiny, "large": large}) as server:
        print(measure_today(server, tiny, large, sizes.asked), flush=True)


def _measure(ground: Ground, sizes: Sizes) -> None:
    tiny = _fill(ground, "tiny", sizes.tiny)
    small = _fill(ground, "small", sizes.small)
    large = _fill(ground, "large", sizes.large)
    with serve(ground, {"tiny": tiny, "small": small, "large": large}) as server:
        print(measure_today(server, tiny, large, sizes.asked), flush=True)
        for section in measure_reading(ground, server, small, large, sizes.rounds, sizes.pages):
            print(show(section), flush=True)
        print(show(measure_webhooks(ground, server, large, sizes.rounds, sizes.webhooks)), flush=True)
    print(show(measure_import(ground, large, sizes.rounds, sizes.batches)), flush=True)
    print(show(measure_turns(ground, small, sizes.rounds, sizes.turns)), flush=True)


def _measure_fairness(ground: Ground, sizes: Sizes) -> None:
    _say(f"opening a house of {sizes.fair.shops} shops")
    print(show_outcome(measure_fairness(ground, sizes.fair), sizes.fair), flush=True)


def _measure_simulated(ground: Ground, sizes: Sizes) -> None:
    _say(f"simulating {sizes.simulated.shops:,} shops")
    print(show_simulated(measure_simulated(ground, sizes.simulated), sizes.simulated), flush=True)


# "today" is a part of "ratios" too.
_PARTS = {
    "today": _measure_today,
    "ratios": _measure,
    "fairness": _measure_fairness,
    "simulated": _measure_simulated,
}
_FAIR_OPTIONS = ("shops", "clients", "flood", "workers", "calm", "stormy")


def _fill(ground: Ground, name: str, orders: int) -> World:
    _say(f"filling a database with {orders:,} orders")
    return fill(ground.make_database(name), MASTER_KEY, orders)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    sys.exit(main())
