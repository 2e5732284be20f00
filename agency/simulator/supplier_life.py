"""What suppliers do once paid: ship in hours or days, sometimes late, with a wrong carrier or a bad number."""

from __future__ import annotations

from agency.simulator import webhooks
from agency.simulator.book import Doc
from agency.simulator.carriers import SPELLINGS, supplier_carriers
from agency.simulator.clock import iso
from agency.simulator.parcels import find_parcel, issue_parcel
from agency.simulator.supplier_book import (
    covered_lines,
    find_supplier_order,
    save_supplier_order,
    served_orders,
)
from agency.simulator.timings import note_bought
from agency.simulator.world import World


def paid(world: World, order: Doc, at: float) -> None:
    """A supplier's order was paid: plan its shipping, and perhaps a buyer who cancels just now. Caller saves."""
    order["paid_count"] += 1
    note_bought(world, order)
    dice = world.dice("ship", order["id"])
    late = world.faults.fires("late_tracking")
    hours = dice.uniform(40, 80) if late else dice.triangular(2, 20, 6)
    world.book.plan(at + hours * world.hour, "supplier.ship", order["id"])
    if world.faults.fires("cancel_late"):
        for order_id in served_orders(world, [line["line_ref"] for line in order["lines"]]):
            world.book.plan(at + dice.uniform(60, 1800), "order.buyer_cancel", order_id)


def ship(world: World, order_id: str, at: float) -> None:
    """Pack and hand over: one parcel, or two when a REST order has several units."""
    order = find_supplier_order(world.book, order_id)
    if order is None or order["status"] in ("cancelled", "CANCELLED", "shipped", "SHIPPED"):
        return
    dice = world.dice("pack", order_id)
    true_carrier = order.get("carrier") or dice.choice(supplier_carriers(order["country"]))
    said = order.get("carrier_text") or dice.choice(SPELLINGS[true_carrier])
    if world.faults.fires("wrong_carrier"):
        true_carrier = _other_carrier(order["country"], true_carrier)
    for lines in _split(order, dice.random() < 0.1):
        refs = [line["line_ref"] for line in lines]
        number = issue_parcel(world, true_carrier, covered_lines(world, refs), at, order_id)
        package = {
            "package_id": f"P{len(order['packages']) + 1}",
            "carrier": said,
            "tracking_number": number,
            "number": number,
            "shipped_at": iso(at),
            "lines": [{"line_ref": line["line_ref"], "quantity": line["quantity"]} for line in lines],
        }
        if world.faults.fires("bad_tracking"):
            package["tracking_number"] = number[:-4] + " ?"
            world.book.plan(at + dice.uniform(1, 5) * world.hour, "supplier.fix_number", order_id)
        order["packages"].append(package)
    order["status"] = "shipped" if order["kind"] == "rest" else "SHIPPED"
    order["shipped_at"] = int(at)
    save_supplier_order(world.book, order)
    tell(world, order, "shipped")


def _other_carrier(country: str, carrier: str) -> str:
    """A carrier whose numbers cannot be taken for the stated one's."""
    prefixed = {"US": ("ups", "ontrac"), "GB": ("royal_mail", "evri")}.get(country, ("ups", "ups"))
    return prefixed[1] if carrier == prefixed[0] else prefixed[0]


def _split(order: Doc, wanted: bool) -> list[list[Doc]]:
    lines = order["lines"]
    if order["kind"] != "rest" or not wanted:
        return [lines]
    if len(lines) > 1:
        return [lines[:1], lines[1:]]
    return [lines]


def fix_number(world: World, order_id: str, at: float) -> None:
    """The supplier corrects a mistyped number."""
    order = find_supplier_order(world.book, order_id)
    if order is None:
        return
    for package in order["packages"]:
        package["tracking_number"] = package["number"]
    order["fixed_at"] = int(at)
    save_supplier_order(world.book, order)
    tell(world, order, "shipped")


def delivered(world: World, order_id: str, at: float) -> None:
    """A carrier reports a delivery: the supplier marks its order delivered once all parcels are."""
    order = find_supplier_order(world.book, order_id)
    if order is None or order["status"] not in ("shipped", "SHIPPED"):
        return
    parcels = [find_parcel(world, package["number"]) or {} for package in order["packages"]]
    if not all(parcel.get("delivered_at") for parcel in parcels):
        return
    order["status"] = order["status"].replace("shipped", "delivered").replace("SHIPPED", "DELIVERED")
    order["delivered_at"] = int(at)
    save_supplier_order(world.book, order)
    tell(world, order, "delivered")


def tell(world: World, order: Doc, event: str) -> None:
    """The supplier's webhook for "shipped", "delivered" or "cancelled"."""
    account = world.book.find(f"{order['kind']}_account", order["account"]) or {}
    if order["kind"] == "rest":
        body = {
            "event": f"order.{event}",
            "id": order["id"],
            "reference": order["reference"],
            "event_id": world.fresh_id("supplier_event", "EV", 16),
        }
        webhooks.tell_rest(world, account, body)
        return
    webhooks.tell_cj(world, account, "order", _cj_event(world, order))


def _cj_event(world: World, order: Doc) -> Doc:
    package = order["packages"][0] if order["packages"] else {}
    params = {
        "orderNumber": order["reference"],
        "cjOrderId": order["id"],
        "orderStatus": order["status"],
        "logisticName": order["logistic"],
        "trackNumber": package.get("tracking_number"),
        "trackingUrl": None,
        "trackingProvider": package.get("carrier"),
        "orderItems": [
            {"vid": line["sku"], "quantity": line["quantity"], "storeLineItemId": line["line_ref"]}
            for line in order["lines"]
        ],
    }
    identity = world.fresh_id("cj_event", "c0", 32)
    return {"messageId": identity, "type": "ORDER", "messageType": "UPDATE", "params": params}
