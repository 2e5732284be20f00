"""What is written down of an order at every change, and the chain of these changes. Pure; anybody can recompute it.

    hash = SHA-256( previous hash + "part|row|number|at|body" )      body: the JSON text exactly as it is stored

Each row of a watched table has a chain of its own. A changed, removed or inserted change breaks it at a number; a tail
that was cut off is found by comparing what the changes rebuild with the row (domain/replay.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_MOMENTS = (
    "placed_at", "paid_at", "awaiting_shipment_at", "rts_at", "collected_at", "delivered_at", "cancelled_at",
    "settled_at", "release_at", "rts_sla_at", "tts_sla_at", "shipping_due_at", "collection_due_at", "delivery_sla_at",
    "delivery_due_at", "due_at", "stage_at",
)  # fmt: skip
_ORDER = {
    **dict.fromkeys(("tiktok_order_id", "status", "stage", "order_type", "fulfillment_type"), "text"),
    **dict.fromkeys(("shipping_type", "currency", "due_kind", "due_source", "held_by"), "text"),
    **dict.fromkeys(("cancelled_by", "cancel_reason"), "text"),
    **dict.fromkeys(("total_minor", "subtotal_minor", "shipping_fee_minor", "tax_minor"), "number"),
    **dict.fromkeys(("platform_discount_minor", "seller_discount_minor", "unit_count"), "number"),
    **dict.fromkeys(("estimate_minor", "profit_minor", "handling_days"), "number"),
    **dict.fromkeys(_MOMENTS, "moment"),
    "is_cancel_requested": "flag",
    **dict.fromkeys(("approved_codes", "blockers"), "codes"),
}
_PURCHASE = {
    **dict.fromkeys(("reference", "state", "reason", "currency", "supplier_order_id"), "text"),
    **dict.fromkeys(("approved_by", "claimed_by"), "text"),
    **dict.fromkeys(("supplier_id", "attempt", "expected_minor", "max_minor", "actual_minor"), "number"),
    **dict.fromkeys(("placed_at", "paid_at", "shipped_at", "tracking_due_at"), "moment"),
}
_EFFECT = {
    **dict.fromkeys(("kind", "key", "state", "reason"), "text"),
    **dict.fromkeys(("attempts", "absent_count", "purchase_id", "parcel_id", "supplier_id"), "number"),
}
_PARCEL = {
    **dict.fromkeys(("state", "tracking_number", "carrier_text", "carrier", "provider_id"), "text"),
    **dict.fromkeys(("package_id", "warning"), "text"),
    **dict.fromkeys(("purchase_id", "corrections"), "number"),
    **dict.fromkeys(("supplier_shipped_at", "pushed_at", "first_scan_at", "delivered_at"), "moment"),
}
_LEDGER = {
    **dict.fromkeys(("statement_id", "entry_key", "kind", "currency"), "text"),
    "amount_minor": "number",
    "at": "moment",
}
# part -> what is written down of it -> what kind of value that is
PARTS: Mapping[str, Mapping[str, str]] = {
    "order": _ORDER,
    "purchase": _PURCHASE,
    "effect": _EFFECT,
    "parcel": _PARCEL,
    "ledger": _LEDGER,
}


@dataclass(frozen=True)
class Change:
    """One change of one row: what became different, as JSON text. `at` is machine time; `number` counts from 1."""

    part: str
    row_key: int
    number: int
    at: datetime
    body: str
    previous_hash: bytes
    hash: bytes


def change_hash(change: Change) -> bytes:
    """The hash that the change must have."""
    at = change.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = "|".join((change.part, str(change.row_key), str(change.number), at, change.body))
    return hashlib.sha256(change.previous_hash + text.encode()).digest()


def chain_problems(changes: Iterable[Change]) -> list[str]:
    """One sentence per broken chain; empty when all are whole."""
    last: dict[tuple[str, int], tuple[int, bytes]] = {}
    problems: dict[tuple[str, int], str] = {}
    for change in sorted(changes, key=lambda each: (each.part, each.row_key, each.number)):
        row = (change.part, change.row_key)
        number, previous = last.get(row, (0, b""))
        problem = _problem(change, number + 1, previous)
        if problem:
            problems.setdefault(row, f"{change.part} {change.row_key}: {problem}")
        last[row] = (change.number, change.hash)
    return list(problems.values())


def _problem(change: Change, expected: int, previous: bytes) -> str:
    if change.number != expected:
        return f"change {expected} is missing; change {change.number} stands in its place"
    if change.previous_hash != previous:
        return f"change {expected} does not follow the change before it"
    if change.hash != change_hash(change):
        return f"change {expected} was altered after it was written"
    return ""
