"""Suppliers with the worst first, their pace, and changing what was typed about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from agency.domain.errors import Invalid
from agency.domain.money import Money
from agency.models.catalog import Supplier, SupplierItem
from agency.services.catalog_edits import ItemEdit, SupplierEdit, edit_supplier, edit_supplier_item
from agency.services.sealing import Keyring
from agency.services.supplier_pages import get_supplier_view, search_suppliers
from agency.services.suppliers import open_supplier
from agency.services.switches import start_buying, stop_buying
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_item, add_order, add_parcel, add_purchase

KEYS = Keyring(MASTER_KEY)


def test_the_worst_suppliers_come_first(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, name="Fine")
        poor = add_item(session, desk.ours, name="Poor", kind="rest")
        add_attention(
            session, desk.ours, kind="supplier_balance", supplier_id=poor.supplier_id, why="Top it up."
        )
        session.get_one(
            Supplier, add_item(session, desk.ours, name="Locked", kind="rest").supplier_id
        ).state = "needs_credentials"
        add_item(session, desk.ours, name="Asked", kind="rest")
        session.execute(
            text(
                "update supplier_consents set withdrawn_at = now() where supplier_id = (select max(id) from suppliers)"
            )
        )
        session.flush()
        found = search_suppliers(desk.ours.scope(), session, NOW)
        only = search_suppliers(desk.ours.scope(), session, NOW, state="consent")
    assert [line.supplier.name for line in found.lines] == ["Locked", "Poor", "Asked", "Fine"]
    assert found.lines[1].why == "Top it up."
    assert [line.consented for line in found.lines] == [True, True, False, True]
    assert sum(found.states.values()) == found.total == 4
    assert [line.supplier.name for line in only.lines] == ["Asked"]


def test_spend_and_median_waits_of_thirty_days(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="shipped")
        placed = NOW - timedelta(days=3)
        purchase = add_purchase(
            session, desk.ours, order, state="shipped", placed_at=placed, paid_at=placed,
            shipped_at=placed + timedelta(hours=20),
        )  # fmt: skip
        add_parcel(session, order, purchase, state="in_transit", first_scan_at=placed + timedelta(hours=30))
        pace = get_supplier_view(desk.ours.scope(), session, desk.ours.public["supplier"], NOW).line.pace
        later = get_supplier_view(
            desk.ours.scope(), session, desk.ours.public["supplier"], NOW + timedelta(days=40)
        ).line.pace
    assert (pace.spent, pace.to_tracking, pace.to_scan) == (
        Money(640, "USD"), timedelta(hours=20), timedelta(hours=30),
    )  # fmt: skip
    assert (later.spent, later.to_tracking, later.tracked) == (Money(0, "USD"), None, 0)


def test_purchases_under_way_are_listed_until_tracking_comes(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="bought")
        add_purchase(session, desk.ours, order, supplier_order_id="KC-7")
        view = get_supplier_view(desk.ours.scope(), session, desk.ours.public["supplier"], NOW)
    assert [(row.order_number, row.state_text, row.cost) for row in view.purchases] == [
        (order.tiktok_order_id, "Ordered and paid", Money(640, "USD"))
    ]


def test_a_supplier_keeps_the_reason_of_its_stop_until_it_starts(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours)
        supplier = desk.ours.public["supplier"]
        stop_buying(desk.ours.scope(), session, "supplier", supplier, "  Sends  broken pots. ")
        line = get_supplier_view(desk.ours.scope(), session, supplier, NOW).line
        assert (line.standing, line.why) == ("stopped", "Sends broken pots.")
        start_buying(desk.ours.scope(), session, "supplier", supplier, NOW)
        assert get_supplier_view(desk.ours.scope(), session, supplier, NOW).line.why == ""
        with pytest.raises(Invalid, match="at most 200"):
            stop_buying(desk.ours.scope(), session, "supplier", supplier, "x" * 201)


def _edit(desk: Desk, **changes: Any) -> None:
    values = {"name": "Kiln", "website": "", "base_url": "https://kiln.example.com", **changes}
    with desk.session() as session:
        edit_supplier(
            desk.ours.scope(), session, KEYS, desk.ours.public["supplier"], SupplierEdit(**values), NOW
        )


def test_another_api_address_needs_the_key_once_more(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, kind="rest")
        session.query(Supplier).one().base_url = "https://kiln.example.com"
    _edit(desk, name="Kiln & Co", website="https://kiln.example.com/shop")
    with pytest.raises(Invalid, match="Enter the key once more"):
        _edit(desk, base_url="https://other.example.com")
    with pytest.raises(Invalid):
        _edit(desk, base_url="https://127.0.0.1", api_key="fake-new-key")
    _edit(desk, base_url="https://other.example.com/", api_key="fake-new-key")
    with desk.session() as session:
        supplier = session.query(Supplier).one()
        assert supplier.base_url == "https://other.example.com"
        assert open_supplier(session, KEYS, supplier.id).credentials == {"api_key": "fake-new-key"}


def _change(desk: Desk, **changes: Any) -> None:
    values = {"title": "Pot", "url": "", "unit_cost_minor": 500, "shipping_minor": 0, "stock_quantity": None}
    with desk.session() as session:
        item = session.query(SupplierItem).one()
        edit_supplier_item(
            desk.ours.scope(), session, str(item.public_id), ItemEdit(**{**values, **changes}), NOW
        )


def test_new_stock_on_the_shelf_has_waiting_orders_planned_again(desk: Desk) -> None:
    blocked = [{"code": "out_of_stock", "sentence": "Too few.", "approvable": False}]
    with desk.session() as session:
        add_item(session, desk.ours, kind="stock")
        add_order(session, desk.ours, stage="blocked", blockers=blocked)
    with pytest.raises(Invalid, match="0 is fine"):
        _change(desk)
    _change(desk, stock_quantity=9, unit_cost_minor=450)
    with desk.session() as session:
        item = session.query(SupplierItem).one()
        assert (item.stock_quantity, item.unit_cost_minor) == (9, 450)
        assert session.scalar(text("select count(*) from orders where plan_at is not null")) == 1


def test_price_and_stock_of_a_supplier_with_an_api_are_not_typed(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, kind="rest")
    _change(desk, title="White pot", unit_cost_minor=1, stock_quantity=5)
    with desk.session() as session:
        item = session.query(SupplierItem).one()
        assert (item.title, item.unit_cost_minor, item.stock_quantity) == ("White pot", 500, None)
