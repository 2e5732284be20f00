"""One shop's health page: figures, days, causes, where the time goes, and the late orders themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import NotFound
from agency.domain.health import SMOOTHED, STAGE_GOALS, rolling
from agency.domain.scope import Scope
from agency.services.health import (
    Counts,
    check_period,
    describe,
    last_days,
    read_causes,
    read_counts_of,
)
from agency.services.health_rows import USUAL, Day, LateOrder, ShopHealthPage, Stretch
from agency.services.health_sql import LATE_ORDERS, SHOPS, STRETCHES, TAKEN, UNLIMITED
from agency.services.public_ids import as_public_id
from agency.services.visibility import visible_sql

MOST = 20  # late orders in the list


def read_shop_health(
    scope: Scope, session: Session, shop_id: str, now: datetime, days: int = USUAL
) -> ShopHealthPage:
    """The page of one shop over the last `days` days; `now` is shop time. Raises NotFound and Invalid."""
    check_period(days)
    shop = _find(scope, session, shop_id)
    counts = read_counts_of(scope, session, now, 2 * days + SMOOTHED, shop["id"])[shop["id"]]
    causes = read_causes(scope, session, now, days, shop["id"])[shop["id"]]
    values = {
        "shop_id": shop["id"],
        "now": now,
        "since": now - timedelta(days=days + 1),
        "days": days,
        "most": MOST,
    }
    seen = visible_sql(scope, "o.client_id")
    late = session.execute(
        text(LATE_ORDERS.format(seen=f"{seen} and o.shop_id = :shop_id")), values
    ).mappings()
    unlimited = session.execute(text(UNLIMITED.format(seen=seen)), values).scalar_one()
    return ShopHealthPage(
        shop=describe(shop, counts, causes, now, last_days(shop, now, days)),
        before=describe(shop, counts, (), now, last_days(shop, now, days, back=days)),
        days=days,
        each_day=_days(session, shop, counts, seen, values, days),
        stretches=_stretches(session, seen, values),
        causes=causes,
        late_orders=tuple(_late_order(row) for row in late),
        late_count=sum(cause.orders for cause in causes),
        unlimited=int(unlimited),
    )


def _find(scope: Scope, session: Session, shop_id: str) -> Mapping[Any, Any]:
    seen = f"{visible_sql(scope, 's.client_id')} and s.public_id = :shop_id"
    values = {"shop_id": as_public_id(shop_id, "Shop")}
    row = session.execute(text(SHOPS.format(seen=seen)), values).mappings().one_or_none()
    if row is None:
        raise NotFound("Shop")
    return row


def _days(
    session: Session,
    shop: Mapping[Any, Any],
    counts: Counts,
    seen: str,
    values: Mapping[str, Any],
    days: int,
) -> tuple[Day, ...]:
    rows = session.execute(text(TAKEN.format(seen=seen)), values)
    taken = {row.day: (row.in_time, row.taken_late) for row in rows}
    chosen = last_days(shop, values["now"], days)
    late = counts.late()
    found = []
    for day, rate in zip(chosen, rolling(chosen, late), strict=True):
        in_time, taken_late = taken.get(day, (0, 0))
        bad, due = late.get(day, (0, 0))
        found.append(Day(day, due, bad, in_time, taken_late, rate))
    return tuple(found)


def _stretches(session: Session, seen: str, values: Mapping[str, Any]) -> tuple[Stretch, ...]:
    rows = {row.key: row for row in session.execute(text(STRETCHES.format(seen=seen)), values)}
    found = []
    for goal in STAGE_GOALS:
        row = rows.get(goal.key)
        found.append(
            Stretch(goal.key, float(row.hours) if row else None, goal.hours, int(row.orders) if row else 0)
        )
    return tuple(found)


def _late_order(row: Mapping[Any, Any]) -> LateOrder:
    return LateOrder(
        number=row["tiktok_order_id"],
        title=row["title"],
        limit_at=row["limit_at"],
        taken_at=row["collected_at"],
        cancelled=row["cancelled_at"] is not None,
        reason=row["reason"],
        supplier=row["supplier"] or "",
    )
