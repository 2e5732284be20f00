"""The director's chair under /_sim: people the world, place orders, turn dials and clocks, read the books."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request

from agency.simulator import order_life, webhooks
from agency.simulator.agenda import run_due
from agency.simulator.book import Doc, dump
from agency.simulator.books import read_books, read_summary
from agency.simulator.cancellations import BY_MISTAKE, cancel_lines, request_cancel
from agency.simulator.carriers import supplier_carriers
from agency.simulator.clock import HOUR, read_moment
from agency.simulator.gate import this_world
from agency.simulator.order_book import SimOrder, find_order
from agency.simulator.order_factory import KINDS, Wish, build_order
from agency.simulator.parcels import issue_parcel
from agency.simulator.setup import set_up
from agency.simulator.tiktok_auth import kill_tokens
from agency.simulator.world import World

blueprint = Blueprint("control", __name__, url_prefix="/_sim")


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(dump(body), status=status, mimetype="application/json")


def directed(view: Callable[[World, Doc], Doc]) -> Callable[[], Response]:
    """Hand the view the world and the JSON body; a ValueError becomes a 400 with its sentence."""

    @wraps(view)
    def guarded() -> Response:
        try:
            raw = request.get_data()
            body = json.loads(raw) if raw else {}
            if not isinstance(body, dict):
                raise ValueError("send one JSON object")
            return answer(view(this_world(), body))
        except ValueError as problem:
            return answer({"error": str(problem)}, 400)
        except KeyError as missing:
            return answer({"error": f"{missing.args[0]} is missing"}, 400)
        except TypeError as mixed_up:
            return answer({"error": f"a value has the wrong kind: {mixed_up}"}, 400)

    return guarded


@blueprint.get("/health")
@directed
def health(world: World, _: Doc) -> Doc:
    """Alive, and what time the shops have."""
    return {"ok": True, "shop_time": world.now(), "rate": world.clock.rate}


@blueprint.post("/setup")
@directed
def setup(world: World, body: Doc) -> Doc:
    """Take up sellers, shops, products, accounts and settings."""
    set_up(world, body)
    shops = {row["shop_id"]: row["cipher"] for row in world.book.every("shop")}
    return {"shops": shops, "settings": world.settings, "dials": world.faults.dials}


@blueprint.post("/orders")
@directed
def schedule_orders(world: World, body: Doc) -> Doc:
    """Let `count` random orders come over the next `over_shop_hours`."""
    count, hours = int(body.get("count", 0)), float(body.get("over_shop_hours", 24))
    batch = world.book.next_number("batch")
    dice = world.dice("batch", batch)
    now = world.now()
    for at in range(count):
        world.book.plan(now + dice.random() * hours * HOUR, "place", f"{batch}-{at}")
    return {"scheduled": count, "until": now + hours * HOUR}


@blueprint.post("/orders/one")
@directed
def one_order(world: World, body: Doc) -> Doc:
    """One exact order at once; `overrides` replaces top-level fields, `status` moves it on.

    The same `key` again places nothing and answers what the first one was told.
    """
    key = str(body.get("key", ""))
    if key and (told := world.book.find("one", key)):
        return told
    shop = world.book.find("shop", str(body["shop_id"]))
    if shop is None:
        raise ValueError(f"there is no shop {body['shop_id']}")
    products = {row["sku_id"]: row for row in shop["products"]}
    for line in body["lines"]:
        if line["sku_id"] not in products:
            raise ValueError(f"the shop has no sku {line['sku_id']}")
    kind = body.get("kind", "ordinary")
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; use one of {', '.join(KINDS)}")
    items = [(products[line["sku_id"]], int(line.get("quantity", 1))) for line in body["lines"]]
    wish = Wish(shop, items, kind, body.get("address_kind", "street"), plain=True)
    at = world.now()
    order = build_order(world, wish, world.dice("one", world.book.next_number("one")), at)
    order.own["plain"] = True
    overrides = dict(body.get("overrides", {}))
    order.own["address"] |= overrides.pop("recipient_address", {})
    order.doc |= overrides
    status = body.get("status", "ON_HOLD")
    order_life.begin(world, order, at, unpaid=status == "UNPAID")
    if status not in ("UNPAID", "ON_HOLD"):
        order_life.force(world, order, status, at)
    told = {"order_id": order.id, "line_ids": [line["id"] for line in order.lines]}
    if key:
        world.book.put("one", key, told)
    return told


def _order(world: World, body: Doc) -> SimOrder:
    order = find_order(world.book, str(body["order_id"]))
    if order is None:
        raise ValueError(f"there is no order {body['order_id']}")
    return order


@blueprint.post("/advance")
@directed
def advance(world: World, body: Doc) -> Doc:
    """Force an order into a status."""
    order = _order(world, body)
    order_life.force(world, order, str(body["status"]), world.now())
    return {"order_id": order.id, "status": str(body["status"])}


@blueprint.post("/cancel")
@directed
def cancel(world: World, body: Doc) -> Doc:
    """Cancel an order at once ("by" BUYER, SELLER or SYSTEM), or with "request" let the buyer ask for it."""
    order, at = _order(world, body), world.now()
    if order.status not in (
        "UNPAID",
        "ON_HOLD",
        "AWAITING_SHIPMENT",
        "PARTIALLY_SHIPPING",
        "AWAITING_COLLECTION",
    ):
        raise ValueError(f"an order that is {order.status} cannot be cancelled")
    if body.get("request"):
        return {"order_id": order.id, "cancel_id": request_cancel(world, order, at)}
    why = (str(body.get("by", "BUYER")), str(body.get("reason", BY_MISTAKE)))
    cancel_id = cancel_lines(world, order, [line["id"] for line in order.live_lines], why, at)
    order_life.refresh(world, order, at)
    return {"order_id": order.id, "cancel_id": cancel_id}


@blueprint.post("/address")
@directed
def address(world: World, body: Doc) -> Doc:
    """Change an order's address: the given fields, or a random one."""
    order = _order(world, body)
    fields = {name: value for name, value in body.items() if name != "order_id"}
    order_life.change_address(world, order.id, world.now(), fields or None)
    return {"order_id": order.id}


