"""The others' time from webhook to purchase, without and with one viral shop, on the real processes in one run.

calm, calm again -> 50,000 orders at once in one shop -> the same ordinary traffic meanwhile

Both calm halves are compared too: what they differ by is the noise of the machine. The simulator's book has both ends
of each time in machine seconds: the first try of the notice that an order may be shipped, and the supplier's yes.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import quantiles
from typing import Any

from bench.fairness.house import House, open_house
from bench.fairness.outside import Stall, Timing, lay_out
from bench.ground import Ground

MOST = 1.2  # the target of issue 5: p95 of the others with the viral shop over p95 without it
DRAIN = 180.0  # seconds within which the last ordinary orders of a phase must be bought


@dataclass(frozen=True)
class FairSizes:
    """How much is measured. Speeds are per second, phases in seconds."""

    shops: int = 200
    clients: int = 25
    flood: int = 50_000
    orders_per_second: float = 2.0  # of all ordinary shops together
    calm: float = 240.0
    stormy: float = 300.0
    notices_per_second: float = 100.0  # TikTok's speed for one shop; not published, so assumed
    supplier_rate: float = 10.0  # calls per second and account; our default for suppliers of our contract
    workers: int = 2


@dataclass(frozen=True)
class Spread:
    """Seconds from webhook to purchase of the orders of one phase."""

    orders: int
    unbought: int
    p50: float
    p95: float
    worst: float


@dataclass(frozen=True)
class Outcome:
    """What one run found."""

    calm: Spread
    calm_again: Spread
    stormy: Spread
    siblings: Spread  # shops of the viral shop's own client, which share its supplier; part of `stormy`
    ratio_p50: float
    ratio_p95: float
    noise_p95: float  # the second calm half over the first
    viral_read: int
    viral_bought: int
    rates: dict[str, Any]


def measure_fairness(ground: Ground, sizes: FairSizes, name: str = "fair") -> Outcome:
    """One whole run in a house of its own."""
    stalls = lay_out(sizes.shops, sizes.clients)
    with open_house(ground, name, stalls, sizes.workers, sizes.supplier_rate) as house:
        traffic = _Traffic(house, stalls[1:], sizes)
        house.outside.hold(stalls[0], sizes.flood)
        calm = traffic.phase(sizes.calm / 2)
        calm_again = traffic.phase(sizes.calm / 2)
        flood = threading.Thread(
            target=house.outside.release, args=(stalls[0], sizes.flood, sizes.notices_per_second)
        )
        flood.start()
        stormy = traffic.phase(sizes.stormy)
        flood.join()
        return _judge(house, stalls, calm, calm_again, stormy)


class _Traffic:
    """Ordinary buyers: at random moments in random shops, the same in every run of the same sizes."""

    def __init__(self, house: House, stalls: Sequence[Stall], sizes: FairSizes) -> None:
        self._house, self._stalls = house, stalls
        self._speed, self._dice = sizes.orders_per_second, random.Random(5)
        expected = (sizes.calm + sizes.stormy) * sizes.orders_per_second / len(stalls)
        for stall in stalls:
            house.outside.hold(stall, int(expected * 2 + 12))

    def phase(self, seconds: float) -> list[Timing]:
        """Orders for so long, then waits until they are bought; gives those that were announced meanwhile."""
        started = time.time()
        before = {stall.shop_id for stall in self._stalls}
        ends = time.monotonic() + seconds
        due = time.monotonic()
        placed = 0
        while (due := due + self._dice.expovariate(self._speed)) < ends:
            time.sleep(max(0.0, due - time.monotonic()))
            self._house.outside.release(self._dice.choice(self._stalls), 1, 1000.0)
            placed += 1
        stopped = time.monotonic() + DRAIN
        while True:
            time.sleep(1.0)
            found = [
                one for one in self._house.outside.timings() if one.told >= started and one.shop_id in before
            ]
            done = len(found) == placed and all(one.bought for one in found)
            if done or time.monotonic() > stopped:
                return found


def spread(timings: Sequence[Timing]) -> Spread:
    """Figures of a phase; what was never bought is counted apart, since it has no time."""
    took = [one.bought - one.told for one in timings if one.bought is not None]
    unbought = len(timings) - len(took)
    if len(took) < 2:
        return Spread(len(timings), unbought, 0.0, 0.0, max(took, default=0.0))
    cuts = quantiles(took, n=20, method="inclusive")
    return Spread(len(timings), unbought, round(cuts[9], 3), round(cuts[18], 3), round(max(took), 3))


def _judge(
    house: House, stalls: Sequence[Stall], first: list[Timing], second: list[Timing], stormy: list[Timing]
) -> Outcome:
    viral, near = stalls[0], {stall.shop_id for stall in stalls if stall.client == stalls[0].client}
    calm, storm = spread([*first, *second]), spread(stormy)
    one, two = spread(first), spread(second)
    read = "select count(*) from orders o join shops s on s.id = o.shop_id where s.tiktok_shop_id = %s"
    bought = [t for t in house.outside.timings() if t.shop_id == viral.shop_id and t.bought]
    return Outcome(
        calm=one,
        calm_again=two,
        stormy=storm,
        siblings=spread([t for t in stormy if t.shop_id in near]),
        ratio_p50=round(storm.p50 / calm.p50, 3),
        ratio_p95=round(storm.p95 / calm.p95, 3),
        noise_p95=round(two.p95 / one.p95, 3),
        viral_read=house.count(read, viral.shop_id),
        viral_bought=len(bought),
        rates=house.outside.summary()["rates"],
    )


def show_outcome(outcome: Outcome, sizes: FairSizes) -> str:
    """A Markdown table, the target, and one line of JSON with everything."""
    rows = [
        f"## Fairness: {sizes.flood:,} orders at once in one of {sizes.shops} shops, {sizes.workers} workers",
        "",
        "| webhook to purchase, the other shops | orders | p50 s | p95 s | max s | not bought |",
        "|---|---|---|---|---|---|",
    ]
    for title, one in (
        ("calm", outcome.calm),
        ("calm again", outcome.calm_again),
        ("with the viral shop", outcome.stormy),
        ("of these, the same client's other shops", outcome.siblings),
    ):
        rows.append(
            f"| {title} | {one.orders} | {one.p50:.2f} | {one.p95:.2f} | {one.worst:.2f} | {one.unbought} |"
        )
    kept = "ok" if outcome.ratio_p95 <= MOST and not outcome.stormy.unbought else "NOT OK"
    rows += [
        "",
        f"Target: p95 at most {MOST:.1f} times as long. Measured {outcome.ratio_p95:.2f} (p50 {outcome.ratio_p50:.2f};"
        f" the two calm halves differ by {outcome.noise_p95:.2f}): {kept}.",
        f"Meanwhile {outcome.viral_read:,} of the viral orders were read and {outcome.viral_bought:,} bought.",
        "",
        json.dumps({"fairness": asdict(outcome), "sizes": asdict(sizes)}),
        "",
    ]
    return "\n".join(rows)
