"""CJ's way from cart to payment: cart, shipment order, parent order with its final price, paying from the balance."""

from __future__ import annotations

from flask import Blueprint

from agency.simulator.book import Doc
from agency.simulator.cj_catalog import PREFIX
from agency.simulator.cj_gate import CURRENCY, CjCall, CjError, cj_time, with_token
from agency.simulator.cj_orders import charge, find_own, payable
from agency.simulator.clock import DAY
from agency.simulator.money import share, to_number
from agency.simulator.supplier_book import save_supplier_order

blueprint = Blueprint("cj_payment", __name__, url_prefix=PREFIX + "/shopping")


def _ids(call: CjCall) -> list[str]:
    given = call.body.get("cjOrderIdList")
    if not isinstance(given, list) or not given:
        raise CjError(1600300, "Illegal parameter: cjOrderIdList is required")
    return [str(one) for one in given]


@blueprint.post("/order/addCart")
@with_token
def add_cart(call: CjCall) -> Doc:
    """Put orders into the cart; those that cannot be sent come back as intercepted."""
    orders = [find_own(call, key) for key in _ids(call)]
    good = [order for order in orders if payable(order)]
    for order in good:
        order["status"] = "IN_CART" if order["status"] == "CREATED" else order["status"]
        save_supplier_order(call.world.book, order)
    return {
        "successCount": len(good),
        "addSuccessOrders": [order["id"] for order in good],
        "unInterceptAddressCount": 0,
        "interceptOrders": [order["id"] for order in orders if not payable(order)],
    }


@blueprint.post("/order/addCartConfirm")
@with_token
def confirm_cart(call: CjCall) -> Doc:
    """Turn cart orders into one shipment order waiting for payment."""
    orders = [find_own(call, key) for key in _ids(call)]
    good = [order for order in orders if payable(order) and order["status"] in ("IN_CART", "UNPAID")]
    shipment = None
    if good:
        shipment = good[0]["shipment_id"] or f"SH26{call.world.book.next_number('shipment'):08d}"
        call.world.book.put("cj_shipment", shipment, {"order_ids": [order["id"] for order in good]})
    for order in good:
        order |= {"status": "UNPAID", "shipment_id": shipment}
        save_supplier_order(call.world.book, order)
    return {
        "successCount": len(good),
        "submitSuccess": bool(good),
        "shipmentsId": shipment,
        "result": 1 if good else 0,
        "interceptOrders": [order["id"] for order in orders if order not in good],
    }


def shipment_orders(call: CjCall) -> list[Doc]:
    """The orders of the body's shipment order; raises CjError when it is not this account's."""
    shipment = call.world.book.find("cj_shipment", call.text("shipmentOrderId"))
    if shipment is None:
        raise CjError(1603100, "Order not found")
    return [find_own(call, order_id) for order_id in shipment["order_ids"]]


def charge_all(call: CjCall, orders: list[Doc]) -> None:
    """Pay unpaid orders; raises CjError for one that is paid, cancelled or intercepted."""
    for order in orders:
        if order["status"] != "UNPAID" or not payable(order):
            raise CjError(1603101, "Order pay fail")
    if call.account["balance"] < sum(order["total"] for order in orders):
        raise CjError(1604000, "Balance is insufficient")
    for order in orders:
        charge(call, order)


def raise_price(call: CjCall, order: Doc) -> None:
    """The price_change dial: CJ asks more than at creation."""
    if call.world.faults.fires("price_change"):
        order["shipping"] += share(order["total"], int(call.world.faults.seconds(500, 6000)))
        order["total"] = order["goods"] + order["shipping"]
        save_supplier_order(call.world.book, order)


@blueprint.post("/order/saveGenerateParentOrder")
@with_token
def generate_parent(call: CjCall) -> Doc:
    """Fix the final price of a shipment order and give the id to pay it with."""
    orders = shipment_orders(call)
    if any(order["status"] != "UNPAID" for order in orders):
        raise CjError(1603001, "Order confirm fail")
    pay_id = f"PAY26{call.world.book.next_number('payment_id'):08d}"
    for order in orders:
        raise_price(call, order)
        order["pay_id"] = pay_id
        save_supplier_order(call.world.book, order)
    total, freight, goods = (
        to_number(sum(order[name] for order in orders), CURRENCY) for name in ("total", "shipping", "goods")
    )
    return {
        "orderMoney": total,
        "payExpireTime": cj_time(call.world.now() + DAY),
        "payId": pay_id,
        "result": 1,
        "submitSuccess": True,
        "unMatchOrderCodes": [],
        "unMatchProductCodes": [],
        "successOrders": [order["id"] for order in orders],
        "paymentInformation": {
            "actualPayment": total,
            "payableAmount": total,
            "freight": freight,
            "orderProductAmount": goods,
            "serviceFee": 0,
        },
        "interceptOrders": [],
    }


@blueprint.post("/pay/payBalanceV2")
@with_token
def pay_shipment(call: CjCall) -> bool:
    """Pay a shipment order with its pay id."""
    orders = shipment_orders(call)
    if any(order["pay_id"] != call.text("payId") for order in orders):
        raise CjError(1603101, "Order pay fail")
    charge_all(call, orders)
    return True


@blueprint.route("/order/confirmOrder", methods=["PATCH", "POST"])
@with_token
def confirm_one(call: CjCall) -> str:
    """The short way: confirm one order for payment."""
    order = find_own(call, call.text("orderId"))
    if not payable(order):
        raise CjError(1603001, "Order confirm fail")
    order["status"] = "UNPAID"
    raise_price(call, order)
    save_supplier_order(call.world.book, order)
    return str(order["id"])


@blueprint.post("/pay/payBalance")
@with_token
def pay_one(call: CjCall) -> None:
    """The short way: pay one confirmed order."""
    charge_all(call, [find_own(call, call.text("orderId"))])