@blueprint.post("/parcels")
@directed
def parcel(world: World, body: Doc) -> Doc:
    """A number from a supplier that has no API (bought by hand, or sent from an own shelf)."""
    order = _order(world, body)
    wanted = body.get("line_ids") or [line["id"] for line in order.live_lines]
    carrier = body.get("carrier") or supplier_carriers(order.own["address"]["region_code"])[0]
    return {
        "tracking_number": issue_parcel(world, carrier, wanted, world.now(), "manual"),
        "carrier": carrier,
        "line_ids": wanted,
    }


@blueprint.post("/clock")
@directed
def clock(world: World, body: Doc) -> Doc:
    """Set the shop clock, or jump forward by `advance_seconds`."""
    if "rate" in body:
        if float(body["rate"]) <= 0:
            raise ValueError("rate must be a positive number")
        world.clock.origin, world.clock.epoch = world.now(), time.time()
        world.clock.rate = float(body["rate"])
    if "origin" in body:
        world.clock.origin = read_moment(body["origin"], "origin")
        world.clock.epoch = read_moment(body["epoch"], "epoch") if "epoch" in body else time.time()
    world.clock.advance(float(body.get("advance_seconds", 0)))
    return {"shop_time": world.now(), "rate": world.clock.rate}


@blueprint.post("/faults")
@directed
def faults(world: World, body: Doc) -> Doc:
    """Turn dials; {"preset": "none|some|harsh"} replaces them all first."""
    wanted = dict(body)
    if "preset" in wanted:
        world.faults.turn(str(wanted.pop("preset")))
    world.faults.turn(wanted)
    world.save_settings()
    return {"dials": world.faults.dials}


@blueprint.post("/hide")
@directed
def hide(world: World, body: Doc) -> Doc:
    """Leave an order out of every answer for `for_seconds` of shop time; 0 shows it again."""
    order = _order(world, body)
    until = world.now() + float(body["for_seconds"])
    world.faults.hidden[order.id] = until
    return {"order_id": order.id, "until": until}


@blueprint.post("/tokens/kill")
@directed
def kill(world: World, body: Doc) -> Doc:
    """Let a seller's tokens die; "what" is "all" (default) or "access"; "webhook" also tells type 6."""
    seller = world.book.find("seller", str(body["seller_id"]))
    if seller is None:
        raise ValueError(f"there is no seller {body['seller_id']}")
    killed = kill_tokens(world, seller["seller_id"], str(body.get("what", "all")))
    if body.get("webhook"):
        for shop_id in seller["shop_ids"]:
            message = f"The seller removed the authorisation of shop {shop_id}"
            webhooks.tell_tiktok(world, webhooks.DEAUTHORISED, shop_id, {"message": message}, world.now())
    return {"killed": killed}


@blueprint.post("/tick")
def tick() -> Response:
    """Do everything that is due, now: events, and (without a postman thread) one try of each due webhook."""
    world = this_world()
    done = run_due(world)
    posts = [] if world.background else webhooks.due_posts(world, 1000, set())
    for post in posts:
        webhooks.deliver(world, *post)
    return answer({"events": done, "webhooks": len(posts)})


@blueprint.get("/books")
@directed
def books(world: World, _: Doc) -> Doc:
    """The whole truth."""
    return read_books(world)


@blueprint.get("/summary")
@directed
def summary(world: World, _: Doc) -> Doc:
    """Cheap counts."""
    return read_summary(world)
