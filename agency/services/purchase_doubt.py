"""A purchase in doubt, explained: what was sent, asked and found out, and what each answer would do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agency.domain.effects import EffectKind, EffectState
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.services.order_purchase_rows import DoubtRow, EffectRow

_OPEN = (EffectState.UNKNOWN, EffectState.REVIEW, EffectState.SENDING)
_IF_NOT = said(
    "It is planned again and sent once more under a new reference. "
    "If the supplier has it after all, it is bought twice, so look carefully."
)


def explain_doubt(purchase: Mapping[Any, Any], effects: Sequence[EffectRow]) -> DoubtRow | None:
    """The doubt about a purchase, None when there is none."""
    if purchase["state"] not in (PurchaseState.UNCONFIRMED, PurchaseState.REVIEW):
        return None
    effect = next((row for row in reversed(effects) if row.state in _OPEN), None)
    supplier, reference = purchase["supplier_name"], purchase["reference"]
    by_machine = purchase["state"] == PurchaseState.UNCONFIRMED
    return DoubtRow(
        what=_what(purchase, effect),
        sent_at=effect.sent_at if effect else None,
        asked=effect.absent if effect else 0,
        asking=_asking(supplier, by_machine),
        known=(effect.reason if effect else "") or purchase["reason"],
        next_at=effect.next_at if effect and by_machine else None,
        look_up=said(
            "Open {supplier}'s own order list and search for {reference}; if it keeps no references, for the item and "
            "the day.",
            supplier=supplier,
            reference=reference,
        ),
        if_bought=said(
            "It is booked as paid with the number and amount you enter. Nothing is sent again, and {supplier} is asked "
            "for the tracking number.",
            supplier=supplier,
        ),
        if_not=_IF_NOT,
    )


def _what(purchase: Mapping[Any, Any], effect: EffectRow | None) -> str:
    supplier, number = purchase["supplier_name"], purchase["supplier_order_id"]
    if effect is None and number:
        return said(
            "{supplier} took the order as {number} and then stopped it.", supplier=supplier, number=number
        )
    if effect is not None and effect.kind == EffectKind.PAY:
        return said("We sent the payment to {supplier}, and no answer came back.", supplier=supplier)
    if effect is not None and effect.kind == EffectKind.CANCEL:
        return said("We asked {supplier} to cancel it, and no answer came back.", supplier=supplier)
    return said("We sent the order to {supplier}, and no answer came back.", supplier=supplier)


def _asking(supplier: str, by_machine: bool) -> str:
    if by_machine:
        return said(
            "We ask {supplier} by ourselves whether it has the order. Nothing is sent again before that is proved.",
            supplier=supplier,
        )
    return said("We cannot find out by ourselves. Nothing is sent again until a person answers.")
