"""The mapping page of one sku: its choices with what they would cost, former versions, and what can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money
from agency.domain.scope import Scope
from agency.services.list_rows import SkuRow
from agency.services.public_ids import as_public_id
from agency.services.quotes import QuoteRow, list_quotes
from agency.services.shop_lists import who
from agency.services.supplier_lists import get_sku
from agency.services.visibility import visible_sql

VERSIONS, ORDERS = 30, 3
_VERSIONS = text(
    f"""
    select m.version, m.rank, m.quantity, m.created_by, m.created_at, m.superseded_at, i.title, i.supplier_sku,
      p.name as supplier_name, coalesce(u.orders, 0) as orders, u.numbers
    from mappings m join shops s on s.id = m.shop_id join supplier_items i on i.id = m.supplier_item_id
    join suppliers p on p.id = i.supplier_id
    left join lateral (
      select count(distinct o.id) as orders,
        (array_agg(distinct o.tiktok_order_id order by o.tiktok_order_id desc))[1:{ORDERS}] as numbers
      from purchase_lines l join purchases b on b.id = l.purchase_id join orders o on o.id = b.order_id
      where l.shop_id = m.shop_id and l.mapping_id = m.id
    ) u on true
    where s.public_id = :shop_id and m.sku_id = :sku_id order by m.version desc limit {VERSIONS}
    """  # noqa: S608 - numbers of ours
)
_ITEMS = text(
    """
    select i.public_id, i.title, i.supplier_sku, i.unit_cost_minor, i.shipping_minor, i.currency, i.stock_quantity,
      p.name as supplier_name
    from supplier_items i join suppliers p on p.id = i.supplier_id join clients c on c.id = p.client_id
    where c.public_id = :client_id order by p.name, i.title, i.id
    """
)
_UNMAPPED = """
    with bare as (
      select k.shop_id, k.sku_id from skus k where {seen} and not exists (
        select from mappings m where m.shop_id = k.shop_id and m.sku_id = k.sku_id and m.superseded_at is null)
    ), waiting as (
      select distinct o.id, o.currency, o.total_minor from orders o
      join order_lines l on l.order_id = o.id and l.shop_id = o.shop_id
      join bare b on b.shop_id = l.shop_id and b.sku_id = l.sku_id where o.stage = 'blocked'
    )
    select (select count(*) from bare) as skus, (select count(*) from waiting) as orders,
      (select jsonb_object_agg(currency, total) from
        (select currency, sum(total_minor) as total from waiting group by currency) sums) as sums
"""


@dataclass(frozen=True)
class VersionRow:
    """One version: who mapped when, until when it was valid (None = still; machine time), which orders used it."""

    version: int
    rank: int
    quantity: int
    supplier_name: str
    supplier_sku: str
    item_title: str
    mapped_by: str
    valid_from: datetime
    valid_to: datetime | None
    orders: int
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class ItemChoice:
    """Something of this client's suppliers that can be mapped."""

    item_id: str
    supplier_name: str
    title: str
    supplier_sku: str
    unit_cost: Money
    shipping: Money
    stock_quantity: int | None


@dataclass(frozen=True)
class MappingPage:
    """The page of one sku."""

    sku: SkuRow
    quotes: tuple[QuoteRow, ...]
    versions: tuple[VersionRow, ...]
    items: tuple[ItemChoice, ...]


@dataclass(frozen=True)
class UnmappedSums:
    """Skus without a supplier, the orders that wait for them, and what their buyers paid, by currency."""

    skus: int
    orders: int
    at_stake: tuple[Money, ...]


def get_mapping_page(scope: Scope, session: Session, shop_id: str, sku_id: str, now: datetime) -> MappingPage:
    """One sku of a shop; `now` is shop time. Raises NotFound."""
    sku = get_sku(scope, session, shop_id, sku_id)
    values = {"shop_id": as_public_id(shop_id, "Sku"), "sku_id": sku_id}
    return MappingPage(
        sku=sku,
        quotes=list_quotes(scope, session, shop_id, sku_id, sku.mappings, now),
        versions=tuple(_version(row, scope) for row in session.execute(_VERSIONS, values).mappings()),
        items=list_choices(session, sku.client_id),
    )


def list_choices(session: Session, client_id: str) -> tuple[ItemChoice, ...]:
    """What a visible client (public id) can buy, by supplier and title."""
    rows = session.execute(_ITEMS, {"client_id": as_public_id(client_id, "Client")}).mappings()
    return tuple(_choice(row) for row in rows)


def read_unmapped(scope: Scope, session: Session) -> UnmappedSums:
    """What waits for a mapping, over all shops that the reader sees."""
    query = text(_UNMAPPED.format(seen=visible_sql(scope, "k.client_id")))
    row = session.execute(query).one()
    sums = sorted((row.sums or {}).items())
    return UnmappedSums(row.skus, row.orders, tuple(Money(int(total), currency) for currency, total in sums))


def _version(row: Mapping[Any, Any], scope: Scope) -> VersionRow:
    return VersionRow(
        version=row["version"],
        rank=row["rank"],
        quantity=row["quantity"],
        supplier_name=row["supplier_name"],
        supplier_sku=row["supplier_sku"],
        item_title=row["title"],
        mapped_by=who(row["created_by"], scope),
        valid_from=row["created_at"],
        valid_to=row["superseded_at"],
        orders=row["orders"],
        numbers=tuple(row["numbers"] or ()),
    )


def _choice(row: Mapping[Any, Any]) -> ItemChoice:
    return ItemChoice(
        item_id=str(row["public_id"]),
        supplier_name=row["supplier_name"],
        title=row["title"],
        supplier_sku=row["supplier_sku"],
        unit_cost=Money(row["unit_cost_minor"], row["currency"]),
        shipping=Money(row["shipping_minor"], row["currency"]),
        stock_quantity=row["stock_quantity"],
    )
