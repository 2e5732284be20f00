"""The `finance` lane of a shop: statements with their rows into the ledger, and estimates of what is unsettled."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from agency.domain.errors import CredentialsRejected, OutsideError
from agency.domain.ledger import Statement, StatementRow
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn
from agency.models.shops import Shop
from agency.services.settlement import (
    awaits_money,
    list_unread,
    may_still_come,
    record_estimates,
    record_statement_rows,
    record_statements,
)
from workers.context import Context, TurnResult

log = logging.getLogger(__name__)
EVERY = timedelta(hours=24)  # statements are daily, cut at 00:00 UTC (Finance API)
WAITING_EVERY = timedelta(hours=8)
UNREAD_EVERY = timedelta(minutes=30)  # while orders that a statement names are still being read
THREADS = 8
LOOK_BACK = timedelta(days=45)  # later refunds appear in later statements


def serve_finance(context: Context, turn: Turn) -> TurnResult:
    """Imports statements that are new or changed. Repeating it adds nothing."""
    assert turn.shop_id is not None  # noqa: S101 - the lane's CHECK says so
    access = context.shop_access(turn, turn.shop_id)
    if access is None:
        return TurnResult(None)
    tiktok, now = context.tiktok(access), context.clock.now()
    statements = tiktok.statements(now - LOOK_BACK)
    with context.work(turn) as (_scope, session):
        record_statements(session, access.shop, statements)
        unread = list_unread(session, access.shop.id, statements)
    booked = [_book(context, turn, access.shop, tiktok, facts) for facts in unread]
    estimates = tiktok.unsettled()
    with context.work(turn) as (_scope, session):
        record_estimates(session, access.shop, estimates)
        session.get_one(Shop, access.shop.id).finance_read_at = now
        waiting = awaits_money(session, access.shop.id)
    pause = WAITING_EVERY if waiting else EVERY
    return TurnResult(context.after(pause if all(booked) else UNREAD_EVERY, timedelta(seconds=3)))


def _book(context: Context, turn: Turn, shop: Shop, tiktok: TikTokPort, facts: Statement) -> bool:
    """Books a statement; False when it has to wait for its orders."""
    rows = tiktok.statement_rows(facts.statement_id, facts.settlement.currency)
    with context.work(turn) as (_scope, session):
        if may_still_come(session, shop.id, facts, rows):
            return False
    rows = _with_breakdown(tiktok, rows)
    with context.work(turn) as (scope, session):
        held = session.get_one(Shop, shop.id)
        record_statement_rows(scope, session, held, facts, rows, context.clock.now())
    context.keep(turn)
    return True


def _with_breakdown(tiktok: TikTokPort, rows: Sequence[StatementRow]) -> list[StatementRow]:
    """A statement's rows with each fee by name: the by-order call tells more, and must add up to the same cent."""
    wanted = sorted({row.order_id for row in rows if row.order_id})

    def ask(order_id: str) -> list[StatementRow]:
        try:
            return tiktok.order_rows(order_id)
        except CredentialsRejected:
            raise
        except OutsideError as error:
            log.info("fees not read by name", extra={"problem": str(error)})
            return []  # the statement's own row has the same sum

    with ThreadPoolExecutor(THREADS) as pool:
        told = dict(zip(wanted, pool.map(ask, wanted), strict=True))
    result: list[StatementRow] = []
    for row in rows:
        parts = [part for part in told.get(row.order_id, []) if part.statement_id == row.statement_id]
        alone = sum(1 for other in rows if other.order_id == row.order_id) == 1
        adds_up = bool(parts) and sum(part.settlement.amount for part in parts) == row.settlement.amount
        result.extend(parts if alone and adds_up else [row])
    return result
