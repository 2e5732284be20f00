"""The database is replaced under running programs by one that has forgotten the last seconds, while vendors went on.

Two ways: a replica that was cut off and is promoted, and a base backup played back to a moment. In both the programs
are not told: they find the other server at the address of the first. Once they are stopped for `recover`, as
documented; once somebody forgets to.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backups import run_documented
from tests.chaos.afterwards import HOUSES, bought, caught_up, remembered, stands_still
from tests.chaos.second_life import OURS
from tests.chaos.spares import PointInTime, Replica
from tests.chaos.town import open_town
from tests.chaos.waiting import until

ORDERS = 40
WAYS = {
    "a replica that was behind": (Replica, True),
    "a backup played back to a moment": (PointInTime, False),
}

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("way", list(WAYS))
def test_a_database_that_lost_its_last_seconds_keeps_every_promise(tmp_path: Path, way: str) -> None:
    with open_town(tmp_path / "town", HOUSES, web=True, own_server=True, faults="some") as town:
        taken_from, is_stopped = WAYS[way]
        spare = taken_from(town.server("postgres"), tmp_path / "spare")
        town.sim("orders", count=ORDERS // 2, over_shop_hours=8)
        until(lambda: len(bought(town)) > ORDERS // 6, "the buying is under way", every=0.1)
        spare.forget_from_now()
        town.sim("orders", count=ORDERS - ORDERS // 2, over_shop_hours=8)
        until(lambda: len(bought(town)) > ORDERS * 2 // 3, "the vendors get ahead", every=0.1)
        town.database.dispose()
        spare.take_over()
        town.restored = True
        assert len(remembered(town)) < len(bought(town)), "it knows less than the vendors"

        stands_still(town)
        ours = [name for name in town.hands.names() if name.startswith(OURS)] if is_stopped else []
        town.hands.hold(*ours)
        told = run_documented("shopfleet recover", tmp_path, town.owner_url, town.cast.environment)
        assert "The gap: from" in told
        town.hands.let_up(*ours)
        assert caught_up(town)["orders_issued"] == ORDERS
