"""The completeness meter as a person reads it: a shop's last cycles, and one line for all shops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.domain.completeness import REMEDIES, WORDS
from agency.domain.orders import STATUSES
from agency.domain.scope import Scope
from agency.models.reads import ReadCycle
from agency.services.visibility import visible_sql

CYCLES = 6


@dataclass(frozen=True)
class GapWords:
    """What is missing, and what helps."""

    words: str
    remedy: str


@dataclass(frozen=True)
class StateCount:
    """Orders in one of TikTok's states that did not move lately, on both sides."""

    state: str
    tiktok: int
    ours: int


@dataclass(frozen=True)
class CycleRow:
    """One cycle, the newest first; `ended_at` (machine time) is None while it is being read. Counts are of 30 days."""

    ended_at: datetime | None
    problem: str
    tries: int
    orders_read: int
    orders_new: int
    count_tiktok: int | None
    count_ours: int | None
    second_looks: int
    gaps: tuple[GapWords, ...]


@dataclass(frozen=True)
class ShopMeter:
    """A shop's last cycles, and its states as they were counted last: `states_at` is shop time."""

    cycles: tuple[CycleRow, ...]
    states: tuple[StateCount, ...]
    states_at: datetime | None


@dataclass(frozen=True)
class FleetMeter:
    """All shops that should be read: how many were whole at their last cycle, how many not, and the oldest read."""

    shops: int
    whole: int
    gaps: int
    oldest_read_at: datetime | None


def read_shop_meter(session: Session, shop_id: int) -> ShopMeter:
    """The last cycles of a shop that the reader may see."""
    of_shop = select(ReadCycle).where(ReadCycle.shop_id == shop_id).order_by(ReadCycle.id.desc())
    cycles = list(session.scalars(of_shop.limit(CYCLES)))
    counted = session.scalars(of_shop.where(ReadCycle.tiktok_states != {}).limit(1)).one_or_none()
    return ShopMeter(
        tuple(_cycle(cycle) for cycle in cycles),
        _states(counted) if counted else (),
        counted.counted_until if counted else None,
    )


def read_fleet_meter(scope: Scope, session: Session) -> FleetMeter:
    """The line for all shops; one whose last cycle found a gap, or that has no cycle yet, is not whole."""
    query = f"""
        select count(*) as shops, min(s.last_read_at) as oldest,
          count(*) filter (where r.gaps = '[]'::jsonb and s.read_error = '') as whole,
          count(*) filter (where r.gaps <> '[]'::jsonb or s.read_error <> '') as gaps
        from shops s join clients c on c.id = s.client_id and c.left_at is null
        left join lateral (
          select gaps from read_cycles where shop_id = s.id and ended_at is not null order by id desc limit 1
        ) r on true
        where s.paused_at is null and {visible_sql(scope, "s.client_id")}
    """  # noqa: S608 - the condition is made of our own integers
    row = session.execute(text(query)).one()
    return FleetMeter(row.shops, row.whole, row.gaps, row.oldest)


def _cycle(cycle: ReadCycle) -> CycleRow:
    return CycleRow(
        ended_at=cycle.ended_at,
        problem=cycle.problem if cycle.ended_at is None else "",
        tries=cycle.tries,
        orders_read=cycle.orders_read,
        orders_new=cycle.orders_new,
        count_tiktok=cycle.count_tiktok,
        count_ours=cycle.count_ours,
        second_looks=cycle.second_looks,
        gaps=tuple(GapWords(WORDS[gap], REMEDIES[gap]) for gap in cycle.gaps),
    )


def _states(cycle: ReadCycle) -> tuple[StateCount, ...]:
    words = [*STATUSES, *sorted(set(cycle.our_states) - set(STATUSES))]
    counts = [(word, cycle.tiktok_states.get(word, 0), cycle.our_states.get(word, 0)) for word in words]
    return tuple(StateCount(*count) for count in counts if count[1] or count[2])
