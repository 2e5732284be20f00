"""Writing orders and their lines in one statement per batch: newest `update_time` wins, one line per unit.

One `jsonb_to_recordset` upsert is about six times faster than a transaction per order (performance facts, 3a).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.orders import LineSnapshot, OrderSnapshot

DEADLINES = ("rts_sla", "tts_sla", "shipping_due", "collection_due", "delivery_sla", "delivery_due")

# column: type; what TikTok says, written on insert and on every newer read.
_FROM_TIKTOK: dict[str, str] = {
    **dict.fromkeys(("status", "order_type", "fulfillment_type", "shipping_type"), "text"),
    **dict.fromkeys(("delivery_option_id", "delivery_option_name", "currency", "title"), "text"),
    **dict.fromkeys(("cancel_reason", "cancelled_by"), "text"),
    **dict.fromkeys(("total_minor", "subtotal_minor", "shipping_fee_minor", "tax_minor"), "bigint"),
    **dict.fromkeys(
        ("platform_discount_minor", "seller_discount_minor", "unit_count", "handling_days"), "bigint"
    ),
    **dict.fromkeys(("placed_at", "tiktok_updated_at", "paid_at", "rts_at", "collected_at"), "timestamptz"),
    **dict.fromkeys(("delivered_at", "cancelled_at", "release_at"), "timestamptz"),
    **dict.fromkeys((f"{kind}_at" for kind in DEADLINES), "timestamptz"),
    **dict.fromkeys(("is_sample", "is_replacement", "is_cancel_requested"), "boolean"),
    **dict.fromkeys(("unknown_codes", "raw"), "jsonb"),
}
# What we decide ourselves; on an update `stages.recompute` takes over.
_OURS_ON_INSERT: dict[str, str] = {
    **dict.fromkeys(("stage", "due_kind", "due_source"), "text"),
    **dict.fromkeys(("stage_at", "due_at"), "timestamptz"),
}
_LINE: dict[str, str] = {
    **dict.fromkeys(("sku_id", "product_id", "product_name", "sku_name", "seller_sku"), "text"),
    **dict.fromkeys(("sale_price_minor", "platform_discount_minor"), "bigint"),
    **dict.fromkeys(("seller_discount_minor", "tax_minor"), "bigint"),
    **dict.fromkeys(("display_status", "package_id", "tracking_number", "provider_id"), "text"),
}
_LINE_UPDATED = ("display_status", "package_id", "tracking_number", "provider_id")

_SAME_NAME = (
    "status", "order_type", "fulfillment_type", "shipping_type", "delivery_option_id", "delivery_option_name",
    "currency", "paid_at", "rts_at", "collected_at", "delivered_at", "cancelled_at", "release_at", "handling_days",
    "is_sample", "is_replacement", "is_cancel_requested", "cancel_reason", "cancelled_by",
)  # fmt: skip


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _upsert_sql() -> str:
    all_columns = _FROM_TIKTOK | _OURS_ON_INSERT
    names = ", ".join(all_columns)
    newer = ", ".join(f"{name} = excluded.{name}" for name in _FROM_TIKTOK)
    line_names, line_values = ", ".join(_LINE), ", ".join(f"l.{name}" for name in _LINE)
    line_newer = ", ".join(f"{name} = excluded.{name}" for name in _LINE_UPDATED)
    return f"""
    with incoming as (
      select * from jsonb_to_recordset(cast(:orders as jsonb)) as o(tiktok_order_id text, {_typed(all_columns)})
    ), written as (
      insert into orders (agency_id, client_id, shop_id, tiktok_order_id, {names})
      select :agency_id, :client_id, :shop_id, tiktok_order_id, {names} from incoming order by tiktok_order_id
      on conflict (shop_id, tiktok_order_id) do update set {newer}
        where orders.tiktok_updated_at <= excluded.tiktok_updated_at
      returning id, tiktok_order_id, (xmax = 0) as is_new
    ), lines as (
      insert into order_lines (agency_id, client_id, shop_id, order_id, tiktok_line_id, {line_names})
      select :agency_id, :client_id, :shop_id, w.id, l.tiktok_line_id, {line_values}
      from jsonb_to_recordset(cast(:lines as jsonb)) as l(tiktok_order_id text, tiktok_line_id text, {_typed(_LINE)})
      join written w on w.tiktok_order_id = l.tiktok_order_id
      order by w.id, l.tiktok_line_id
      on conflict (order_id, tiktok_line_id) do update set {line_newer}
    )
    select id, tiktok_order_id, is_new from written
    """  # noqa: S608 - column names of ours only


_UPSERT = text(_upsert_sql())


@dataclass(frozen=True)
class WrittenOrder:
    """An order row that this batch wrote."""

    id: int
    order_id: str
    is_new: bool


@dataclass(frozen=True)
class ShopKeys:
    """Whose rows these are."""

    agency_id: int
    client_id: int
    shop_id: int


def write_orders(
    session: Session,
    keys: ShopKeys,
    snapshots: Sequence[OrderSnapshot],
    ours: Mapping[str, Mapping[str, Any]],
) -> list[WrittenOrder]:
    """Upserts orders and lines; `ours` holds our own first columns per TikTok order id. Older reads change nothing."""
    orders = [_order_row(snapshot) | dict(ours[snapshot.order_id]) for snapshot in snapshots]
    lines = [_line_row(snapshot.order_id, line) for snapshot in snapshots for line in snapshot.lines]
    result = session.execute(
        _UPSERT,
        {
            "agency_id": keys.agency_id,
            "client_id": keys.client_id,
            "shop_id": keys.shop_id,
            "orders": orjson.dumps(orders).decode(),
            "lines": orjson.dumps(lines).decode(),
        },
    )
    return [WrittenOrder(row.id, row.tiktok_order_id, row.is_new) for row in result]


def _order_row(snapshot: OrderSnapshot) -> dict[str, Any]:
    return {
        "tiktok_order_id": snapshot.order_id,
        "total_minor": snapshot.total.amount,
        "subtotal_minor": snapshot.subtotal.amount,
        "shipping_fee_minor": snapshot.shipping_fee.amount,
        "tax_minor": snapshot.tax.amount,
        "platform_discount_minor": snapshot.platform_discount.amount,
        "seller_discount_minor": snapshot.seller_discount.amount,
        "unit_count": len(snapshot.lines),
        "title": snapshot.lines[0].product_name if snapshot.lines else "",
        "placed_at": snapshot.created_at,
        "tiktok_updated_at": snapshot.updated_at,
        "unknown_codes": dict(snapshot.unknown),
        "raw": dict(snapshot.raw),
        **{name: getattr(snapshot, name) for name in _SAME_NAME},
        **{f"{kind}_at": snapshot.deadlines.get(kind) for kind in DEADLINES},
    }


def _line_row(order_id: str, line: LineSnapshot) -> dict[str, Any]:
    return {
        "tiktok_order_id": order_id,
        "tiktok_line_id": line.line_id,
        "sku_id": line.sku_id,
        "product_id": line.product_id,
        "product_name": line.product_name,
        "sku_name": line.sku_name,
        "seller_sku": line.seller_sku,
        "sale_price_minor": line.sale_price.amount,
        "platform_discount_minor": line.platform_discount.amount,
        "seller_discount_minor": line.seller_discount.amount,
        "tax_minor": line.tax.amount,
        "display_status": line.display_status,
        "package_id": line.package_id,
        "tracking_number": line.tracking_number,
        "provider_id": line.provider_id,
    }
