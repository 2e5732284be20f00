"""What happened to a client's orders, bad first: late, cancelled, refunded, each with why and what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money, format_money
from agency.domain.said import said
from agency.services.client_rows import ProofLine
from agency.services.client_words import cancelled_words, late_words

MOST_LINES = 5
MOST_ROWS = 50
Row = Mapping[Any, Any]
_LATE = """
    select o.tiktok_order_id, o.title, o.stage, o.tts_sla_at, o.collected_at, o.rts_at, count(*) over () as n,
      count(o.collected_at) over () as moved
    from orders o
    where {column} >= :since and {column} < :until and o.stage not in ('cancelled', 'excluded')
      and (o.collected_at > o.tts_sla_at or (o.collected_at is null and o.tts_sla_at < :now))
    order by o.tts_sla_at, o.id limit :most
"""
_LATE_BY = {
    "due": text(_LATE.format(column="o.tts_sla_at")),
    "placed": text(_LATE.format(column="o.placed_at")),
}
_CANCELLED = """
    select o.tiktok_order_id, o.title, o.cancel_reason, o.cancelled_by, coalesce(o.cancelled_at, o.stage_at) as at,
      count(*) over () as n,
      exists (select from parcels p where p.order_id = o.id and p.pushed_at is not null) as sent
    from orders o where o.stage = 'cancelled' and {column} >= :since and {column} < :until
    order by at, o.id limit :most
    """
_CANCELLED_BY = {
    "cancelled": text(_CANCELLED.format(column="o.cancelled_at")),
    "placed": text(_CANCELLED.format(column="o.placed_at")),
}
_REST = text(
    """
    select
      (select json_agg(json_build_array(x.currency, x.n, x.total)) from (
        select g.currency, count(distinct g.order_id) as n, sum(g.amount_minor)::bigint as total from ledger_entries g
        where g.kind = 'revenue' and g.amount_minor < 0 and g.at >= :since and g.at < :until
        group by g.currency order by g.currency) x) as refunds,
      (select json_agg(json_build_array(x.currency, x.total)) from (
        select t.currency, sum(t.settlement_minor)::bigint as total from statements t
        where t.at >= :since and t.at < :until group by t.currency order by t.currency) x) as paid,
      x.scanned, x.delivered, x.placed
    from (select
        count(*) filter (where o.collected_at >= :since and o.collected_at < :until) as scanned,
        count(*) filter (where o.delivered_at >= :since and o.delivered_at < :until) as delivered,
        count(*) filter (where o.placed_at >= :since and o.placed_at < :until) as placed
      from orders o
      where (o.collected_at >= :since and o.collected_at < :until)
        or (o.delivered_at >= :since and o.delivered_at < :until)
        or (o.placed_at >= :since and o.placed_at < :until)) x
    """
)


def read_late(
    session: Session, since: datetime, until: datetime, now: datetime, by: Literal["due", "placed"]
) -> Sequence[Row]:
    """Orders that missed the dispatch limit: those due, or placed, in [since, until); the first 50."""
    values = {"since": since, "until": until, "now": now, "most": MOST_ROWS}
    return session.execute(_LATE_BY[by], values).mappings().all()


def read_cancelled(
    session: Session, since: datetime, until: datetime, by: Literal["cancelled", "placed"]
) -> Sequence[Row]:
    """Cancelled orders: those cancelled, or placed, in [since, until); the first 50."""
    values = {"since": since, "until": until, "most": MOST_ROWS}
    return session.execute(_CANCELLED_BY[by], values).mappings().all()


def read_proof(session: Session, since: datetime, now: datetime) -> tuple[ProofLine, ...]:
    """At most five lines about the time since `since`, bad ones first; never empty."""
    late = read_late(session, since, now, now, "due")
    cancelled = read_cancelled(session, since, now, "cancelled")
    rest = session.execute(_REST, {"since": since, "until": now}).one()
    lines = [*_late_line(late, now), *_cancelled_line(cancelled), *_refund_lines(rest.refunds or ())]
    if not lines:
        lines.append(ProofLine("ok", "check", said("Nothing was late, cancelled or refunded.")))
    lines += _good_lines(rest)
    return tuple(lines[:MOST_LINES])


def _late_line(rows: Sequence[Row], now: datetime) -> list[ProofLine]:
    if not rows:
        return []
    first, count, moved = rows[0], rows[0]["n"], rows[0]["moved"]
    if count == 1:
        sentence = said("1 order missed TikTok's dispatch limit.")
        return [_about(first, "bad", "clock", sentence, late_words(first, now))]
    sentence = said("{number} orders missed TikTok's dispatch limit.", number=count)
    detail = said("{number} of them are with the carrier by now.", number=moved)
    return [ProofLine("bad", "clock", sentence, detail)]


def _cancelled_line(rows: Sequence[Row]) -> list[ProofLine]:
    if not rows:
        return []
    first, count = rows[0], rows[0]["n"]
    if count == 1:
        return [_about(first, "warn", "x", said("1 order was cancelled."), cancelled_words(first))]
    buyers = sum(1 for row in rows if str(row["cancelled_by"]).upper() == "BUYER")
    detail = said("{number} of them by the buyer.", number=buyers)
    return [ProofLine("warn", "x", said("{number} orders were cancelled.", number=count), detail)]


def _refund_lines(refunds: Sequence[Any]) -> list[ProofLine]:
    return [
        ProofLine(
            "warn",
            "cash",
            said("Refunds in TikTok's statements: {sum}.", sum=format_money(Money(-total, currency))),
            said("Orders: {number}.", number=n),
        )
        for currency, n, total in refunds
    ]


def _good_lines(rest: Any) -> list[ProofLine]:
    lines = []
    if rest.scanned or rest.delivered:
        sentence = said(
            "Handed to a carrier: {scanned}. Delivered: {delivered}.",
            scanned=rest.scanned,
            delivered=rest.delivered,
        )
        lines.append(ProofLine("", "truck", sentence))
    if rest.placed:
        lines.append(ProofLine("", "box", said("New orders: {number}.", number=rest.placed)))
    for currency, total in rest.paid or ():
        sentence = said("TikTok's statement: {sum}.", sum=format_money(Money(total, currency)))
        lines.append(ProofLine("", "cash", sentence))
    return lines


def _about(row: Row, tone: str, symbol: str, sentence: str, detail: str) -> ProofLine:
    return ProofLine(tone, symbol, sentence, detail, row["tiktok_order_id"], row["title"])
