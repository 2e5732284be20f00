"""Suppliers with their items, and the skus that shops sell with where each is bought; unmapped ones first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import NotFound
from agency.domain.money import Money
from agency.domain.scope import Scope
from agency.services.like_parts import like_part
from agency.services.list_rows import SkuRow, SupplierItemRow, SupplierRow
from agency.services.order_page_rows import MappingRow
from agency.services.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor
from agency.services.public_ids import as_public_id
from agency.services.shop_lists import who
from agency.services.visibility import visible_sql
from agency.services.wording import SUPPLIER_KINDS

_SUPPLIERS = """
    select p.id, p.public_id, p.kind, p.name, p.currency, p.website, p.state, p.problem, p.buying_stopped_at,
      p.buying_stopped_by, p.buying_stopped_why,
      p.base_url, p.tracking_read_at, p.tracking_error, c.public_id as client_public_id, c.name as client_name,
      (select count(*) from purchases b where b.supplier_id = p.id
        and b.state not in ('closed', 'refused', 'cancelled')) as open_purchases
    from suppliers p join clients c on c.id = p.client_id
"""
_ITEMS = text(
    """
    select i.supplier_id, i.public_id, i.supplier_sku, i.title, i.url, i.unit_cost_minor, i.shipping_minor, i.currency,
      i.stock_quantity, i.quoted_at, i.quote_wanted_at
    from supplier_items i where i.supplier_id = any(:ids) order by i.title, i.id
    """
)
MAPPINGS = """
    select m.shop_id, m.sku_id, m.public_id, m.version, m.rank, m.quantity, m.price_cap_minor,
      i.public_id as item_public_id, i.supplier_sku, i.title, i.url, i.unit_cost_minor, i.shipping_minor, i.currency,
      i.stock_quantity, p.public_id as supplier_public_id, p.name as supplier_name, p.kind as supplier_kind
    from mappings m join supplier_items i on i.id = m.supplier_item_id join suppliers p on p.id = i.supplier_id
    where m.superseded_at is null
"""
_LIVE = text(f"{MAPPINGS} and m.shop_id = any(:shop_ids) and m.sku_id = any(:sku_ids) order by m.rank")
_UNMAPPED = """
    not exists (select from mappings m where m.shop_id = k.shop_id and m.sku_id = k.sku_id and m.superseded_at is null)
"""
# 2 = without a supplier while orders wait for one, 1 = without a supplier, 0 = mapped.
_URGENCY = f"""
    case when {_UNMAPPED} then 1 + exists (
      select from order_lines l join orders o on o.id = l.order_id
      where l.shop_id = k.shop_id and l.sku_id = k.sku_id and o.stage = 'blocked')::int
    else 0 end
"""
_SKUS = f"""
    select k.* from (
      select k.id, k.shop_id, k.sku_id, k.product_name, k.sku_name, k.seller_sku, k.last_ordered_at,
        s.public_id as shop_public_id, s.name as shop_name, s.region, c.public_id as client_public_id,
        c.name as client_name, {_URGENCY} as unmapped, k.client_id
      from skus k join shops s on s.id = k.shop_id join clients c on c.id = k.client_id
    ) k
