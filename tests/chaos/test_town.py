"""The ground of all chaos: an undisturbed town settles by itself, and the verdict on it is clean."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.people import one_of_each
from tests.chaos.processes import state_of
from tests.chaos.town import open_town
from tests.chaos.waiting import until


def test_an_undisturbed_town_buys_everything_once(tmp_path: Path) -> None:
    houses = one_of_each()
    with open_town(tmp_path, houses) as town:
        for house in houses:
            for good in range(house.goods):
                town.place(house.shop_id(), house.sku_id(0, good))
        verdict = town.settled()
        assert verdict.broken == []
        assert verdict.figures["lines_bought"] == sum(house.goods for house in houses)
        assert verdict.figures["needs_person"] == 0


def test_what_falls_is_started_again_and_what_is_held_stays_down(tmp_path: Path) -> None:
    """The hands that all of this folder relies on: kill, hold, stop, and the job processes of a worker."""
    house = one_of_each()[0]
    with open_town(tmp_path, [house], workers=1) as town:
        hands = town.hands
        before = hands.pid("dispatcher")
        hands.kill("dispatcher")
        until(
            lambda: hands.is_running("dispatcher") and hands.pid("dispatcher") != before,
            "it is started again",
        )
        hands.hold("worker-1")
        town.place(house.shop_id(), house.sku_id())
        assert not hands.is_running("worker-1")
        hands.let_up("worker-1")
        horse = until(lambda: hands.horses("worker-1"), "the worker forks", every=0.001)
        hands.stop("worker-1")
        stopped = [hands.pid("worker-1"), *hands.horses("worker-1")]
        until(lambda: {state_of(pid) for pid in stopped} <= {"T", "Z", ""}, "all of it stands still")
        hands.go_on("worker-1")
        assert horse
        town.server("redis").kill()
        town.server("redis").start_again()
        assert town.settled().broken == []
