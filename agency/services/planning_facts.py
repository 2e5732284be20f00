"""What a purchase plan is made from: open lines, their mappings, the suppliers and the limits, in few reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.models.accounts import Agency
from agency.models.catalog import Mapping as MappingRow
from agency.models.catalog import Supplier, SupplierItem
from agency.models.clients import Client
from agency.models.consents import SupplierConsent
from agency.models.orders import Order, OrderLine
from agency.models.shops import Shop
from agency.services.spending import spent_today


@dataclass(frozen=True)
class Candidate:
    """One way to buy a sku: a live mapping with its item and supplier."""

    mapping: MappingRow
    item: SupplierItem
    supplier: Supplier


@dataclass(frozen=True)
class PlanWorld:
    """Everything around the orders of one shop that a plan depends on."""

    agency: Agency
    client: Client
    shop: Shop
    candidates: Mapping[str, Sequence[Candidate]]  # by sku id, best rank first
    spent_today_minor: int
    consented: frozenset[int]  # suppliers that may be told a buyer's address


# A line that still has to be bought.
OPEN_LINE = """ol.display_status in ('AWAITING_SHIPMENT', 'PARTIALLY_SHIPPING', '') and ol.tracking_number = ''
      and not exists (select 1 from purchase_lines pl where pl.order_line_id = ol.id and pl.live)"""
_OPEN_LINES = text(f"select ol.id from order_lines ol where ol.order_id = any(:ids) and {OPEN_LINE}")  # noqa: S608


def due_orders(session: Session, shop_id: int, now: datetime, limit: int) -> list[Order]:
    """The orders whose plan time has come, the most urgent first, locked so that one plan is made at a time."""
    query = (
        select(Order)
        .where(Order.shop_id == shop_id, Order.plan_at <= now)
        .order_by(Order.due_at.nulls_last(), Order.id)
        .limit(limit)
        .with_for_update(key_share=True)
    )
    return list(session.scalars(query))


def next_plan_time(session: Session, shop_id: int) -> datetime | None:
    """When the next order of the shop may be planned (shop time)."""
    query = text("select min(plan_at) from orders where shop_id = :shop_id and plan_at is not null")
    found: datetime | None = session.execute(query, {"shop_id": shop_id}).scalar_one()
    return found


def open_lines(session: Session, orders: Sequence[Order]) -> Mapping[int, list[OrderLine]]:
    """Per order, the lines that still have to be bought."""
    ids = [row.id for row in session.execute(_OPEN_LINES, {"ids": [order.id for order in orders]})]
    lines: dict[int, list[OrderLine]] = defaultdict(list)
    for line in session.scalars(select(OrderLine).where(OrderLine.id.in_(ids)).order_by(OrderLine.id)):
        lines[line.order_id].append(line)
    return lines


def plan_world(session: Session, shop: Shop, sku_ids: Sequence[str], now: datetime) -> PlanWorld:
    """Reads mappings, items, suppliers, limits and today's spending of the shop's client."""
    client = session.get_one(Client, shop.client_id)
    agency = session.get_one(Agency, shop.agency_id)
    query = (
        select(MappingRow, SupplierItem, Supplier)
        .join(SupplierItem, SupplierItem.id == MappingRow.supplier_item_id)
        .join(Supplier, Supplier.id == SupplierItem.supplier_id)
        .where(
            MappingRow.shop_id == shop.id, MappingRow.sku_id.in_(sku_ids), MappingRow.superseded_at.is_(None)
        )
        .order_by(MappingRow.sku_id, MappingRow.rank)
    )
    candidates: dict[str, list[Candidate]] = defaultdict(list)
    for mapping, item, supplier in session.execute(query):
        candidates[mapping.sku_id].append(Candidate(mapping, item, supplier))
    live = select(SupplierConsent.supplier_id).where(
        SupplierConsent.client_id == client.id, SupplierConsent.withdrawn_at.is_(None)
    )
    return PlanWorld(
        agency,
        client,
        shop,
        candidates,
        spent_today(session, client.id, now),
        frozenset(session.scalars(live)),
    )
