"""Cycles of reading: one opened, carried over turns, ended with what is missing, kept for a while, and shown.

An end sets everything that follows from it in one transaction: the row, the shop's cursor and last complete read, and
the decisions that a gap opens or its end closes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.completeness import REMEDIES, WORDS, Counts, Gap, gaps_of_counts, is_unread
from agency.domain.scope import Scope
from agency.models.orders import Order
from agency.models.reads import ReadCycle
from agency.models.shops import Shop
from agency.services.announced import record_announced
from agency.services.restores import note_reread
from agency.services.shop_reads import (
    LONGEST_POLL,
    SHORTEST_POLL,
    poll_interval,
    record_counts,
    record_gap,
    record_read,
)

KEPT, KEPT_WITH_GAPS = timedelta(days=2), timedelta(days=30)  # machine time; per shop some hundred rows
COUNT_WINDOW = timedelta(days=30)
SETTLE = timedelta(
    minutes=10
)  # TikTok may list an update that late (facts, 4.1); younger orders are not compared
STATES_EVERY = timedelta(hours=1)  # shop time; nine calls, so not with every cycle

_STAGES = text(
    """
    select stage, status, count(*) as orders,
      count(*) filter (where tiktok_updated_at < :settled) as unmoved
    from orders where shop_id = :shop_id and placed_at >= :since and placed_at < :until group by stage, status
    """
)
_PRUNE = text(
    """
    delete from read_cycles where shop_id = :shop_id
      and ended_at < case when gaps = '[]'::jsonb then cast(:usual as timestamptz) else cast(:long as timestamptz) end
    """
)


@dataclass(frozen=True)
class CountWindow:
    """Orders placed from `since` to `until` (shop time, whole seconds) are counted on both sides."""

    since: datetime
    until: datetime


def open_cycle(session: Session, shop: Shop, since: datetime, until: datetime) -> ReadCycle:
    """The open cycle of the shop, or a new one; one whose shop got another cursor elsewhere begins anew."""
    query = select(ReadCycle).where(ReadCycle.shop_id == shop.id, ReadCycle.ended_at.is_(None))
    found = session.scalars(query).one_or_none()
    if found is not None and found.cursor == shop.read_cursor:
        return found
    if found is not None:
        session.delete(found)
        session.flush()
    cycle = ReadCycle(
        agency_id=shop.agency_id,
        client_id=shop.client_id,
        shop_id=shop.id,
        since=since,
        until=until,
        reached=since,
        cursor=shop.read_cursor,
    )
    session.add(cycle)
    session.flush()
    session.refresh(cycle)
    return cycle


@dataclass(frozen=True)
class SliceNote:
    """What a slice adds to its cycle; `until` is where it ended, None when it was not whole."""

    until: datetime | None
    pages: int
    read: int
    new: int
    owed: int
    looks: int


def note_slice(session: Session, cycle_id: int, note: SliceNote) -> ReadCycle:
    """Writes a slice down; a whole one moves the shop's cursor, so that a cycle cut off is taken up from there."""
    cycle = session.get_one(ReadCycle, cycle_id, with_for_update=True)
    cycle.pages += note.pages
    cycle.orders_read += note.read
    cycle.orders_new += note.new
    cycle.owed += note.owed
    cycle.second_looks += note.looks - 1
    if note.until is not None:
        cycle.reached = note.until
        shop = session.get_one(Shop, cycle.shop_id)
        if shop.read_cursor is None or shop.read_cursor < note.until:
            shop.read_cursor = note.until
        cycle.cursor = shop.read_cursor
    return cycle


def last_cycle(session: Session, shop_id: int) -> ReadCycle | None:
    """The newest cycle that has ended."""
    query = select(ReadCycle).where(ReadCycle.shop_id == shop_id, ReadCycle.ended_at.is_not(None))
    return session.scalars(query.order_by(ReadCycle.id.desc()).limit(1)).one_or_none()


def has_open_cycle(session: Session, shop_id: int) -> bool:
    """Whether a cycle of the shop has begun and not ended."""
    query = select(ReadCycle.id).where(ReadCycle.shop_id == shop_id, ReadCycle.ended_at.is_(None))
    return session.scalar(query) is not None


def note_try(session: Session, shop_id: int, problem: str) -> None:
    """A turn of the open cycle failed; the meter says so until it goes on."""
    session.execute(
        text(
            "update read_cycles set tries = tries + 1, problem = :problem where shop_id = :id and ended_at is null"
        ),
        {"id": shop_id, "problem": problem[:300]},
    )


def pause_after(shop: Shop, last: ReadCycle) -> timedelta:
    """How long after this cycle the next one begins, in shop time; sooner after a gap, at first."""
    if not set(last.gaps) - {Gap.ANNOUNCED}:  # those are asked for by themselves
        return poll_interval(shop, 0)
    return min(SHORTEST_POLL * (1 << min(last.streak - 1, 4)), LONGEST_POLL)


