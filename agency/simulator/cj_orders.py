"""CJ orders: create, find, list, delete, and the chain from cart to payment."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from agency.simulator import supplier_life
from agency.simulator.book import Doc, rows_of
from agency.simulator.cj_catalog import PREFIX, freight_price, method_of, read_products
from agency.simulator.cj_gate import CURRENCY, CjCall, CjError, cj_time, with_token
from agency.simulator.money import to_number
from agency.simulator.stock import shake, take
from agency.simulator.supplier_book import (
    all_supplier_orders,
    find_supplier_order,
    save_supplier_order,
    with_reference,
)

blueprint = Blueprint("cj_orders", __name__, url_prefix=PREFIX + "/shopping")

_REQUIRED = (
    "orderNumber", "shippingCountryCode", "shippingCountry", "shippingProvince", "shippingCity",
    "shippingCustomerName", "shippingAddress", "logisticName", "fromCountryCode",
)  # fmt: skip
UNPAID = ("CREATED", "IN_CART", "UNPAID")
PAY_AT_ONCE, CREATE_ONLY = 2, 3


@blueprint.post("/order/createOrderV2")
@blueprint.post("/order/createOrderV3")
@with_token
def create(call: CjCall) -> Doc:
    """Create an order; CJ takes the same orderNumber again unless the account refuses it."""
    values = {name: call.text(name) for name in _REQUIRED}
    if len(values["orderNumber"]) > 50:
        raise CjError(1600300, "Illegal parameter: orderNumber is longer than 50 characters")
    hidden = [name for name in _REQUIRED[3:7] if "*" in values[name]]
    if hidden:
        raise CjError(1600300, f"Illegal parameter: {hidden[0]} is masked")
    if call.account["refuse_duplicates"] and with_reference(
        call.world.book, "cj", call.key, values["orderNumber"]
    ):
        raise CjError(1603003, "Order number already exists")
    vids = [str(row.get("vid")) for row in rows_of(call.body.get("products"))]
    if shake(call.world, call.account, f"{call.key}|{values['orderNumber']}", vids, prices=False):
        call.save_account()
    order = _new_order(call, values)
    if call.body.get("payType") == PAY_AT_ONCE and not order["intercepts"]:
        charge(call, order)
    save_supplier_order(call.world.book, order)
    return _created(order, call.body.get("payType"))


def _new_order(call: CjCall, values: dict[str, str]) -> Doc:
    products = read_products(call)
    country = values["shippingCountryCode"]
    method = method_of(country, values["logisticName"])
    goods = sum(item["price"] * quantity for item, quantity, _ in products)
    postage = freight_price(call, products, country, values["logisticName"])
    short = [item["sku"] for item, quantity, _ in products if item["available"] < quantity]
    seq = call.world.book.next_number("supplier_order")
    return {
        "id": f"SD26{seq:017d}",
        "kind": "cj",
        "account": call.key,
        "reference": values["orderNumber"],
        "seq": seq,
        "status": "CREATED",
        "created_at": int(call.world.now()),
        "country": country,
        "ship_to": {name: call.body.get(name, "") for name in call.body if name.startswith("shipping")},
        "currency": CURRENCY,
        "lines": [
            {"line_ref": ref, "sku": item["sku"], "quantity": quantity, "unit_price": item["price"]}
            for item, quantity, ref in products
        ],
        "goods": goods,
        "shipping": postage,
        "total": goods + postage,
        "logistic": values["logisticName"],
        "logistics_miss": method is None,
        "carrier": method[1] if method else None,
        "carrier_text": method[2] if method else None,
        "intercepts": [{"code": 1001, "message": f"inventory shortage: {sku}"} for sku in short],
        "shipment_id": None,
        "pay_id": None,
        "paid_count": 0,
        "packages": [],
    }


def _created(order: Doc, pay_type: Any) -> Doc:
    total, goods, postage = (to_number(order[name], CURRENCY) for name in ("total", "goods", "shipping"))
    page = None if pay_type in (PAY_AT_ONCE, CREATE_ONLY) else f"https://pay.example.test/{order['id']}"
    return {
        "orderId": order["id"],
        "orderNumber": order["reference"],
        "shipmentOrderId": order["shipment_id"],
        "iossAmount": 0,
        "iossTaxHandlingFee": 0,
        "postageAmount": postage,
        "productAmount": goods,
        "productOriginalAmount": goods,
        "productDiscountAmount": 0,
        "postageDiscountAmount": 0,
        "postageOriginalAmount": postage,
        "totalDiscountAmount": 0,
        "actualPayment": total,
        "orderOriginalAmount": total,
        "cjPayUrl": page,
        "orderAmount": total,
        "logisticsMiss": order["logistics_miss"],
        "productInfoList": [
            {
                "storeLineItemId": line["line_ref"],
                "lineItemId": f"L-{order['seq']}-{at}",
                "variantId": line["sku"],
                "quantity": line["quantity"],
                "isGroup": False,
                "subOrderProducts": [],
            }
            for at, line in enumerate(order["lines"])
        ],
        "orderStatus": order["status"],
        "interceptOrderReasons": order["intercepts"],
    }


def _find(call: CjCall, key: str) -> Doc | None:
    """CJ's id or our own order number; of several under one number the newest."""
    order = find_supplier_order(call.world.book, key)
    if order is not None and order["kind"] == "cj" and order["account"] == call.key:
        return order
    found = with_reference(call.world.book, "cj", call.key, key)
    return found[0] if found else None


