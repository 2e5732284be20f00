"""The daily comparison with a supplier's own list: an order there that we do not know is an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.purchasing import SupplierOrder, parse_reference
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Supplier
from agency.models.orders import Order
from agency.models.purchasing import Purchase
from agency.services.attention import Cause, open_attention
from agency.services.blocked import plan_again
from agency.services.found_purchases import adopt, find_order
from agency.services.restores import find_gap, note_relisted, wants_list

EVERY = timedelta(days=1)  # shop time
LOOK_BACK = timedelta(days=3)
LONGEST = timedelta(days=30)  # how far back for a strange order that nobody dealt with
_CLOSE = text(
    """
    update attentions a set resolved_at = :now, resolved_by = :actor
    where a.kind = 'strange_purchase' and a.client_id = :client_id and a.supplier_id = :supplier_id
      and a.resolved_at is null and (a.cause_key = any(:cancelled) or exists (
        select from purchases p where p.supplier_id = a.supplier_id and p.reference = a.data ->> 'reference'))
    returning a.data ->> 'order' as number
    """
)
_STRANGE_SINCE = text(
    """
    select min(cast(data ->> 'since' as timestamptz)) from attentions
    where kind = 'strange_purchase' and client_id = :client_id and supplier_id = :supplier_id and resolved_at is null
    """
)


@dataclass(frozen=True)
class ListQuestion:
    """The question for a supplier's list as it was when it was asked: what happened since is not in the answer."""

    asked_at: datetime  # machine time
    now: datetime  # shop time
    since: datetime  # shop time from which on orders are asked for
    wanted: bool  # after a restore a shop waits for the list


def prepare_question(session: Session, supplier_id: int, now: datetime) -> ListQuestion | None:
    """Asks for the last days once a day of shop time, and for all that was forgotten while a shop waits for it."""
    asked_at = machine_now()  # first of all: the list proves nothing of what was sent after this
    supplier = session.get_one(Supplier, supplier_id)
    wanted = wants_list(session, supplier, asked_at)
    due = supplier.reconciled_at is None or now - supplier.reconciled_at >= EVERY
    if not due and not wanted:
        return None
    return ListQuestion(asked_at, now, _look_back_to(session, supplier, now, wanted=wanted), wanted)


def _look_back_to(session: Session, supplier: Supplier, now: datetime, *, wanted: bool) -> datetime:
    """As far as an open alarm did too: what was cancelled there since must be seen in the list."""
    since = now - LOOK_BACK
    ours = {"client_id": supplier.client_id, "supplier_id": supplier.id}
    if strange := session.scalar(_STRANGE_SINCE, ours):
        since = min(since, max(strange, now - LONGEST))
    gap = find_gap(session, supplier.agency_id) if wanted else None
    return min(since, gap.since - LOOK_BACK) if gap else since


def record_reconciled(
    scope: Scope, session: Session, supplier_id: int, told: Sequence[SupplierOrder], question: ListQuestion
) -> int:
    """Compares the supplier's orders with our purchases; returns how many are not ours.

    Two live orders under one reference are a double buy, an order with a reference of our form but without a row is one
    that we lost: after a restore it is taken into the books when our mappings explain it. Orders that a person placed
    there without our reference are none of our business.
    """
    supplier = session.get_one(Supplier, supplier_id)
    supplier.reconciled_at = question.now
    live = [order for order in told if order.status != "cancelled" and order.reference.startswith("TS-")]
    query = select(Purchase.reference).where(
        Purchase.supplier_id == supplier_id, Purchase.reference.in_([order.reference for order in live])
    )
    known = set(session.scalars(query))
    gap = find_gap(session, supplier.agency_id)
    strange = 0
    seen: set[str] = set()
    for order in live:
        twice = order.reference in seen
        seen.add(order.reference)
        if order.reference in known and not twice:
            continue
        ours = find_order(session, supplier, order.reference)
        if gap and ours and not twice and adopt(scope, session, supplier, ours, order, question.now):
            continue
        strange += 1
        _alarm(scope, session, supplier, order, ours, question.since, twice=twice)
    cancelled = [_key(supplier, order) for order in told if order.status == "cancelled"]
    _close_known(scope, session, supplier, cancelled, question.now)
    if question.wanted:
        note_relisted(scope, session, supplier, question.asked_at)
    return strange


def give_up_list(scope: Scope, session: Session, supplier_id: int, question: ListQuestion) -> None:
    """A supplier who finds nothing by reference need not have a list either: its orders are a person's to look up."""
    supplier = session.get_one(Supplier, supplier_id)
    supplier.reconciled_at = question.now  # asked again tomorrow
    if question.wanted:
        note_relisted(scope, session, supplier, question.asked_at)


def _alarm(
    scope: Scope,
    session: Session,
    supplier: Supplier,
    order: SupplierOrder,
    ours: Order | None,
    since: datetime,
    *,
    twice: bool,
) -> None:
    what = "twice" if twice else said("without a purchase of ours")
    why = said(
        "{supplier} has order {number} under {reference} {what}. Look it up there and cancel what "
        "was not wanted.",
        supplier=supplier.name,
        number=order.supplier_order_id,
        reference=order.reference,
        what=what,
    )
    parts = parse_reference(order.reference)
    number = ours.tiktok_order_id if ours else parts.order_id if parts else ""
    about = {"reference": order.reference, "order": number} if number and not twice else {}
    cause = Cause(
        client_id=supplier.client_id,
        kind="strange_purchase",
        key=_key(supplier, order),
        why=why,
        action="check_supplier",
        supplier_id=supplier.id,
        loss_minor=order.total.amount if order.total else 0,
        currency=order.total.currency if order.total else supplier.currency,
        data={**about, "since": since.isoformat()},
    )
    open_attention(scope, session, cause)


def _key(supplier: Supplier, order: SupplierOrder) -> str:
    return f"supplier:{supplier.id}:{order.supplier_order_id}"


def _close_known(
    scope: Scope, session: Session, supplier: Supplier, cancelled: Sequence[str], now: datetime
) -> None:
    """What was strange and has a purchase by now, or was cancelled there, is strange no more: its order is planned."""
    ours = {"client_id": supplier.client_id, "supplier_id": supplier.id}
    values = {"now": machine_now(), "actor": scope.actor, "cancelled": list(cancelled), **ours}
    session.flush()
    numbers = [row.number for row in session.execute(_CLOSE, values) if row.number]
    query = select(Order.id).where(Order.client_id == supplier.client_id, Order.tiktok_order_id.in_(numbers))
    plan_again(scope, session, session.scalars(query).all(), now)
