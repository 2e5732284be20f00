"""Twelve weeks of finished orders for each shop of the rich world, by which its rates and charts have a shape.

A plan of a few plain facts per order is made with dice of the shop's own; five statements write it into the tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.desk import NOW
from tests.rich_names import GOODS
from tests.rich_orders import ShopFloor

DAYS, NEWEST = 84, 3.6  # days back of the oldest, and of the newest, which the orders of `rich_orders` follow
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_WEEK = (0, 0, 1, 0, 0, 1, 1)  # more orders from Wednesday on
# One order in so many is late; the others are shops in which all is well. US shops only: we know no British limit.
LATE = {7: 13, 22: 16, 34: 15, 1: 36, 9: 33, 18: 34, 25: 30, 37: 32}
USUALLY, CANCELLED, BY_US, UNSCANNED = 130, 41, 151, 52  # one order in so many
_WAITED = ("shipped", "bought", "shipped", "scan")
BAD_TRACKING = 31  # a shop of which one parcel in nine has no scan

_ORDERS = """
    insert into orders (agency_id, client_id, shop_id, tiktok_order_id, status, stage, stage_at, order_type,
      fulfillment_type, shipping_type, delivery_option_id, delivery_option_name, currency, total_minor, subtotal_minor,
      shipping_fee_minor, tax_minor, platform_discount_minor, seller_discount_minor, unit_count, title, placed_at,
      paid_at, tiktok_updated_at, awaiting_shipment_at, rts_at, tts_sla_at, collected_at, delivered_at, delivery_sla_at,
      settled_at, cancelled_at, cancelled_by, cancel_reason, is_sample, is_replacement, is_cancel_requested,
      profit_minor, estimate_minor)
    select :agency_id, h.client_id, h.shop_id, h.number,
      case h.stage when 'cancelled' then 'CANCELLED' when 'settled' then 'COMPLETED' else 'DELIVERED' end, h.stage,
      h.moved_at, 'NORMAL', 'FULFILLMENT_BY_SELLER', 'SELLER', '1', 'Standard shipping', h.currency, h.price + 399,
      h.price, 399, 0, 0, 0, 1, h.title, h.placed_at, h.placed_at, h.moved_at, h.placed_at, h.pushed_at, h.limit_at,
      h.collected_at, h.delivered_at, h.placed_at + interval '7 days',
      h.settled_at, h.cancelled_at, h.cancelled_by,
      case when h.cancelled_by <> '' then 'Ordered by mistake' else '' end,
      false, false, false,
      case when h.stage <> 'cancelled' then (h.price + 399) * 92 / 100 - h.cost end,
      case when h.stage = 'delivered' then (h.price + 399) * 92 / 100 end
    from plan h
"""
_LINES = """
    insert into order_lines (agency_id, client_id, shop_id, order_id, tiktok_line_id, sku_id, product_id, product_name,
      sku_name, seller_sku, sale_price_minor, platform_discount_minor, seller_discount_minor, tax_minor, display_status,
      package_id, tracking_number, provider_id)
    select o.agency_id, o.client_id, o.shop_id, o.id, h.number || '0', h.sku_id, h.product_id, h.title, h.option, h.sku,
      h.price, 0, 0, 0, o.status, '', '', ''
    from plan h join orders o on o.shop_id = h.shop_id and o.tiktok_order_id = h.number
"""
_PURCHASES = """
    insert into purchases (agency_id, client_id, shop_id, order_id, supplier_id, reference, state, currency,
      expected_minor, max_minor, actual_minor, supplier_order_id, placed_at, paid_at, shipped_at)
    select o.agency_id, o.client_id, o.shop_id, o.id, h.supplier_id, 'TS-' || h.number || '-1', 'closed', h.currency,
      h.cost, h.cost + 200, h.cost, 'SO-' || right(h.number, 8), h.bought_at, h.bought_at, h.shipped_at
    from plan h join orders o on o.shop_id = h.shop_id and o.tiktok_order_id = h.number
    where h.stage <> 'cancelled'
"""
_PARCELS = """
    insert into parcels (agency_id, client_id, shop_id, order_id, purchase_id, state, tracking_number, carrier_text,
      carrier, provider_id, provider_name, supplier_shipped_at, pushed_at, first_scan_at, delivered_at, scans_read_at)
    select p.agency_id, p.client_id, p.shop_id, p.order_id, p.id,
      case when h.is_scanned then 'delivered' else 'pushed' end, '1Z999FH0' || right(h.number, 10), 'UPS', 'ups', '1',
      'UPS', h.shipped_at, h.pushed_at, case when h.is_scanned then h.collected_at end,
      case when h.is_scanned then h.delivered_at end, h.delivered_at
    from plan h join purchases p on p.supplier_id = h.supplier_id and p.reference = 'TS-' || h.number || '-1'
"""
_STATEMENTS = """
    insert into statements (agency_id, client_id, shop_id, statement_id, at, currency, settlement_minor, rows_minor,
      payment_status, payment_id, read_at)
    select :agency_id, h.client_id, h.shop_id, h.statement_id, max(h.settled_at), h.currency,
      sum((h.price + 399) - (h.price + 399) * 8 / 100), sum((h.price + 399) - (h.price + 399) * 8 / 100),
      'PAID', 'PAY' || h.statement_id, max(h.settled_at)
    from plan h where h.stage = 'settled' group by h.client_id, h.shop_id, h.currency, h.statement_id
