"""Cancelling lines, and the requests a buyer makes: records, webhooks and TikTok's own answer when nobody answers."""

from __future__ import annotations

from agency.simulator import webhooks
from agency.simulator.book import Doc
from agency.simulator.clock import HOUR
from agency.simulator.order_book import SimOrder, save_order
from agency.simulator.order_factory import refund_of
from agency.simulator.world import World

PENDING = "CANCELLATION_REQUEST_PENDING"
SUCCESS = "CANCELLATION_REQUEST_SUCCESS"
WITHDRAWN = "CANCELLATION_REQUEST_CANCEL"
# API overview of returns and cancellations: a seller has 48 hours.
ANSWER_WITHIN = 48 * HOUR
BY_MISTAKE = "ecom_order_to_ship_canceled_reason_created_by_mistakes"


def cancel_lines(world: World, order: SimOrder, line_ids: list[str], why: tuple[str, str], at: float) -> str:
    """Cancel lines for (initiator, reason); the caller refreshes the order. Returns the cancellation's id."""
    initiator, reason = why
    for line in order.live_lines:
        if line["id"] in line_ids:
            line.update(display_status="CANCELLED", cancel_user=initiator, cancel_reason=reason)
    pending = order.own.get("cancel_id")
    record = world.book.find("cancellation", pending) if pending else None
    if record is None or record["cancel_status"] != PENDING:
        record = _record(world, order, line_ids, why, at)
    _close(world, record, SUCCESS, at)
    if not order.live_lines:
        order.doc |= {"cancellation_initiator": initiator, "cancel_reason": reason, "cancel_time": int(at)}
        order.own["cancelled_by"] = initiator
    order.doc["is_buyer_request_cancel"] = False
    return str(record["cancel_id"])


def request_cancel(world: World, order: SimOrder, at: float) -> str:
    """The buyer asks; the seller has 48 hours, then TikTok approves. Returns the cancellation's id."""
    line_ids = [line["id"] for line in order.live_lines]
    record = _record(world, order, line_ids, ("BUYER", BY_MISTAKE), at)
    record |= {
        "cancel_type": "BUYER_CANCEL",
        "seller_next_action_response": [
            {"action": "SELLER_RESPOND_BUYER_CANCEL", "deadline": int(at) + ANSWER_WITHIN}
        ],
    }
    order.own["cancel_id"] = record["cancel_id"]
    order.doc |= {"is_buyer_request_cancel": True, "request_cancel_time": int(at)}
    order.doc["update_time"] = max(int(at), order.doc["update_time"])
    save_order(world.book, order)
    _keep(world, record, at)
    world.book.plan(at + ANSWER_WITHIN, "cancel.unanswered", record["cancel_id"])
    return str(record["cancel_id"])


def drop_request(world: World, order: SimOrder, at: float) -> None:
    """Shipping or a rejection ends the buyer's request (US workflow since 2024-03); the caller saves the order."""
    record = world.book.find("cancellation", order.own.get("cancel_id", ""))
    if record is not None and record["cancel_status"] == PENDING:
        _close(world, record, WITHDRAWN, at)
    order.doc["is_buyer_request_cancel"] = False


def _close(world: World, record: Doc, status: str, at: float) -> None:
    record["cancel_status"] = status
    record["seller_next_action_response"] = []
    world.book.unplan("cancel.unanswered", record["cancel_id"])
    _keep(world, record, at)


def _keep(world: World, record: Doc, at: float) -> None:
    record["update_time"] = int(at)
    world.book.put("cancellation", record["cancel_id"], record)
    # The webhook spells the withdrawn state CANCELLED where the API says CANCEL.
    word = (
        "CANCELLATION_REQUEST_CANCELLED" if record["cancel_status"] == WITHDRAWN else record["cancel_status"]
    )
    data = {
        "order_id": record["order_id"],
        "cancellations_role": record["role"],
        "cancel_status": word,
        "cancel_id": record["cancel_id"],
        "create_time": record["create_time"],
    }
    webhooks.tell_tiktok(world, webhooks.CANCELLATION, record["shop_id"], data, at)


def _record(world: World, order: SimOrder, line_ids: list[str], why: tuple[str, str], at: float) -> Doc:
    initiator, reason = why
    lines = [line for line in order.lines if line["id"] in line_ids]
    return {
        "shop_id": order.shop_id,
        "cancel_id": world.fresh_id("cancellation", "4035", 19),
        "order_id": order.id,
        "cancel_type": "CANCEL",
        "cancel_status": PENDING,
        "role": initiator,
        "cancel_reason": reason,
        "cancel_reason_text": reason.replace("_", " "),
        "create_time": int(at),
        "update_time": int(at),
        "seller_next_action_response": [],
        "refund_amount": refund_of(order, line_ids),
        "cancel_line_items": [
            {
                "cancel_line_item_id": world.fresh_id("cancel_line", "4036", 19),
                "order_line_item_id": line["id"],
                "sku_id": line["sku_id"],
                "sku_name": line["sku_name"],
                "product_name": line["product_name"],
                "seller_sku": line["seller_sku"],
                "refund_amount": refund_of(order, [line["id"]]),
            }
            for line in lines
        ],
    }
