"""Asking for stock and price: the lane is woken, the answer clears the question, and what a choice would mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, NotFound
from agency.domain.money import Money
from agency.domain.purchasing import Quote
from agency.models.catalog import Supplier, SupplierItem
from agency.models.lanes import Lane
from agency.services.mapping_pages import get_mapping_page, read_unmapped
from agency.services.quotes import QuoteRow, request_quotes, request_supplier_quotes
from agency.services.suppliers import list_stale_skus, record_quotes
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_mapping, add_order, add_sku

SKU = "fake-sku-1"


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    """A sku sold for 20.00, mapped to an item at 5.00 of a supplier with an API, read an hour ago."""
    with made.session() as session:
        add_sku(session, made.ours)
        add_order(session, made.ours)
        item = add_item(session, made.ours, kind="rest")
        item.quoted_at, item.stock_quantity, item.shipping_minor = NOW - timedelta(hours=1), 41, 110
        add_mapping(session, made.ours, item)
        keys = {"agency_id": item.agency_id, "client_id": item.client_id, "supplier_id": item.supplier_id}
        session.add(Lane(**keys, api="tracking"))
    yield made
    made.clear()
    with made.owner() as connection:
        connection.execute("update clients set approval_above_minor = 5000, margin_floor_bp = 0")


def _ask(desk: Desk) -> int:
    with desk.session() as session:
        return request_quotes(desk.ours.scope(), session, desk.ours.public["Luma Shop"], SKU)


def _quote(desk: Desk, **changes: Any) -> QuoteRow:
    with desk.session() as session:
        item = session.query(SupplierItem).one()
        supplier = session.get_one(Supplier, item.supplier_id)
        for name, value in changes.items():
            setattr(supplier if hasattr(supplier, name) else item, name, value)
        session.flush()
        page = get_mapping_page(desk.ours.scope(), session, desk.ours.public["Luma Shop"], SKU, NOW)
        return page.quotes[0]


def test_asking_wakes_the_suppliers_lane_and_the_answer_clears_the_question(desk: Desk) -> None:
    with desk.session() as session:
        supplier_id = session.query(SupplierItem).one().supplier_id
        assert list_stale_skus(session, supplier_id, NOW) == []
    assert _ask(desk) == 1
    with desk.session() as session:
        due = text("select count(*) from lanes where api = 'tracking' and due_at <= now()")
        assert session.scalar(due) == 1
        assert list_stale_skus(session, supplier_id, NOW) == ["KC-1"]
        supplier = session.get_one(Supplier, supplier_id)
        told = {"KC-1": Quote("KC-1", Money(420, "USD"), 7, Money(100, "USD"))}
        record_quotes(desk.ours.scope(), session, supplier, ["KC-1"], told, NOW)
        item = session.query(SupplierItem).one()
        assert (item.quote_wanted_at, item.quoted_at, item.unit_cost_minor) == (None, NOW, 420)


def test_asking_for_a_whole_supplier_asks_for_what_is_mapped(desk: Desk) -> None:
    with desk.session() as session:
        item = session.query(SupplierItem).one()
        keys = {"agency_id": item.agency_id, "client_id": item.client_id, "supplier_id": item.supplier_id}
        session.add(SupplierItem(**keys, supplier_sku="KC-2", title="Lid", unit_cost_minor=1, currency="USD"))
        session.flush()
        assert request_supplier_quotes(desk.ours.scope(), session, desk.ours.public["supplier"]) == 1


def test_nobody_is_asked_who_could_not_answer(desk: Desk) -> None:
    with desk.session() as session:
        session.query(Supplier).one().state = "needs_credentials"
    with pytest.raises(Conflict, match="refuses our key"):
        _ask(desk)
    with desk.session() as session:
        session.query(Supplier).one().kind = "manual"
    with pytest.raises(Conflict, match="nobody to ask"):
        _ask(desk)
    with desk.session() as session, pytest.raises(NotFound):
        request_quotes(desk.ours.scope(), session, desk.theirs.public["Luma Shop"], SKU)


def test_a_choice_says_what_it_costs_and_leaves(desk: Desk) -> None:
    row = _quote(desk)
    assert (row.goods, row.shipping, row.stock) == (Money(500, "USD"), Money(110, "USD"), 41)
    assert row.sale == Money(2000, "USD")
    assert row.left == Money(2000 - 610 - 120, "USD")  # TikTok's 6 %
    assert row.left_bp == 6350
    assert (row.tone, row.verdict) == ("", ("An order of one unit would be bought by itself.",))


@pytest.mark.parametrize(
    ("change", "tone", "sentence"),
    [
        ({"stock_quantity": 0}, "bad", "Too few in stock"),
        ({"buying_stopped_at": NOW}, "bad", "Buying is stopped for Kiln"),
        ({"state": "needs_credentials"}, "bad", "refuses our key"),
        ({"unit_cost_minor": 6000}, "ask", "Above the client's limit of $50.00"),
        ({"currency": "EUR"}, "ask", "different currencies"),
    ],
)
def test_a_choice_says_why_it_would_not_be_bought_by_itself(
    desk: Desk, change: dict[str, Any], tone: str, sentence: str
) -> None:
    if "currency" in change:
        with desk.session() as session:
            session.query(SupplierItem).one().currency = change.pop("currency")
    row = _quote(desk, **change)
    assert row.tone == tone
    assert sentence in " ".join(row.verdict)


def test_the_margin_floor_asks_a_person(desk: Desk) -> None:
    with desk.owner() as connection:
        connection.execute("update clients set margin_floor_bp = 7000")
    assert "margin floor of 70 %" in " ".join(_quote(desk).verdict)


def test_what_waits_for_a_mapping_is_counted_once_with_its_money(desk: Desk) -> None:
    with desk.session() as session:
        add_sku(session, desk.ours, sku_id="fake-sku-2")
        for _ in range(2):
            add_order(session, desk.ours, stage="blocked", sku_id="fake-sku-2")
        add_order(session, desk.ours, stage="blocked")
        sums = read_unmapped(desk.ours.scope(), session)
    assert (sums.skus, sums.orders, sums.at_stake) == (1, 2, (Money(4000, "USD"),))