"""
_LEDGER = """
    insert into ledger_entries (agency_id, client_id, shop_id, order_id, statement_id, entry_key, kind, amount_minor,
      currency, at)
    select o.agency_id, o.client_id, o.shop_id, o.id, h.statement_id, h.number || ':' || e.kind, e.kind, e.amount,
      h.currency, h.settled_at
    from plan h join orders o on o.shop_id = h.shop_id and o.tiktok_order_id = h.number
    cross join lateral (values ('revenue', h.price + 399), ('referral_fee', -((h.price + 399) * 8 / 100)),
      ('supplier_goods', -h.cost)) e (kind, amount)
    where h.stage = 'settled'
"""
_PLAN = """
    with plan as (select * from jsonb_to_recordset(cast(:plan as jsonb)) as row (client_id bigint, shop_id bigint,
      supplier_id bigint, currency text, number text, stage text, title text,
      option text, sku text, sku_id text, product_id text, price int, cost int, placed_at timestamptz,
      moved_at timestamptz, bought_at timestamptz, shipped_at timestamptz, pushed_at timestamptz, limit_at timestamptz,
      collected_at timestamptz, delivered_at timestamptz, settled_at timestamptz, cancelled_at timestamptz,
      cancelled_by text, is_scanned boolean, statement_id text))
"""


def plan_history(floor: ShopFloor) -> list[dict[str, object]]:
    """A shop's finished orders, to be written with those of the other shops."""
    keys = {**floor.keys, "supplier_id": floor.supplier.id, "currency": floor.shop.currency}
    return [{**keys, **order} for order in _orders(floor, floor.first // 100)]


def write_history(session: Session, agency_id: int, plan: list[dict[str, object]]) -> None:
    """Writes the finished orders of all shops at once."""
    values = {"agency_id": agency_id, "plan": json.dumps(plan, default=datetime.isoformat)}
    for statement in (_ORDERS, _LINES, _PURCHASES, _PARCELS, _STATEMENTS, _LEDGER):
        session.execute(text(_PLAN + statement), values)


def _orders(floor: ShopFloor, shop: int) -> Iterator[dict[str, object]]:
    """The plan of one shop, oldest first; the shop's number says how busy it is and how well it does."""
    dice, nth = Random(1000 + shop), 0
    for back in range(DAYS, 3, -1):
        day = NOW - back * DAY
        count = (
            2 + shop % 2 + _WEEK[day.weekday()] + (back < 35 and dice.random() < 0.6) - (dice.random() < 0.3)
        )
        for place in range(count):
            placed = day + (place + dice.random()) * DAY / count
            if placed < NOW - NEWEST * DAY:
                nth += 1
                yield _order(floor, shop, nth, placed, dice)


def _order(floor: ShopFloor, shop: int, nth: int, placed: datetime, dice: Random) -> dict[str, object]:
    which = dice.randrange(len(GOODS))
    (name, option, price, cost), item = GOODS[which], floor.items[which]
    number = str(575000000000000000 + shop * 10_000 + nth)
    facts: dict[str, object] = {
        "number": number, "title": name, "option": option, "sku": item.supplier_sku,
        "sku_id": f"27{item.supplier_sku[-4:]}", "product_id": f"17{item.supplier_sku[-4:]}", "price": price,
        "cost": cost + item.shipping_minor,
        "placed_at": placed, "limit_at": placed + 48 * HOUR, "cancelled_by": "", "is_scanned": True,
    }  # fmt: skip
    if nth % CANCELLED == 7 or nth % BY_US == 90:
        at, who = placed + 5 * HOUR, "SELLER" if nth % BY_US == 90 else "BUYER"
        return facts | {"stage": "cancelled", "moved_at": at, "cancelled_at": at, "cancelled_by": who}
    every = LATE.get(shop, USUALLY)
    return facts | _way(placed, nth, dice, _WAITED[nth // every % 4] if nth % every == every // 2 else "") | {
        "is_scanned": nth % (9 if shop == BAD_TRACKING else UNSCANNED) != 5
    }  # fmt: skip


def _way(placed: datetime, nth: int, dice: Random, waited: str) -> dict[str, object]:
    """When an order was bought, shipped, taken, delivered and paid; a late one waited at one of three places."""
    bought = placed + (49 * HOUR if waited == "bought" else dice.uniform(0.2, 2.5) * HOUR)
    shipped = bought + (51 * HOUR if waited == "shipped" else dice.uniform(8, 24) * HOUR)
    pushed = shipped + dice.uniform(0.3, 2) * HOUR
    collected = pushed + dice.uniform(3, 11) * HOUR
    if waited == "scan":
        collected = placed + dice.uniform(50, 60) * HOUR
    delivered = collected + dice.uniform(18, 40) * HOUR + (4 * DAY if nth % 23 == 11 else 0 * DAY)
    settled = delivered + 8 * DAY
    stage, moved = ("settled", settled) if settled < NOW else ("delivered", min(delivered, NOW))
    return {
        "stage": stage, "moved_at": moved, "bought_at": bought, "shipped_at": shipped, "pushed_at": pushed,
        "collected_at": collected, "delivered_at": min(delivered, NOW),
        "settled_at": settled if settled < NOW else None, "statement_id": f"ST{settled:%Y%m%d}",
    }  # fmt: skip
