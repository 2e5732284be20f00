"""Peoples the world: sellers, shops, products and supplier accounts, merged so that a second call changes nothing."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from agency.simulator import cj_catalog, rest_supplier
from agency.simulator.book import Doc
from agency.simulator.faults import Faults
from agency.simulator.gate import ALL_SCOPES
from agency.simulator.stock import STATES
from agency.simulator.world import DEFAULTS, World

_PLAIN = tuple(DEFAULTS)


def set_up(world: World, wish: Doc) -> None:
    """Take up a setup document; raises ValueError naming a field that cannot be used."""
    if "seed" in wish and wish["seed"] != world.settings["seed"]:
        dials = world.faults.dials
        world.faults = Faults(str(wish["seed"]))
        world.faults.dials = dials
    world.settings.update({name: wish[name] for name in _PLAIN if name in wish})
    if "faults" in wish:
        world.faults.turn(wish["faults"])
    for seller in _rows(wish, "sellers"):
        _take_seller(world, seller)
    for account in _rows(wish, "rest_accounts"):
        _merge_account(world, "rest_account", _need(account, "key"), account)
    for account in _rows(wish, "cj_accounts"):
        _need(account, "open_id")
        _merge_account(world, "cj_account", _need(account, "api_key"), account)
    world.save_settings()


def _rows(wish: Doc, name: str) -> list[Doc]:
    rows = wish.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{name} must be a list of objects")
    return rows


def _need(row: Doc, name: str) -> str:
    value: Any = row.get(name)
    if value in (None, ""):
        raise ValueError(f"{name} is missing in {sorted(row)}")
    return str(value)


def _take_seller(world: World, given: Doc) -> None:
    seller_id = _need(given, "seller_id")
    known = world.book.find("seller", seller_id) or {"shop_ids": [], "active": True, "scopes": ALL_SCOPES}
    shops = _rows(given, "shops")
    ids = list(dict.fromkeys([*known["shop_ids"], *(_need(shop, "shop_id") for shop in shops)]))
    known |= {
        "seller_id": seller_id,
        "name": given.get("name", known.get("name", "Seller " + seller_id)),
        "region": given.get("region", known.get("region", "US")),
        "open_id": "open-" + _mark(seller_id, 24),
        "shop_ids": ids,
    }
    known |= {name: given[name] for name in ("scopes", "active") if name in given}
    world.book.put("seller", seller_id, known)
    for shop in shops:
        _take_shop(world, known, shop)


def _take_shop(world: World, seller: Doc, given: Doc) -> None:
    shop_id = _need(given, "shop_id")
    region = given.get("region", seller["region"])
    cipher = ("TTP_" if region == "US" else "ROW_") + _mark("cipher" + shop_id, 32)
    known = world.book.find("shop", shop_id) or {"opened": int(world.now()), "active": True, "products": []}
    products = {row["sku_id"]: row for row in known["products"]}
    for product in _rows(given, "products"):
        products[_need(product, "sku_id")] = {
            "product_id": _need(product, "product_id"),
            "product_name": product.get("product_name", "Product"),
            "sku_id": product["sku_id"],
            "sku_name": product.get("sku_name", "Default"),
            "seller_sku": product.get("seller_sku", ""),
            "price": str(_need(product, "price")),
        }
    known |= {
        "shop_id": shop_id,
        "seller_id": seller["seller_id"],
        "name": given.get("name", known.get("name", "Shop " + shop_id)),
        "region": region,
        "currency": given.get("currency", known.get("currency", "GBP" if region == "GB" else "USD")),
        "cipher": cipher,
        "code": f"{region}LC{_mark('code' + shop_id, 8).upper()}",
        "seller_type": given.get("seller_type", "LOCAL"),
        "warehouse_id": "70007145" + str(int(hashlib.sha256(shop_id.encode()).hexdigest(), 16))[:11],
        "products": list(products.values()),
    }
    known["active"] = given.get("active", known["active"])
    world.book.put("shop", shop_id, known)
    world.book.put("cipher", cipher, {"shop_id": shop_id})


def _mark(text: str, length: int) -> str:
    raw = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return "".join(char for char in raw if char.isalnum())[:length]


_READERS = {"rest_account": rest_supplier.read_account, "cj_account": cj_catalog.read_account}


def _merge_account(world: World, kind: str, key: str, given: Doc) -> None:
    """Take over what is given; stock, balance and callbacks that have moved on since are left alone."""
    known = world.book.find(kind, key) or {"given": {}, "items": {}}
    told = {**known["given"], **given}
    fresh = {**_READERS[kind](told), "given": told}
    for sku, item in fresh["items"].items():
        moved_on = known["items"].get(sku, {})
        item.update({name: moved_on[name] for name in ("available", *STATES) if name in moved_on})
    fresh["items"] = {**known["items"], **fresh["items"]}
    fresh |= {name: known[name] for name in ("balance", "callbacks") if name in known}
    world.book.put(kind, key, fresh)
