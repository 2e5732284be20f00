"""The witness: what really happened, told in one answer for whoever compares."""

from __future__ import annotations

from agency.simulator.book import Doc
from agency.simulator.order_book import SimOrder, packages_of, select_orders
from agency.simulator.supplier_book import all_supplier_orders, served_orders
from agency.simulator.world import World

_COUNTS = ("sent", "lost", "duplicated", "retried", "refused")


def read_books(world: World) -> Doc:
    """Every order, purchase and statement with the truth about it, and the counts of misbehaviour."""
    orders = select_orders(world.book, "1=1 ORDER BY create_time, id")
    return {
        "shop_time": int(world.now()),
        "orders": {order.id: _order(world, order) for order in orders},
        "supplier_orders": [_purchase(world, order) for order in all_supplier_orders(world.book)],
        "statements": [
            {
                "statement_id": row["id"],
                "shop_id": row["shop_id"],
                "amount_minor": row["settlement"],
                "currency": row["currency"],
                "order_ids": row["order_ids"],
            }
            for row in world.book.every("statement")
        ],
        "webhooks": {name: world.book.tallied(f"webhooks.{name}") for name in _COUNTS},
        "rates": world.meter.told(),
        **_tallies(world),
    }


def _tallies(world: World) -> Doc:
    return {
        name: world.book.tallied(name) for name in ("rate_limit_violations", "signature_failures", "requests")
    }


def _order(world: World, order: SimOrder) -> Doc:
    own = order.own
    settled = own.get("settled")
    return {
        "shop_id": order.shop_id,
        "status": order.status,
        "kind": own["kind"],
        "lines": [
            {"line_id": line["id"], "sku_id": line["sku_id"], "status": line["display_status"]}
            for line in order.lines
        ],
        "issued_at": own["issued_at"],
        "packages": [
            {
                "package_id": package["id"],
                "tracking_number": package["tracking_number"],
                "carrier": package["carrier"],
                "line_ids": package["line_ids"],
                "correct": package["correct"],
            }
            for package in packages_of(world.book, order.id)
        ],
        "delivered_at": order.doc.get("delivery_time"),
        "settled": {
            "statement_id": settled["statement_id"],
            "amount_minor": settled["money"]["settlement"],
            "currency": settled["money"]["currency"],
        }
        if settled
        else None,
        "cancelled_by": own.get("cancelled_by"),
        "tts_sla_time": own.get("tts"),
        "late": _late(world, order),
    }


def _late(world: World, order: SimOrder) -> bool:
    """Whether the carrier had it after TikTok's dispatch limit, or has not had it though the limit is over."""
    limit = order.own.get("tts")
    if limit is None:
        return False
    scanned = order.doc.get("collection_time") or order.doc.get("cancel_time") or world.now()
    return bool(scanned > limit)


def _purchase(world: World, order: Doc) -> Doc:
    return {
        "account_kind": order["kind"],
        "account": order["account"],
        "reference": order["reference"],
        "supplier_order_id": order["id"],
        "status": order["status"],
        "lines": [{name: line[name] for name in ("line_ref", "quantity", "sku")} for line in order["lines"]],
        "order_ids": served_orders(world, [line["line_ref"] for line in order["lines"]]),
        "total_minor": order["total"],
        "currency": order["currency"],
        "paid_count": order["paid_count"],
        "cancelled": order["status"].upper() == "CANCELLED",
        "tracking_numbers": [package["number"] for package in order["packages"]],
    }


def read_summary(world: World) -> Doc:
    """Cheap counts."""
    rows = world.book.sql("SELECT status, count(*) AS n FROM orders GROUP BY status")
    waiting = world.book.sql("SELECT count(*) AS n FROM agenda WHERE kind='place'")[0]["n"]
    posts = world.book.sql("SELECT count(*) AS n FROM outbox")[0]["n"]
    bought = world.book.sql("SELECT kind, count(*) AS n FROM supplier_orders GROUP BY kind")
    return {
        "shop_time": int(world.now()),
        "orders": {row["status"]: row["n"] for row in rows},
        "orders_to_come": waiting,
        "supplier_orders": {row["kind"]: row["n"] for row in bought},
        "statements": world.book.sql("SELECT count(*) AS n FROM documents WHERE kind='statement'")[0]["n"],
        "webhooks_waiting": posts,
        "webhooks": {name: world.book.tallied(f"webhooks.{name}") for name in _COUNTS},
        "rates": world.meter.worst(),
        "next_due": world.book.sql("SELECT min(due) AS due FROM agenda")[0]["due"],
        **_tallies(world),
    }