"""  # noqa: S608 - made of constants
_WAITING = text(
    """
    select shop_id, sku_id, count(*) as n, sum(total_minor)::bigint as total, min(currency) as currency from (
      select distinct l.shop_id, l.sku_id, o.id, o.total_minor, o.currency
      from order_lines l join orders o on o.id = l.order_id
      where l.shop_id = any(:shop_ids) and l.sku_id = any(:sku_ids) and o.stage = 'blocked'
    ) waiting group by shop_id, sku_id
    """
)
_SHOWN = {"unmapped": "k.unmapped > 0", "mapped": "k.unmapped = 0"}


@dataclass(frozen=True)
class SkuFilters:
    """Empty = all. `show` is unmapped or mapped, `shop` a public id, `q` a part of a name or a whole sku."""

    show: str = ""
    shop: str = ""
    q: str = ""


def list_suppliers(scope: Scope, session: Session, *, items: bool = True) -> tuple[SupplierRow, ...]:
    """All suppliers that the reader sees, by client and name, with their items or without."""
    query = text(f"{_SUPPLIERS} where {visible_sql(scope, 'p.client_id')} order by c.name, p.name, p.id")
    rows = session.execute(query).mappings().all()
    return _with_items(scope, session, rows) if items else tuple(_supplier(row, (), scope) for row in rows)


def get_supplier(scope: Scope, session: Session, supplier_id: str) -> SupplierRow:
    """One supplier by its public id. Raises NotFound."""
    query = text(f"{_SUPPLIERS} where p.public_id = :id and {visible_sql(scope, 'p.client_id')}")
    rows = list(session.execute(query, {"id": as_public_id(supplier_id, "Supplier")}).mappings())
    if not rows:
        raise NotFound("Supplier")
    return _with_items(scope, session, rows)[0]


def list_skus(
    scope: Scope,
    session: Session,
    only_unmapped: bool = False,
    cursor: str = "",
    filters: SkuFilters = SkuFilters(),
) -> Page[SkuRow]:
    """A page of 50 skus: unmapped ones with waiting orders first, then the last ordered.

    Raises Invalid for a cursor of another list.
    """
    conditions, values = _conditions(scope, filters)
    if only_unmapped:
        conditions.append(_SHOWN["unmapped"])
    if cursor:
        values["unmapped"], values["at"], values["id"] = decode_cursor(cursor, (int, datetime, int))
        conditions.append("(k.unmapped, k.last_ordered_at, k.id) < (:unmapped, :at, :id)")
    query = text(
        f"{_SKUS} where {' and '.join(conditions)} "
        f"order by k.unmapped desc, k.last_ordered_at desc, k.id desc limit {PAGE_SIZE + 1}"
    )
    rows = list(session.execute(query, values).mappings())
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    return Page(
        rows=_with_mappings(session, rows[:PAGE_SIZE]),
        next_cursor=encode_cursor(last["unmapped"], last["last_ordered_at"], last["id"]) if last else "",
    )


def _conditions(scope: Scope, filters: SkuFilters) -> tuple[list[str], dict[str, Any]]:
    conditions = [visible_sql(scope, "k.client_id")]
    values: dict[str, Any] = {}
    if filters.show in _SHOWN:
        conditions.append(_SHOWN[filters.show])
    if filters.shop:
        conditions.append("k.shop_public_id = :shop")
        values["shop"] = as_public_id(filters.shop, "Shop")
    if filters.q:
        conditions.append(
            "(k.sku_id = :q or k.seller_sku ilike :part or k.product_name ilike :part or k.sku_name ilike :part)"
        )
        values |= {"q": filters.q, "part": like_part(filters.q)}
    return conditions, values


def get_sku(scope: Scope, session: Session, shop_id: str, sku_id: str) -> SkuRow:
    """One sku of a shop. Raises NotFound."""
    query = text(
        f"{_SKUS} where k.shop_public_id = :shop_id and k.sku_id = :sku_id and {visible_sql(scope, 'k.client_id')}"
    )
    values = {"shop_id": as_public_id(shop_id, "Sku"), "sku_id": sku_id}
    rows = list(session.execute(query, values).mappings())
    if not rows:
        raise NotFound("Sku")
    return _with_mappings(session, rows)[0]


def mapping_row(row: Mapping[Any, Any]) -> MappingRow:
    """One row of a statement with `MAPPINGS`."""
    currency = row["currency"]
    return MappingRow(
        mapping_id=str(row["public_id"]),
        version=row["version"],
        rank=row["rank"],
        quantity=row["quantity"],
        price_cap=None if row["price_cap_minor"] is None else Money(row["price_cap_minor"], currency),
        supplier_id=str(row["supplier_public_id"]),
        supplier_name=row["supplier_name"],
        supplier_kind=row["supplier_kind"],
        supplier_item_id=str(row["item_public_id"]),
        supplier_sku=row["supplier_sku"],
        item_title=row["title"],
        url=row["url"],
        unit_cost=Money(row["unit_cost_minor"], currency),
        shipping=Money(row["shipping_minor"], currency),
        stock_quantity=row["stock_quantity"],
    )


def _with_items(scope: Scope, session: Session, rows: Sequence[Mapping[Any, Any]]) -> tuple[SupplierRow, ...]:
    items: dict[int, list[SupplierItemRow]] = {row["id"]: [] for row in rows}
    for item in session.execute(_ITEMS, {"ids": list(items)}).mappings():
        items[item["supplier_id"]].append(_item(item))
    return tuple(_supplier(row, tuple(items[row["id"]]), scope) for row in rows)


def _item(row: Mapping[Any, Any]) -> SupplierItemRow:
    return SupplierItemRow(
        item_id=str(row["public_id"]),
        supplier_sku=row["supplier_sku"],
        title=row["title"],
        url=row["url"],
        unit_cost=Money(row["unit_cost_minor"], row["currency"]),
        shipping=Money(row["shipping_minor"], row["currency"]),
        stock_quantity=row["stock_quantity"],
        quoted_at=row["quoted_at"],
        wanted_at=row["quote_wanted_at"],
    )


def _supplier(row: Mapping[Any, Any], items: tuple[SupplierItemRow, ...], scope: Scope) -> SupplierRow:
    return SupplierRow(
        supplier_id=str(row["public_id"]),
        kind=row["kind"],
        kind_text=SUPPLIER_KINDS.get(row["kind"], row["kind"]),
        name=row["name"],
        client_id=str(row["client_public_id"]),
        client_name=row["client_name"],
        currency=row["currency"],
        website=row["website"],
        state=row["state"],
        tone="bad" if row["state"] != "active" or row["tracking_error"] else "",
        problem=row["problem"],
        buying_stopped_at=row["buying_stopped_at"],
        buying_stopped_by=who(row["buying_stopped_by"], scope),
        buying_stopped_why=row["buying_stopped_why"],
        base_url=row["base_url"],
        tracking_read_at=row["tracking_read_at"],
        tracking_error=row["tracking_error"],
        open_purchases=row["open_purchases"],
        items=items,
    )


def _with_mappings(session: Session, rows: Sequence[Mapping[Any, Any]]) -> tuple[SkuRow, ...]:
    values = {
        "shop_ids": sorted({row["shop_id"] for row in rows}),
        "sku_ids": sorted({row["sku_id"] for row in rows}),
    }
    live: dict[tuple[int, str], list[MappingRow]] = {}
    for row in session.execute(_LIVE, values).mappings():
        live.setdefault((row["shop_id"], row["sku_id"]), []).append(mapping_row(row))
    waiting = {(row.shop_id, row.sku_id): row for row in session.execute(_WAITING, values)}
    return tuple(
        SkuRow(
            shop_id=str(row["shop_public_id"]),
            shop_name=row["shop_name"],
            client_id=str(row["client_public_id"]),
            client_name=row["client_name"],
            region=row["region"],
            sku_id=row["sku_id"],
            product_name=row["product_name"],
            sku_name=row["sku_name"],
            seller_sku=row["seller_sku"],
            last_ordered_at=row["last_ordered_at"],
            waiting=_waits(waiting, row).n if _waits(waiting, row) else 0,
            mappings=tuple(live.get((row["shop_id"], row["sku_id"]), ())),
            at_stake=_stake(_waits(waiting, row)),
        )
        for row in rows
    )


def _waits(waiting: Mapping[tuple[int, str], Any], row: Mapping[Any, Any]) -> Any:
    return waiting.get((row["shop_id"], row["sku_id"]))


def _stake(waits: Any) -> Money | None:
    return Money(waits.total, waits.currency) if waits else None
