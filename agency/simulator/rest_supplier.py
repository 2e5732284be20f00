"""The generic REST supplier: orders with a reference and an idempotency key, stock, prices, parcels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request

from agency.simulator import supplier_life
from agency.simulator.book import Doc, dump, rows_of
from agency.simulator.clock import iso, read_moment
from agency.simulator.gate import this_world
from agency.simulator.money import to_minor, to_text
from agency.simulator.parcels import events_of, find_parcel
from agency.simulator.rest_checks import Rejection, check_order, read_object
from agency.simulator.stock import item_of, put_back, shake, take
from agency.simulator.supplier_book import (
    all_supplier_orders,
    find_supplier_order,
    save_supplier_order,
    with_reference,
)
from agency.simulator.world import World

blueprint = Blueprint("rest_supplier", __name__, url_prefix="/suppliers/rest")


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(dump(body), status=status, mimetype="application/json")


def with_account(view: Callable[..., Response]) -> Callable[..., Response]:
    """Hand the view the world and the account that the bearer key names; 401 otherwise."""

    @wraps(view)
    def guarded(**parts: str) -> Response:
        world = this_world()
        key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        account = world.book.find("rest_account", key) if key else None
        if account is None:
            return answer(
                {"error": {"code": "unauthorized", "message": "Send Authorization: Bearer <key>."}}, 401
            )
        limit = float(account.get("calls_per_second", 0))
        if limit and not world.meter.let_through(f"rest|{account['key']}|all", limit):
            world.book.tally("rate_limit_violations")
            too_many = answer({"error": {"code": "rate_limited", "message": "Too many requests."}}, 429)
            too_many.headers["Retry-After"] = "1"
            return too_many
        try:
            return view(world, account, **parts)
        except Rejection as rejection:
            body = {"code": rejection.code, "message": rejection.message, **rejection.more}
            return answer({"error": body}, rejection.status)

    return guarded


@blueprint.post("/orders")
@with_account
def create(world: World, account: Doc) -> Response:
    """Take an order: 201 new, 200 the same again, 409 same key with another body, 422 not possible."""
    body = read_object(request.get_data())
    key = request.headers.get("Idempotency-Key", "")
    body_print = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    if account["idempotency"] == "key":
        if not key:
            raise Rejection(
                "invalid_request", "Send the header Idempotency-Key.", 400, {"field": "Idempotency-Key"}
            )
        known = world.book.find("rest_key", f"{account['key']}|{key}")
        if known is not None:
            if known["print"] != body_print:
                raise Rejection("reference_conflict", "This key was used with a different body.", 409)
            return answer(shown(world, find_supplier_order(world.book, known["id"]) or {}))
    skus = [str(line.get("sku")) for line in rows_of(body.get("lines"))]
    if shake(world, account, f"{account['key']}|{body.get('reference')}", skus):
        world.book.put("rest_account", account["key"], account)
    lines, total, shipping = check_order(world, account, body)
    order = _accept(world, account, body, (lines, total, shipping))
    if account["idempotency"] == "key":
        world.book.put("rest_key", f"{account['key']}|{key}", {"print": body_print, "id": order["id"]})
    return answer(shown(world, order), 201)


def _accept(world: World, account: Doc, body: Doc, worth: tuple[list[Doc], int, int]) -> Doc:
    lines, total, shipping = worth
    at = world.now()
    seq = world.book.next_number("supplier_order")
    order: Doc = {
        "id": f"SO-{1000 + seq}",
        "kind": "rest",
        "account": account["key"],
        "reference": body["reference"],
        "seq": seq,
        "status": "accepted",
        "created_at": int(at),
        "country": body["ship_to"]["country"],
        "ship_to": body["ship_to"],
        "currency": account["currency"],
        "lines": lines,
        "total": total,
        "shipping": shipping,
        "paid_count": 0,
        "packages": [],
    }
    for line in lines:
        take(account, line["sku"], line["quantity"])
    world.book.put("rest_account", account["key"], account)
    supplier_life.paid(world, order, at)
    save_supplier_order(world.book, order)
    return order


def shown(world: World, order: Doc) -> Doc:
    """An order as the supplier's API shows it."""
    currency = order["currency"]
    packages = []
    for package in order["packages"]:
        parcel = find_parcel(world, package["number"])
        public = {
            name: package[name]
            for name in ("package_id", "carrier", "tracking_number", "shipped_at", "lines")
        }
        events = events_of(parcel) if parcel else []
        public["events"] = [
            {"at": iso(at), "status": status, "description": text, "location": ""}
            for at, status, text in events
        ]
        packages.append(public)
    return {
        "id": order["id"],
        "reference": order["reference"],
        "status": order["status"],
        "created_at": iso(order["created_at"]),
        "total": to_text(order["total"], currency),
        "currency": currency,
        "shipping_price": to_text(order["shipping"], currency),
        "lines": [
            {
                "line_ref": line["line_ref"],
                "sku": line["sku"],
                "quantity": line["quantity"],
                "unit_price": to_text(line["unit_price"], currency),
            }
            for line in order["lines"]
        ],
        "packages": packages,
    }


