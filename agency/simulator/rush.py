"""A rush of buyers: many orders of one shop at one moment, as after a film that went viral.

Building 50,000 orders takes longer than a moment, so they may be built before and held back until the release.
"""

from __future__ import annotations

import time

from flask import Blueprint

from agency.simulator import webhooks
from agency.simulator.book import Doc
from agency.simulator.control import directed
from agency.simulator.order_factory import Wish, build_order
from agency.simulator.order_life import set_out
from agency.simulator.timings import read_timings
from agency.simulator.world import World

blueprint = Blueprint("rush", __name__, url_prefix="/_sim")
_MOST = 2_000  # orders per call, so that no call holds the book for long
_HELD = "held:"


@blueprint.post("/rush/hold")
@directed
def hold(world: World, body: Doc) -> Doc:
    """Builds `count` orders of one unit for `shop_id`, ready to ship, that nobody sees before the release."""
    shop = world.book.find("shop", str(body["shop_id"]))
    if shop is None or not shop["products"]:
        raise ValueError(f"there is no shop {body['shop_id']} with products")
    held = {**shop, "shop_id": _HELD + shop["shop_id"]}
    count = _counted(body)
    for _ in range(count):
        rng = world.dice("rush", world.book.next_number("rush"))
        order = build_order(
            world, Wish(held, [(rng.choice(shop["products"]), 1)], plain=True), rng, world.now()
        )
        order.own["plain"] = True
        set_out(world, order, world.now())
    return {"held": count}


@blueprint.post("/rush/release")
@directed
def release(world: World, body: Doc) -> Doc:
    """Up to `count` held orders of `shop_id` are placed now and announced at `notices_per_second`, from now on.

    `after` is how many notices of this rush are still to be sent before these. Gives the orders' ids.
    """
    shop_id, count = str(body["shop_id"]), _counted(body)
    speed, after = float(body.get("notices_per_second", 1000)), int(body.get("after", 0))
    if speed <= 0:
        raise ValueError("notices_per_second must be above zero")
    at = int(world.now())
    ids = [
        row["id"]
        for row in world.book.sql(
            "SELECT id FROM orders WHERE shop_id=? ORDER BY id LIMIT ?", _HELD + shop_id, count
        )
    ]
    start = time.time()
    for number, order_id in enumerate(ids):
        _place(world, order_id, shop_id, at)
        webhooks.tell_ready(world, order_id, shop_id, at, start + (after + number) / speed)
    return {"order_ids": ids}


@blueprint.get("/timings")
@directed
def timings(world: World, _: Doc) -> Doc:
    """When each order was announced and bought."""
    return read_timings(world)


def _place(world: World, order_id: str, shop_id: str, at: int) -> None:
    world.book.sql(
        "UPDATE orders SET shop_id=?, create_time=?, update_time=?, doc=json_set(doc, '$.create_time', ?,"
        " '$.paid_time', ?, '$.update_time', ?) WHERE id=?",
        shop_id, at, at, at, at, at, order_id,
    )  # fmt: skip


def _counted(body: Doc) -> int:
    count = int(body.get("count", 1))
    if not 1 <= count <= _MOST:
        raise ValueError(f"count must be from 1 to {_MOST} per call")
    return count
