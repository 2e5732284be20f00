"""Purchases: their rows, their moves, and what each answer of a supplier means for the order.

Every move is a conditional update on the state that the caller saw; the database allows one live purchase per line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agency.domain.effects import EffectKind, EffectState
from agency.domain.money import Money
from agency.domain.purchasing import MOVES, PurchaseState, purchase_reference
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.catalog import Mapping as MappingRow
from agency.models.catalog import Supplier, SupplierItem
from agency.models.effects import Effect
from agency.models.orders import Order, OrderLine
from agency.models.purchasing import Purchase, PurchaseLine
from agency.models.shops import Shop
from agency.services.attention import open_attention
from agency.services.effects import EffectRef, doubt_unsent, intend
from agency.services.purchase_causes import purchase_cause
from agency.services.restores import Gap, gap_of_order
from agency.services.timeline import record_event

TRACKING_DUTY = timedelta(days=3)  # the supplier's duty to name a tracking id, from the trade's course


@dataclass(frozen=True)
class PlannedLine:
    """One order line with the item that will be bought for it."""

    line: OrderLine
    mapping: MappingRow
    item: SupplierItem


@dataclass(frozen=True)
class PlannedPurchase:
    """Lines that one supplier gets, what they should cost with shipping, and the ceiling."""

    supplier: Supplier
    lines: tuple[PlannedLine, ...]
    expected: Money
    highest: Money


def has_stock(item: SupplierItem, quantity: int) -> bool:
    """True unless the supplier is known to have too few."""
    return item.stock_quantity is None or item.stock_quantity >= quantity


def create_purchases(
    scope: Scope,
    session: Session,
    shop: Shop,
    order: Order,
    planned: Sequence[PlannedPurchase],
    now: datetime,
) -> None:
    """Writes the purchases and what comes next: an effect where there is an adapter, else work for a person."""
    attempt = _next_attempt(session, order)
    for plan in planned:
        purchase = insert_purchase(session, shop, order, plan, attempt, now)
        data = {
            "supplier": plan.supplier.name,
            "reference": purchase.reference,
            "expected_minor": plan.expected.amount,
            "currency": plan.expected.currency,
            "mappings": [[line.mapping.sku_id, line.mapping.version] for line in plan.lines],
        }
        record_event(scope, session, order, "purchase_planned", data, now)
        _hand_over(scope, session, order, purchase, plan, now)


def _next_attempt(session: Session, order: Order) -> int:
    """One that no dead purchase had; after a restore the book may have a later one and none of those before it."""
    used = func.greatest(func.count(), func.max(Purchase.attempt))
    query = select(used).where(Purchase.order_id == order.id, Purchase.state.in_(PurchaseState.DEAD))
    return 1 + int(session.scalar(query) or 0)


def insert_purchase(
    session: Session, shop: Shop, order: Order, plan: PlannedPurchase, attempt: int, now: datetime
) -> Purchase:
    """Writes a READY purchase with its lines; nothing is intended yet."""
    line_ids = [line.line.tiktok_line_id for line in plan.lines]
    tenant: dict[str, Any] = {
        "agency_id": order.agency_id,
        "client_id": order.client_id,
        "shop_id": order.shop_id,
    }
    purchase = Purchase(
        **tenant,
        order_id=order.id,
        supplier_id=plan.supplier.id,
        reference=purchase_reference(shop.code, order.tiktok_order_id, line_ids, attempt),
        attempt=attempt,
        state=PurchaseState.READY,
        currency=plan.expected.currency,
        expected_minor=plan.expected.amount,
        max_minor=plan.highest.amount,
        decision={
            "planned_at": now.isoformat(),
            "approved": list(order.approved_codes),
            "rule": "rank-then-cost",
        },
    )
    session.add(purchase)
    session.flush()
    for line in plan.lines:
        session.add(
            PurchaseLine(
                **tenant,
                purchase_id=purchase.id,
                order_line_id=line.line.id,
                supplier_item_id=line.item.id,
                mapping_id=line.mapping.id,
                mapping_version=line.mapping.version,
                quantity=line.mapping.quantity,
                unit_cost_minor=line.item.unit_cost_minor,
            )
        )
    session.flush()
    return purchase


def _hand_over(
    scope: Scope, session: Session, order: Order, purchase: Purchase, plan: PlannedPurchase, now: datetime
) -> None:
    kind, supplier = plan.supplier.kind, plan.supplier
    gap = gap_of_order(session, order, supplier)
    if gap is not None:
        purchase.decision = {**purchase.decision, "restored": True}
        session.flush()
    if kind == "stock":
        _take_from_shelf(session, purchase, plan, now)
        record_event(scope, session, order, "reserved", {"reference": purchase.reference}, now)
        _ask_person(scope, session, order, purchase, "pack", pack_why(gap))
    elif kind == "manual":
        _ask_person(scope, session, order, purchase, "buy_by_hand", by_hand_why(supplier.name, gap))
    elif gap is not None:
        doubt_purchase(scope, session, purchase, perhaps_bought(supplier.name, gap))
    else:
        intend_at_supplier(scope, session, purchase, EffectKind.PLACE)


def intend_at_supplier(
    scope: Scope, session: Session, purchase: Purchase, kind: str, suffix: str = ""
) -> None:
    """Intends a write about a purchase and wakes its supplier's lane; `suffix` tells a second one of the kind apart."""
    ref = EffectRef(
        purchase.client_id,
        purchase.shop_id,
        purchase.order_id,
        purchase_id=purchase.id,
        supplier_id=purchase.supplier_id,
    )
    intend(scope, session, kind, purchase.reference + suffix, ref)
    make_due(session, api="purchase", supplier_id=purchase.supplier_id, planned_for=purchase.shop_id)


