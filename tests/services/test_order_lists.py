"""The list of orders: pages, filters, exact search, and who sees what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from agency.domain.errors import Invalid
from agency.models.parcels import Parcel
from agency.services.list_rows import OrderFilters
from agency.services.order_lists import list_orders
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_order


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.session() as session:
            for number in range(120):
                stage = "settled" if number % 4 else "to_buy"
                add_order(session, made.ours, placed_at=NOW - timedelta(minutes=number // 3), stage=stage)
            add_order(session, made.ours, "Kite", number="5550001", placed_at=NOW - timedelta(days=1))
        with made.session(made.theirs.scope()) as session:
            add_order(session, made.theirs, number="6660001")
        yield made


def _numbers(desk: Desk, filters: OrderFilters) -> list[str]:
    numbers: list[str] = []
    cursor = ""
    while True:
        with desk.session() as session:
            page = list_orders(desk.ours.scope(), session, filters, cursor)
        numbers += [row.number for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            return numbers


def test_all_pages_together_hold_every_order_once_newest_first(desk: Desk) -> None:
    numbers = _numbers(desk, OrderFilters())
    assert len(numbers) == len(set(numbers)) == 121
    assert numbers[-1] == "5550001"


def test_a_stage_shows_its_orders_only(desk: Desk) -> None:
    assert len(_numbers(desk, OrderFilters(stage="to_buy"))) == 31


def test_an_unknown_stage_is_named_with_the_known_ones(desk: Desk) -> None:
    with desk.session() as session, pytest.raises(Invalid, match="held, to_buy"):
        list_orders(desk.ours.scope(), session, OrderFilters(stage="nonsense"))


def test_a_shop_shows_its_orders_only(desk: Desk) -> None:
    assert _numbers(desk, OrderFilters(shop=desk.ours.public["Kite Shop"])) == ["5550001"]
    assert not _numbers(desk, OrderFilters(shop="not an id"))
    assert not _numbers(desk, OrderFilters(shop=desk.theirs.public["Kite Shop"]))


def test_an_exact_order_or_tracking_number_finds_its_order(desk: Desk) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        order = add_order(session, desk.ours, placed_at=NOW - timedelta(days=2))
        keys = {"agency_id": order.agency_id, "client_id": order.client_id, "shop_id": order.shop_id}
        parcel = Parcel(
            **keys, order_id=order.id, state="new", tracking_number="1ZFAKE01", carrier_text="UPS"
        )
        session.add(parcel)
        session.flush()
        for asked in (order.tiktok_order_id, f" {order.tiktok_order_id} ", "1zfake 01"):
            rows = list_orders(desk.ours.scope(), session, OrderFilters(q=asked)).rows
            assert [row.number for row in rows] == [order.tiktok_order_id]
        session.rollback()


def test_another_agencys_order_is_not_found_by_its_number(desk: Desk) -> None:
    assert not _numbers(desk, OrderFilters(q="6660001"))


def test_an_operator_does_not_find_another_clients_order(desk: Desk) -> None:
    scope = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    with desk.session(scope) as session:
        assert not list_orders(scope, session, OrderFilters(q="5550001")).rows
