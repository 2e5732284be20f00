"""Where parcels are: first scan and delivery as TikTok's order shows them, carrier events as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.parcels import Scan
from agency.domain.scope import Scope
from agency.models.parcels import Parcel

_SCANNED = text(
    """
    update parcels p set state = 'in_transit', first_scan_at = coalesce(p.first_scan_at, o.collected_at, :now)
    from orders o
    where o.id = p.order_id and o.id = any(:ids) and p.state = 'pushed' and o.status in ('IN_TRANSIT')
    """
)
_DELIVERED = text(
    """
    update parcels p set state = 'delivered', delivered_at = coalesce(p.delivered_at, o.delivered_at, :now),
      first_scan_at = coalesce(p.first_scan_at, o.collected_at)
    from orders o
    where o.id = p.order_id and o.id = any(:ids) and p.state in ('pushed', 'in_transit')
      and o.status in ('DELIVERED', 'COMPLETED')
    """
)
_CLOSED = text(
    """
    update purchases p set state = 'closed' from orders o
    where o.id = p.order_id and o.id = any(:ids) and p.state = 'shipped' and o.status in ('DELIVERED', 'COMPLETED')
    """
)
_CAUSE_GONE = text(
    """
    update attentions a set resolved_at = now(), resolved_by = 'rule:parcel' from orders o
    where o.id = a.order_id and o.id = any(:ids) and a.resolved_at is null and (
      (a.kind in ('no_first_scan', 'tracking_late')
        and o.status in ('IN_TRANSIT', 'DELIVERED', 'COMPLETED', 'CANCELLED'))
      or (a.kind in ('ship_warning', 'tracking_changed', 'tracking_refused', 'address_changed', 'pack',
          'cancel_request')
        and o.status in ('DELIVERED', 'COMPLETED', 'CANCELLED'))
      or (a.kind = 'cancel_request' and not o.is_cancel_requested))
    """
)
_NOTHING_TO_BUY = text(
    """
    with past as (
      update orders set blockers = '[]'::jsonb
      where id = any(:ids) and blockers <> '[]'::jsonb and stage in ('shipped', 'delivered', 'settled', 'cancelled')
      returning id
    )
    update attentions a set resolved_at = now(), resolved_by = 'rule:stage' from past
    where a.order_id = past.id and a.resolved_at is null and a.kind in ('blocked', 'approval', 'unmapped')
    """
)


def follow_orders(session: Session, order_ids: Sequence[int], now: datetime) -> None:
    """Moves parcels and purchases along with their orders' status, and closes decisions whose cause is gone."""
    for statement in (_SCANNED, _DELIVERED, _CLOSED, _CAUSE_GONE, _NOTHING_TO_BUY):
        session.execute(statement, {"ids": list(order_ids), "now": now})


@dataclass(frozen=True)
class Watched:
    """A parcel on its way whose carrier events are due to be read."""

    parcel_id: int
    order_id: str


def list_watched(
    session: Session, shop_id: int, now: datetime, every: timedelta, limit: int
) -> list[Watched]:
    """Parcels with TikTok that were not looked at for a while."""
    rows = session.execute(
        text(
            """
            select p.id, o.tiktok_order_id from parcels p join orders o on o.id = p.order_id
            where p.shop_id = :shop_id and p.state in ('pushed', 'in_transit')
              and coalesce(p.scans_read_at, p.pushed_at) < :before
            order by p.scans_read_at nulls first, p.id limit :limit
            """
        ),
        {"shop_id": shop_id, "before": now - every, "limit": limit},
    )
    return [Watched(row.id, row.tiktok_order_id) for row in rows]


def is_watching(session: Session, shop_id: int) -> bool:
    """True while a parcel of the shop is on its way."""
    query = text("select 1 from parcels where shop_id = :id and state in ('pushed', 'in_transit') limit 1")
    return session.execute(query, {"id": shop_id}).first() is not None


def record_scans(
    scope: Scope, session: Session, parcel_id: int, scans: Sequence[Scan], now: datetime
) -> None:
    """Stores carrier events; the same event twice is one row."""
    parcel = session.get_one(Parcel, parcel_id)
    parcel.scans_read_at = now
    rows = [
        {
            "agency_id": scope.agency_id,
            "client_id": parcel.client_id,
            "shop_id": parcel.shop_id,
            "parcel_id": parcel.id,
            "at": scan.at,
            "description": scan.description[:300],
        }
        for scan in scans
        if not scan.tracking_number or scan.tracking_number == parcel.tracking_number
    ]
    if rows:
        session.execute(
            text(
                """
                insert into parcel_scans (agency_id, client_id, shop_id, parcel_id, at, description)
                values (:agency_id, :client_id, :shop_id, :parcel_id, :at, :description) on conflict do nothing
                """
            ),
            rows,
        )
