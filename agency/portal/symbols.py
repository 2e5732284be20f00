"""Which icon, label and tone stand for which word of the domain, on every page alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask_babel import gettext as _

from agency.domain.money import Money, exponent_of
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.portal.language import tr
from agency.portal.showing import money_text, span_text
from agency.services.wording import action_part
from agency.services.worklist_rows import WorkRow

_STAGE_ICONS = {
    Stage.HELD: "pause",
    Stage.TO_BUY: "cart",
    Stage.BLOCKED: "hand",
    Stage.BOUGHT: "scan",
    Stage.SHIPPED: "send",
    Stage.DELIVERED: "home",
    Stage.SETTLED: "cash",
    Stage.CANCELLED: "x",
    Stage.EXCLUDED: "shop",
}
_STEP_ICONS = {
    "received": "inbox",
    "placed": "inbox",
    "paid": "cash",
    "bought": "cart",
    "purchased": "cart",
    "tracking": "scan",
    "shipped": "send",
    "scanned": "scan",
    "in_transit": "truck",
    "delivered": "home",
    "settled": "cash",
    "cancelled": "x",
}
_ACTION_ICONS = {
    "map": "link",
    "approve": "scale",
    "fix_address": "pin",
    "buy_by_hand": "cart",
    "pack": "box",
    "add_tracking": "scan",
    "review_purchase": "eye",
    "chase_carrier": "truck",
    "reconnect": "plug",
    "check_supplier": "truck",
    "record_consent": "check",
    "answer_cancel": "hand",
    "choose_carrier": "truck",
    "look": "alert",
}
_EVENT_ICONS = {
    "person": "user",
    "rule": "machine",
    "machine": "machine",
    "marketplace": "inbox",
    "supplier": "truck",
}
# What a deadline is called beside an order's number in a list.
_DUE_WORDS = {
    "rts_sla": said("ready to ship"),
    "tts_sla": said("first scan"),
    "shipping_due": said("auto-cancel"),
    "collection_due": said("collection"),
    "delivery_sla": said("delivery"),
    "delivery_due": said("end of delivery"),
}
# TikTok's own words for an order's state and kind, as a person says them.
_TIKTOK_WORDS = {
    "UNPAID": said("Unpaid"),
    "ON_HOLD": said("On hold"),
    "AWAITING_SHIPMENT": said("Awaiting shipment"),
    "PARTIALLY_SHIPPING": said("Partially shipped"),
    "AWAITING_COLLECTION": said("Awaiting collection"),
    "IN_TRANSIT": said("In transit"),
    "DELIVERED": said("Delivered"),
    "COMPLETED": said("Completed"),
    "CANCELLED": said("Cancelled"),
    "NORMAL": said("Normal"),
    "PRE_ORDER": said("Pre-order"),
    "MADE_TO_ORDER": said("Made to order"),
    "BACK_ORDER": said("Back order"),
    "ZERO_LOTTERY": said("Free prize"),
}
_GROUP_TONES = {"unread": "bad", "overdue": "bad", "next_4_hours": "warn"}


def stage_icon(stage: str) -> str:
    """The icon of a stage."""
    return _STAGE_ICONS.get(stage, "info")


def step_icon(key: str) -> str:
    """The icon of a step across an order's page."""
    return _STEP_ICONS.get(key) or _STAGE_ICONS.get(key, "info")


def action_icon(word: str) -> str:
    """The icon of an action."""
    return _ACTION_ICONS.get(word, "right")


def event_icon(by: str) -> str:
    """The icon that tells people, machine, marketplace and supplier apart on a timeline."""
    return _EVENT_ICONS.get(by, "info")


def row_icon(row: WorkRow) -> str:
    """The icon of a row of Today: what must be decided, or where the order stands."""
    return (
        _STAGE_ICONS.get(row.stage, "info") if row.kind == "order" else _ACTION_ICONS.get(row.action, "alert")
    )


def group_tone(key: str) -> str:
    """The colour of a group's dot."""
    return _GROUP_TONES.get(key, "")


def sums_text(amounts: Sequence[Money]) -> str:
    """One sum per currency, since currencies are never added: "$1,204.00 + £88.10"."""
    return " + ".join(money_text(amount) for amount in amounts) or "\N{EN DASH}"


def round_sums_text(amounts: Sequence[Money]) -> str:
    """The same in whole units, for a figure whose cents nobody reads: "$1,204 + £88"."""
    whole = [
        Money(amount.amount - amount.amount % 10 ** exponent_of(amount.currency), amount.currency)
        for amount in amounts
    ]
    return re.sub(r"[.,]0+(?![\d.,])", "", sums_text(whole))


def place_name(zone: str) -> str:
    """The town of a zone's name: "America/New_York" is "New York"."""
    return zone.rpartition("/")[2].replace("_", " ")


def options(rows: Sequence[object], key: str, label: str) -> list[tuple[str, str]]:
    """The choices of a select: two attributes of each row."""
    return [(getattr(row, key), getattr(row, label)) for row in rows]


def pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """The choices of a select whose words are shown as they are."""
    return [(name, name) for name in names]


def due_source(source: str) -> str:
    """Where a deadline comes from, for the reader: TikTok itself, a dated rule, or the agency's own promise."""
    kind, _colon, name = source.partition(":")
    words = {
        "tiktok": "TikTok",
        "policy": str(_("rule %(name)s", name=name)),
        "promise": str(_("your promise %(name)s", name=name)),
    }
    return words.get(kind, source)


def tiktok_word(word: str) -> str:
    """A state or kind of order in the reader's language; a word that is new to us as TikTok writes it."""
    return tr(_TIKTOK_WORDS.get(word, word.replace("_", " ").capitalize()))


FILTERS = {
    "tiktok_word": tiktok_word,
    "due_source": due_source,
    "options": options,
    "pairs": pairs,
    "stage_icon": stage_icon,
    "due_word": lambda kind: tr(_DUE_WORDS.get(kind, "")),
    "step_icon": step_icon,
    "action_icon": action_icon,
    "action_part": action_part,
    "event_icon": event_icon,
    "row_icon": row_icon,
    "group_tone": group_tone,
    "sums": sums_text,
    "round_sums": round_sums_text,
    "span": span_text,
    "place": place_name,
}
