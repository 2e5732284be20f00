"""P2 in numbers: every order counted in exactly one stage, TikTok's count beside ours, unread shops never as zero."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.list_rows import ShopTotals, Totals
from agency.services.setup import UNFINISHED
from agency.services.visibility import visible_sql
from agency.services.work_lists import troubles_sql
from agency.services.worklist_sql import STAYED

# A healthy shop is read at least every 60 minutes of shop time; on the wall clock that is never longer.
UNREAD_AFTER = timedelta(hours=2)


@dataclass(frozen=True)
class NavCounts:
    """What the side bar shows: open orders, orders that wait for a yes, shops, those nobody could read, oldest read,
    shops over a limit at their last sweep, and troubles of the machine's work.
    """

    open: int
    approvals: int
    unread_shops: int
    shops: int
    oldest_read_at: datetime | None
    over_limit: int = 0
    troubles: int = 0
    setup_open: bool = False  # something of the set-up is not done yet; only said to owners
    gap_shops: int = 0  # shops of which something is known to be missing


UNREAD = "(s.last_read_at is null or s.read_error <> '' or s.last_read_at < :limit)"


def unread_reason(shop: Mapping[Any, Any], now: datetime) -> str:
    """Why the figures of a shop cannot be trusted, empty when they can. `now` is machine time."""
    if shop["read_error"]:
        return said("TikTok could not be read: {problem}", problem=shop["read_error"])
    if shop["last_read_at"] is None:
        return said("Not read yet. The first read starts by itself after connecting.")
    if shop["last_read_at"] < now - UNREAD_AFTER:
        return said("Not read for more than two hours. Check that the workers are running.")
    return ""


def missing_orders(count_tiktok: int | None, count_ours: int | None) -> int:
    """How many orders TikTok counts that we do not have; 0 where nobody has counted."""
    return max(0, (count_tiktok or 0) - (count_ours or 0))


def read_totals(scope: Scope, session: Session) -> Totals:
    """Counts per shop and stage in two statements; shops without any order are there too."""
    now = machine_now()
    seen = visible_sql(scope, "s.client_id")
    shops = session.execute(
        text(
            f"""
            select s.id, s.public_id, s.name, s.region, s.count_tiktok, s.count_ours, s.counted_at, s.last_read_at,
              s.read_error, c.name as client_name
            from shops s join clients c on c.id = s.client_id where {seen} order by c.name, s.name, s.id
            """  # noqa: S608 - the condition is made of our own integers
        )
    ).mappings()
    stages = _stages(scope, session)
    rows = tuple(_shop(shop, stages[shop["id"]], now) for shop in shops)
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.stages)
    return Totals(
        shops=rows,
        stages={stage: total[stage] for stage in Stage.ALL},
        orders=sum(row.orders for row in rows),
        unread_shops=sum(1 for row in rows if row.unread),
        missing=sum(missing_orders(row.count_tiktok, row.count_ours) for row in rows),
    )


def read_counts(scope: Scope, session: Session) -> NavCounts:
    """The side bar's numbers in one statement."""
    seen = visible_sql(scope, "s.client_id")
    row = session.execute(
        text(
            f"""
            select count(*) as shops,
              count(*) filter (where s.paused_at is null and {UNREAD}) as unread,
              min(s.last_read_at) filter (where s.paused_at is null) as oldest,
              count(*) filter (where s.over_limit_since is not null and {STAYED.format("s")}) as over_limit,
              {troubles_sql(scope)} as troubles,
              (select count(*) from orders o where o.stage in {Stage.OPEN}
                and {visible_sql(scope, "o.client_id")} and {STAYED.format("o")}) as open,
              (select count(*) from attentions a where a.resolved_at is null and a.kind = 'approval'
                and {visible_sql(scope, "a.client_id")}) as approvals,
              (select count(distinct a.shop_id) from attentions a where a.resolved_at is null
                and a.kind in ('count_differs', 'announced_unread')
                and {visible_sql(scope, "a.client_id")}) as gap_shops,
              {UNFINISHED if scope.role == "owner" else "false"} as setup_open
            from shops s where {seen}
            """  # noqa: S608 - the conditions are made of our own integers
        ),
        {"limit": machine_now() - UNREAD_AFTER},
    ).one()
    return NavCounts(
        row.open,
        row.approvals,
        row.unread,
        row.shops,
        row.oldest,
        row.over_limit,
        row.troubles,
        row.setup_open,
        row.gap_shops,
    )


def _stages(scope: Scope, session: Session) -> Mapping[int, Counter[str]]:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    rows = session.execute(
        text(
            f"select shop_id, stage, count(*) as n from orders o where {visible_sql(scope, 'o.client_id')} "  # noqa: S608
            "group by shop_id, stage"
        )
    )
    for row in rows:
        found[row.shop_id][row.stage] = row.n
    return found


def _shop(shop: Mapping[Any, Any], stages: Counter[str], now: datetime) -> ShopTotals:
    return ShopTotals(
        shop_id=str(shop["public_id"]),
        name=shop["name"],
        client_name=shop["client_name"],
        region=shop["region"],
        stages={stage: stages[stage] for stage in Stage.ALL},
        orders=sum(stages.values()),
        count_tiktok=shop["count_tiktok"],
        count_ours=shop["count_ours"],
        counted_at=shop["counted_at"],
        last_read_at=shop["last_read_at"],
        unread=unread_reason(shop, now),
    )
