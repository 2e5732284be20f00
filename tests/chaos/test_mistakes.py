"""The matrix can fail: mistakes planted in the real processes are seen in the vendor's books by the same verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.cells import Cell
from tests.chaos.doors import LOST
from tests.chaos.hook import KILL_HORSE
from tests.chaos.matrix import stage
from tests.chaos.people import House
from tests.chaos.waiting import until

PLACE = "purchase.place.send.rest supplier orders"
HOUSE = House(1, "none")


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("mistake", "cell"),
    [
        ("sends_again_at_once", Cell(f"{PLACE}.before_send", LOST, "none")),
        (
            "commits_after_the_call",
            Cell("purchase.place.serve_one.rest supplier orders.sent", KILL_HORSE, "none"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_planted_mistake_is_caught(tmp_path: Path, mistake: str, cell: Cell) -> None:
    with stage(
        tmp_path, [cell], [HOUSE], ("tests.chaos.mistaken", mistake), workers=2, web=False
    ) as conductor:
        conductor.run()
        assert conductor.failed == []
        town = conductor.town
        until(lambda: town.verdict().figures["lines_bought_twice"] > 0, "the vendor's books show it")
        assert any("lines_bought_twice" in sentence for sentence in town.verdict().broken)
        assert any("the supplier holds 2 orders" in sentence for sentence in town.verdict().unequal)
