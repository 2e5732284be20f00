"""Numbers of one client over a span of time, for the overview and the monthly page; on the client's own login."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.health import State, judge, standing
from agency.domain.ledger import EntryKind
from agency.domain.metrics import (
    Metric,
    late_dispatch_rate,
    list_limits,
    seller_cancellation_rate,
)
from agency.domain.money import Money, format_money, money_sums
from agency.domain.said import said
from agency.services.client_rows import ClientNumber, DaySales, HealthRow

# A client reads a tone only where something is to be done, and the word of its worst figure.
_TONES = {State.OVER: "bad", State.WATCH: "warn"}
_WORDS = {
    State.OVER: (said("Over TikTok's line"), "bad"),
    State.WATCH: (said("Close to TikTok's line"), "warn"),
    State.FEW: (said("Too few orders to judge yet"), ""),
    State.NO_LIMIT: (said("No limit known"), ""),
    State.GOOD: (said("Good"), "ok"),
}
_SUPPLIER = (EntryKind.SUPPLIER_GOODS, EntryKind.SUPPLIER_REFUND)
_FIGURES = text(
    """
    select
      (select json_agg(json_build_array(x.currency, x.n, x.total)) from (
        select o.currency, count(*) as n, sum(o.total_minor)::bigint as total from orders o
        where o.placed_at >= :since and o.placed_at < :until and o.stage <> 'cancelled'
        group by o.currency order by o.currency) x) as sales,
      (select json_build_array(
          count(*) filter (where o.collected_at <= o.tts_sla_at and o.stage not in ('cancelled', 'excluded')),
          count(*) filter (where o.tts_sla_at is not null and o.stage not in ('cancelled', 'excluded')
            and (o.collected_at is not null or o.tts_sla_at < :now)),
          count(*), count(*) filter (where o.stage = 'cancelled'),
          count(*) filter (where o.stage = 'cancelled' and upper(o.cancelled_by) = 'SELLER'))
        from orders o where o.placed_at >= :since and o.placed_at < :until) as counts,
      (select json_agg(json_build_array(x.kind, x.currency, x.total)) from (
        select g.kind, g.currency, sum(g.amount_minor)::bigint as total from ledger_entries g
        where g.at >= :since and g.at < :until group by g.kind, g.currency) x) as money,
      (select json_agg(json_build_array(x.currency, x.total)) from (
        select g.currency, sum(g.amount_minor)::bigint as total from orders o join ledger_entries g on g.order_id = o.id
        where o.settled_at >= :since and o.settled_at < :until group by g.currency) x) as earned
    """
)
_DAYS = text(
    """
    select (o.placed_at at time zone :zone)::date as day, o.currency, sum(o.total_minor)::bigint as total from orders o
    where o.placed_at >= :since and o.placed_at < :until and o.stage <> 'cancelled' group by 1, 2
    """
)


@dataclass(frozen=True)
class Figures:
    """Counts and sums of a span: orders by their placing, money by its booking. Cancelled orders are no sales."""

    sales: Mapping[str, int]
    orders: int
    on_time: int
    due: int
    placed: int
    cancelled: int
    cancelled_by_us: int
    money: Mapping[tuple[str, str], int]
    earned: Mapping[str, int]  # everything booked on orders that TikTok settled in the span

    @property
    def goods(self) -> dict[str, int]:
        """What goods cost by currency, negative; empty unless the contract shares it, since the login sees no row."""
        return self._sums(_SUPPLIER)

    @property
    def paid(self) -> dict[str, int]:
        """What TikTok booked by currency, fees taken off."""
        return self._sums([kind for kind in EntryKind.ALL if kind not in _SUPPLIER])

    @property
    def on_time_per_mille(self) -> int | None:
        """Share of orders that the carrier had in time."""
        return self.on_time * 1000 // self.due if self.due else None

    def _sums(self, kinds: Any) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for (kind, currency), total in self.money.items():
            if kind in kinds:
                found[currency] += total
        return dict(found)


def read_figures(session: Session, since: datetime, until: datetime, now: datetime) -> Figures:
    """The figures of [since, until); `now` is shop time."""
    row = session.execute(_FIGURES, {"since": since, "until": until, "now": now}).one()
    on_time, due, placed, cancelled, by_us = row.counts
    sales = row.sales or ()
    return Figures(
        sales={currency: total for currency, _n, total in sales},
        orders=sum(n for _currency, n, _total in sales),
        on_time=on_time,
        due=due,
        placed=placed,
        cancelled=cancelled,
        cancelled_by_us=by_us,
        money={(kind, currency): total for kind, currency, total in row.money or ()},
        earned=dict(row.earned or ()),
    )


def read_days(
    session: Session, since: datetime, until: datetime, zone: ZoneInfo, currency: str
) -> tuple[DaySales, ...]:
    """Sales per day in one currency, days without any included."""
    values = {"since": since, "until": until, "zone": zone.key}
    found = {row.day: row.total for row in session.execute(_DAYS, values) if row.currency == currency}
    day, last = _date(since, zone), _date(until - timedelta(microseconds=1), zone)
    days = []
    while day <= last:
        days.append(DaySales(day, Money(found.get(day, 0), currency)))
        day += timedelta(days=1)
    return tuple(days)


def sums(amounts: Mapping[str, int]) -> tuple[Money, ...]:
    """Amounts by currency as money."""
    return money_sums(Money(total, currency) for currency, total in amounts.items())


def main_currency(figures: Figures, usual: str) -> str:
    """The currency of most sales, unless there are some in the usual one."""
    if usual in figures.sales or not figures.sales:
        return usual
    return max(figures.sales, key=lambda currency: figures.sales[currency])


def four_numbers(
    now_: Figures, before: Figures, fourth: ClientNumber | None, target: str
) -> tuple[ClientNumber, ...]:
    """Sales, orders, `fourth` and dispatch beside the period before; without `fourth`, what is left for the client.

    `target` is the share that TikTok asks to be dispatched in time, empty where no line is known.
    """
    change = _percent(now_.sales, before.sales)
    sales = ClientNumber(said("Sales"), None, sums(now_.sales), None, _before(before.sales), change)
    change = f"{now_.orders - before.orders:+,}" if before.orders not in (0, now_.orders) else ""
    orders = ClientNumber(said("Orders"), now_.orders, (), None, said("without cancelled ones"), change)
    share, former = now_.on_time_per_mille, before.on_time_per_mille
    moved = "" if share is None or former in (None, share) else f"{(share - (former or 0)) / 10:+.1f}"
    asked = said("TikTok asks for {share}%", share=target) if target else said("by the carrier's first scan")
    dispatched = ClientNumber(said("Dispatched on time"), None, (), share, asked, moved)
    if fourth is not None:
        return (sales, orders, fourth, dispatched)
    note = said("after TikTok's fees and goods, on orders that TikTok has paid")
    change = _percent(now_.earned, before.earned)
    earned = ClientNumber(said("Left for you"), None, sums(now_.earned), None, note, change)
    return (sales, earned, orders, dispatched)


def health_rows(figures: Figures, region: str, day: date) -> tuple[tuple[HealthRow, ...], str, str]:
    """Two rates beside TikTok's lines, and one word with its tone over both. `region` empty: no line is known."""
    rates = (
        (said("Late dispatch"), late_dispatch_rate(figures.due - figures.on_time, figures.due)),
        (said("Cancelled by us"), seller_cancellation_rate(figures.cancelled_by_us, figures.placed)),
    )
    judged = [(label, judge(rate, region, day)) for label, rate in rates]
    rows = tuple(
        HealthRow(
            label,
            None if one.rate.basis_points is None else one.rate.basis_points // 10,
            f"{one.line.basis_points / 100:g}%" if one.line else "",
            _TONES.get(one.state, ""),
        )
        for label, one in judged
    )
    word, tone = _WORDS[standing(one.state for _label, one in judged)]
    return rows, word, tone


def dispatch_target(region: str, day: date) -> str:
    """The share that TikTok asks to be dispatched in time, "96"; empty where no line is known."""
    limits = [one.basis_points for one in list_limits(Metric.LATE_DISPATCH, region, day)]
    return f"{(10_000 - min(limits)) / 100:g}" if limits else ""


def _before(amounts: Mapping[str, int]) -> str:
    if not amounts:
        return said("nothing to compare with yet")
    return said("before: {sum}", sum=", ".join(format_money(money) for money in sums(amounts)))


def _percent(now_: Mapping[str, int], before: Mapping[str, int]) -> str:
    """The change in per cent where there is one currency and something to compare with."""
    if len(now_) != 1 or now_.keys() != before.keys():
        return ""
    (new,), (old,) = now_.values(), before.values()
    return f"{(new - old) * 100 / old:+.0f}%" if old > 0 else ""


def _date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
