"""The figures of hand-made orders are the known ones; unread shops are never good; nobody sees another's shops."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from agency.domain.errors import Invalid, NotFound
from agency.domain.health import State
from agency.models.shops import Shop
from agency.services.health import list_health, note_health
from agency.services.health_rows import Cause
from agency.services.shop_health import read_shop_health
from agency.services.totals import read_counts
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_order, add_parcel
from tests.health_rows import add_due, fill_health


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.session() as session:
            fill_health(session, made.ours)
        with made.session(made.theirs.scope()) as session:
            add_due(session, made.theirs, "Luma", 1, late=0.5)
        yield made


def test_rates_states_and_room_are_those_of_the_rows(desk: Desk) -> None:
    with desk.session() as session:
        fleet = list_health(desk.ours.scope(), session, NOW)
    luma, kite = fleet.shops
    assert (luma.name, luma.late.rate.counted, luma.late.rate.base) == ("Luma Shop", 3, 40)
    assert (luma.state, luma.late.left, luma.late.acts) == (State.OVER, 0, False)
    assert (kite.late.rate.counted, kite.late.rate.base) == (0, 12)
    assert (kite.state, kite.late.left) == (State.GOOD, 0)
    assert kite.delivery.state == State.FEW
    assert fleet.count(State.OVER) == fleet.count(State.GOOD) == 1


def test_late_orders_name_what_they_waited_for(desk: Desk) -> None:
    with desk.session() as session:
        fleet = list_health(desk.ours.scope(), session, NOW)
        page = read_shop_health(desk.ours.scope(), session, desk.ours.public["Luma Shop"], NOW)
    assert fleet.causes == (Cause("no_tracking", "Eastport", 2), Cause("no_scan", "", 1))
    assert page.causes == fleet.causes
    assert [order.reason for order in page.late_orders] == ["no_scan", "no_tracking", "no_tracking"]
    assert [order.taken_at is None for order in page.late_orders] == [False, True, False]
    assert page.late_count == page.shop.late.rate.counted == 3


def test_the_days_of_a_page_add_up_to_its_figures(desk: Desk) -> None:
    with desk.session() as session:
        page = read_shop_health(desk.ours.scope(), session, desk.ours.public["Luma Shop"], NOW)
    assert len(page.each_day) == 30
    assert sum(day.due for day in page.each_day) == 40
    assert sum(day.late for day in page.each_day) == 3
    assert sum(day.in_time for day in page.each_day) == 37
    assert sum(day.taken_late for day in page.each_day) == 2
    scanned = next(stretch for stretch in page.stretches if stretch.key == "scanned")
    assert scanned.orders == 2
    assert scanned.hours == pytest.approx((17 + 22) / 2)


def test_a_shorter_period_counts_less(desk: Desk) -> None:
    with desk.session() as session:
        week = list_health(desk.ours.scope(), session, NOW, 7).shops[0]
        with pytest.raises(Invalid):
            list_health(desk.ours.scope(), session, NOW, 8)
    assert week.late.rate.counted == 3
    assert week.late.rate.base < 20


@pytest.mark.parametrize("change", ["last_read_at = null", "read_error = 'TikTok answered 500'"])
def test_a_shop_that_is_not_read_is_never_counted_as_good(desk: Desk, change: str) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        session.execute(text(f"update shops set {change} where name = 'Kite Shop'"))
        fleet = list_health(desk.ours.scope(), session, NOW)
        session.rollback()
    assert (fleet.count(State.GOOD), fleet.unread) == (0, 1)


def test_what_was_never_due_is_in_no_figure(desk: Desk) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        before = list_health(desk.ours.scope(), session, NOW).shops[1]
        add_due(
            session, desk.ours, "Kite", 1, None, cancelled_at=NOW - timedelta(days=2), cancelled_by="BUYER"
        )
        add_due(session, desk.ours, "Kite", -1, None)
        add_due(session, desk.ours, "Kite", 1, None, fulfillment_type="FULFILLMENT_BY_TIKTOK")
        add_order(session, desk.ours, "Kite", paid_at=NOW - timedelta(days=1))
        after = list_health(desk.ours.scope(), session, NOW).shops[1]
        page = read_shop_health(desk.ours.scope(), session, desk.ours.public["Kite Shop"], NOW)
        session.rollback()
    assert after.late.rate == before.late.rate
    assert page.unlimited == 1


def test_cancellations_by_the_seller_and_by_tiktok_count_as_the_sellers_fault(desk: Desk) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        for who in ("SELLER", "SYSTEM", "BUYER"):
            gone = {"stage": "cancelled", "status": "CANCELLED", "cancelled_by": who}
            add_due(session, desk.ours, "Kite", 2, None, cancelled_at=NOW - timedelta(days=3), **gone)
        kite = next(s for s in list_health(desk.ours.scope(), session, NOW).shops if s.name == "Kite Shop")
        session.rollback()
    assert (kite.cancelled.rate.counted, kite.cancelled.rate.base) == (2, 15)
    assert kite.cancelled.state == State.OVER


def test_tracking_and_delivery_are_counted_once_they_can_be_known(desk: Desk) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        for place, (pushed, scanned) in enumerate([(5, True), (5, False), (1, False), (1, True)]):
            limit = {"delivery_sla_at": NOW - timedelta(days=2)}
            delivered = NOW - timedelta(days=3 if place else 1)
            order = add_due(session, desk.ours, "Kite", 4, -0.5, delivered_at=delivered, **limit)
            at = NOW - timedelta(days=pushed)
            add_parcel(session, order, state="pushed", pushed_at=at, first_scan_at=at if scanned else None)
        kite = next(s for s in list_health(desk.ours.scope(), session, NOW).shops if s.name == "Kite Shop")
        session.rollback()
    assert (kite.tracking.rate.counted, kite.tracking.rate.base) == (2, 3)
    assert (kite.delivery.rate.counted, kite.delivery.rate.base) == (3, 4)


def test_an_operator_and_another_agency_see_their_own_shops_only(desk: Desk) -> None:
    narrow = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Kite"]}))
    with desk.session(narrow) as session:
        fleet = list_health(narrow, session, NOW)
        with pytest.raises(NotFound):
            read_shop_health(narrow, session, desk.ours.public["Luma Shop"], NOW)
    assert ([shop.name for shop in fleet.shops], fleet.causes) == (["Kite Shop"], ())
    with desk.session(desk.theirs.scope()) as session:
        fleet = list_health(desk.theirs.scope(), session, NOW)
        with pytest.raises(NotFound):
            read_shop_health(desk.theirs.scope(), session, desk.ours.public["Luma Shop"], NOW)
    assert sum(cause.orders for cause in fleet.causes) == 1
    assert all(shop.late.rate.base < 2 for shop in fleet.shops)


def test_the_sweep_notes_since_when_a_shop_is_over_and_the_side_bar_counts_it(desk: Desk) -> None:
    scope = desk.ours.scope()
    with desk.database.session(scope) as session:
        for name in ("Luma", "Kite"):
            note_health(scope, session, session.get_one(Shop, desk.ours.shops[name]), NOW)
        luma = session.get_one(Shop, desk.ours.shops["Luma"])
        note_health(scope, session, luma, NOW + timedelta(hours=1))
        session.flush()
        assert luma.over_limit_since == NOW
        assert read_counts(scope, session).over_limit == 1
        note_health(scope, session, luma, NOW + timedelta(days=60))
        assert luma.over_limit_since is None
        session.rollback()