@blueprint.get("/orders")
@with_account
def find(world: World, account: Doc) -> Response:
    """Orders under a reference or created since a moment, newest first: {"orders": [...]}, perhaps empty."""
    since = request.args.get("created_since", "")
    if since:
        return answer({"orders": [shown(world, order) for order in _created_since(world, account, since)]})
    if account["idempotency"] == "none":
        raise Rejection("not_supported", "This account cannot search by reference.", 404)
    reference = request.args.get("reference", "")
    if not reference:
        raise Rejection("invalid_request", "Give ?reference=.", 400, {"field": "reference"})
    found = with_reference(world.book, "rest", account["key"], reference)
    return answer({"orders": [shown(world, order) for order in found]})


def _created_since(world: World, account: Doc, since: str) -> list[Doc]:
    try:
        earliest = read_moment(since, "created_since")
    except ValueError as problem:
        raise Rejection("invalid_request", str(problem), 400, {"field": "created_since"}) from problem
    orders = all_supplier_orders(world.book, "rest", account["key"])
    return [order for order in reversed(orders) if order["created_at"] >= earliest]


def _own_order(world: World, account: Doc, order_id: str) -> Doc:
    order = find_supplier_order(world.book, order_id)
    if order is None or order["kind"] != "rest" or order["account"] != account["key"]:
        raise Rejection("order_unknown", "There is no such order.", 404)
    return order


@blueprint.get("/orders/<order_id>")
@with_account
def read(world: World, account: Doc, order_id: str) -> Response:
    """One order."""
    return answer(shown(world, _own_order(world, account, order_id)))


@blueprint.post("/orders/<order_id>/cancel")
@with_account
def cancel(world: World, account: Doc, order_id: str) -> Response:
    """Cancel before shipping: 200 with the order, or 409 too_late."""
    order = _own_order(world, account, order_id)
    if order["status"] in ("shipped", "delivered"):
        raise Rejection("too_late", "The order has left the warehouse.", 409)
    if order["status"] != "cancelled":
        order["status"] = "cancelled"
        put_back(account, order["lines"])
        world.book.put("rest_account", account["key"], account)
        world.book.unplan("supplier.ship", order_id)
        save_supplier_order(world.book, order)
        supplier_life.tell(world, order, "cancelled")
    return answer(shown(world, order))


@blueprint.get("/items/<path:sku>")
@with_account
def item(world: World, account: Doc, sku: str) -> Response:
    """Stock and price of one item."""
    found = item_of(world, account, sku)
    if found is None:
        raise Rejection("sku_unknown", f"There is no item {sku}.", 404)
    currency = account["currency"]
    return answer(
        {
            "sku": sku,
            "title": found["title"],
            "unit_price": to_text(found["price"], currency),
            "currency": currency,
            "available": max(0, found["available"]),
            "shipping_price": to_text(found["shipping"], currency),
        }
    )


def read_account(given: Doc) -> Doc:
    """A REST account from the setup call; amounts become minor units. Raises ValueError naming what is wrong."""
    currency = given.get("currency", "USD")
    mode = given.get("idempotency", "key")
    if mode not in ("key", "reference_only", "none"):
        raise ValueError(f"rest_accounts.idempotency is {mode!r}; use key, reference_only or none")
    items = {
        row["sku"]: {
            "sku": row["sku"],
            "title": row.get("title", row["sku"]),
            "price": to_minor(row["unit_price"], currency),
            "shipping": to_minor(row.get("shipping_price", "0"), currency),
            "available": int(row.get("available", 10_000)),
        }
        for row in given.get("items", [])
    }
    return {
        "key": given["key"],
        "currency": currency,
        "idempotency": mode,
        "calls_per_second": given.get("calls_per_second", 0),  # 0 = no limit
        "webhook_url": given.get("webhook_url", ""),
        "webhook_secret": given.get("webhook_secret", ""),
        "items": items,
    }
