"""Crowded lanes: a shop in a flood has its share of the workers, the others find one free, nobody waits for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest
from redis import Redis
from sqlalchemy import text

from agency.clock import machine_now
from agency.extensions import connect_redis
from agency.lanes import STANDS_BEHIND, ClaimedLane, add_lane, claim_due, give_back, make_due, take
from agency.models.shops import Shop
from agency.services.effects import EffectRef, intend, list_due, next_due
from tests.desk import Desk
from tests.desk_rows import add_item, add_order
from tests.servers import redis_url
from tests.workers.test_lanes import LEASE, lane_ids, row_of, set_due
from workers import runtime
from workers.context import Context, TurnResult
from workers.dispatcher import Dispatcher


@pytest.fixture(autouse=True)
def _nobody_is_crowded(desk: Desk) -> None:
    desk.rewrite("update lanes set crowded = false")


def crowd(desk: Desk, lane_id: int, seconds: float) -> None:
    """A crowded lane, due so many seconds from now."""
    desk.rewrite("update lanes set crowded = true where id = %(id)s", id=lane_id)
    set_due(desk, lane_id, seconds)


def claim(desk: Desk, room: int = 10, workers: int = 2, lease: float = LEASE) -> list[int]:
    return [bell.lane_id for bell in bells(desk, room, workers, lease)]


def bells(desk: Desk, room: int = 10, workers: int = 2, lease: float = LEASE) -> list[ClaimedLane]:
    with desk.system() as session:
        return claim_due(session, room, lease, workers)


def end(desk: Desk, bell: ClaimedLane, *, crowded: bool) -> None:
    with desk.system() as session:
        turn = take(session, bell.lane_id, bell.fence, LEASE)
        assert turn is not None
        assert give_back(session, turn, machine_now(), crowded=crowded)


def test_crowded_lanes_never_have_more_than_their_share(desk: Desk) -> None:
    first, second, third, fourth = lane_ids(desk, "orders")
    for lane_id, seconds in ((first, -90), (second, -60), (third, -30)):
        crowd(desk, lane_id, seconds)
    assert claim(desk) == [first]
    assert claim(desk) == [], "one of them is being served"
    set_due(desk, fourth, -1)
    assert claim(desk) == [fourth], "fresh work finds a place all the same"
    assert claim(desk, workers=8) == [second], "a quarter of eight"


def test_the_crowd_has_a_quarter_of_the_workers_however_many_are_idle(desk: Desk) -> None:
    crowded, fresh = lane_ids(desk, "orders"), lane_ids(desk, "plan")
    for lane_id in fresh[:3]:
        set_due(desk, lane_id, -1)
    assert len(claim(desk, workers=6)) == 3
    for lane_id in crowded:
        crowd(desk, lane_id, -60)
    assert claim(desk, workers=6) == crowded[:1]
    assert claim(desk, workers=6) == []
    assert claim(desk, workers=8) == crowded[1:2]


def test_one_crowded_lane_is_served_though_every_worker_is_busy(desk: Desk) -> None:
    for lane_id in lane_ids(desk, "plan"):
        set_due(desk, lane_id, -1)
    assert len(claim(desk, workers=2)) == 4
    crowded = lane_ids(desk, "orders")[:2]
    for lane_id in crowded:
        crowd(desk, lane_id, -60)
    assert claim(desk, workers=2) == crowded[:1]


def test_without_a_limit_crowded_lanes_are_lanes(desk: Desk) -> None:
    ids = lane_ids(desk, "orders")
    for lane_id in ids:
        crowd(desk, lane_id, -60)
    with desk.system() as session:
        assert {bell.lane_id for bell in claim_due(session, 10, LEASE)} == set(ids)


def test_a_crowded_lane_stands_behind_fresh_ones(desk: Desk) -> None:
    crowded, fresh = lane_ids(desk, "orders")[:2]
    crowd(desk, crowded, -STANDS_BEHIND + 1)
    set_due(desk, fresh, 0)
    assert claim(desk, room=1) == [fresh]
    assert claim(desk, room=1) == [crowded]


def test_a_crowded_lane_is_served_though_fresh_work_never_ends(desk: Desk) -> None:
    crowded, *others = lane_ids(desk, "orders")
    crowd(desk, crowded, -STANDS_BEHIND - 1)
    for lane_id in others:
        set_due(desk, lane_id, 0)
    assert claim(desk, room=1) == [crowded]


def test_bells_ring_for_those_who_waited_longest_first(desk: Desk) -> None:
    first, second, third, fourth = lane_ids(desk, "orders")
    for lane_id, seconds in ((third, -40), (first, -30), (fourth, -20)):
        set_due(desk, lane_id, seconds)
    crowd(desk, second, -50)
    assert claim(desk) == [second, third, first, fourth]


def test_a_crowded_lane_whose_bell_was_lost_keeps_its_place_among_the_crowded(desk: Desk) -> None:
    lost, other = lane_ids(desk, "orders")[:2]
    crowd(desk, lost, -30)
    assert claim(desk, lease=-1) == [lost]
    crowd(desk, other, -60)
    assert claim(desk) == [lost]
    assert claim(desk) == []


def test_a_turn_says_whether_its_lane_is_crowded(desk: Desk) -> None:
    lane_id, other = lane_ids(desk, "orders")[:2]
    set_due(desk, lane_id, -1)
    (bell,) = bells(desk)
    end(desk, bell, crowded=True)
    crowd(desk, other, -60)
    (only,) = bells(desk)
    assert only.lane_id == other
    end(desk, only, crowded=False)
    assert sorted(claim(desk)) == sorted([lane_id, other]), (
        "the one that is done with its crowd is fresh again"
    )


@pytest.mark.parametrize("of_the_crowd", [False, True])
def test_a_shop_does_not_wait_for_its_sisters_flood_at_their_supplier(desk: Desk, of_the_crowd: bool) -> None:
    with desk.session() as session:
        item = add_item(session, desk.ours)
        ours = {"agency_id": item.agency_id, "client_id": item.client_id, "supplier_id": item.supplier_id}
        add_lane(session, api="purchase", **ours)
    purchase, plan = lane_ids(desk, "purchase")[-1], lane_ids(desk, "plan")[0]
    crowd(desk, purchase, -1)
    if of_the_crowd:
        crowd(desk, plan, 60)
    with desk.session() as session:
        shop_id = row_of(desk, plan).shop_id
        make_due(session, api="purchase", supplier_id=item.supplier_id, planned_for=shop_id)
    assert row_of(desk, purchase).crowded is of_the_crowd


@pytest.fixture
def redis() -> Redis:
    made = connect_redis(redis_url())
    made.flushall()
    return made


@pytest.mark.parametrize(("workers", "share"), [(1, 1), (2, 1), (7, 1), (8, 2)])
def test_the_dispatcher_leaves_workers_to_fresh_work(
    desk: Desk, context: Context, redis: Redis, workers: int, share: int
) -> None:
    for lane_id in lane_ids(desk, "orders"):
        crowd(desk, lane_id, -60)
    dispatcher = Dispatcher(replace(context.settings, workers=workers), desk.database, redis)
    assert dispatcher.round() == share
    assert dispatcher.round() == 0
    redis.flushall()
    redis.close()


def test_what_a_handler_says_reaches_the_lane(
    desk: Desk, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"crowded": True}
    monkeypatch.setattr(
        runtime, "HANDLERS", {**runtime.HANDLERS, "plan": lambda _context, _turn: TurnResult(None, **said)}
    )
    lane_id = lane_ids(desk, "plan")[0]
    for crowded in (True, False):
        said["crowded"] = crowded
        set_due(desk, lane_id, -1)
        (bell,) = bells(desk)
        assert runtime.serve(context, bell.lane_id, bell.fence)
        with desk.system() as session:
            assert (
                session.scalar(text("select crowded from lanes where id = :id"), {"id": lane_id}) is crowded
            )


def test_a_supplier_serves_its_shops_in_turn(desk: Desk) -> None:
    """Forty open purchases of one shop do not stand before the two of another."""
    side = desk.ours
    with desk.session() as session:
        item = add_item(session, side)
        shop = session.get_one(Shop, side.shops["Luma"])
        columns = "agency_id, client_id, authorization_id, region, currency, time_zone"
        near = session.scalar(
            text(
                f"insert into shops ({columns}, tiktok_shop_id, code, name) select {columns}, 'fake-near', 'NR', 'Near'"
                " from shops where id = :id returning id"
            ),
            {"id": shop.id},
        )
        beside = replace(side, shops={**side.shops, "Luma": near})
        for number in range(42):
            order = add_order(session, beside if number >= 40 else side)
            ref = EffectRef(order.client_id, order.shop_id, order.id, supplier_id=item.supplier_id)
            intend(side.scope(), session, "place", f"fake-turn-{number}", ref)
        later = text("update effects set next_at = clock_timestamp() where shop_id = :near")
        session.execute(later, {"near": near})
    with desk.session() as session:
        due = list_due(session, supplier_id=item.supplier_id, limit=6)
        assert [effect.shop_id == near for effect in due] == [False, True, False, True, False, False]
        assert next_due(session, supplier_id=item.supplier_id) == min(effect.next_at for effect in due)
        assert len(list_due(session, supplier_id=item.supplier_id, limit=50)) == 42
