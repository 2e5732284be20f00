"""Statements into the ledger: every row's parts become entries, and what does not add up is a row, not a rounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from agency.domain.ledger import EntryKind, StatementRow, UnsettledEstimate
from agency.domain.ledger import Statement as StatementFacts
from agency.domain.money import Money, format_money
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.finance import LedgerEntry, Statement
from agency.models.orders import Order
from agency.models.shops import Shop
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.ledger import Entry, record_entries
from agency.services.read_cycles import SETTLE, has_open_cycle
from agency.services.stages import recompute
from agency.services.timeline import Happening, OrderRef, record_events


def list_unread(session: Session, shop_id: int, statements: Sequence[StatementFacts]) -> list[StatementFacts]:
    """The statements whose rows are not in the ledger yet, or whose total TikTok changed since."""
    query = select(Statement.statement_id, Statement.settlement_minor).where(
        Statement.shop_id == shop_id, Statement.read_at.is_not(None)
    )
    read = {row.statement_id: row.settlement_minor for row in session.execute(query)}
    return [s for s in statements if read.get(s.statement_id) != s.settlement.amount]


def record_statements(session: Session, shop: Shop, statements: Sequence[StatementFacts]) -> None:
    """Stores statements with TikTok's present payment status."""
    for facts in statements:
        row = session.scalars(
            select(Statement).where(
                Statement.shop_id == shop.id, Statement.statement_id == facts.statement_id
            )
        ).one_or_none()
        if row is None:
            row = Statement(
                agency_id=shop.agency_id,
                client_id=shop.client_id,
                shop_id=shop.id,
                statement_id=facts.statement_id,
                at=facts.at,
                currency=facts.settlement.currency,
            )
            session.add(row)
        row.settlement_minor = facts.settlement.amount
        row.payment_status, row.payment_id = facts.payment_status, facts.payment_id
    session.flush()


def may_still_come(
    session: Session, shop_id: int, facts: StatementFacts, rows: Sequence[StatementRow]
) -> bool:
    """True while the statement names an order that is not known and the shop is not read beyond the statement yet.

    So it is after a restore or an outage, and in a new shop. Ledger entries are never changed, so what was booked
    without its order would stay so, and the order would never count as settled. What is unknown once the shop was
    read is too old to be read at all.
    """
    numbers = {row.order_id for row in rows if row.order_id}
    known = select(Order.tiktok_order_id).where(
        Order.shop_id == shop_id, Order.tiktok_order_id.in_(sorted(numbers))
    )
    if not numbers - set(session.scalars(known)):
        return False
    cursor = session.get_one(Shop, shop_id).read_cursor
    return cursor is None or cursor < facts.at + SETTLE or has_open_cycle(session, shop_id)


def record_statement_rows(
    scope: Scope,
    session: Session,
    shop: Shop,
    facts: StatementFacts,
    rows: Sequence[StatementRow],
    now: datetime,
) -> None:
    """Books a statement's rows, settles its orders, and compares the sum with TikTok's total."""
    numbers = sorted({row.order_id for row in rows if row.order_id})
    orders = {
        order.tiktok_order_id: order
        for order in session.scalars(
            select(Order)
            .where(Order.shop_id == shop.id, Order.tiktok_order_id.in_(numbers))
            .order_by(Order.id)
        )
    }
    entries = [entry for row in rows for entry in _entries(shop, facts, row, orders)]
    record_entries(scope, session, entries)
    booked = session.scalar(
        select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
            LedgerEntry.shop_id == shop.id, LedgerEntry.statement_id == facts.statement_id
        )
    )
    session.execute(
        update(Statement)
        .where(Statement.shop_id == shop.id, Statement.statement_id == facts.statement_id)
        .values(rows_minor=int(booked or 0), read_at=now)
    )
    _settle(scope, session, orders, facts, now)
    _compare(scope, session, shop, facts, int(booked or 0), [n for n in numbers if n not in orders])


def _entries(
    shop: Shop, facts: StatementFacts, row: StatementRow, orders: Mapping[str, Order]
) -> list[Entry]:
    order = orders.get(row.order_id)
    parts = dict(row.parts)
    rest = row.settlement.amount - sum(part.amount for part in parts.values())
    if rest:
        # TikTok adds fields without notice: what we cannot name is kept under its own name, never dropped.
        parts[EntryKind.ADJUSTMENT] = parts.get(
            EntryKind.ADJUSTMENT, Money(0, row.settlement.currency)
        ) + Money(rest, row.settlement.currency)
    return [
        Entry(
            client_id=shop.client_id,
            shop_id=shop.id,
            order_id=order.id if order else None,
            key=f"statement:{facts.statement_id}:{row.row_key}:{kind}",
            kind=kind,
            amount=amount,
            at=facts.at,
            statement_id=facts.statement_id,
            detail={"order": row.order_id, "sku": row.sku_id, "unexplained_minor": rest if rest else 0},
        )
        for kind, amount in parts.items()
        if amount.amount
    ]


def _settle(
    scope: Scope, session: Session, orders: Mapping[str, Order], facts: StatementFacts, now: datetime
) -> None:
    fresh = [order for order in orders.values() if order.settled_at is None]
    for order in fresh:
        order.settled_at = facts.at
    session.flush()
    record_events(
        scope,
        session,
        [
            Happening(OrderRef.of(order), "settled", {"statement": facts.statement_id}, now, "marketplace")
            for order in fresh
        ],
    )
    recompute(scope, session, [order.id for order in fresh], now)


def _compare(
    scope: Scope, session: Session, shop: Shop, facts: StatementFacts, booked: int, unknown: Sequence[str]
) -> None:
    key = f"statement:{shop.id}:{facts.statement_id}"
    if booked == facts.settlement.amount and not unknown:
        close_attention(scope, session, shop.client_id, "money_mismatch", key)
        return
    ours = format_money(Money(booked, facts.settlement.currency))
    theirs = format_money(facts.settlement)
    why = said(
        "Statement {statement} of {shop} says {theirs}, its rows add up to {ours}.",
        statement=facts.statement_id,
        shop=shop.name,
        theirs=theirs,
        ours=ours,
    )
    if unknown:
        why += " " + said("{count} of its orders are not known here.", count=len(unknown))
    open_attention(
        scope,
        session,
        Cause(
            client_id=shop.client_id,
            kind="money_mismatch",
            key=key,
            why=why,
            action="look",
            shop_id=shop.id,
            loss_minor=abs(facts.settlement.amount - booked),
            currency=facts.settlement.currency,
        ),
    )


def record_estimates(session: Session, shop: Shop, estimates: Sequence[UnsettledEstimate]) -> None:
    """What TikTok expects to pay for orders without a statement."""
    session.execute(
        text(
            """
            update orders o set estimate_minor = e.minor
            from unnest(cast(:numbers as text[]), cast(:minors as bigint[])) as e(number, minor)
            where o.shop_id = :shop_id and o.tiktok_order_id = e.number and o.estimate_minor is distinct from e.minor
            """
        ),
        {
            "shop_id": shop.id,
            "numbers": [estimate.order_id for estimate in estimates],
            "minors": [estimate.settlement.amount for estimate in estimates],
        },
    )


def awaits_money(session: Session, shop_id: int) -> bool:
    """True while a delivered order of the shop has no statement."""
    query = text("select 1 from orders where shop_id = :id and stage = 'delivered' limit 1")
    return session.execute(query, {"id": shop_id}).first() is not None
