"""Cycles of reading for the rich world: whole ones, one with a second look, and a gap where a shop is not read."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.completeness import Gap
from agency.models.reads import ReadCycle
from agency.models.shops import Shop

_STATES = {"AWAITING_SHIPMENT": 4, "IN_TRANSIT": 6, "DELIVERED": 9, "COMPLETED": 21, "CANCELLED": 2}


def add_cycles(session: Session, shop: Shop, now: datetime) -> None:
    """Four cycles, the newest last; `now` is shop time."""
    for age in (3, 2, 1, 0):
        ends = now - timedelta(minutes=2 + 40 * age)
        gap = age == 0 and shop.read_error != ""
        tiktok = shop.count_tiktok if gap else shop.count_ours
        cycle = ReadCycle(
            agency_id=shop.agency_id, client_id=shop.client_id, shop_id=shop.id, since=ends - timedelta(minutes=50),
            until=ends, reached=ends, cursor=ends, ended_at=machine_now() - timedelta(minutes=2 + 40 * age),
            pages=1, orders_read=4 + age, orders_new=age % 2, second_looks=int(age == 2),
            gaps=[Gap.PAGE_LOST, Gap.MISSING] if gap else [], streak=int(gap), count_tiktok=tiktok,
            count_ours=shop.count_ours, counted_since=ends - timedelta(days=30), counted_until=ends,
            tiktok_states=_STATES if age == 1 else {}, our_states=_STATES if age == 1 else {},
        )  # fmt: skip
        session.add(cycle)
    session.flush()
