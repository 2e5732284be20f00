"""Our state words as a reader sees them: text, tone and the label of the next action. Pure tables, one home each.

Tones: "" is normal, "ok" is good, "warn" needs a look soon, "bad" is a problem, "ask" waits for somebody's yes.
"""

from __future__ import annotations

from agency.domain.effects import EffectState
from agency.domain.orders import ON_HOLD, UNPAID, Stage
from agency.domain.parcels import ParcelState
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said

STAGES = {
    Stage.HELD: said("On hold"),
    Stage.TO_BUY: said("Being ordered"),
    Stage.BLOCKED: said("Needs a decision"),
    Stage.BOUGHT: said("Waiting for tracking"),
    Stage.SHIPPED: said("Shipped"),
    Stage.DELIVERED: said("Delivered"),
    Stage.SETTLED: said("Paid out"),
    Stage.CANCELLED: said("Cancelled"),
    Stage.EXCLUDED: said("Shipped by TikTok"),
}
_STAGE_TONES = {Stage.BLOCKED: "warn", Stage.SETTLED: "ok", Stage.DELIVERED: "ok"}

ACTIONS = {
    "map": said("Map supplier"),
    "approve": said("Review cost"),
    "fix_address": said("Fix address"),
    "buy_by_hand": said("Place order"),
    "pack": said("Pack order"),
    "add_tracking": said("Add tracking"),
    "review_purchase": said("Check purchase"),
    "chase_carrier": said("Chase carrier"),
    "reconnect": said("Reconnect shop"),
    "check_supplier": said("Check supplier"),
    "record_consent": said("Record consent"),
    "start_buying": said("Start buying"),
    "choose_carrier": said("Choose carrier"),
    "look": said("See order"),
    "see": said("See order"),
}

_PARTS = {
    "approve": "#decide",
    "fix_address": "#ship-to",
    "buy_by_hand": "#buy",
    "pack": "#tracking",
    "add_tracking": "#tracking",
    "choose_carrier": "#tracking",
    "chase_carrier": "#tracking",
    "review_purchase": "#purchases",
}

# What an open decision is called in a list; the sentence itself is its `why`.
KINDS = {
    "approval": (said("Needs approval"), "ask"),
    "unmapped": (said("No supplier mapped"), "bad"),
    "blocked": (said("Cannot be bought"), "bad"),
    "buy_by_hand": (said("Order by hand"), "warn"),
    "pack": (said("Pack from own stock"), "warn"),
    "purchase_review": (said("Purchase not certain"), "bad"),
    "cancelled_after_purchase": (said("Cancelled after purchase"), "bad"),
    "unknown_code": (said("Unknown code"), "warn"),
    "shop_unread": (said("Shop not read"), "bad"),
    "count_differs": (said("Orders missing"), "bad"),
    "announced_unread": (said("Announced, not shown"), "bad"),
    "machine_silent": (said("The machine stands still"), "bad"),
    "reconnect": (said("Connection lost"), "bad"),
    "no_first_scan": (said("No carrier scan yet"), "warn"),
    "tracking_late": (said("Tracking late"), "warn"),
    "tracking_blocked": (said("Tracking stopped"), "bad"),
    "tracking_refused": (said("TikTok refused tracking"), "bad"),
    "ship_warning": (said("TikTok warning"), "warn"),
    "tracking_changed": (said("Tracking changed"), "warn"),
    "supplier_balance": (said("Balance too low"), "bad"),
    "address_changed": (said("Address changed"), "bad"),
    "supplier_credentials": (said("Supplier key refused"), "bad"),
    "money_mismatch": (said("Money does not match"), "bad"),
    "cancel_request": (said("Buyer asks to cancel"), "ask"),
    "strange_purchase": (said("Unknown supplier order"), "bad"),
    "change_key": (said("Key to change"), "warn"),
    "shop_taken": (said("Shop connected elsewhere"), "bad"),
    "asked": (said("Given to a person"), "warn"),
}

