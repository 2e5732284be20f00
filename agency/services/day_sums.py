"""What stands below Today: TikTok's count beside ours, shops that nobody read, and where buying is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.scope import Scope
from agency.services.totals import UNREAD, UNREAD_AFTER
from agency.services.visibility import visible_sql


@dataclass(frozen=True)
class DaySums:
    """Counts over the shops that were read and compared: `tiktok` and `ours` of the same window of 30 days.

    `unread` shops, and `uncounted` ones that were read but not compared yet, are in neither and never a zero.
    `stopped_at` (machine time) is set while the whole agency buys nothing; the others count stopped parts of it.
    """

    tiktok: int
    ours: int
    counted: int
    uncounted: int
    unread: int
    missing: int
    stopped_at: datetime | None
    stopped_clients: int
    stopped_shops: int
    stopped_suppliers: int

    @property
    def stopped_parts(self) -> int:
        """How many clients, shops and suppliers have a stop of their own."""
        return self.stopped_clients + self.stopped_shops + self.stopped_suppliers


def read_day_sums(scope: Scope, session: Session) -> DaySums:
    """One statement over shops, clients and suppliers; it looks at no order, so it costs the same with any number."""
    fresh = f"s.paused_at is null and not {UNREAD}"
    counted = f"{fresh} and s.count_tiktok is not null"
    row = session.execute(
        text(
            f"""
            select coalesce(sum(s.count_tiktok) filter (where {counted}), 0)::bigint as tiktok,
              coalesce(sum(s.count_ours) filter (where {counted}), 0)::bigint as ours,
              count(*) filter (where {counted}) as counted,
              count(*) filter (where {fresh} and s.count_tiktok is null) as uncounted,
              count(*) filter (where s.paused_at is null and {UNREAD}) as unread,
              coalesce(sum(greatest(0, s.count_tiktok - s.count_ours)) filter (where {counted}), 0)::bigint as missing,
              (select a.buying_stopped_at from agencies a where a.id = :agency_id) as stopped_at,
              (select count(*) from clients c where c.buying_stopped_at is not null
                and {visible_sql(scope, "c.id")}) as stopped_clients,
              count(*) filter (where s.buying_stopped_at is not null) as stopped_shops,
              (select count(*) from suppliers p where p.buying_stopped_at is not null
                and {visible_sql(scope, "p.client_id")}) as stopped_suppliers
            from shops s where {visible_sql(scope, "s.client_id")}
            """  # noqa: S608 - the conditions are made of our own integers
        ),
        {"limit": machine_now() - UNREAD_AFTER, "agency_id": scope.agency_id},
    ).mappings()
    return DaySums(**row.one())
