"""CJ Dropshipping apart from orders: tokens, variants, stock, freight, tracking, callbacks, balance."""

from __future__ import annotations

import secrets
import time
from typing import Any

from flask import Blueprint, Response, request

from agency.simulator.book import Doc
from agency.simulator.cj_gate import (
    CURRENCY,
    CjCall,
    CjError,
    cj_envelope,
    cj_moment,
    read_cj_body,
    with_token,
)
from agency.simulator.gate import this_world
from agency.simulator.money import share, to_minor, to_number
from agency.simulator.parcels import events_of, find_parcel
from agency.simulator.stock import item_of
from agency.simulator.world import World

PREFIX = "/suppliers/cj/api2.0/v1"
blueprint = Blueprint("cj_catalog", __name__, url_prefix=PREFIX)
TOKEN_SECONDS, REFRESH_SECONDS = 15 * 86_400, 180 * 86_400
# Shipping methods per destination: name, true carrier, provider text, price in basis points of the item's freight.
METHODS = {
    "US": (
        ("UPS Ground", "ups", "UPS", 10_000),
        ("OnTrac Ground", "ontrac", "OnTrac", 11_000),
        ("FedEx Ground", "fedex", "FedEx", 12_000),
        ("USPS+", "usps", "USPS", 13_000),
    ),
    "GB": (
        ("Royal Mail Tracked 48", "royal_mail", "Royal Mail", 10_000),
        ("Evri Standard", "evri", "Evri", 10_500),
    ),
}
_VARIANT_GONE = 1602000


@blueprint.post("/authentication/getAccessToken")
def login() -> Response:
    """Trade the account's API key for tokens."""
    world = this_world()
    try:
        account = world.book.find("cj_account", str(read_cj_body().get("apiKey", "")))
        if account is None:
            raise CjError(1600001, "Invalid API key or access token")
        return cj_envelope(_tokens(world, account))
    except CjError as error:
        return cj_envelope(None, error.code, error.message)


@blueprint.post("/authentication/refreshAccessToken")
def refresh() -> Response:
    """Trade a refresh token for a new pair."""
    world = this_world()
    try:
        known = world.book.find("cj_refresh", str(read_cj_body().get("refreshToken", "")))
        account = world.book.find("cj_account", known["api_key"]) if known else None
        if known is None or account is None or known["expires"] <= time.time():
            raise CjError(1600003, "Invalid refresh token")
        return cj_envelope(_tokens(world, account))
    except CjError as error:
        return cj_envelope(None, error.code, error.message)


def _tokens(world: World, account: Doc) -> Doc:
    now = time.time()
    access, renew = "at_" + secrets.token_hex(24), "rt_" + secrets.token_hex(24)
    world.book.put("cj_token", access, {"api_key": account["api_key"], "expires": now + TOKEN_SECONDS})
    world.book.put("cj_refresh", renew, {"api_key": account["api_key"], "expires": now + REFRESH_SECONDS})
    return {
        "openId": account["open_id"],
        "accessToken": access,
        "accessTokenExpiryDate": cj_moment(now + TOKEN_SECONDS),
        "refreshToken": renew,
        "refreshTokenExpiryDate": cj_moment(now + REFRESH_SECONDS),
        "createDate": cj_moment(now),
    }


def _variant(call: CjCall) -> Doc:
    vid = request.args.get("vid", "")
    if not vid:
        raise CjError(1600300, "Illegal parameter: vid is required")
    item = item_of(call.world, call.account, vid)
    if item is None:
        raise CjError(_VARIANT_GONE, "Variant not found")
    return item


@blueprint.get("/product/variant/queryByVid")
@with_token
def variant(call: CjCall) -> Doc:
    """One variant with its price in US dollars."""
    item = _variant(call)
    return {
        "vid": item["sku"],
        "pid": "P-" + item["sku"],
        "variantNameEn": item["title"],
        "variantSku": "CJ" + item["sku"],
        "variantKey": item["title"],
        "variantWeight": 310,
        "variantLength": 90,
        "variantWidth": 90,
        "variantHeight": 200,
        "variantSellPrice": to_number(item["price"], CURRENCY),
    }


@blueprint.get("/product/stock/queryByVid")
@with_token
def stock(call: CjCall) -> list[Doc]:
    """Stock rows per warehouse; factory stock is not shelf stock."""
    item = _variant(call)
    here = max(0, item["available"])
    rows = [("2", "US Warehouse", "US", here, 0, 1), ("3", "UK Warehouse", "GB", here, 0, 1)]
    rows.append(("1", "China Warehouse", "CN", 0, 9100, 2))
    return [
        {
            "vid": item["sku"],
            "areaId": area,
            "areaEn": name,
            "countryCode": country,
            "storageNum": shelf,
            "totalInventoryNum": shelf + factory,
            "cjInventoryNum": shelf,
            "factoryInventoryNum": factory,
            "verifiedWarehouse": verified,
        }
        for area, name, country, shelf, factory, verified in rows
    ]


