"""Blocking an order with all its reasons, and lifting the block when the reasons are gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.domain.consents import MISSING
from agency.domain.purchasing import Blocker
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.catalog import Mapping, Supplier
from agency.models.orders import Order, OrderLine
from agency.services.attention import Cause, close_order_attentions, open_attention
from agency.services.timeline import record_event

BLOCKED_KINDS = ("blocked", "approval", "unmapped")
_ACTIONS = {
    "unmapped": "map",
    "address_masked": "look",
    "address_missing": "look",
    "supplier_credentials": "check_supplier",
    "supplier_refused": "check_supplier",
    "cancel_requested": "look",
    "stopped": "start_buying",
    "out_of_stock": "map",
    "price_above_cap": "map",
    MISSING: "record_consent",
}


def block_order(
    scope: Scope, session: Session, order: Order, blockers: Sequence[Blocker], now: datetime
) -> None:
    """Writes the blockers, an event when they changed, and one open decision with one default action."""
    rows = [asdict(blocker) for blocker in blockers]
    if rows != order.blockers:
        record_event(scope, session, order, "blocked", {"blockers": rows}, now)
    order.blockers = rows
    approvable = all(blocker.approvable for blocker in blockers)
    kind = "approval" if approvable else "unmapped" if blockers[0].code == "unmapped" else "blocked"
    close_order_attentions(scope, session, order.id, only=[k for k in BLOCKED_KINDS if k != kind])
    open_attention(
        scope,
        session,
        Cause(
            client_id=order.client_id,
            kind=kind,
            key=f"order:{order.id}",
            why=" ".join(blocker.sentence for blocker in blockers),
            action="approve" if approvable else _ACTIONS.get(blockers[0].code, "fix_address"),
            shop_id=order.shop_id,
            order_id=order.id,
            supplier_id=_supplier_of(session, blockers[0]),
            due_at=order.due_at,
            loss_minor=order.total_minor,
            currency=order.currency,
            data={"codes": [blocker.code for blocker in blockers], "sku_ids": _skus(session, order, kind)},
        ),
    )


def _skus(session: Session, order: Order, kind: str) -> list[str]:
    """The skus to decide about: those that nothing is mapped to when that is the reason, else all of the order."""
    query = select(OrderLine.sku_id).where(OrderLine.order_id == order.id)
    if kind == "unmapped":
        mapped = select(Mapping.id).where(
            Mapping.shop_id == order.shop_id,
            Mapping.sku_id == OrderLine.sku_id,
            Mapping.superseded_at.is_(None),
        )
        query = query.where(~mapped.exists())
    return sorted(set(session.scalars(query)))


def _supplier_of(session: Session, blocker: Blocker) -> int | None:
    """The supplier at which the first reason is mended."""
    if not blocker.supplier:
        return None
    return session.scalar(select(Supplier.id).where(Supplier.public_id == UUID(blocker.supplier)))


def unblock_order(scope: Scope, session: Session, order: Order) -> None:
    """Forgets the blockers and closes the decisions about them."""
    if order.blockers:
        order.blockers = []
        close_order_attentions(scope, session, order.id, only=BLOCKED_KINDS)


_PLAN_AGAIN = text(
    """
    update orders o set plan_at = :now
    where o.id = any(:ids) and o.stage in ('held', 'to_buy', 'blocked')
    returning o.shop_id
    """
)
_BY_CODE = text(
    """
    select o.id from orders o where o.stage = 'blocked' and o.plan_at is null
      and exists (select 1 from jsonb_array_elements(o.blockers) b where b ->> 'code' = any(:codes))
      and (cast(:client_id as bigint) is null or o.client_id = :client_id)
      and (cast(:shop_id as bigint) is null or o.shop_id = :shop_id)
    """
)


def plan_again(scope: Scope, session: Session, order_ids: Iterable[int], now: datetime) -> None:
    """Has blocked or waiting orders planned anew; wakes the plan lanes of their shops. `now` is shop time."""
    shops = {row.shop_id for row in session.execute(_PLAN_AGAIN, {"ids": list(order_ids), "now": now})}
    for shop_id in sorted(shops):
        make_due(session, api="plan", shop_id=shop_id)


def plan_blocked_again(
    scope: Scope,
    session: Session,
    codes: Sequence[str],
    now: datetime,
    *,
    client_id: int | None = None,
    shop_id: int | None = None,
) -> None:
    """Plans anew the orders that were blocked for one of `codes` (the cause may be gone)."""
    found = session.execute(_BY_CODE, {"codes": list(codes), "client_id": client_id, "shop_id": shop_id})
    plan_again(scope, session, [row.id for row in found], now)
