"""The parts of an order's page out of the JSON that the database put together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agency.domain.clocks import DeadlineKind
from agency.domain.money import Money
from agency.services.event_wording import event_by, event_detail, event_title
from agency.services.order_page_rows import (
    DeadlineRow,
    DecisionRow,
    EffectRow,
    EventRow,
    FindingRow,
    LineRow,
    ParcelRow,
    PurchasedLine,
    PurchaseRow,
    ScanRow,
)
from agency.services.shop_lists import who
from agency.services.supplier_lists import mapping_row
from agency.services.wording import EFFECTS, PARCELS, PURCHASES, action_label, deadline_label

Json = Mapping[Any, Any]


def moment(value: str | datetime | None) -> datetime | None:
    """A time as JSON carries it."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def line_rows(lines: Sequence[Json], mappings: Sequence[Json], currency: str) -> tuple[LineRow, ...]:
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
            mappings=tuple(mapping_row(mapping) for mapping in mappings if mapping["sku_id"] == sku_id),
        )
        for (sku_id, price), units in groups.items()
    )


def purchase_rows(purchases: Sequence[Json], effects: Sequence[Json], scope: Any) -> tuple[PurchaseRow, ...]:
    """Purchases with their writes to the supplier."""
    return tuple(
        _purchase(row, [effect for effect in effects if effect["purchase_id"] == row["id"]], scope)
        for row in purchases
    )


def _purchase(row: Json, effects: Sequence[Json], scope: Any) -> PurchaseRow:
    state_text, tone = PURCHASES.get(row["state"], (row["state"], ""))
    currency = row["currency"]
    return PurchaseRow(
        purchase_id=str(row["public_id"]),
        supplier_id=str(row["supplier_public_id"]),
        supplier_name=row["supplier_name"],
        supplier_kind=row["supplier_kind"],
        supplier_website=row["website"],
        reference=row["reference"],
        supplier_order_id=row["supplier_order_id"],
        state=row["state"],
        state_text=state_text,
        tone=tone,
        reason=row["reason"],
        expected=Money(row["expected_minor"], currency),
        maximum=Money(row["max_minor"], currency),
        actual=None if row["actual_minor"] is None else Money(row["actual_minor"], currency),
        attempt=row["attempt"],
        claimed_by=who(row["claimed_by"], scope),
        claimed_until=moment(row["claimed_until"]),
        placed_at=moment(row["placed_at"]),
        paid_at=moment(row["paid_at"]),
        shipped_at=moment(row["shipped_at"]),
        tracking_due_at=moment(row["tracking_due_at"]),
        lines=_purchased(row["lines"] or (), currency),
        effects=tuple(effect_row(effect) for effect in effects),
    )


def _purchased(lines: Sequence[Json], currency: str) -> tuple[PurchasedLine, ...]:
    """One row per supplier item and price; the quantities of its order lines add up."""
    groups: dict[tuple[str, int], list[Json]] = {}
    for line in lines:
        groups.setdefault((line["supplier_sku"], line["unit_cost_minor"]), []).append(line)
    return tuple(
        PurchasedLine(
            supplier_sku=supplier_sku,
            title=parts[0]["title"],
            url=parts[0]["url"],
            quantity=sum(part["quantity"] for part in parts),
            unit_cost=Money(cost, currency),
            line_ids=tuple(part["line_id"] for part in parts),
        )
        for (supplier_sku, cost), parts in groups.items()
    )


def effect_row(row: Json) -> EffectRow:
    """One write to the outside."""
    return EffectRow(
        kind=row["kind"],
        state=row["state"],
        state_text=EFFECTS[row["state"]],
        attempts=row["attempts"],
        reason=row["reason"],
        sent_at=moment(row["sent_at"]),
        ended_at=moment(row["ended_at"]),
    )


def parcel_row(row: Json) -> ParcelRow:
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
    )


def deadline_rows(order: Json, now: datetime) -> tuple[DeadlineRow, ...]:
    """TikTok's deadlines as they are, plus the one that counts when it came from a policy or promise of ours."""
    rows = [
        DeadlineRow(kind, deadline_label(kind), at, "tiktok", _counts(order, kind, at), at < now)
        for kind in DeadlineKind
        if (at := order[f"{kind}_at"]) is not None
    ]
    due, kind = order["due_at"], order["due_kind"]
    if due is not None and not any(row.counts for row in rows):
        rows.append(DeadlineRow(kind, deadline_label(kind), due, order["due_source"], True, due < now))
    return tuple(sorted(rows, key=lambda row: row.at))


def _counts(order: Json, kind: str, at: datetime) -> bool:
    return bool(order["due_kind"] == kind and order["due_at"] == at)


def event_row(row: Json, own_actor: str) -> EventRow:
    """One event, worded for this reader."""
    by, words = event_by(row["actor"], own_actor)
    title, detail = event_title(row["kind"]), event_detail(row["kind"], row["data"])
    at = datetime.fromisoformat(row["at"])
    return EventRow(row["seq"], at, row["kind"], by, words, title, detail, row["data"])


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
