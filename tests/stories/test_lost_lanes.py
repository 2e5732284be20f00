"""A turn that has lost its lane, frozen or too slow, does nothing more: the lane is another worker's by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from agency.clock import machine_now
from agency.lanes import Turn, claim_due, give_back, take
from agency.transaction import system_transaction
from tests.stories.cast import US, sku_id
from tests.stories.journey import LEASE, ROOM, Journey
from workers.context import Context, LaneLost
from workers.purchasing import serve_purchase
from workers.runtime import serve
from workers.shipping import serve_ship


def impatient(journey: Journey) -> Context:
    """What a worker stands on, with a lease so short that it has to be lengthened before every item."""
    return replace(journey.context, settings=replace(journey.settings, lane_lease=0.001))


def taken(journey: Journey, api: str, worth: Callable[[], bool] = lambda: True) -> Turn:
    """The turn of the first lane of this kind that is due and worth it; what else is due is served meanwhile."""
    for _ in range(60):
        with system_transaction(journey.database) as session:
            claimed = claim_due(session, 1, LEASE)
        if not claimed:
            journey.pass_time(timedelta(hours=1))
        for lane in claimed:
            if api_of(journey, lane.lane_id) != api or not worth():
                serve(journey.context, lane.lane_id, lane.fence)
                continue
            with system_transaction(journey.database) as session:
                turn = take(session, lane.lane_id, lane.fence, LEASE)
            assert turn is not None
            return turn
    raise AssertionError(f"no lane {api} is due")


def api_of(journey: Journey, lane_id: int) -> str:
    """What a lane is for."""
    with system_transaction(journey.database) as session:
        return str(
            session.execute(text("select api from lanes where id = :id"), {"id": lane_id}).scalar_one()
        )


def run_out(journey: Journey, turn: Turn) -> None:
    """The lease of the turn is over."""
    with system_transaction(journey.database) as session:
        query = text("update lanes set lease_until = now() - interval '1 s' where id = :id")
        session.execute(query, {"id": turn.lane_id})


def lose(journey: Journey, turn: Turn) -> Turn:
    """The lease runs out, and another worker takes the lane."""
    run_out(journey, turn)
    with system_transaction(journey.database) as session:
        claimed = next(lane for lane in claim_due(session, ROOM, LEASE) if lane.lane_id == turn.lane_id)
    with system_transaction(journey.database) as session:
        second = take(session, claimed.lane_id, claimed.fence, LEASE)
    assert second is not None
    return second


def finish(journey: Journey, turn: Turn) -> None:
    """Whoever has the lane gives it back, due again, and everything goes on."""
    with system_transaction(journey.database) as session:
        give_back(session, turn, machine_now())
        session.execute(text("update lanes set lease_until = null"))
    journey.work()


def test_a_purchase_turn_that_lost_its_lane_buys_nothing_more(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    journey.pass_time(timedelta(minutes=61))
    old = taken(journey, "purchase")
    new = lose(journey, old)
    with pytest.raises(LaneLost):
        serve_purchase(impatient(journey), old)
    assert journey.supplied(number) == []
    assert [purchase.state for purchase in journey.purchases(number)] == ["ready"]
    finish(journey, new)
    assert len(journey.supplied(number)) == 1


def test_a_ship_turn_that_lost_its_lane_tells_tiktok_nothing_more(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    old = taken(journey, "ship", worth=lambda: bool(journey.parcels(number)))
    new = lose(journey, old)
    with pytest.raises(LaneLost):
        serve_ship(impatient(journey), old)
    assert journey.sold(number)["packages"] == []
    finish(journey, new)
    assert journey.sold(number)["packages"] != []


def test_a_long_turn_keeps_its_lane_while_it_works(journey: Journey) -> None:
    for _ in range(3):
        journey.place(US, sku_id("CUP"), status="AWAITING_SHIPMENT")
    journey.pass_time(timedelta(minutes=61))
    turn = taken(journey, "purchase")
    run_out(journey, turn)
    serve_purchase(impatient(journey), turn)
    with system_transaction(journey.database) as session:
        row = session.execute(
            text("select fence, lease_until > now() - interval '1 s' as kept from lanes where id = :id"),
            {"id": turn.lane_id},
        ).one()
    assert (row.fence, row.kept) == (turn.fence, True)
    finish(journey, turn)
