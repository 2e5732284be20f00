"""Orders as the Open API gives them: search with filters and pages, and details by id."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint

from agency.simulator.book import Doc
from agency.simulator.gate import Call, Refusal, signed, whole_number
from agency.simulator.list_faults import hidden_filter, is_hidden, spoil_list
from agency.simulator.order_book import SimOrder, find_order, select_orders
from agency.simulator.paging import mark_of, read_token, write_token

blueprint = Blueprint("tiktok_orders", __name__)

_STATUSES = (
    "UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING", "AWAITING_COLLECTION", "IN_TRANSIT",
    "DELIVERED", "COMPLETED", "CANCELLED",
)  # fmt: skip
_SHIPPING_TYPES = ("TIKTOK", "SELLER", "TIKTOK_DIGITAL", "IN-STORE PICKUP")
_WINDOWS = {
    "create_time_ge": "create_time>=?",
    "create_time_lt": "create_time<?",
    "update_time_ge": "update_time>=?",
    "update_time_lt": "update_time<?",
}
_MOST_IDS = 50


@blueprint.post("/order/202309/orders/search")
@signed("seller.order.info")
def search(call: Call) -> Doc:
    """One page of a shop's orders in full form."""
    size = whole_number(call.query, "page_size", 20, 1, 100)
    field = _one_of(call.query.get("sort_field", "create_time"), "sort_field", ("create_time", "update_time"))
    direction = _one_of(call.query.get("sort_order", "DESC"), "sort_order", ("ASC", "DESC"))
    where, values = _filters(call)
    shown, ids = hidden_filter(call)
    where, values = where + shown, values + ids
    total = int(call.world.book.sql(f"SELECT count(*) AS n FROM orders WHERE {where}", *values)[0]["n"])  # noqa: S608
    mark = mark_of(call)
    after = read_token(call, mark)
    if after is not None:
        beyond = ">" if direction == "ASC" else "<"
        where += f" AND ({field}, id) {beyond} (?, ?)"
        values += after
    found = select_orders(
        call.world.book, f"{where} ORDER BY {field} {direction}, id {direction} LIMIT ?", *values, size + 1
    )
    page = found[:size]
    token = write_token(mark, [page[-1].doc[field], page[-1].id]) if len(found) > size else ""
    now = call.world.now()
    orders = [order.shown(now) for order in page]
    return spoil_list(call, {"next_page_token": token, "total_count": total, "orders": orders})


def _one_of(value: str, name: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Refusal(36009004, f"Invalid parameter: {name} must be one of {', '.join(allowed)}", 400)
    return value


def _filters(call: Call) -> tuple[str, list[Any]]:
    body = call.body
    where: list[str] = ["shop_id=?"]
    values: list[Any] = [call.shop_id]
    for name, condition in _WINDOWS.items():
        if name in body:
            where.append(condition)
            values.append(whole_number(body, name, 0, 0, 2**40))
    if body.get("order_status"):
        where.append("status=?")
        values.append(_one_of(str(body["order_status"]), "order_status", _STATUSES))
    if body.get("shipping_type"):
        where.append("shipping_type=?")
        values.append(_one_of(str(body["shipping_type"]), "shipping_type", _SHIPPING_TYPES))
    if body.get("buyer_user_id"):
        where.append("user_id=?")
        values.append(str(body["buyer_user_id"]))
    if "is_buyer_request_cancel" in body:
        where.append("cancel_requested=?")
        values.append(int(body["is_buyer_request_cancel"] is True))
    houses = body.get("warehouse_ids")
    if houses:
        if not isinstance(houses, list) or len(houses) > 100:
            raise Refusal(36009004, "Invalid parameter: warehouse_ids takes a list of at most 100", 400)
        where.append("warehouse_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps([str(house) for house in houses]))
    return " AND ".join(where), values


@blueprint.get("/order/202309/orders")
@blueprint.get("/order/202507/orders")
@signed("seller.order.info")
def details(call: Call) -> Doc:
    """Up to 50 orders by id; ids of other shops are left out like unknown ones."""
    ids = [part for part in call.query.get("ids", "").split(",") if part]
    if not 1 <= len(ids) <= _MOST_IDS:
        raise Refusal(36009004, "Invalid parameter: ids takes 1 to 50 order ids joined by commas", 400)
    found = [find_order(call.world.book, order_id) for order_id in ids if not is_hidden(call, order_id)]
    now = call.world.now()
    return {"orders": [order.shown(now) for order in found if order and order.shop_id == call.shop_id]}


def own_order(call: Call, order_id: str) -> SimOrder:
    """The shop's order; raises Refusal 21011028 for any other id."""
    order = find_order(call.world.book, order_id)
    if order is None or order.shop_id != call.shop_id:
        raise Refusal(21011028, "The order does not belong to this shop")
    return order
