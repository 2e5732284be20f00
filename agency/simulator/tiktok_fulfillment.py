"""Fulfilment by the seller: mark as shipped, correct once, read packages and tracking."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint

from agency.simulator import webhooks
from agency.simulator.book import Doc, rows_of
from agency.simulator.cancellations import drop_request
from agency.simulator.carriers import providers
from agency.simulator.clock import HOUR
from agency.simulator.gate import Call, Refusal, needed_text, signed, whole_number
from agency.simulator.order_book import SimOrder, find_package, packages_of, packages_with, save_order
from agency.simulator.order_life import refresh
from agency.simulator.paging import page_of
from agency.simulator.parcels import attach, events_of, find_parcel
from agency.simulator.shipping import Claim, check_claim, check_order_open, choose_lines
from agency.simulator.tiktok_orders import own_order

blueprint = Blueprint("tiktok_fulfillment", __name__)

# US: within 72 hours of shipping and once (changelog "72 hours", facts of 2025-12-03).
_UPDATE_WITHIN = 72 * HOUR
_MARK_AS_SHIPPED_REGIONS = ("US", "GB", "DE", "FR", "IT", "ES", "IE", "JP")


@blueprint.post("/fulfillment/202309/orders/<order_id>/packages")
@signed("seller.fulfillment.basic")
def mark_shipped(call: Call, order_id: str) -> Doc:
    """Mark Package As Shipped, 202309."""
    wanted = call.body.get("order_line_item_ids")
    return _ship(call, order_id, _texts(wanted, "order_line_item_ids"), _claim(call.body))


@blueprint.post("/fulfillment/202610/orders/<order_id>/packages")
@signed("seller.fulfillment.basic")
def mark_shipped_202610(call: Call, order_id: str) -> Doc:
    """Mark Package As Shipped, 202610: one number only, since several are for allow-listed sellers."""
    ids = [row.get("order_line_id") for row in rows_of(call.body.get("order_line_list"))]
    infos = call.body.get("shipping_info_list")
    if not isinstance(infos, list) or len(infos) != 1 or not isinstance(infos[0], dict):
        raise Refusal(36009004, "Invalid parameter: shipping_info_list takes exactly one entry", 400)
    return _ship(call, order_id, _texts(ids, "order_line_list"), _claim(infos[0]))


def _texts(given: Any, name: str) -> list[str] | None:
    if given is None or given == []:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Refusal(36009004, f"Invalid parameter: {name} takes a list of ids as text", 400)
    return given


def _claim(body: Doc) -> Claim:
    number = needed_text(body, "tracking_number")
    return Claim("".join(number.split()), needed_text(body, "shipping_provider_id"))


def _ship(call: Call, order_id: str, wanted: list[str] | None, claim: Claim) -> Doc:
    if call.shop["region"] not in _MARK_AS_SHIPPED_REGIONS:
        raise Refusal(21008106, "This endpoint is not offered in this region")
    order = own_order(call, order_id)
    check_order_open(order)
    line_ids = choose_lines(order, wanted)
    warning = check_claim(call, order, claim)
    at = call.world.now()
    package = _new_package(call, order, line_ids, claim)
    _mark_lines(order, package, int(at))
    drop_request(call.world, order, at)
    order.doc["packages"] = [*order.doc["packages"], {"id": package["id"]}]
    attach(call.world, package, call.shop["region"], at)
    refresh(call.world, order, at)
    if len(packages_with(call.world.book, claim.number)) > 1:
        order.doc["split_or_combine_tag"] = "COMBINED"
        save_order(call.world.book, order)
    if order.status == "PARTIALLY_SHIPPING":
        order.doc["split_or_combine_tag"] = "SPLIT"
        save_order(call.world.book, order)
        _tell_split(call, order, package, at)
    data: Doc = {"order_id": order.id, "order_line_item_ids": line_ids, "package_id": package["id"]}
    return {**data, "warning": {"message": warning}} if warning else data


def _new_package(call: Call, order: SimOrder, line_ids: list[str], claim: Claim) -> Doc:
    now = int(call.world.now())
    names = dict(providers(call.shop["region"]).values())
    return {
        "id": call.world.fresh_id("package", "1152", 19),
        "order_id": order.id,
        "shop_id": order.shop_id,
        "line_ids": line_ids,
        "tracking_number": claim.number,
        "provider_id": claim.provider_id,
        "provider_name": names[claim.provider_id],
        "status": "PROCESSING",
        "sub_status": "RTS",
        "create_time": now,
        "update_time": now,
        "updates": 0,
    }


def _mark_lines(order: SimOrder, package: Doc, now: int) -> None:
    for line in order.lines:
        if line["id"] in package["line_ids"]:
            state = {
                "display_status": "AWAITING_COLLECTION",
                "package_status": package["status"],
                "rts_time": now,
            }
            line.update(state, package_id=package["id"], **_number_of(package))
    order.doc |= {
        "tracking_number": package["tracking_number"],
        "shipping_provider": package["provider_name"],
        "shipping_provider_id": package["provider_id"],
    }


def _number_of(package: Doc) -> Doc:
    return {
        "tracking_number": package["tracking_number"],
        "shipping_provider_id": package["provider_id"],
        "shipping_provider_name": package["provider_name"],
    }


def _tell_split(call: Call, order: SimOrder, package: Doc, at: float) -> None:
    data = {
        "sc_type": "SPLIT",
        "role_type": "ROLE_SELLER",
        "package_list": [{"package_id": package["id"], "order_id_list": [order.id]}],
        "update_time": int(at),
    }
    webhooks.tell_tiktok(call.world, webhooks.PACKAGE_CHANGE, order.shop_id, data, at)


@blueprint.post("/fulfillment/202309/orders/<order_id>/shipping_info/update")
@signed("seller.logistics")
def update_order_shipping(call: Call, order_id: str) -> Doc:
    """Correct the number of an order that went in one package."""
    order = own_order(call, order_id)
    found = packages_of(call.world.book, order.id)
    if not found:
        raise Refusal(21011043, "The order has not been shipped yet")
    if len(found) > 1:
        raise Refusal(21011046, "The order is split: update the package instead")
    return _correct(call, order, found[0])


@blueprint.post("/fulfillment/202309/packages/<package_id>/shipping_info/update")
@signed("seller.logistics")
def update_package_shipping(call: Call, package_id: str) -> Doc:
    """Correct the number of one package."""
    package = _own_package(call, package_id)
    return _correct(call, own_order(call, package["order_id"]), package)


def _correct(call: Call, order: SimOrder, package: Doc) -> Doc:
    at = call.world.now()
    if order.status == "CANCELLED":
        raise Refusal(21011041, "The order was cancelled")
    if package.get("delivered_at"):
        raise Refusal(21011030, "The package has been delivered")
    if package["updates"]:
        raise Refusal(21011051, "Only one update is allowed")
    if at - package["create_time"] > _UPDATE_WITHIN:
        raise Refusal(21011049, "The update window has passed")
    claim = _claim(call.body)
    warning = ""
    if claim.number != package["tracking_number"]:
        warning = check_claim(call, order, claim)
    names = dict(providers(call.shop["region"]).values())
    if claim.provider_id not in names:
        raise Refusal(21011022, "Invalid tracking number or shipping provider id")
    package |= {"tracking_number": claim.number, "provider_id": claim.provider_id, "updates": 1}
    package |= {"provider_name": names[claim.provider_id], "update_time": int(at)}
    for line in order.lines:
        if line.get("package_id") == package["id"]:
            line.update(_number_of(package))
    order.doc |= {"tracking_number": claim.number, "shipping_provider": package["provider_name"]}
    order.doc["shipping_provider_id"] = claim.provider_id
    attach(call.world, package, call.shop["region"], at)
    refresh(call.world, order, at)
    return {"warning": {"message": warning}} if warning else {}


def _own_package(call: Call, package_id: str) -> Doc:
    package = find_package(call.world.book, package_id)
    if package is None or package["shop_id"] != call.shop_id:
        raise Refusal(21011028, "The package does not belong to this shop")
    return package


@blueprint.get("/fulfillment/202309/packages/<package_id>")
@signed("seller.fulfillment.basic")
def package_detail(call: Call, package_id: str) -> Doc:
    """One package with its state at the carrier."""
    package = _own_package(call, package_id)
    order = own_order(call, package["order_id"])
    return {
        **_brief(package, order),
        "package_id": package["id"],
        "order_line_item_ids": package["line_ids"],
        "package_status": package["status"],
        "package_sub_status": package["sub_status"],
        "split_and_combine_tag": order.doc["split_or_combine_tag"] or "DEFAULT",
        "has_multi_skus": len({line["sku_id"] for line in order.lines}) > 1,
        "note_tag": "NONE",
        "shipping_type": order.doc["shipping_type"],
        "delivery_option_id": order.doc["delivery_option_id"],
        "delivery_option_name": order.doc["delivery_option_name"],
        "warehouse_id": order.doc["warehouse_id"],
        "recipient_address": order.shown(call.world.now())["recipient_address"],
    }


def _brief(package: Doc, order: SimOrder) -> Doc:
    skus: dict[str, Doc] = {}
    for line in order.lines:
        if line["id"] in package["line_ids"]:
            blank = {
                "id": line["sku_id"],
                "name": line["sku_name"],
                "image_url": line["sku_image"],
                "quantity": 0,
            }
            skus.setdefault(line["sku_id"], blank)["quantity"] += 1
    return {
        "orders": [{"id": order.id, "skus": list(skus.values())}],
        "shipping_provider_id": package["provider_id"],
        "shipping_provider_name": package["provider_name"],
        "tracking_number": package["tracking_number"],
        "create_time": package["create_time"],
        "update_time": package["update_time"],
    }


@blueprint.post("/fulfillment/202309/packages/search")
@signed("seller.fulfillment.basic")
def search_packages(call: Call) -> Doc:
    """The shop's packages, newest change first."""
    low = whole_number(call.body, "update_time_ge", 0, 0, 2**40)
    high = whole_number(call.body, "update_time_lt", 2**40, 0, 2**40)
    status = call.body.get("package_status", "%")
    rows = call.world.book.sql(
        "SELECT doc FROM packages WHERE shop_id=? AND update_time>=? AND update_time<? AND status LIKE ?"
        " ORDER BY update_time DESC, id",
        call.shop_id,
        low,
        high,
        str(status),
    )
    page, token = page_of(call, [json.loads(row["doc"]) for row in rows], most=50)
    shown = [
        {"id": package["id"], "status": package["status"], "order_line_item_ids": package["line_ids"]}
        | _brief(package, own_order(call, package["order_id"]))
        for package in page
    ]
    return {"packages": shown, "total_count": len(rows), "next_page_token": token}


@blueprint.get("/fulfillment/202309/orders/<order_id>/tracking")
@signed("seller.fulfillment.basic")
def tracking(call: Call, order_id: str) -> Doc:
    """What the carriers tell about an order's correct packages, newest first, in milliseconds."""
    order = own_order(call, order_id)
    told = []
    for package in packages_of(call.world.book, order.id):
        parcel = find_parcel(call.world, package["tracking_number"]) if package["correct"] else None
        told += events_of(parcel) if parcel else []
    told.sort(reverse=True)
    return {"tracking": [{"description": text, "update_time_millis": at * 1000} for at, _, text in told]}
