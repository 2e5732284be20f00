"""Our state words as a reader sees them: text, tone and the label of the next action. Pure tables, one home each.

Tones: "" is normal, "ok" is good, "warn" needs a look soon, "bad" is a problem, "ask" waits for somebody's yes.
"""

from __future__ import annotations

from agency.domain.effects import EffectState
from agency.domain.orders import ON_HOLD, UNPAID, Stage
from agency.domain.parcels import ParcelState
from agency.domain.purchasing import PurchaseState

STAGES = {
    Stage.HELD: "On hold",
    Stage.TO_BUY: "Being ordered",
    Stage.BLOCKED: "Needs a decision",
    Stage.BOUGHT: "Waiting for tracking",
    Stage.SHIPPED: "Shipped",
    Stage.DELIVERED: "Delivered",
    Stage.SETTLED: "Paid out",
    Stage.CANCELLED: "Cancelled",
    Stage.EXCLUDED: "Shipped by TikTok",
}
_STAGE_TONES = {Stage.BLOCKED: "warn", Stage.SETTLED: "ok", Stage.DELIVERED: "ok"}

ACTIONS = {
    "map": "Map supplier",
    "approve": "Review cost",
    "fix_address": "Fix address",
    "buy_by_hand": "Place order",
    "pack": "Pack order",
    "add_tracking": "Add tracking",
    "review_purchase": "Check purchase",
    "chase_carrier": "Chase carrier",
    "reconnect": "Reconnect shop",
    "check_supplier": "Check supplier",
    "record_consent": "Record consent",
    "start_buying": "Start buying",
    "look": "Open",
}

# What an open decision is called in a list; the sentence itself is its `why`.
KINDS = {
    "approval": ("Needs approval", "ask"),
    "unmapped": ("No supplier mapped", "bad"),
    "blocked": ("Cannot be bought", "bad"),
    "buy_by_hand": ("Order by hand", "warn"),
    "pack": ("Pack from own stock", "warn"),
    "purchase_review": ("Purchase not certain", "bad"),
    "cancelled_after_purchase": ("Cancelled after purchase", "bad"),
    "unknown_code": ("Unknown code", "warn"),
    "shop_unread": ("Shop not read", "bad"),
    "count_differs": ("Orders missing", "bad"),
    "reconnect": ("Connection lost", "bad"),
    "no_first_scan": ("No carrier scan yet", "warn"),
    "tracking_late": ("Tracking late", "warn"),
    "tracking_blocked": ("Tracking stopped", "bad"),
    "tracking_refused": ("TikTok refused tracking", "bad"),
    "ship_warning": ("TikTok warning", "warn"),
    "tracking_changed": ("Tracking changed", "warn"),
    "supplier_balance": ("Balance too low", "bad"),
    "address_changed": ("Address changed", "bad"),
    "supplier_credentials": ("Supplier key refused", "bad"),
    "money_mismatch": ("Money does not match", "bad"),
    "cancel_request": ("Buyer asks to cancel", "ask"),
    "strange_purchase": ("Unknown supplier order", "bad"),
    "change_key": ("Key to change", "warn"),
    "shop_taken": ("Shop connected elsewhere", "bad"),
}

DEADLINES = {
    "rts_sla": "Ready to ship by",
    "tts_sla": "First carrier scan by",
    "shipping_due": "Cancelled by TikTok at",
    "collection_due": "Carrier collects by",
    "delivery_sla": "Deliver by",
    "delivery_due": "Delivery ends at",
}

PURCHASES = {
    PurchaseState.PLANNED: ("Planned", ""),
    PurchaseState.APPROVAL: ("Waits for approval", "ask"),
    PurchaseState.READY: ("Ready to order", ""),
    PurchaseState.PLACING: ("Being ordered", ""),
    PurchaseState.PLACED: ("Ordered, not paid yet", ""),
    PurchaseState.PAYING: ("Being paid", ""),
    PurchaseState.PAID: ("Ordered and paid", ""),
    PurchaseState.SHIPPED: ("Shipped by the supplier", ""),
    PurchaseState.CLOSED: ("Done", "ok"),
    PurchaseState.REFUSED: ("Refused by the supplier", "bad"),
    PurchaseState.UNCONFIRMED: ("Answer lost, being checked", "warn"),
    PurchaseState.CANCELLING: ("Asking the supplier to cancel", "warn"),
    PurchaseState.CANCELLED: ("Cancelled", ""),
    PurchaseState.REVIEW: ("A person must check", "bad"),
}

PARCELS = {
    ParcelState.NEW: ("Being checked", ""),
    ParcelState.BLOCKED: ("Stopped before TikTok", "bad"),
    ParcelState.READY: ("Waiting to be sent to TikTok", ""),
    ParcelState.PUSHED: ("With TikTok, no scan yet", "warn"),
    ParcelState.IN_TRANSIT: ("On its way", ""),
    ParcelState.DELIVERED: ("Delivered", "ok"),
    ParcelState.REFUSED: ("Refused by TikTok", "bad"),
    ParcelState.VOID: ("Replaced", ""),
}

EFFECTS: dict[str, str] = {
    EffectState.INTENDED: "Will be sent",
    EffectState.SENDING: "Being sent",
    EffectState.CONFIRMED: "Confirmed",
    EffectState.REFUSED: "Refused",
    EffectState.UNKNOWN: "Answer lost, being checked",
    EffectState.REVIEW: "A person must check",
}

SUPPLIER_KINDS = {
    "rest": "Supplier with our API",
    "cj": "CJ Dropshipping",
    "stock": "Own stock",
    "manual": "Bought by hand",
}


def stage_text(stage: str, status: str, collected: bool) -> tuple[str, str]:
    """Text and tone of an order's stage; tracking without a scan is a state of its own, since the clock still runs."""
    if stage == Stage.SHIPPED:
        return ("On its way", "") if collected else ("Tracking added, no scan yet", "warn")
    if stage == Stage.HELD and status in (UNPAID, ON_HOLD):
        return ("Not paid yet", "") if status == UNPAID else ("On hold at TikTok", "")
    return STAGES.get(stage, stage), _STAGE_TONES.get(stage, "")


def kind_text(kind: str) -> tuple[str, str]:
    """Text and tone of an open decision; a kind without an entry is shown as its own word."""
    return KINDS.get(kind, (kind.replace("_", " ").capitalize(), "warn"))


def action_label(action: str) -> str:
    """The verb on the button."""
    return ACTIONS.get(action, "Open")


def deadline_label(kind: str) -> str:
    """What happens at a deadline of this kind; empty for none."""
    return DEADLINES.get(kind, kind.replace("_", " ").capitalize())
