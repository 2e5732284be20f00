"""What a person can do to an order now, and for everything else the reason why not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agency.domain.orders import Stage
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.services.order_page_rows import ActionRow, LineRow, ParcelRow
from agency.services.order_purchase_rows import PurchaseRow

_LOOK_ONLY = said("Your role can look but not change anything. Ask an owner of the agency.")


@dataclass(frozen=True)
class ActionFacts:
    """What decides which actions are allowed."""

    order: Mapping[Any, Any]
    lines: Sequence[LineRow]
    purchases: Sequence[PurchaseRow]
    parcels: Sequence[ParcelRow]
    contact_state: str
    corrections: int
    can_write: bool


def order_actions(facts: ActionFacts) -> tuple[ActionRow, ...]:
    """Every action in the order in which a page shows them."""
    rows = []
    for word, label, rule in _RULES:
        why_not = rule(facts) if facts.can_write else _LOOK_ONLY
        rows.append(ActionRow(word, label, not why_not, why_not))
    return tuple(rows)


def _approve(facts: ActionFacts) -> str:
    if any(blocker["approvable"] for blocker in facts.order["blockers"]):
        return ""
    return said("Nothing of this order waits for an approval.")


def _decline(facts: ActionFacts) -> str:
    return (
        _approve(facts)
        if facts.order["stage"] in Stage.BEFORE_BUYING
        else said("The order is past the point of buying.")
    )


def _map(facts: ActionFacts) -> str:
    if facts.order["stage"] not in Stage.BEFORE_BUYING:
        return said("The order is bought; a new mapping serves the orders to come. Change it under Mappings.")
    return ""


def _hold(facts: ActionFacts) -> str:
    if facts.order["held_by"]:
        return said("A person holds this order already.")
    return (
        ""
        if facts.order["stage"] in Stage.BEFORE_BUYING
        else said("The order is bought; a hold comes too late.")
    )


def _release(facts: ActionFacts) -> str:
    return "" if facts.order["held_by"] else said("Nobody holds this order.")


def _try_again(facts: ActionFacts) -> str:
    return "" if facts.order["stage"] == Stage.BLOCKED else said("The order is not blocked.")


def _claim(facts: ActionFacts) -> str:
    waiting = [p for p in facts.purchases if p.supplier_kind == "manual" and p.state == PurchaseState.READY]
    if not waiting:
        return said("There is nothing to order by hand.")
    if any(p.claimed_by == "you" for p in waiting):
        return said("Already yours: enter what you bought.")
    if any(p.claimed_by for p in waiting):
        return said("A team member is ordering this right now.")
    return ""


def _record_bought(facts: ActionFacts) -> str:
    mine = [p for p in facts.purchases if p.supplier_kind == "manual" and p.claimed_by == "you"]
    return (
        ""
        if any(p.state == PurchaseState.READY for p in mine)
        else said("Claim the purchase first, then enter it here.")
    )


def _add_tracking(facts: ActionFacts) -> str:
    if (
        any(p.state in PurchaseState.BOUGHT for p in facts.purchases)
        and facts.order["stage"] != Stage.CANCELLED
    ):
        return ""
    return said("Tracking comes after the purchase; nothing is bought yet.")


def _correct(facts: ActionFacts) -> str:
    if facts.corrections:
        return ""
    if not any(parcel.pushed_at for parcel in facts.parcels):
        return said("TikTok has no tracking number of this order yet.")
    return said("No correction left: TikTok takes one, within 72 hours of shipping.")


def _note(_facts: ActionFacts) -> str:
    return ""


def _review(facts: ActionFacts) -> str:
    if any(p.state == PurchaseState.REVIEW for p in facts.purchases):
        return ""
    if any(p.state == PurchaseState.UNCONFIRMED for p in facts.purchases):
        return said("We are still asking the supplier by ourselves; you are asked if that proves nothing.")
    return said("No purchase of this order is in doubt.")


def _show_address(facts: ActionFacts) -> str:
    return {
        "clear": "",
        "masked": said("TikTok hides the address until the order may be shipped."),
        "erased": said("The address was erased after the order ended."),
        "absent": said("TikTok has not sent an address."),
    }[facts.contact_state]


_RULES: tuple[tuple[str, str, Callable[[ActionFacts], str]], ...] = (
    ("approve", said("Approve"), _approve),
    ("decline", said("Decline"), _decline),
    ("map", said("Map supplier"), _map),
    ("claim", said("Order by hand"), _claim),
    ("record_bought", said("Enter purchase"), _record_bought),
    ("add_tracking", said("Add tracking"), _add_tracking),
    ("correct_tracking", said("Correct tracking"), _correct),
    ("review_purchase", said("Check purchase"), _review),
    ("try_again", said("Try again"), _try_again),
    ("hold", said("Hold"), _hold),
    ("release", said("End hold"), _release),
    ("show_address", said("Show full address"), _show_address),
    ("note", said("Write a note"), _note),
)
