"""Orders as a file: what the list shows, for whom it shows it, and nothing about buyers."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import insert

from agency.models.orders import Order
from agency.services.list_rows import OrderFilters
from agency.services.order_export import BATCH, COLUMNS, export_orders
from tests.desk import NOW, Desk
from tests.desk_rows import add_order
from tests.portal.browsing import Visitor, visit


@pytest.fixture(autouse=True)
def _rows(desk: Desk) -> None:
    desk.clear()
    with desk.session() as session:
        add_order(session, desk.ours, "Luma", number="1001", title='=HYPERLINK("x")', profit_minor=-320)
        add_order(session, desk.ours, "Kite", number="1002", title='Mug, "large"', stage="shipped")
    with desk.session(desk.theirs.scope()) as session:
        add_order(session, desk.theirs, "Luma", number="1003")


def _read(visitor: Visitor, query: str = "") -> list[dict[str, str]]:
    answer = visitor.get(f"/orders.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_every_order_that_the_person_sees_is_a_line(desk: Desk, owner: Visitor) -> None:
    rows = {row["order_number"]: row for row in _read(owner)}
    assert sorted(rows) == ["1001", "1002"]
    assert rows["1002"]["title"] == 'Mug, "large"'
    assert rows["1002"] | {"state": ""} == {
        "order_number": "1002", "client": "Kite", "shop": "Kite Shop", "region": "US", "title": 'Mug, "large"',
        "units": "1", "stage": "shipped", "state": "", "tiktok_status": "AWAITING_SHIPMENT",
        "placed_at_utc": "2026-11-23 02:00:00", "due_at_utc": "2026-11-23 14:00:00",
        "due_for": rows["1001"]["due_for"], "currency": "USD", "value": "20.00", "profit_estimate": "",
    }  # fmt: skip


def test_a_formula_stays_text_and_a_loss_stays_a_number(owner: Visitor) -> None:
    row = next(row for row in _read(owner) if row["order_number"] == "1001")
    assert row["title"] == '\'=HYPERLINK("x")'
    assert row["profit_estimate"] == "-3.20"


def test_the_filters_of_the_page_hold_for_the_file(desk: Desk, owner: Visitor) -> None:
    assert [row["order_number"] for row in _read(owner, "?stage=shipped")] == ["1002"]
    assert [row["order_number"] for row in _read(owner, "?q=1001")] == ["1001"]
    shop = desk.ours.public["Kite Shop"]
    assert [row["order_number"] for row in _read(owner, f"?shop={shop}")] == ["1002"]
    assert _read(owner, "?q=none") == []
    assert f'href="/orders.csv?shop={shop}"' in owner.page(f"/orders?shop={shop}")
    assert 'href="/orders.csv"' in owner.page("/orders")
    assert owner.get("/orders.csv?stage=nonsense").status_code == 422


def test_an_operator_of_some_clients_gets_their_orders_and_a_client_gets_no_file(desk: Desk) -> None:
    assert [row["order_number"] for row in _read(visit(desk, "operator"))] == ["1001"]
    assert len(_read(visit(desk, "viewer"))) == 2
    assert [row["order_number"] for row in _read(visit(desk, "stranger"))] == ["1003"]
    assert visit(desk, "member").get("/orders.csv").status_code == 403
    assert desk.app.test_client().get("/orders.csv").status_code == 303


def test_no_column_is_about_the_buyer() -> None:
    words = ("buyer", "name", "phone", "address", "email", "street", "recipient", "postal", "contact")
    assert [column for column in COLUMNS if any(word in column for word in words)] == []


def test_many_orders_come_in_pieces_each_order_once(desk: Desk) -> None:
    with desk.session() as session:
        first = session.query(Order).filter_by(tiktok_order_id="1001").one()
        skipped = ("id", "public_id", "tiktok_order_id", "placed_at", "number_turned")
        same = {
            column.name: getattr(first, column.name)
            for column in Order.__table__.columns
            if column.name not in skipped
        }
        session.execute(
            insert(Order),
            [
                same | {"tiktok_order_id": f"2{number:05}", "placed_at": NOW - timedelta(minutes=number // 7)}
                for number in range(2 * BATCH + 3)
            ],
        )
    with desk.session() as session:
        pieces = list(export_orders(desk.ours.scope(), session, OrderFilters()))
    assert len(pieces) == 4
    numbers = [row[0] for row in csv.reader(io.StringIO(b"".join(pieces).decode(), newline=""))][1:]
    assert len(numbers) == len(set(numbers)) == 2 * BATCH + 5
