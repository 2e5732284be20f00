"""One client's month on one page: numbers, orders, late ones and why, money to the cent; on the client's own login."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.csv_cells import Cell, csv_text
from agency.domain.errors import NotFound
from agency.domain.money import Money, plain_amount
from agency.domain.months import Month, last_months, month_of
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.client_figures import (
    Figures,
    dispatch_target,
    four_numbers,
    main_currency,
    read_days,
    read_figures,
    sums,
)
from agency.services.client_proof import read_cancelled, read_late
from agency.services.client_rows import ClientNumber, DaySales
from agency.services.client_words import MONEY_WORDS, cancelled_words, late_words
from agency.services.zones import zone_named

MONTHS_SHOWN = 12
BATCH = 500
_CLIENT = text("select name, currency, time_zone, share_costs, left_at, created_at from clients")
_COUNTS = text(
    """
    select count(*) filter (where stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')) as open,
      count(*) filter (where stage = 'delivered') as delivered, count(*) filter (where stage = 'settled') as paid,
      count(*) filter (where stage = 'cancelled') as cancelled, count(*) filter (where stage = 'excluded') as theirs,
      (select string_agg(distinct s.region, ',') from shops s) as regions,
      (select min(s.last_read_at) from shops s where s.paused_at is null) as read_at
    from orders where placed_at >= :since and placed_at < :until
    """
)
_STATEMENTS = text(
    """
    select t.at, t.settlement_minor, t.currency, s.name as shop_name from statements t
    join shops s on s.id = t.shop_id where t.at >= :since and t.at < :until order by t.at, t.id limit 2000
    """
)
_ORDERS = text(
    """
    select o.id, o.tiktok_order_id, s.name as shop_name, o.title, o.unit_count, o.stage, o.placed_at, o.tts_sla_at,
      o.collected_at, o.delivered_at, o.settled_at, o.cancelled_at, o.currency, o.total_minor
    from orders o join shops s on s.id = o.shop_id
    where o.placed_at >= :since and o.placed_at < :until and (o.placed_at, o.id) > (:at, :id)
    order by o.placed_at, o.id limit :most
    """
)
_COLUMNS = (
    "order_number", "shop", "title", "units", "state", "placed_at_utc", "dispatch_limit_utc", "first_scan_utc",
    "delivered_at_utc", "paid_at_utc", "cancelled_at_utc", "currency", "value",
)  # fmt: skip


@dataclass(frozen=True)
class ExceptionRow:
    """An order that was late or cancelled: which, when, and why."""

    number: str
    title: str
    at: datetime
    why: str


@dataclass(frozen=True)
class MoneyLine:
    """Money of one kind in one currency; `total` marks the sum above it."""

    label: str
    amount: Money
    total: bool = False


@dataclass(frozen=True)
class StatementLine:
    """One statement of TikTok."""

    at: datetime
    shop_name: str
    amount: Money


@dataclass(frozen=True)
class ClientMonth:
    """The page. `begins` and `ends` (the moment after it) are aware; `complete` False while the month still runs."""

    client_name: str
    month: str
    begins: datetime
    ends: datetime
    complete: bool
    time_zone: str
    headline: str
    sentence: str
    tone: str
    numbers: tuple[ClientNumber, ...]
    days: tuple[DaySales, ...]
    states: tuple[tuple[str, int], ...]
    late: tuple[ExceptionRow, ...]
    late_count: int
    cancelled: tuple[ExceptionRow, ...]
    cancelled_count: int
    money: tuple[MoneyLine, ...]
    statements: tuple[StatementLine, ...]
    paid: tuple[MoneyLine, ...]  # the statements' sums by shop
    read_at: datetime | None


def list_months(session: Session, now: datetime) -> list[str]:
    """The months that can be chosen, newest first; `now` is shop time."""
    zone = zone_named(_client(session)["time_zone"])
    return [str(month) for month in last_months(now, zone, MONTHS_SHOWN)]


def last_complete_month(session: Session, now: datetime) -> Month:
    """The month before the present one, in the client's zone."""
    return month_of(now, zone_named(_client(session)["time_zone"])).before


def get_month(scope: Scope, session: Session, month: Month, now: datetime) -> ClientMonth:
    """The page of a month; `now` is shop time. Raises NotFound outside a client's scope and after it has left."""
    if scope.login != "portal":
        raise NotFound("Client")
    client = _client(session)
    zone = zone_named(client["time_zone"])
    begins, ends = month.begins(zone), month.after.begins(zone)
    until = min(ends, max(now, begins))
    figures = read_figures(session, begins, until, now)
    before = read_figures(session, month.before.begins(zone), begins, now)
    counts = session.execute(_COUNTS, {"since": begins, "until": until}).one()
    late, cancelled = (
        read_late(session, begins, until, now, "placed"),
        read_cancelled(session, begins, until, "placed"),
    )
    region = counts.regions if counts.regions and "," not in counts.regions else ""
    headline, sentence, tone = _sentence(figures, late, complete=ends <= now)
    fourth = None if client["share_costs"] else _cancelled_number(figures)
    statements = _statements(session, begins, until)
    return ClientMonth(
        client_name=client["name"],
        month=str(month),
        begins=begins,
        ends=ends,
        complete=ends <= now,
        time_zone=client["time_zone"],
        headline=headline,
        sentence=sentence,
        tone=tone,
        numbers=four_numbers(figures, before, fourth, dispatch_target(region, begins.date())),
        days=read_days(session, begins, until, zone, main_currency(figures, client["currency"]))
        if until > begins
        else (),
        states=_states(counts),
        late=tuple(
            ExceptionRow(row["tiktok_order_id"], row["title"], row["tts_sla_at"], late_words(row, now))
            for row in late
        ),
        late_count=late[0]["n"] if late else 0,
        cancelled=tuple(
            ExceptionRow(row["tiktok_order_id"], row["title"], row["at"], cancelled_words(row))
            for row in cancelled
        ),
        cancelled_count=cancelled[0]["n"] if cancelled else 0,
        money=tuple(_money(figures)),
        statements=statements,
        paid=_by_shop(statements),
        read_at=counts.read_at,
    )


def export_month(session: Session, month: Month) -> Iterator[bytes]:
    """The month's orders as CSV, 500 a piece, without anything about suppliers or buyers."""
    zone = zone_named(_client(session)["time_zone"])
    values: dict[str, Any] = {"since": month.begins(zone), "until": month.after.begins(zone), "most": BATCH}
    values |= {"at": datetime(1970, 1, 1, tzinfo=UTC), "id": 0}
    yield csv_text([_COLUMNS]).encode()
    while rows := session.execute(_ORDERS, values).all():
        yield csv_text(map(_cells, rows)).encode()
        values |= {"at": rows[-1].placed_at, "id": rows[-1].id}


def _client(session: Session) -> Mapping[Any, Any]:
    row = session.execute(_CLIENT).mappings().one_or_none()
    if row is None or row["left_at"] is not None:
        raise NotFound("Client")
    return row


def _sentence(figures: Figures, late: Sequence[Any], *, complete: bool) -> tuple[str, str, str]:
    placed, missed = figures.orders, late[0]["n"] if late else 0
    if not placed:
        return said("A quiet month."), said("No order came in."), ""
    running = "" if complete else said("The month is not over yet.")
    if not missed:
        text = said("Orders: {number}. None missed TikTok's dispatch limit.", number=placed)
        return said("Everything was on time."), f"{text} {running}".strip(), "ok"
    text = said(
        "Orders: {number}. {late} missed TikTok's dispatch limit; see why below.", number=placed, late=missed
    )
    return said("Some orders were late."), f"{text} {running}".strip(), "warn"


def _cancelled_number(figures: Figures) -> ClientNumber:
    note = said("{number} of them on our side", number=figures.cancelled_by_us)
    return ClientNumber(said("Cancelled"), figures.cancelled, (), None, note)


def _states(counts: Any) -> tuple[tuple[str, int], ...]:
    rows = (
        (said("On their way"), counts.open),
        (said("Delivered"), counts.delivered),
        (said("Paid"), counts.paid),
        (said("Cancelled"), counts.cancelled),
        (said("Shipped by TikTok"), counts.theirs),
    )
    return tuple((label, count) for label, count in rows if count)


def _statements(session: Session, since: datetime, until: datetime) -> tuple[StatementLine, ...]:
    rows = session.execute(_STATEMENTS, {"since": since, "until": until})
    return tuple(
        StatementLine(row.at, row.shop_name, Money(row.settlement_minor, row.currency)) for row in rows
    )


def _by_shop(statements: Sequence[StatementLine]) -> tuple[MoneyLine, ...]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for one in statements:
        found[one.shop_name, one.amount.currency] += one.amount.amount
    return tuple(MoneyLine(shop, Money(total, currency)) for (shop, currency), total in sorted(found.items()))


def _money(figures: Figures) -> Iterator[MoneyLine]:
    """TikTok's side per currency with its sum; goods and what is left only where the login sees them."""
    currencies = sorted({currency for _kind, currency in figures.money})
    for currency in currencies:
        for kind, label in MONEY_WORDS.items():
            if (kind, currency) in figures.money:
                yield MoneyLine(label, Money(figures.money[kind, currency], currency))
        if currency in figures.paid:
            yield MoneyLine(said("Booked by TikTok"), Money(figures.paid[currency], currency), total=True)
    for goods in sums(figures.goods):
        yield MoneyLine(said("Goods, bought for your orders"), goods)
    if figures.goods:
        for left in sums(figures.earned):
            yield MoneyLine(said("Left for you, on orders that TikTok has paid"), left, total=True)


def _cells(row: Any) -> Sequence[Cell]:
    moments = (row.tts_sla_at, row.collected_at, row.delivered_at, row.settled_at, row.cancelled_at)
    return (
        row.tiktok_order_id, row.shop_name, row.title, row.unit_count, row.stage, _moment(row.placed_at),
        *map(_moment, moments), row.currency, Decimal(plain_amount(Money(row.total_minor, row.currency))),
    )  # fmt: skip


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
