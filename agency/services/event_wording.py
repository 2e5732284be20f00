"""An order's events as sentences for a reader: who did it, what happened, and the detail that matters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agency.domain.money import Money, format_money
from agency.domain.said import said
from agency.services.wording import STAGES

NOBODY: Mapping[str, str] = {}
VIA = {"webhook": said("told by TikTok's webhook"), "poll": said("found by our own reading")}
_TITLES = {
    "order_received": said("Order received"),
    "status_changed": said("TikTok changed the status"),
    "stage_changed": said("Moved on"),
    "cancel_requested": said("The buyer asked to cancel"),
    "address_changed": said("The address changed"),
    "blocked": said("Stopped before buying"),
    "approved": said("Approved"),
    "declined": said("Declined"),
    "held": said("Put on hold"),
    "released": said("Hold ended"),
    "try_again": said("Tried again"),
    "purchase_planned": said("Purchase planned"),
    "reserved": said("Taken from own stock"),
    "purchase_placed": said("Ordered at the supplier"),
    "purchase_found": said("Found at the supplier after a restore"),
    "purchase_paid": said("Paid to the supplier"),
    "purchase_refused": said("The supplier refused"),
    "purchase_in_doubt": said("The supplier's answer was lost"),
    "purchase_review": said("A person must check the purchase"),
    "review_settled": said("Purchase checked by a person"),
    "claimed": said("Taken by a person to order by hand"),
    "bought_by_hand": said("Ordered by hand"),
    "purchase_released": said("Purchase let go"),
    "purchase_cancelled": said("The supplier cancelled"),
    "purchase_stopped": said("The supplier stopped the order"),
    "cancel_refused": said("The supplier will not take it back"),
    "cancelled_after_purchase": said("Cancelled after it was bought"),
    "tracking_received": said("The supplier shipped a parcel"),
    "tracking_blocked": said("Tracking stopped before TikTok"),
    "tracking_replaced": said("Tracking number changed"),
    "tracking_sent": said("Tracking handed to TikTok"),
    "tracking_refused": said("TikTok refused the tracking"),
    "carrier_chosen": said("Carrier chosen"),
    "carrier_corrected": said("Carrier corrected"),
    "correction_requested": said("Correction of the tracking asked for"),
    "tracking_corrected": said("Tracking corrected at TikTok"),
    "correction_refused": said("TikTok refused the correction"),
    "settled": said("Paid out by TikTok"),
    "contact_revealed": said("Full address shown"),
    "note": said("Note"),
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
        return "person", said("You") if actor == own_actor else names.get(actor, said("A team member"))
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
