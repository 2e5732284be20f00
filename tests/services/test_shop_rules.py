"""A shop's rules: what they change at once in its open orders, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from agency.domain.errors import Forbidden, Invalid, NotFound
from agency.models.orders import Order
from agency.models.parcels import Parcel
from agency.models.shops import Shop
from agency.services import shop_rules
from agency.services.shop_rules import ShopRules, list_promises, rules_of, set_shop_rules
from agency.services.stages import recompute
from tests.desk import NOW, Desk
from tests.desk_rows import add_order, add_parcel, add_purchase, due_lanes

USUAL = ShopRules("tiktok", 0, False)


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    yield made
    _set(made, USUAL)
    made.clear()


def _set(desk: Desk, rules: ShopRules) -> None:
    with desk.session() as session:
        set_shop_rules(desk.ours.scope(), session, desk.ours.public["Luma Shop"], rules, NOW)


def _order(desk: Desk, **changes: Any) -> int:
    """An order paid ten hours ago, in the state that the present rules give it."""
    paid = NOW - timedelta(hours=10)
    with desk.session() as session:
        order = add_order(session, desk.ours, paid_at=paid, awaiting_shipment_at=paid, **changes)
        session.flush()
        recompute(desk.ours.scope(), session, [order.id], NOW)
        return order.id


def _read(desk: Desk, order_id: int) -> Order:
    with desk.session() as session:
        return session.get_one(Order, order_id)


def test_a_stricter_promise_moves_the_deadline_of_an_open_order_at_once(desk: Desk) -> None:
    late = NOW + timedelta(days=9)
    order_id = _order(desk, tts_sla_at=late)
    assert _read(desk, order_id).due_at == late
    _set(desk, replace(USUAL, promise="course"))
    order = _read(desk, order_id)
    assert order.due_at is not None
    assert order.due_at < late
    assert order.due_source == "promise:course"
    _set(desk, USUAL)
    assert _read(desk, order_id).due_at == late


def test_an_order_that_ended_keeps_its_clock(desk: Desk) -> None:
    order_id = _order(desk, status="CANCELLED", stage="cancelled")
    before = _read(desk, order_id).due_at
    _set(desk, replace(USUAL, promise="course"))
    assert _read(desk, order_id).due_at == before


def test_a_longer_delay_holds_orders_and_a_shorter_one_lets_them_go(desk: Desk) -> None:
    order_id = _order(desk)
    assert _read(desk, order_id).stage == "to_buy"
    _set(desk, replace(USUAL, purchase_delay_minutes=12 * 60))
    held = _read(desk, order_id)
    assert (held.stage, held.plan_at) == ("held", NOW + timedelta(hours=2))
    _set(desk, USUAL)
    free = _read(desk, order_id)
    assert (free.stage, free.plan_at) == ("to_buy", NOW - timedelta(hours=10))
    with desk.session() as session:
        assert ("plan", desk.ours.shops["Luma"]) in due_lanes(session)


def test_more_orders_than_one_batch_are_all_reached(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_rules, "BATCH", 2)
    ids = [_order(desk) for _ in range(5)]
    _set(desk, replace(USUAL, purchase_delay_minutes=12 * 60))
    assert [_read(desk, order_id).stage for order_id in ids] == ["held"] * 5


def test_once_usps_may_carry_its_stopped_parcels_are_judged_again(desk: Desk) -> None:
    usps = [{"code": "policy_usps", "severity": "block", "sentence": "USPS is not taken here."}]
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="bought")
        purchase = add_purchase(session, desk.ours, order)
        stopped = add_parcel(session, order, purchase, tracking_number="FAKE1", findings=usps).id
        other = add_parcel(session, order, purchase, tracking_number="FAKE2").id
    _set(desk, replace(USUAL, usps_allowed=True))
    with desk.session() as session:
        assert session.get_one(Parcel, stopped).state == "new"
        assert session.get_one(Parcel, other).state == "blocked"


def test_rules_are_read_back_by_shop(desk: Desk) -> None:
    rules = ShopRules("course", 90, True)
    _set(desk, rules)
    with desk.session() as session:
        found = {shop.name: rules_of(shop) for shop in session.scalars(select(Shop))}
    assert found["Luma Shop"] == rules
    assert found["Kite Shop"] == USUAL


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"promise": "lightning"}, "promise"),
        ({"purchase_delay_minutes": -1}, "purchase_delay_minutes"),
        ({"purchase_delay_minutes": 4321}, "purchase_delay_minutes"),
    ],
)
def test_rules_that_no_clock_could_keep_are_refused_by_field(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        _set(desk, replace(USUAL, **changes))
    assert refusal.value.field == field


def test_neither_a_viewer_nor_a_stranger_sets_rules(desk: Desk) -> None:
    public_id, viewer = desk.ours.public["Luma Shop"], desk.ours.scope(role="viewer")
    with desk.session(viewer) as session, pytest.raises(Forbidden):
        set_shop_rules(viewer, session, public_id, USUAL, NOW)
    with desk.session(desk.theirs.scope()) as session, pytest.raises(NotFound, match="Shop not found"):
        set_shop_rules(desk.theirs.scope(), session, public_id, USUAL, NOW)


def test_each_promise_says_what_it_means() -> None:
    assert dict(list_promises()) == {
        "tiktok": "TikTok's own limits",
        "course": "Stricter: 3 days to process, 3 to tracking, 11 to delivery, 18 in all",
    }