DEADLINES = {
    "rts_sla": said("Ready to ship by"),
    "tts_sla": said("First carrier scan by"),
    "shipping_due": said("Cancelled by TikTok at"),
    "collection_due": said("Carrier collects by"),
    "delivery_sla": said("Deliver by"),
    "delivery_due": said("Delivery ends at"),
}

PURCHASES = {
    PurchaseState.PLANNED: (said("Planned"), ""),
    PurchaseState.APPROVAL: (said("Waits for approval"), "ask"),
    PurchaseState.READY: (said("Ready to order"), ""),
    PurchaseState.PLACING: (said("Being ordered"), ""),
    PurchaseState.PLACED: (said("Ordered, not paid yet"), ""),
    PurchaseState.PAYING: (said("Being paid"), ""),
    PurchaseState.PAID: (said("Ordered and paid"), ""),
    PurchaseState.SHIPPED: (said("Shipped by the supplier"), ""),
    PurchaseState.CLOSED: (said("Done"), "ok"),
    PurchaseState.REFUSED: (said("Refused by the supplier"), "bad"),
    PurchaseState.UNCONFIRMED: (said("Answer lost, being checked"), "warn"),
    PurchaseState.CANCELLING: (said("Asking the supplier to cancel"), "warn"),
    PurchaseState.CANCELLED: (said("Cancelled"), ""),
    PurchaseState.REVIEW: (said("A person must check"), "bad"),
}

PARCELS = {
    ParcelState.NEW: (said("Being checked"), ""),
    ParcelState.BLOCKED: (said("Stopped before TikTok"), "bad"),
    ParcelState.READY: (said("Waiting to be sent to TikTok"), ""),
    ParcelState.PUSHED: (said("With TikTok, no scan yet"), "warn"),
    ParcelState.IN_TRANSIT: (said("On its way"), ""),
    ParcelState.DELIVERED: (said("Delivered"), "ok"),
    ParcelState.REFUSED: (said("Refused by TikTok"), "bad"),
    ParcelState.VOID: (said("Replaced"), ""),
}

EFFECTS: dict[str, str] = {
    EffectState.INTENDED: said("Will be sent"),
    EffectState.SENDING: said("Being sent"),
    EffectState.CONFIRMED: said("Confirmed"),
    EffectState.REFUSED: said("Refused"),
    EffectState.UNKNOWN: said("Answer lost, being checked"),
    EffectState.REVIEW: said("A person must check"),
}

SUPPLIER_KINDS = {
    "rest": said("Supplier with our API"),
    "cj": said("CJ Dropshipping"),
    "stock": said("Own stock"),
    "manual": said("Bought by hand"),
}


# Stages in the middle of a sentence, written down for the translators.
STAGE_WORDS = frozenset(
    {said("bought"), said("shipped"), said("delivered"), said("settled"), said("cancelled"), said("excluded")}
)


def stage_text(stage: str, status: str, collected: bool) -> tuple[str, str]:
    """Text and tone of an order's stage; tracking without a scan is a state of its own, since the clock still runs."""
    if stage == Stage.SHIPPED:
        return (said("On its way"), "") if collected else (said("Tracking added, no scan yet"), "warn")
    if stage == Stage.HELD and status in (UNPAID, ON_HOLD):
        return (said("Not paid yet"), "") if status == UNPAID else (said("On hold at TikTok"), "")
    return STAGES.get(stage, stage), _STAGE_TONES.get(stage, "")


def kind_text(kind: str) -> tuple[str, str]:
    """Text and tone of an open decision; a kind without an entry is shown as its own word."""
    return KINDS.get(kind, (kind.replace("_", " ").capitalize(), "warn"))


def action_label(action: str) -> str:
    """The verb on the button."""
    return ACTIONS.get(action, said("Open"))


def action_part(action: str) -> str:
    """Where on an order's page the action is done ("#tracking"); empty when it is done elsewhere or by looking."""
    return _PARTS.get(action, "")


def deadline_label(kind: str) -> str:
    """What happens at a deadline of this kind; empty for none."""
    return DEADLINES.get(kind, kind.replace("_", " ").capitalize())
