"""Health: which shop is in danger at TikTok, and why; all shops worst first, and one shop in detail."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from agency.domain.health import State
from agency.domain.metrics import LIMITS
from agency.portal import charts
from agency.portal.blueprint import portal
from agency.portal.frame import link, reader
from agency.portal.paths import asked_number
from agency.portal.showing import short_date
from agency.portal.staff import staff_page
from agency.services import health_words
from agency.services.health import list_health
from agency.services.health_rows import PERIODS, USUAL, Day, ShopHealth, ShopHealthPage, Stretch
from agency.services.paging import PAGE_SIZE
from agency.services.shop_health import read_shop_health
from agency.services.zones import zone_named
from agency.web import current_scope, db_session, route

_UNREAD = "unread"


@route(portal, "/health", permission="read")
def health() -> ResponseReturnValue:
    """All shops, worst first. Period, filter and page are in the address."""
    days, state, page = _days(), request.args.get("state", ""), asked_number("page", 1)
    fleet = list_health(current_scope(), db_session(), reader().now, days)
    chosen = [shop for shop in fleet.shops if not state or _stands(shop) == state]
    start = (page - 1) * PAGE_SIZE
    kept = {"days": str(days) if days != USUAL else "", "state": state}
    more = len(chosen) > start + PAGE_SIZE
    return staff_page(
        "health.html",
        fleet=fleet,
        shops=chosen[start : start + PAGE_SIZE],
        sparks={
            shop.shop_id: charts.sparkline(shop.trend[-14:]) for shop in chosen[start : start + PAGE_SIZE]
        },
        late=sum(cause.orders for cause in fleet.causes),
        state=state,
        kept=kept,
        first=link("portal.health", kept) if page > 1 else "",
        next=link("portal.health", kept, page=str(page + 1)) if more else "",
        **_words(days),
    )


@route(portal, "/shops/<uuid:shop_id>/health", permission="read")
def shop_health(shop_id: UUID) -> ResponseReturnValue:
    """One shop: figures with their limits, days, where the time goes, and the late orders."""
    days = _days()
    found = read_shop_health(current_scope(), db_session(), str(shop_id), reader().now, days)
    kept = {"days": str(days) if days != USUAL else ""}
    return staff_page(
        "shop_health.html",
        found=found,
        shop=found.shop,
        meters=[_meter(figure) for figure in found.shop.figures],
        line=_late_line(found),
        bars=_dispatched(found.each_day),
        goals=_goals(found.stretches),
        labels=_labels(found.each_day),
        kept=kept,
        **_words(days),
    )


def _days() -> int:
    days = asked_number("days", USUAL)
    return days if days in PERIODS else USUAL


def _stands(shop: ShopHealth) -> str:
    """The one state under which a shop is listed: a shop that is not read is never called good."""
    return shop.state if shop.trusted or shop.state == State.OVER else _UNREAD


def _words(days: int) -> dict[str, Any]:
    return {
        "days": days,
        "periods": PERIODS,
        "stands": _stands,
        "metric_names": health_words.METRICS,
        "definitions": health_words.DEFINITIONS,
        "states": {**health_words.STATES, _UNREAD: health_words.UNREAD},
        "reasons": health_words.REASONS,
        "stretch_names": health_words.STRETCHES,
        "cause_text": health_words.cause_text,
        "limits": LIMITS,
    }


def _meter(figure: Any) -> charts.Meter | None:
    points = figure.rate.basis_points
    if points is None or figure.line is None:
        return None
    return charts.limit_meter(points, figure.line.basis_points, lower_is_better=figure.lower_is_better)


def _late_line(found: ShopHealthPage) -> charts.LineChart:
    points = [None if day.rate is None else day.rate / 100 for day in found.each_day]
    line = found.shop.late.line
    return charts.line_chart(points, _labels(found.each_day), line.basis_points / 100 if line else None)


def _dispatched(days: tuple[Day, ...]) -> charts.StackedBars:
    return charts.stacked_bars([(day.in_time, day.taken_late) for day in days], _labels(days))


def _goals(stretches: tuple[Stretch, ...]) -> list[charts.Meter]:
    return charts.goal_bars([(stretch.hours, stretch.goal) for stretch in stretches])


def _labels(days: tuple[Day, ...]) -> list[str]:
    """The days as dates; they are days of the shop's zone already, so no zone may move them."""
    noon = time(12, tzinfo=UTC)
    return [short_date(datetime.combine(day.day, noon), zone_named("UTC")) for day in days]
