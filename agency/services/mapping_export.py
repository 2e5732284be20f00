"""Mappings as CSV in the format of the import, with the skus that have no supplier as rows to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.csv_cells import Cell, csv_text
from agency.domain.mapping_files import COLUMNS
from agency.domain.money import Money, plain_amount
from agency.domain.scope import Scope
from agency.services.visibility import visible_sql

BATCH = 500
# The pair alone would fit no index: `k.id >= :id` lets a batch begin where the last one ended.
_ROWS = """
    select k.id, coalesce(m.id, 0) as mapping_id, s.code, k.sku_id, k.product_name, k.sku_name,
      coalesce(m.rank, 1) as rank, p.name as supplier, i.supplier_sku,
      coalesce(m.quantity, 1) as quantity, m.price_cap_minor, i.currency
    from skus k join shops s on s.id = k.shop_id join clients c on c.id = k.client_id
    left join mappings m on m.shop_id = k.shop_id and m.sku_id = k.sku_id and m.superseded_at is null
    left join supplier_items i on i.id = m.supplier_item_id left join suppliers p on p.id = i.supplier_id
    where c.left_at is null and {seen} and {which} and k.id >= :id and (k.id, coalesce(m.id, 0)) > (:id, :mapping_id)
    order by k.id, coalesce(m.id, 0) limit {batch}
"""
_WHICH = {"": "true", "unmapped": "m.id is null", "mapped": "m.id is not null"}


def template_csv() -> bytes:
    """The first line alone."""
    return csv_text([COLUMNS]).encode()


def export_mappings(scope: Scope, session: Session, show: str = "") -> Iterator[bytes]:
    """The first line and then 500 rows a piece; a sku without a supplier is a row to fill in."""
    yield template_csv()
    which = _WHICH.get(show, "true")
    query = text(_ROWS.format(seen=visible_sql(scope, "k.client_id"), which=which, batch=BATCH))
    last = {"id": 0, "mapping_id": 0}
    while rows := list(session.execute(query, last).mappings()):
        yield csv_text(map(_cells, rows)).encode()
        last = {"id": rows[-1]["id"], "mapping_id": rows[-1]["mapping_id"]}


def _cells(row: Mapping[Any, Any]) -> tuple[Cell, ...]:
    name = f"{row['product_name']}, {row['sku_name']}" if row["sku_name"] else row["product_name"]
    cap, currency = row["price_cap_minor"], row["currency"] or ""
    return (
        row["code"], row["sku_id"], name, row["rank"], row["supplier"] or "", row["supplier_sku"] or "",
        row["quantity"],
        "" if cap is None else Decimal(plain_amount(Money(cap, currency))), currency,
    )  # fmt: skip
