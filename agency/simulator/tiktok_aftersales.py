"""Cancellations as the Open API gives them: search, answer a buyer's request, cancel as the seller; returns."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from agency.simulator.book import Doc
from agency.simulator.cancellations import BY_MISTAKE, PENDING, cancel_lines, drop_request
from agency.simulator.gate import Call, Refusal, needed_text, signed, whole_number
from agency.simulator.order_book import find_order, save_order
from agency.simulator.order_life import refresh
from agency.simulator.paging import page_of
from agency.simulator.tiktok_orders import own_order

blueprint = Blueprint("tiktok_aftersales", __name__)

# US table of cancel reasons, 2025-12-03.
SELLER_REASONS = (
    "seller_cancel_reason_out_of_stock",
    "seller_cancel_reason_wrong_price",
    "seller_cancel_paid_reason_address_not_deliver",
    "seller_cancel_paid_reason_buyer_requested_cancellation",
)


@blueprint.post("/return_refund/202309/cancellations/search")
@blueprint.post("/return_refund/202602/cancellations/search")
@signed("seller.return_refund.basic")
def search_cancellations(call: Call) -> Doc:
    """The shop's cancellations, oldest change first."""
    rows = [row for row in call.world.book.every("cancellation") if row["shop_id"] == call.shop_id]
    for name, field in (
        ("cancel_ids", "cancel_id"),
        ("order_ids", "order_id"),
        ("cancel_types", "cancel_type"),
        ("cancel_status", "cancel_status"),
    ):
        wanted = _list(call.body.get(name), name)
        rows = [row for row in rows if not wanted or row[field] in wanted]
    for field in ("create_time", "update_time"):
        low = whole_number(call.body, field + "_ge", 0, 0, 2**40)
        high = whole_number(call.body, field + "_lt", 2**40, 0, 2**40)
        rows = [row for row in rows if low <= row[field] < high]
    rows.sort(key=lambda row: (row["update_time"], row["cancel_id"]))
    page, token = page_of(call, rows, default=10, most=50)
    shown = [{name: value for name, value in row.items() if name != "shop_id"} for row in page]
    return {"cancellations": shown, "total_count": len(rows), "next_page_token": token}


def _list(given: Any, name: str) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise Refusal(36009004, f"Invalid parameter: {name} takes a list", 400)
    return [str(one) for one in given]


def _pending(call: Call, cancel_id: str) -> Doc:
    record = call.world.book.find("cancellation", cancel_id)
    if record is None or record["shop_id"] != call.shop_id:
        raise Refusal(25020005, "No permission for this cancellation")
    if record["cancel_status"] != PENDING:
        raise Refusal(25001010, "The cancellation is not waiting for an answer")
    return record


@blueprint.post("/return_refund/202309/cancellations/<cancel_id>/approve")
@signed("seller.return_refund.basic")
def approve(call: Call, cancel_id: str) -> Doc:
    """Grant a buyer's request."""
    order = find_order(call.world.book, _pending(call, cancel_id)["order_id"])
    if order is not None:
        at = call.world.now()
        cancel_lines(call.world, order, [line["id"] for line in order.live_lines], ("BUYER", BY_MISTAKE), at)
        refresh(call.world, order, at)
    return {}


@blueprint.post("/return_refund/202309/cancellations/<cancel_id>/reject")
@signed("seller.return_refund.basic")
def reject(call: Call, cancel_id: str) -> Doc:
    """Refuse a buyer's request."""
    order = find_order(call.world.book, _pending(call, cancel_id)["order_id"])
    if order is not None:
        at = call.world.now()
        drop_request(call.world, order, at)
        order.doc["update_time"] = max(int(at), order.doc["update_time"])
        save_order(call.world.book, order)
    return {}


@blueprint.post("/return_refund/202309/cancellations")
@blueprint.post("/return_refund/202602/cancellations")
@signed("seller.return_refund.basic")
def cancel_as_seller(call: Call) -> Doc:
    """Cancel an order, or single lines of it, before it is shipped."""
    order = own_order(call, needed_text(call.body, "order_id"))
    reason = needed_text(call.body, "cancel_reason")
    if order.status in ("CANCELLED", "COMPLETED"):
        raise Refusal(25001010, "The order was returned or cancelled")
    if order.status not in ("ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"):
        raise Refusal(25001045, "The order has already been shipped")
    if reason not in SELLER_REASONS:
        raise Refusal(25001021, "The reason does not match the order status")
    open_lines = [
        line["id"] for line in order.live_lines if line["display_status"] in ("ON_HOLD", "AWAITING_SHIPMENT")
    ]
    wanted = _list(call.body.get("order_line_item_ids"), "order_line_item_ids") or open_lines
    if not set(wanted) <= set(open_lines):
        raise Refusal(25005010, "A line cannot be cancelled")
    at = call.world.now()
    cancel_id = cancel_lines(call.world, order, wanted, ("SELLER", reason), at)
    refresh(call.world, order, at)
    return {"cancel_id": cancel_id, "cancel_status": "CANCELLATION_REQUEST_SUCCESS"}


@blueprint.post("/return_refund/202309/returns/search")
@blueprint.post("/return_refund/202602/returns/search")
@signed("seller.return_refund.basic")
def search_returns(call: Call) -> Doc:
    """Returns; nobody in this world sends anything back yet, so the list is empty."""
    page, token = page_of(call, [], default=10, most=50)
    return {"return_orders": page, "total_count": 0, "next_page_token": token}
