"""What falls due: one table from event to deed, worked off strictly in the order of shop time."""

from __future__ import annotations

from collections.abc import Callable

from agency.simulator import order_life, parcels, settlement, supplier_life
from agency.simulator.cancellations import BY_MISTAKE, PENDING, cancel_lines
from agency.simulator.order_book import find_order
from agency.simulator.order_factory import build_order, random_wish
from agency.simulator.world import World

Deed = Callable[[World, str, float], None]


def cancel_unanswered(world: World, cancel_id: str, at: float) -> None:
    """The seller never answered the buyer's request: TikTok approves it."""
    record = world.book.find("cancellation", cancel_id)
    order = find_order(world.book, record["order_id"]) if record else None
    if record is None or order is None or record["cancel_status"] != PENDING:
        return
    waiting = [line["id"] for line in order.live_lines if line["display_status"] == "AWAITING_SHIPMENT"]
    cancel_lines(world, order, waiting, ("BUYER", BY_MISTAKE), at)
    order_life.refresh(world, order, at)


def place_random(world: World, key: str, at: float) -> None:
    """A buyer somewhere orders something; `key` seeds the choice."""
    rng = world.dice("place", key)
    shops = [shop for shop in world.book.every("shop") if shop["products"]]
    if not shops:
        return
    shop = rng.choice(shops)
    order = build_order(world, random_wish(shop, rng), rng, at)
    order_life.begin(world, order, at, unpaid=rng.random() < 0.1)
    world.book.tally("orders.placed")
    if rng.random() < 0.05:
        world.book.plan(at + rng.triangular(0.05, 60, 1.2) * 3600, "order.buyer_cancel", order.id)


DEEDS: dict[str, Deed] = {
    "place": place_random,
    "order.pay": order_life.pay,
    "order.release": order_life.release,
    "order.unmask": order_life.unmask,
    "order.address": order_life.change_address,
    "order.buyer_cancel": order_life.buyer_cancels,
    "order.auto_cancel": order_life.auto_cancel,
    "order.untracked": order_life.untracked,
    "order.platform": order_life.platform_step,
    "cancel.unanswered": cancel_unanswered,
    "parcel.scan": parcels.scan,
    "parcel.deliver": parcels.hand_over,
    "package.look": parcels.look_up,
    "shop.statement": settlement.cut_statement,
    "statement.pay": settlement.pay_out,
    "supplier.ship": supplier_life.ship,
    "supplier.fix_number": supplier_life.fix_number,
    "supplier.delivered": supplier_life.delivered,
}


def run_due(world: World, limit: int = 100_000) -> int:
    """Do everything that is due by now, each deed at its own moment; returns how many were done."""
    done = 0
    now = world.now()
    while done < limit:
        row = world.book.take_due(now)
        if row is None:
            break
        DEEDS[row["kind"]](world, row["id"], row["due"])
        done += 1
    return done
