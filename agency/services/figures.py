"""Figures of the whole installation for an outside monitor: counts and ages, never a name or a number of an order.

The watcher adds them up over all agencies, each in its own scope, and keeps them; a scrape only reads them, so nobody
can load the database by scraping. What must be fresh (lanes, heartbeats) is read at the scrape.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

Key = tuple[str, str]
HIGHEST = frozenset({"oldest_read_seconds"})  # of all agencies the highest counts, of everything else the sum

# One statement for each group: columns `name`, `label`, `value`.
_GROUPS = (
    "select 'orders' as name, stage as label, count(*)::float as value from orders group by stage",
    """
    select 'effects_open', state, count(*)::float from effects
    where state in ('intended', 'sending', 'unknown', 'review') group by state
    """,
    "select 'decisions_open', kind, count(*)::float from attentions where resolved_at is null group by kind",
    """
    select 'announced_orders', '', count(distinct (shop_id, order_ref))::float from inbox_items
    where handled_at is null and tries > 0
    """,
    """
    with ours as (
      select s.* from shops s join clients c on c.id = s.client_id where c.left_at is null
    ), last as (
      select distinct on (r.shop_id) r.shop_id, r.gaps from read_cycles r join ours o on o.id = r.shop_id
      where r.ended_at is not null and o.paused_at is null order by r.shop_id, r.id desc
    )
    select 'shops', word, count(*)::float from ours, lateral (values
      ('all'), (case when paused_at is not null then 'paused' end), (case when access_lost then 'no_access' end),
      (case when paused_at is null and (last_read_at is null or read_error <> '') then 'unread' end)
    ) as words(word) where word is not null group by word
    union all
    select 'shop_gaps', gap, count(*)::float from last, jsonb_array_elements_text(last.gaps) gap group by gap
    union all
    select 'counted_orders', 'tiktok', coalesce(sum(count_tiktok), 0)::float from ours
    union all
    select 'counted_orders', 'ours', coalesce(sum(count_ours), 0)::float from ours
    union all
    select 'oldest_read_seconds', '', coalesce(extract(epoch from now() - min(last_read_at)), 0)::float from ours
      where paused_at is null and not access_lost
    """,
)
_ZEROS: tuple[Key, ...] = (
    *(("effects_open", state) for state in ("sending", "unknown", "review")),
    *(("shops", word) for word in ("all", "paused", "no_access", "unread")),
    ("announced_orders", ""),
    ("counted_orders", "tiktok"),
    ("counted_orders", "ours"),
    ("oldest_read_seconds", ""),
)
_KEEP = text("insert into gauges (name, label, value, at) values (:name, :label, :value, now())")


@dataclass(frozen=True)
class Figures:
    """What the watcher last added up, and how many seconds ago; empty and None when it never did."""

    values: dict[Key, float]
    age: float | None


def count_figures(session: Session) -> dict[Key, float]:
    """The figures of one agency, in its scope."""
    return {(row[0], row[1]): float(row[2]) for group in _GROUPS for row in session.execute(text(group))}


def add_figures(total: Counter[Key], more: dict[Key, float]) -> None:
    """Adds an agency's figures to those of the others."""
    for key, value in more.items():
        total[key] = max(total[key], value) if key[0] in HIGHEST else total[key] + value  # type: ignore[assignment]


def keep_figures(system: Session, total: Counter[Key]) -> None:
    """Replaces what was kept (system login); what a monitor alarms on is there as a zero too."""
    values = {**dict.fromkeys(_ZEROS, 0.0), **total}
    system.execute(text("delete from gauges"))
    system.execute(
        _KEEP, [{"name": name, "label": label, "value": value} for (name, label), value in values.items()]
    )


def read_figures(system: Session) -> Figures:
    """What is kept, with its age in seconds of machine time (system login); nothing from a silent database."""
    query = text("select name, label, value, extract(epoch from now() - at)::float as age from gauges")
    try:
        rows = system.execute(query).all()
    except SQLAlchemyError:
        return Figures({}, None)
    return Figures(
        {(row.name, row.label): row.value for row in rows}, max((row.age for row in rows), default=None)
    )