def doubt_purchase(scope: Scope, session: Session, purchase: Purchase, reason: str) -> None:
    """Intends to place a purchase and doubts it at once: it is asked for, never sent before proof."""
    intend_at_supplier(scope, session, purchase, EffectKind.PLACE)
    effect = session.scalars(
        select(Effect).where(Effect.purchase_id == purchase.id, Effect.kind == EffectKind.PLACE)
    ).one()
    doubt_unsent(session, effect, reason)
    purchase.reason = reason[:500]


def perhaps_bought(supplier: str, gap: Gap) -> str:
    """What a person is told of an order that a restored database may have forgotten."""
    return said(
        "It may have been bought at {supplier} between {since} and {until} UTC, which this restored database does "
        "not know.",
        supplier=supplier,
        **gap.words,
    )


def by_hand_why(supplier: str, gap: Gap | None) -> str:
    """What a person is asked who buys on a supplier's website."""
    if gap is None:
        return said(
            "Buy at {supplier} by hand, then enter the supplier's order number and cost.", supplier=supplier
        )
    return said(
        "It may have been bought at {supplier} between {since} and {until} UTC, which this restored database does not "
        "know. Look there first; buy only what is missing, then enter the supplier's order number and cost.",
        supplier=supplier,
        **gap.words,
    )


def pack_why(gap: Gap | None) -> str:
    """What a person is asked who packs from the agency's own shelf."""
    if gap is None:
        return said("Pack this from your own stock, then enter its tracking.")
    return said(
        "It may have been packed between {since} and {until} UTC, which this restored database does not know. "
        "Look first; else pack it from your own stock, then enter its tracking.",
        **gap.words,
    )


def _take_from_shelf(session: Session, purchase: Purchase, plan: PlannedPurchase, now: datetime) -> None:
    """Reserves our own stock. The CHECK on the quantity refuses what is not there, whoever came first."""
    for line in plan.lines:
        session.execute(
            update(SupplierItem)
            .where(SupplierItem.id == line.item.id, SupplierItem.stock_quantity.is_not(None))
            .values(stock_quantity=SupplierItem.stock_quantity - line.mapping.quantity)
        )
    move(session, purchase, PurchaseState.PAID, supplier_order_id=f"SHELF-{purchase.reference}", paid_at=now)


def _ask_person(
    scope: Scope, session: Session, order: Order, purchase: Purchase, action: str, why: str
) -> None:
    open_attention(scope, session, purchase_cause(order, purchase, action, why, action))


def move(session: Session, purchase: Purchase, state: str, **values: Any) -> bool:
    """Moves a purchase by compare-and-set on the state that the caller saw; False when it has moved on.

    Raises ValueError for a move that the drawing does not have.
    """
    if state not in MOVES[purchase.state]:
        raise ValueError(f"A purchase cannot go from {purchase.state} to {state}.")
    result = session.execute(
        update(Purchase)
        .where(Purchase.id == purchase.id, Purchase.state == purchase.state)
        .values(state=state, **values)
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:  # type: ignore[attr-defined]
        return False
    if state in PurchaseState.DEAD:
        session.execute(
            update(PurchaseLine).where(PurchaseLine.purchase_id == purchase.id).values(live=False)
        )
    if state in (PurchaseState.CANCELLING, *PurchaseState.DEAD):
        _drop_payment(session, purchase)
    session.refresh(purchase)
    return True


def _drop_payment(session: Session, purchase: Purchase) -> None:
    """A payment that was never sent ends with its purchase; left open, it would keep its lane due for ever."""
    session.execute(
        update(Effect)
        .where(
            Effect.purchase_id == purchase.id,
            Effect.kind == EffectKind.PAY,
            Effect.state == EffectState.INTENDED,
        )
        .values(
            state=EffectState.REFUSED,
            reason=said("the purchase was called off before its payment"),
            ended_at=func.now(),
        )
        .execution_options(synchronize_session=False)
    )


def receipt_of(order_receipt: Mapping[str, str]) -> dict[str, str]:
    """A supplier's receipt as it is kept: short texts only."""
    return {str(key)[:40]: str(value)[:200] for key, value in order_receipt.items()}