def are_states_due(session: Session, shop_id: int, until: datetime) -> bool:
    """Whether a cycle that ends at `until` asks for every state: once an hour, and while counts differ."""
    last = last_cycle(session, shop_id)
    if last is None or set(last.gaps) - {Gap.ANNOUNCED}:  # what is only announced differs in no state
        return True
    query = select(func.max(ReadCycle.until)).where(ReadCycle.shop_id == shop_id)
    asked_at = session.scalar(query.where(ReadCycle.tiktok_states != {}))
    return asked_at is None or until - asked_at >= STATES_EVERY


def count_window(until: datetime) -> CountWindow:
    """The thirty days that end a little before `until`, in whole seconds as TikTok's filters are."""
    end = until.replace(microsecond=0)
    return CountWindow(end - COUNT_WINDOW, end - SETTLE)


def end_cycle(
    scope: Scope,
    session: Session,
    cycle: ReadCycle,
    walked: str,
    counted: tuple[int, dict[str, int]],
    announced: Sequence[str],
) -> timedelta:
    """Ends the cycle; gives the pause until the next. `walked` is the gap of its pages or empty.

    `counted` is TikTok's total and its states, `announced` the orders that were announced and not shown.
    """
    shop = session.get_one(Shop, cycle.shop_id, with_for_update=True)
    last, window = last_cycle(session, shop.id), count_window(cycle.until)
    counts = _count(session, cycle, window, counted)
    expected = _carry_expected(session, cycle, last, window)
    gaps = list(gaps_of_counts(counts, expected))
    if walked:
        gaps.insert(0, walked)
    if announced:
        gaps.append(Gap.ANNOUNCED)
    cycle.gaps, cycle.announced, cycle.ended_at = gaps, len(announced), machine_now()
    cycle.streak = (last.streak if last else 0) + 1 if gaps else 0
    _keep_expected(cycle, counts.tiktok)
    record_announced(scope, session, shop, announced)
    _follow(scope, session, shop, cycle, gaps, counts)
    now = machine_now()
    session.execute(_PRUNE, {"shop_id": shop.id, "usual": now - KEPT, "long": now - KEPT_WITH_GAPS})
    return pause_after(shop, cycle)


def _follow(
    scope: Scope, session: Session, shop: Shop, cycle: ReadCycle, gaps: Sequence[str], counts: Counts
) -> None:
    shop.count_tiktok, shop.count_ours, shop.counted_at = counts.tiktok, counts.ours, machine_now()
    if is_unread(gaps):
        # Nothing of what was read is thrown away; the time is read again from the last slice that was whole.
        whole = cycle.reached if cycle.reached < cycle.until else cycle.since
        shop.read_cursor = max(whole, cycle.since + SETTLE)
        gap = next(word for word in gaps if word in Gap.UNREAD)
        record_gap(scope, session, shop, WORDS[gap], REMEDIES[gap], counts)
    else:
        first = shop.last_read_at is None
        record_read(scope, session, shop, cycle.until, cycle.orders_new, 0 if first else cycle.orders_new)
    record_counts(scope, session, shop, cycle.counted_since or cycle.since, set(gaps))
    if not gaps and shop.restored_at is not None and cycle.created_at >= shop.restored_at:
        note_reread(scope, session, shop)
    if not is_unread(gaps) and set(gaps) & set(Gap.COUNTED):
        shop.read_cursor = cycle.until - COUNT_WINDOW


def _count(
    session: Session, cycle: ReadCycle, window: CountWindow, counted: tuple[int, dict[str, int]]
) -> Counts:
    values = {"shop_id": cycle.shop_id, "since": window.since, "until": window.until, "settled": window.until}
    stages: dict[str, int] = {}
    states: dict[str, int] = {}
    for row in session.execute(_STAGES, values):
        stages[row.stage] = stages.get(row.stage, 0) + row.orders
        states[row.status] = states.get(row.status, 0) + row.unmoved
    total, tiktok_states = counted
    cycle.counted_since, cycle.counted_until = window.since, window.until
    cycle.count_tiktok, cycle.count_ours = total, sum(stages.values())
    cycle.our_stages, cycle.our_states, cycle.tiktok_states = stages, states, dict(tiktok_states)
    return Counts(total, cycle.count_ours, tiktok_states, states)


def _carry_expected(session: Session, cycle: ReadCycle, last: ReadCycle | None, window: CountWindow) -> int:
    """What TikTok has counted before, less what has grown too old for the window since; 0 when all of it has."""
    if last is None or last.expected_at is None or last.counted_since is None:
        return 0
    if last.expected_at <= window.since:
        return 0
    aged = session.scalar(
        select(func.count()).where(
            Order.shop_id == cycle.shop_id,
            Order.placed_at >= last.counted_since,
            Order.placed_at < window.since,
        )
    )
    cycle.expected, cycle.expected_at = max(0, last.expected - int(aged or 0)), last.expected_at
    return cycle.expected


def _keep_expected(cycle: ReadCycle, tiktok: int) -> None:
    if tiktok >= (cycle.expected or 0):
        cycle.expected, cycle.expected_at = tiktok, cycle.counted_until
