"""The parts of an order's page out of the JSON that the database put together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from agency.domain.clocks import DeadlineKind
from agency.domain.money import Money
from agency.domain.said import said
from agency.services.order_page_rows import (
    DeadlineRow,
    DecisionRow,
    FindingRow,
    LineRow,
    MappingRow,
    ParcelRow,
    ScanRow,
)
from agency.services.order_purchase_parts import effect_row, moment
from agency.services.supplier_lists import mapping_row
from agency.services.wording import PARCELS, action_label, deadline_label

Json = Mapping[Any, Any]
Named = Callable[[str | None], str]

# What TikTok does once a deadline has passed (clock policies; the fields' own meaning).
CONSEQUENCES = {
    DeadlineKind.RTS_SLA: said("TikTok counts it as handed over late."),
    DeadlineKind.TTS_SLA: said(
        "Without a carrier's scan by then, TikTok counts the order as dispatched late."
    ),
    DeadlineKind.SHIPPING_DUE: said("TikTok cancels the order unless it has a tracking number by then."),
    DeadlineKind.COLLECTION_DUE: said("TikTok cancels the order unless a carrier has scanned it by then."),
    DeadlineKind.DELIVERY_SLA: said("TikTok counts the delivery as late."),
    DeadlineKind.DELIVERY_DUE: said("TikTok cancels the order unless it is delivered by then."),
}
_OWN_PROMISE = said("Your own promise is broken; TikTok's own limit comes later.")


def consequence(kind: str, source: str) -> str:
    """What happens when a deadline passes, in a sentence."""
    if source.startswith("promise"):
        return _OWN_PROMISE
    return CONSEQUENCES.get(DeadlineKind(kind), "") if kind in list(DeadlineKind) else ""


def line_rows(
    lines: Sequence[Json], mappings: Sequence[Json], currency: str, named: Named
) -> tuple[LineRow, ...]:
    """Units of the same sku at the same price as one row, in the order in which TikTok sent them."""
    groups: dict[tuple[str, int], list[Json]] = {}
    for line in lines:
        groups.setdefault((line["sku_id"], line["sale_price_minor"]), []).append(line)
    return tuple(
        LineRow(
            sku_id=sku_id,
            product_name=units[0]["product_name"],
            sku_name=units[0]["sku_name"],
            seller_sku=units[0]["seller_sku"],
            quantity=len(units),
            unit_price=Money(price, currency),
            line_ids=tuple(unit["tiktok_line_id"] for unit in units),
            cancelled_units=sum(unit["display_status"] == "CANCELLED" for unit in units),
            mappings=tuple(_mapping(row, named) for row in mappings if row["sku_id"] == sku_id),
        )
        for (sku_id, price), units in groups.items()
    )


def _mapping(row: Json, named: Named) -> MappingRow:
    return replace(
        mapping_row(row),
        mapped_by=named(row["mapped_by"]),
        mapped_at=moment(row["mapped_at"]),
        quoted_at=moment(row["quoted_at"]),
    )


def parcel_row(row: Json, effects: Sequence[Json] = ()) -> ParcelRow:
    """One parcel with what the firewall and the carrier say of it."""
    state_text, tone = PARCELS.get(row["state"], (row["state"], ""))
    return ParcelRow(
        parcel_id=str(row["public_id"]),
        tracking_number=row["tracking_number"],
        carrier=row["carrier"],
        carrier_text=row["carrier_text"],
        provider_name=row["provider_name"],
        state=row["state"],
        state_text=state_text,
        tone=tone,
        warning=row["warning"],
        units=row["units"],
        corrections=row["corrections"],
        supplier_shipped_at=moment(row["supplier_shipped_at"]),
        pushed_at=moment(row["pushed_at"]),
        first_scan_at=moment(row["first_scan_at"]),
        delivered_at=moment(row["delivered_at"]),
        findings=tuple(FindingRow(f["code"], f["severity"], f["sentence"]) for f in row["findings"]),
        scans=tuple(
            ScanRow(datetime.fromisoformat(at), description) for at, description in row["scans"] or ()
        ),
        effects=tuple(effect_row(effect) for effect in effects if effect["parcel_id"] == row["id"]),
    )


def deadline_rows(order: Json, now: datetime) -> tuple[DeadlineRow, ...]:
    """TikTok's deadlines as they are, plus the one that counts when it came from a policy or promise of ours."""
    rows = [
        _deadline(kind, at, "tiktok", now, counts=_counts(order, kind, at))
        for kind in DeadlineKind
        if (at := order[f"{kind}_at"]) is not None
    ]
    due, kind = order["due_at"], order["due_kind"]
    if due is not None and not any(row.counts for row in rows):
        rows.append(_deadline(kind, due, order["due_source"], now, counts=True))
    return tuple(sorted(rows, key=lambda row: row.at))


def _deadline(kind: str, at: datetime, source: str, now: datetime, *, counts: bool) -> DeadlineRow:
    after = consequence(kind, source)
    return DeadlineRow(kind, deadline_label(kind), at, source, counts, at < now, after)


def _counts(order: Json, kind: str, at: datetime) -> bool:
    return bool(order["due_kind"] == kind and order["due_at"] == at)


def decision_row(row: Json) -> DecisionRow:
    """One open decision."""
    return DecisionRow(
        attention_id=str(row["public_id"]),
        kind=row["kind"],
        why=row["why"],
        action=row["action"],
        action_label=action_label(row["action"]),
        due_at=moment(row["due_at"]),
        loss=Money(row["loss_minor"], row["currency"]) if row["loss_minor"] and row["currency"] else None,
    )
