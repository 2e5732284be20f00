"""The carriers' own book: which number was really issued for which lines, and where that parcel is."""

from __future__ import annotations

from agency.simulator.book import Doc
from agency.simulator.carriers import make_number, providers
from agency.simulator.order_book import find_package, packages_with, save_package
from agency.simulator.order_life import package_moved
from agency.simulator.world import World

# TikTok looks at the carrier's page now and then, so a scan older than the upload shows some minutes later.
_LOOK_AFTER = 600


def issue_parcel(world: World, carrier: str, line_ids: list[str], at: float, origin: str) -> str:
    """Hand a parcel for these order lines to a carrier; returns its new tracking number."""
    number = ""
    while not number or world.book.find("parcel", number):
        number = make_number(carrier, world.dice("parcel", origin, world.book.next_number("parcel")))
    parcel = {
        "number": number,
        "carrier": carrier,
        "line_ids": line_ids,
        "shipped_at": int(at),
        "origin": origin,
    }
    world.book.put("parcel", number, parcel)
    hours = world.dice("scan", number).triangular(6, 30, 10)
    world.book.plan(at + hours * world.hour, "parcel.scan", number)
    return number


def find_parcel(world: World, number: str) -> Doc | None:
    """The parcel behind a tracking number, or None when no carrier knows it."""
    return world.book.find("parcel", number)


def scan(world: World, number: str, at: float) -> None:
    """The carrier's first scan."""
    parcel = find_parcel(world, number)
    if parcel is None:
        return
    parcel["scanned_at"] = int(at)
    world.book.put("parcel", number, parcel)
    world.book.plan(at + world.dice("transit", number).uniform(24, 96) * world.hour, "parcel.deliver", number)
    for package in packages_with(world.book, number):
        if package["correct"]:
            package_moved(world, package, "IN_TRANSIT", at)


def hand_over(world: World, number: str, at: float) -> None:
    """The parcel is at the buyer's door."""
    parcel = find_parcel(world, number)
    if parcel is None:
        return
    parcel["delivered_at"] = int(at)
    world.book.put("parcel", number, parcel)
    world.book.plan(at, "supplier.delivered", parcel["origin"])
    for package in packages_with(world.book, number):
        if package["correct"] and package.get("scanned_at"):
            package_moved(world, package, "DELIVERED", at)


def attach(world: World, package: Doc, region: str, at: float) -> None:
    """Judge a package's number against the carriers' book, keep the verdict, and let TikTok look it up later."""
    parcel = find_parcel(world, package["tracking_number"])
    names = {identity: key for key, (identity, _) in providers(region).items()}
    package["carrier"] = names.get(package["provider_id"], "")
    package["correct"] = (
        parcel is not None
        and set(package["line_ids"]) <= set(parcel["line_ids"])
        and parcel["carrier"] == package["carrier"]
    )
    save_package(world.book, package)
    if package["correct"] and parcel is not None and parcel.get("scanned_at"):
        world.book.plan(at + _LOOK_AFTER, "package.look", package["id"])


def look_up(world: World, package_id: str, at: float) -> None:
    """TikTok catches up with what the carrier already knows about a package."""
    package = find_package(world.book, package_id)
    parcel = find_parcel(world, package["tracking_number"]) if package else None
    if package is None or parcel is None or not package["correct"]:
        return
    if not package.get("scanned_at"):
        package_moved(world, package, "IN_TRANSIT", at)
    if parcel.get("delivered_at") and not package.get("delivered_at"):
        package_moved(world, package, "DELIVERED", at)


def events_of(parcel: Doc) -> list[tuple[int, str, str]]:
    """What the carrier tells about a parcel, oldest first: (shop time, status, description)."""
    told = [(parcel["shipped_at"], "label_created", "Label created")]
    if parcel.get("scanned_at"):
        told.append((parcel["scanned_at"], "in_transit", "Picked up by carrier"))
    if parcel.get("delivered_at"):
        told.append((parcel["delivered_at"], "delivered", "Delivered"))
    return told