def find_own(call: CjCall, key: str) -> Doc:
    """The account's order by CJ id or our number; raises CjError when there is none."""
    order = _find(call, key)
    if order is None:
        raise CjError(1603100, "Order not found")
    return order


@blueprint.get("/order/getOrderDetail")
@with_token
def detail(call: CjCall) -> Doc:
    """One order by CJ id or our number; "not found" has the code of an illegal parameter here."""
    order = _find(call, request.args.get("orderId", ""))
    if order is None:
        raise CjError(1600300, "order not found")
    return _shown(order)


def _shown(order: Doc) -> Doc:
    package = order["packages"][0] if order["packages"] else {}
    number = package.get("tracking_number")
    return {
        "orderId": order["id"],
        "orderNum": order["reference"],
        "platformOrderId": None,
        "cjOrderId": order["id"],
        "cjOrderCode": None,
        "shipmentOrderId": order["shipment_id"],
        **order["ship_to"],
        "remark": "",
        "logisticName": order["logistic"],
        "trackNumber": number,
        "trackingUrl": f"https://track.example.test/{number}" if number else None,
        "disputeId": None,
        "orderWeight": 620,
        "orderAmount": to_number(order["total"], CURRENCY),
        "productAmount": to_number(order["goods"], CURRENCY),
        "postageAmount": to_number(order["shipping"], CURRENCY),
        "orderStatus": order["status"],
        "createDate": cj_time(order["created_at"]),
        "paymentDate": cj_time(order.get("paid_at")),
        "outWarehouseTime": cj_time(order.get("shipped_at")),
        "storeCreateDate": None,
        "isComplete": int(order["status"] == "DELIVERED"),
        "isSandbox": 0,
        "storageId": "",
        "storageName": "",
        "privateOutboundOrder": False,
        "productList": [
            {
                "vid": line["sku"],
                "quantity": line["quantity"],
                "sellPrice": to_number(line["unit_price"], CURRENCY),
                "storeLineItemId": line["line_ref"],
                "lineItemId": f"L-{order['seq']}-{at}",
                "productionOrderStatus": None,
                "abnormalType": [],
            }
            for at, line in enumerate(order["lines"])
        ],
    }


@blueprint.get("/order/list")
@with_token
def list_orders(call: CjCall) -> Doc:
    """Orders newest first; beware: without `status` CJ lists the cancelled ones."""
    wanted = request.args.get("status", "CANCELLED")
    ids = [part for part in request.args.get("orderIds", "").split(",") if part]
    page, size = request.args.get("pageNum", "1"), request.args.get("pageSize", "20")
    if not (page.isdigit() and size.isdigit() and int(page) > 0 and 0 < int(size) <= 200):
        raise CjError(1600300, "Illegal parameter: pageNum and pageSize must be positive")
    newest_first = reversed(all_supplier_orders(call.world.book, "cj", call.key))
    rows = [order for order in newest_first if order["status"] == wanted]
    if ids:
        rows = [order for order in rows if order["id"] in ids or order["reference"] in ids]
    start = (int(page) - 1) * int(size)
    shown = [_shown(order) for order in rows[start : start + int(size)]]
    return {"pageNum": int(page), "pageSize": int(size), "total": len(rows), "list": shown}


@blueprint.delete("/order/deleteOrder")
@with_token
def delete(call: CjCall) -> str:
    """Cancel an unpaid order; after payment only a dispute is left."""
    order = find_own(call, request.args.get("orderId", ""))
    if order["status"] not in UNPAID:
        raise CjError(1603002, "Order delete fail")
    order["status"] = "CANCELLED"
    save_supplier_order(call.world.book, order)
    return str(order["id"])


def payable(order: Doc) -> bool:
    """Whether an order can go on towards payment."""
    return order["status"] in UNPAID and not order["intercepts"] and not order["logistics_miss"]


def charge(call: CjCall, order: Doc) -> None:
    """Take the money and start the order; raises CjError when the balance is too low."""
    if call.account["balance"] < order["total"]:
        raise CjError(1604000, "Balance is insufficient")
    call.account["balance"] -= order["total"]
    for line in order["lines"]:
        take(call.account, line["sku"], line["quantity"])
    call.save_account()
    order |= {"status": "UNSHIPPED", "paid_at": int(call.world.now())}
    supplier_life.paid(call.world, order, call.world.now())
    save_supplier_order(call.world.book, order)
