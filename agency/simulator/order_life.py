"""An order's life in shop time: payment, hold, release, scan, delivery, and the ways it can end early."""

from __future__ import annotations

from agency.simulator import webhooks
from agency.simulator.addresses import make_address
from agency.simulator.book import Doc
from agency.simulator.calendars import business_deadline
from agency.simulator.cancellations import cancel_lines, request_cancel
from agency.simulator.clock import DAY, HOUR
from agency.simulator.order_book import (
    RANK,
    SimOrder,
    find_order,
    overall_status,
    packages_of,
    save_lines,
    save_order,
    save_package,
)
from agency.simulator.world import World

HOLD = HOUR
# Regular US orders since 2026-01-26: scanned within 2 business days, delivered within 6, auto-cancelled when not
# shipped after 7 (seller-us.tiktok.com knowledge id 6179821974439723).
SCAN_DAYS, DELIVERY_DAYS, CANCEL_DAYS = 2, 6, 7
UNTRACKED = "system_cancel_order_untracked"
TOO_LATE = "system_cancel_order_reason_shipping_timeout"


def begin(world: World, order: SimOrder, at: float, *, unpaid: bool = False) -> None:
    """Take a new order into the book and let its time run."""
    order.own["paid"] = not unpaid
    if unpaid:
        order.doc["status"] = "UNPAID"
        order.doc["paid_time"] = 0
        _set_lines(order, "UNPAID")
        world.book.plan(at + world.dice("pay", order.id).uniform(300, 1800), "order.pay", order.id)
    else:
        _plan_release(world, order, at)
    save_lines(world.book, order)
    save_order(world.book, order)
    webhooks.tell_status(world, order, at)


def set_out(world: World, order: SimOrder, at: float) -> None:
    """Take an order into the book that is paid and past its hold already, without a word to anybody."""
    order.own["paid"] = True
    order.doc["is_on_hold_order"] = False
    _set_deadlines(order, at, hidden=False)
    _set_lines(order, "AWAITING_SHIPMENT")
    order.doc["status"] = "AWAITING_SHIPMENT"
    world.book.plan(order.own["shipping_due"], "order.auto_cancel", order.id)
    save_lines(world.book, order)
    save_order(world.book, order)


def pay(world: World, order_id: str, at: float) -> None:
    """The buyer pays: the hold begins."""
    order = find_order(world.book, order_id)
    if order is None or order.status != "UNPAID":
        return
    order.doc["paid_time"] = int(at)
    _plan_release(world, order, at)
    move(world, order, "ON_HOLD", at)


def _plan_release(world: World, order: SimOrder, at: float) -> None:
    # A pre-order stays on hold until its release (changelog "US market: pre-order").
    due = max(at + HOLD, float(order.doc.get("release_date", 0)))
    world.book.plan(due, "order.release", order.id)


def release(world: World, order_id: str, at: float) -> None:
    """The hold is over: the shop may act, and the clocks start."""
    order = find_order(world.book, order_id)
    if order is None or order.status != "ON_HOLD":
        return
    dice = world.dice("release", order.id)
    _set_deadlines(order, at, hidden=dice.random() < 0.03 and not order.own.get("plain"))
    if world.faults.fires("masked_address"):
        order.own["masked"] = True
        if dice.random() < 0.5:
            world.book.plan(at + 12 * HOUR, "order.unmask", order.id)
    if world.faults.fires("address_change"):
        world.book.plan(at + dice.uniform(0.2, 20) * HOUR, "order.address", order.id)
    world.book.plan(order.own["shipping_due"], "order.auto_cancel", order.id)
    if order.doc["shipping_type"] != "SELLER":
        world.book.plan(at + dice.uniform(8, 24) * HOUR, "order.platform", order.id)
    move(world, order, "AWAITING_SHIPMENT", at)


def _set_deadlines(order: SimOrder, at: float, *, hidden: bool) -> None:
    region = order.own["address"]["region_code"]
    scan = business_deadline(at, SCAN_DAYS, region)
    cancel = business_deadline(at, CANCEL_DAYS, region)
    delivery = business_deadline(at, DELIVERY_DAYS, region)
    order.own |= {"tts": scan, "shipping_due": cancel, "collection_due": cancel}
    shown = {
        "rts_sla_time": scan,
        "tts_sla_time": scan,
        "shipping_due_time": cancel,
        "collection_due_time": cancel,
        "delivery_sla_time": delivery,
        "delivery_due_time": delivery + 30 * DAY,
        "cancel_order_sla_time": cancel,
    }
    if hidden:
        # Any of them may be 0 or missing in reality.
        shown |= {"rts_sla_time": 0, "tts_sla_time": 0}
        del shown["delivery_sla_time"]
    order.doc.update(shown)


def move(world: World, order: SimOrder, status: str, at: float) -> None:
    """Put all live lines, and so the order, into a status; keep and tell it."""
    _set_lines(order, status)
    refresh(world, order, at)


def refresh(world: World, order: SimOrder, at: float) -> None:
    """Recompute the order's status from its lines, stamp it, keep it, and tell it when it changed."""
    before, now = order.status, int(at)
    order.doc["status"] = overall_status(order)
    order.doc["update_time"] = max(now, order.doc["update_time"])
    if order.status == before:
        save_order(world.book, order)
        return
    stamps = {
        "AWAITING_COLLECTION": "rts_time",
        "IN_TRANSIT": "collection_time",
        "DELIVERED": "delivery_time",
    }
    if order.status in stamps:
        order.doc.setdefault(stamps[order.status], now)
    if order.status == "AWAITING_COLLECTION":
        world.book.unplan("order.auto_cancel", order.id)
        world.book.plan(max(at, order.own["collection_due"]), "order.untracked", order.id)
    if order.status in ("IN_TRANSIT", "DELIVERED", "COMPLETED", "CANCELLED"):
        world.book.unplan("order.untracked", order.id)
        world.book.unplan("order.auto_cancel", order.id)
    if order.status == "DELIVERED":
        plan_statement(world, order, at)
    save_order(world.book, order)
    webhooks.tell_status(world, order, at)


