"""A purchase that was on its way when the database ended, of which neither the backup nor any list knows."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

import pytest

from tests.stories.cast import US, sku_id
from tests.stories.set_back import Time, catch_up, prepare_by_hand


@pytest.mark.parametrize(
    ("sku", "path"),
    [("MUG", "/suppliers/rest/orders"), ("CUP", "/suppliers/rest/orders"), ("LAMP", "createOrder")],
)
def test_a_request_that_was_on_its_way_at_the_crash_is_waited_for(time: Time, sku: str, path: str) -> None:
    """The backup has forgotten it, and no list of the supplier's has it before it arrives, within the quarantine."""
    journey = time.journey
    time.dump()
    journey.sim("faults", http_429={"probability": 1.0, "path": path, "method": "POST"})
    number = journey.place(US, sku_id(sku), status="AWAITING_SHIPMENT")
    journey.live_until(lambda: journey.purchases(number) != [], step_hours=0.1, most_hours=4)
    on_its_way = prepare_by_hand(journey, number)
    journey.sim("faults", preset="none")
    time.set_back()
    time.recover()
    for _ in range(7):
        journey.work()
        journey.pass_time(timedelta(minutes=2))
    assert journey.is_known(number)
    assert journey.supplied(number) == []

    on_its_way.send(monotonic())
    on_its_way.close()
    catch_up(journey)
    journey.live_until(journey.is_at(number, "bought", "tracking", "shipped"), step_hours=1)
    assert len(journey.supplied(number)) == 1
    assert [order["paid_count"] for order in journey.supplied(number)] == [1]
    assert journey.attentions(number) == {}
