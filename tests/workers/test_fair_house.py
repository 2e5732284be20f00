"""The bench of fairness on a small house: real web, dispatcher and workers; what it states, not how long it takes."""

from __future__ import annotations

from bench.fairness.measure import FairSizes, measure_fairness
from bench.ground import lay_ground

SMALL = FairSizes(
    shops=4, clients=2, flood=60, orders_per_second=1.0, calm=4.0, stormy=6.0, notices_per_second=50.0
)


def test_in_a_flood_every_shop_is_served_and_no_limit_is_exceeded() -> None:
    with lay_ground() as ground:
        found = measure_fairness(ground, SMALL, "small")
    for phase in (found.calm, found.calm_again, found.stormy):
        assert phase.unbought == 0
    assert found.stormy.orders > 0
    assert found.viral_bought > 0, "the viral shop is not shut out"
    for vendor in ("tiktok", "rest"):
        assert found.rates[vendor]["calls"] > 0
        assert (found.rates[vendor]["refused"], found.rates[vendor]["worst_excess"]) == (0, 0)