def plan_statement(world: World, order: SimOrder, at: float) -> None:
    """Book the delivered order for the statement cut at the first midnight UTC after the settlement days."""
    ripe = at + float(world.settings["settle_days"]) * DAY
    midnight = (int(ripe) // DAY + 1) * DAY
    order.own["settles_at"] = midnight
    world.book.plan(midnight, "shop.statement", f"{order.shop_id}:{midnight}")


def _set_lines(order: SimOrder, status: str) -> None:
    for line in order.live_lines:
        line["display_status"] = status


def package_moved(world: World, package: Doc, status: str, at: float) -> None:
    """The carrier scanned ("IN_TRANSIT") or delivered ("DELIVERED") a package."""
    order = find_order(world.book, package["order_id"])
    if order is None:
        return
    package["status"] = "COMPLETED" if status == "DELIVERED" else "FULFILLING"
    package["sub_status"] = "DELIVERED" if status == "DELIVERED" else "TTS"
    package["update_time"] = int(at)
    package["scanned_at" if status == "IN_TRANSIT" else "delivered_at"] = int(at)
    save_package(world.book, package)
    for line in order.live_lines:
        if line["id"] in package["line_ids"] and RANK.index(line["display_status"]) < RANK.index(status):
            line["display_status"] = status
            line["package_status"] = package["status"]
    refresh(world, order, at)


def auto_cancel(world: World, order_id: str, at: float) -> None:
    """Nobody shipped in time: TikTok cancels what is still waiting."""
    order = find_order(world.book, order_id)
    if order is None:
        return
    waiting = [line["id"] for line in order.live_lines if line["display_status"] == "AWAITING_SHIPMENT"]
    if waiting:
        cancel_lines(world, order, waiting, ("SYSTEM", TOO_LATE), at)
        refresh(world, order, at)


def untracked(world: World, order_id: str, at: float) -> None:
    """A number was given but no carrier ever had the parcel: TikTok cancels."""
    order = find_order(world.book, order_id)
    if order is None:
        return
    stuck = [line["id"] for line in order.live_lines if line["display_status"] == "AWAITING_COLLECTION"]
    if stuck:
        cancel_lines(world, order, stuck, ("SYSTEM", UNTRACKED), at)
        refresh(world, order, at)


def buyer_cancels(world: World, order_id: str, at: float) -> None:
    """The buyer wants out: at once while on hold or by the seller's window, else as a request to answer."""
    order = find_order(world.book, order_id)
    if order is None or order.status not in ("UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"):
        return
    if order.status == "AWAITING_SHIPMENT" and world.dice("window", order.id).random() < 0.5:
        request_cancel(world, order, at)
        return
    reason = "ecom_order_to_ship_canceled_reason_created_by_mistakes"
    cancel_lines(world, order, [line["id"] for line in order.live_lines], ("BUYER", reason), at)
    refresh(world, order, at)


def change_address(world: World, order_id: str, at: float, fields: Doc | None = None) -> None:
    """The buyer corrects the address; ignored once the parcel is with the carrier."""
    order = find_order(world.book, order_id)
    if order is None or order.status not in RANK[:4]:
        return
    fresh = make_address(order.own["address"]["region_code"], world.dice("address", order.id, at))
    keep = {name: order.own["address"][name] for name in ("name", "first_name", "last_name")}
    order.own["address"] = {**fresh, **keep} if fields is None else {**order.own["address"], **fields}
    order.doc["has_updated_recipient_address"] = True
    refresh(world, order, at)
    data = {"order_id": order.id, "update_time": order.doc["update_time"]}
    webhooks.tell_tiktok(world, webhooks.ADDRESS_CHANGE, order.shop_id, data, at)


def unmask(world: World, order_id: str, at: float) -> None:
    """A wrongly masked address opens."""
    order = find_order(world.book, order_id)
    if order is not None:
        order.own["masked"] = False
        refresh(world, order, at)


def platform_step(world: World, order_id: str, at: float) -> None:
    """TikTok itself ships the order (FBT and TikTok Shipping), one step at a time."""
    order = find_order(world.book, order_id)
    if order is None or order.status not in ("AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT"):
        return
    move(world, order, RANK[RANK.index(order.status) + 1], at)
    if order.status != "DELIVERED":
        hours = world.dice("platform", order.id, order.status).uniform(6, 60)
        world.book.plan(at + hours * world.hour, "order.platform", order.id)


def force(world: World, order: SimOrder, status: str, at: float) -> None:
    """Put an order into a status whatever its past, for tests; raises ValueError for an unknown status."""
    if status == "CANCELLED":
        cancel_lines(world, order, [line["id"] for line in order.live_lines], ("SYSTEM", TOO_LATE), at)
        refresh(world, order, at)
        return
    if status not in RANK:
        raise ValueError(f"status is {status!r}; use one of {', '.join((*RANK, 'CANCELLED'))}")
    if RANK.index(status) >= RANK.index("AWAITING_SHIPMENT") and "tts" not in order.own:
        _set_deadlines(order, at, hidden=False)
        world.book.unplan("order.release", order.id)
        world.book.plan(order.own["shipping_due"], "order.auto_cancel", order.id)
    if status in ("IN_TRANSIT", "DELIVERED"):
        for package in packages_of(world.book, order.id):
            package_moved(world, package, status, at)
        order = find_order(world.book, order.id) or order
    move(world, order, status, at)
