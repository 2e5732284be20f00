"""Orders as CSV, in pieces: what the list shows, one line per order, without anything about the buyer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from agency.domain.csv_cells import Cell, csv_text
from agency.domain.money import Money, plain_amount
from agency.domain.scope import Scope
from agency.services.list_rows import OrderFilters, OrderRow
from agency.services.order_lists import list_orders

BATCH = 500
COLUMNS = (
    "order_number", "client", "shop", "region", "title", "units", "stage", "state", "tiktok_status", "placed_at_utc",
    "due_at_utc", "due_for", "currency", "value", "profit_estimate",
)  # fmt: skip


def export_orders(scope: Scope, session: Session, filters: OrderFilters) -> Iterator[bytes]:
    """The header and then 500 orders a piece, newest first. Raises Invalid for an unknown stage before the first."""
    page = list_orders(scope, session, filters, size=BATCH)
    yield csv_text([COLUMNS]).encode()
    while page.rows:
        yield csv_text(map(_cells, page.rows)).encode()
        if not page.next_cursor:
            return
        page = list_orders(scope, session, filters, page.next_cursor, BATCH)


def _cells(row: OrderRow) -> Sequence[Cell]:
    return (
        row.number, row.client_name, row.shop_name, row.region, row.title, row.quantity, row.stage, row.status_text,
        row.tiktok_status, _moment(row.placed_at), _moment(row.due_at), row.due_label, row.value.currency,
        _amount(row.value), _amount(row.profit),
    )  # fmt: skip


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _amount(money: Money | None) -> Cell:
    return "" if money is None else Decimal(plain_amount(money))