@blueprint.post("/logistic/freightCalculate")
@with_token
def freight(call: CjCall) -> list[Doc]:
    """Shipping methods for a destination and products; empty when there is none."""
    country = call.text("endCountryCode")
    call.text("startCountryCode")
    products = read_products(call)
    rows = []
    for name, _, _, _ in METHODS.get(country, ()):
        price = to_number(freight_price(call, products, country, name), CURRENCY)
        rows.append(
            {
                "logisticName": name,
                "logisticPrice": price,
                "logisticPriceCn": round(price * 7, 2),
                "logisticAging": "2-5",
                "taxesFee": 0,
                "clearanceOperationFee": 0,
                "totalPostageFee": price,
            }
        )
    return rows


def read_products(call: CjCall) -> list[tuple[Doc, int, str]]:
    """The body's products as (item, quantity, our line reference); raises CjError naming what is wrong."""
    given: Any = call.body.get("products")
    if not isinstance(given, list) or not given:
        raise CjError(1600300, "Illegal parameter: products is required")
    found = []
    for row in given:
        vid = row.get("vid") if isinstance(row, dict) else None
        quantity = row.get("quantity") if isinstance(row, dict) else None
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
            raise CjError(1600300, "Illegal parameter: products.quantity must be a positive whole number")
        item = item_of(call.world, call.account, str(vid))
        if item is None:
            raise CjError(_VARIANT_GONE, f"Variant not found: {vid}")
        found.append((item, quantity, str(row.get("storeLineItemId") or "")))
    return found


def method_of(country: str, name: str) -> tuple[str, str, str, int] | None:
    """The shipping method of that exact name, or None."""
    return next((method for method in METHODS.get(country, ()) if method[0] == name), None)


def freight_price(call: CjCall, products: list[tuple[Doc, int, str]], country: str, name: str) -> int:
    """Minor units for shipping by a method: the dearest item's freight, a tenth of it for every further unit."""
    method = method_of(country, name)
    base = max(item["shipping"] for item, _, _ in products)
    units = sum(quantity for _, quantity, _ in products)
    return share(base + share(base, 1000) * (units - 1), method[3] if method else 10_000)


@blueprint.get("/logistic/trackInfo")
@with_token
def track(call: CjCall) -> list[Doc]:
    """Where a parcel is."""
    number = request.args.get("trackNumber", "")
    parcel = find_parcel(call.world, number)
    if parcel is None:
        return []
    status = events_of(parcel)[-1][2]
    return [
        {
            "trackingNumber": number,
            "logisticName": parcel["carrier"],
            "trackingFrom": "US",
            "trackingTo": "US",
            "deliveryDay": None,
            "deliveryTime": None,
            "trackingStatus": status,
            "lastMileCarrier": None,
            "lastTrackNumber": None,
        }
    ]


@blueprint.post("/webhook/set")
@with_token
def set_callbacks(call: CjCall) -> bool:
    """Register or cancel callbacks per topic."""
    callbacks = call.account.setdefault("callbacks", {})
    for topic in ("product", "stock", "order", "logistics", "makeup"):
        wish = call.body.get(topic)
        if not isinstance(wish, dict):
            continue
        if wish.get("type") == "CANCEL":
            callbacks.pop(topic, None)
        else:
            urls = wish.get("callbackUrls")
            if not isinstance(urls, list) or len(urls) != 1:
                raise CjError(1606000, f"Webhook set fail: {topic}.callbackUrls needs exactly one address")
            callbacks[topic] = urls[0]
    call.save_account()
    return True


@blueprint.get("/shopping/pay/getBalance")
@with_token
def balance(call: CjCall) -> Doc:
    """The account's money in US dollars."""
    return {
        "amount": to_number(call.account["balance"], CURRENCY),
        "noWithdrawalAmount": 0,
        "freezeAmount": 0,
    }


def read_account(given: Doc) -> Doc:
    """A CJ account from the setup call; amounts become minor units."""
    items = {
        row["vid"]: {
            "sku": row["vid"],
            "title": row.get("title", row["vid"]),
            "price": to_minor(row["price"], CURRENCY),
            "shipping": to_minor(row.get("freight", "0"), CURRENCY),
            "available": int(row.get("available", 10_000)),
        }
        for row in given.get("items", [])
    }
    return {
        "api_key": given["api_key"],
        "open_id": given["open_id"],
        "balance": to_minor(given.get("balance", "0"), CURRENCY),
        "refuse_duplicates": bool(given.get("refuse_duplicates", False)),
        "calls_per_second": given.get("calls_per_second", 0),
        "webhook_url": given.get("webhook_url", ""),
        "callbacks": {},
        "items": items,
    }
