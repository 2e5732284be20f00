"""What a supplier has on the shelf and asks for it, now and then sold out or dearer for some hours."""

from __future__ import annotations

from agency.simulator.book import Doc
from agency.simulator.clock import HOUR
from agency.simulator.money import share
from agency.simulator.world import World

# What moves on by itself on an item, and must survive a repeated setup.
STATES = ("gone_until", "dear_until", "dearer")


def item_of(world: World, account: Doc, sku: str) -> Doc | None:
    """The account's item with price and stock as of now, in minor units; None when it does not exist."""
    item = account["items"].get(sku)
    if item is None:
        return None
    now = world.now()
    shown = dict(item)
    if item.get("dear_until", 0) > now:
        shown["price"] = item["price"] + share(item["price"], item["dearer"])
    if item.get("gone_until", 0) > now:
        shown["available"] = 0
    return shown


def shake(world: World, account: Doc, attempt: str, skus: list[str], *, prices: bool = True) -> bool:
    """Let the dials empty a shelf or raise a price for some shop hours; returns whether the account changed.

    The dice fall once per `attempt` (account and reference): asking again does not make bad luck more likely.
    """
    if world.book.find("attempt", attempt) is not None:
        return False
    world.book.put("attempt", attempt, {})
    changed = False
    for sku in skus:
        item = account["items"].get(sku)
        if item is None:
            continue
        if world.faults.fires("out_of_stock"):
            item["gone_until"] = world.now() + world.faults.seconds(6, 24) * HOUR
            changed = True
        if prices and world.faults.fires("price_change"):
            item["dear_until"] = world.now() + world.faults.seconds(6, 24) * HOUR
            item["dearer"] = int(world.faults.seconds(500, 6000))
            changed = True
    return changed


def take(account: Doc, sku: str, quantity: int) -> None:
    """Take units off the shelf."""
    account["items"][sku]["available"] -= quantity


def put_back(account: Doc, lines: list[Doc]) -> None:
    """Put a cancelled order's units back."""
    for line in lines:
        if line["sku"] in account["items"]:
            account["items"][line["sku"]]["available"] += line["quantity"]
