"""An order's events as sentences for a reader: who did it, what happened, and the detail that matters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agency.domain.money import Money, format_money
from agency.domain.said import said
from agency.services.wording import STAGES

NOBODY: Mapping[str, str] = {}
VIA = {"webhook": "told by TikTok's webhook", "poll": "found by our own reading"}
_TITLES = {
    "order_received": "Order received",
    "status_changed": "TikTok changed the status",
    "stage_changed": "Moved on",
    "cancel_requested": "The buyer asked to cancel",
    "address_changed": "The address changed",
    "blocked": "Stopped before buying",
    "approved": "Approved",
    "declined": "Declined",
    "held": "Put on hold",
    "released": "Hold ended",
    "try_again": "Tried again",
    "purchase_planned": "Purchase planned",
    "reserved": "Taken from own stock",
    "purchase_placed": "Ordered at the supplier",
    "purchase_paid": "Paid to the supplier",
    "purchase_refused": "The supplier refused",
    "purchase_in_doubt": "The supplier's answer was lost",
    "purchase_review": "A person must check the purchase",
    "review_settled": "Purchase checked by a person",
    "claimed": "Taken by a person to order by hand",
    "bought_by_hand": "Ordered by hand",
    "purchase_released": "Purchase let go",
    "purchase_cancelled": "The supplier cancelled",
    "purchase_stopped": "The supplier stopped the order",
    "cancel_refused": "The supplier will not take it back",
    "cancelled_after_purchase": "Cancelled after it was bought",
    "tracking_received": "The supplier shipped a parcel",
    "tracking_blocked": "Tracking stopped before TikTok",
    "tracking_replaced": "Tracking number changed",
    "tracking_sent": "Tracking handed to TikTok",
    "tracking_refused": "TikTok refused the tracking",
    "carrier_chosen": "Carrier chosen",
    "carrier_corrected": "Carrier corrected",
    "correction_requested": "Correction of the tracking asked for",
    "tracking_corrected": "Tracking corrected at TikTok",
    "correction_refused": "TikTok refused the correction",
    "settled": "Paid out by TikTok",
    "contact_revealed": "Full address shown",
    "note": "Note",
}
_SHOWN = (
    "reason", "why", "detail", "number", "tracking_number", "carrier", "provider", "warning", "supplier",
    "supplier_order_id", "reference",
)  # fmt: skip


def event_title(kind: str) -> str:
    """What happened; a kind without a sentence of its own is shown as its words."""
    return _TITLES.get(kind) or kind.replace("_", " ").capitalize()


def event_detail(kind: str, data: Mapping[str, Any]) -> str:
    """The detail under the title, empty when there is none."""
    if kind == "stage_changed":
        return STAGES.get(str(data.get("to")), str(data.get("to", "")))
    if kind == "blocked":
        return " ".join(str(blocker.get("sentence", "")) for blocker in data.get("blockers", ()))
    if kind == "note":
        return str(data.get("text", ""))
    if kind == "approved":
        return ", ".join(str(code).replace("_", " ") for code in data.get("codes", ()))
    parts = [_words(data["from"], data["to"])] if "from" in data and "to" in data else []
    if "old" in data and "new" in data:
        parts.append(f"{data['old']} \N{RIGHTWARDS ARROW} {data['new']}")
    if isinstance(data.get("total_minor"), int) and data.get("currency"):
        parts.append(format_money(Money(data["total_minor"], str(data["currency"]))))
    parts += [str(data[name]) for name in _SHOWN if data.get(name)]
    parts += [VIA[data["via"]]] if data.get("via") in VIA else []
    return " \N{MIDDLE DOT} ".join(parts)


def event_by(actor: str, own_actor: str, names: Mapping[str, str] = NOBODY) -> tuple[str, str]:
    """Who did it: one of person, rule, marketplace, supplier or machine, and the words for this reader."""
    if actor.startswith(("user:", "token:")):
        return "person", "You" if actor == own_actor else names.get(actor, "A team member")
    if actor.startswith("rule:"):
        return "rule", said("Rule {name}", name=actor.removeprefix("rule:").replace("_", " "))
    if actor == "marketplace":
        return "marketplace", "TikTok Shop"
    if actor == "supplier":
        return "supplier", "Supplier"
    return "machine", "Shopfleet"


def _words(before: Any, after: Any) -> str:
    return (
        f"{str(before).replace('_', ' ').lower()} \N{RIGHTWARDS ARROW} {str(after).replace('_', ' ').lower()}"
    )
