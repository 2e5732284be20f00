"""An order's purchases out of the JSON that the database put together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agency.domain.effects import EffectKind
from agency.domain.money import Money
from agency.domain.said import said
from agency.services.order_purchase_rows import (
    ConsentFact,
    EffectRow,
    PurchasedLine,
    PurchaseRow,
    ReceiptRow,
)
from agency.services.purchase_doubt import explain_doubt
from agency.services.wording import EFFECTS, PURCHASES

Json = Mapping[Any, Any]
Named = Callable[[str | None], str]
EFFECT_KINDS = {
    EffectKind.PLACE: said("Place the order"),
    EffectKind.PAY: said("Pay"),
    EffectKind.SHIP: said("Hand the tracking to TikTok"),
    EffectKind.CORRECT: said("Correct the tracking at TikTok"),
    EffectKind.CANCEL: said("Cancel at the supplier"),
}
RULES = {"rank-then-cost": said("Lowest rank first, then lowest cost")}


def moment(value: str | datetime | None) -> datetime | None:
    """A time as JSON carries it."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def purchase_rows(
    purchases: Sequence[Json], effects: Sequence[Json], named: Named
) -> tuple[PurchaseRow, ...]:
    """Purchases with their writes to the supplier."""
    return tuple(
        _purchase(row, [effect for effect in effects if effect["purchase_id"] == row["id"]], named)
        for row in purchases
    )


def _purchase(row: Json, effects: Sequence[Json], named: Named) -> PurchaseRow:
    state_text, tone = PURCHASES.get(row["state"], (row["state"], ""))
    currency, decision = row["currency"], row["decision"]
    actual = None if row["actual_minor"] is None else Money(row["actual_minor"], currency)
    expected = Money(row["expected_minor"], currency)
    approved = tuple(str(code).replace("_", " ") for code in decision.get("approved", ()))
    rows = tuple(effect_row(effect) for effect in effects)
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
        expected=expected,
        maximum=Money(row["max_minor"], currency),
        actual=actual,
        difference=None if actual is None else actual - expected,
        attempt=row["attempt"],
        rule=RULES.get(str(decision.get("rule", "")), str(decision.get("rule", ""))),
        planned_at=moment(decision.get("planned_at")),
        approved=approved,
        approved_by=named(row["approved_by"]) or (named(row["said_yes_by"]) if approved else ""),
        claimed_by=named(row["claimed_by"]),
        claimed_until=moment(row["claimed_until"]),
        placed_at=moment(row["placed_at"]),
        paid_at=moment(row["paid_at"]),
        shipped_at=moment(row["shipped_at"]),
        tracking_due_at=moment(row["tracking_due_at"]),
        consent=_consent(row["consent"]),
        receipt=tuple(ReceiptRow(str(name), str(value)) for name, value in sorted(row["receipt"].items())),
        lines=_purchased(row["lines"] or (), currency),
        effects=rows,
        doubt=explain_doubt(row, rows),
    )


def _consent(row: Json | None) -> ConsentFact | None:
    if row is None:
        return None
    given = datetime.fromisoformat(row["given_at"])
    return ConsentFact(row["given_by_name"], given, row["text_version"], moment(row["withdrawn_at"]))


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
            mapping_version=parts[0]["mapping_version"],
            line_ids=tuple(part["line_id"] for part in parts),
        )
        for (supplier_sku, cost), parts in groups.items()
    )


def effect_row(row: Json) -> EffectRow:
    """One write to the outside."""
    answer = row["answer"]
    told = [
        str(answer[name])
        for name in ("supplier_order_id", "package_id", "status", "warning")
        if answer.get(name)
    ]
    return EffectRow(
        kind=row["kind"],
        title=EFFECT_KINDS[row["kind"]],
        state=row["state"],
        state_text=EFFECTS[row["state"]],
        attempts=row["attempts"],
        reason=row["reason"],
        outcome=" \N{MIDDLE DOT} ".join(told) or row["reason"],
        absent=row["absent_count"],
        made_at=moment(row["created_at"]),
        sent_at=moment(row["sent_at"]),
        ended_at=moment(row["ended_at"]),
        next_at=moment(row["next_at"]),
    )
