"""One turn of the meter: goes on with the shop's open cycle; ends it with both counts once its last page is stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from agency.clock import machine_now
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn
from agency.models.reads import ReadCycle
from agency.models.shops import Shop
from agency.services.announced import close_ticked, list_announced
from agency.services.read_cycles import (
    SETTLE,
    SliceNote,
    are_states_due,
    count_window,
    end_cycle,
    has_open_cycle,
    last_cycle,
    note_slice,
    open_cycle,
    pause_after,
)
from workers.context import Context
from workers.reading import (
    AHEAD,
    PAGES_A_TURN,
    Slice,
    StorePage,
    came_back,
    count_everything,
    gap_of_debt,
    read_slice,
)

FIRST_READ = timedelta(days=60)  # how far back a newly connected shop is read
POLL_FLOOR = timedelta(seconds=4)  # machine time; matters only while shop time runs fast


def cycle_due(context: Context, turn: Turn, shop: Shop) -> datetime:
    """When the shop is to be read (machine time): now while a cycle is open."""
    with context.work(turn) as (_scope, session):
        last = last_cycle(session, shop.id)
        if last is None or last.ended_at is None or has_open_cycle(session, shop.id):
            return machine_now()
        if shop.restored_at is not None and last.created_at < shop.restored_at:
            return machine_now()  # nothing is bought for the shop before it was read again
        return _begins_again(context, last, pause_after(shop, last), last.ended_at)


def _begins_again(context: Context, cycle: ReadCycle, pause: timedelta, ended_at: datetime) -> datetime:
    """When the next cycle begins: counted from where this one read to, which an outage may have left long ago."""
    return max(context.clock.machine_at(cycle.until + pause), ended_at + POLL_FLOOR)


def go_on(context: Context, turn: Turn, shop: Shop, tiktok: TikTokPort, store: StorePage) -> datetime:
    """Reads as many slices as fit in a turn, each checked; gives when to go on (machine time), now or after a pause."""
    cycle, pages, gap = _open(context, turn, shop), 0, ""
    while cycle.reached < cycle.until and not gap:
        if pages >= PAGES_A_TURN:
            return machine_now()
        found = read_slice(tiktok, cycle.reached, cycle.until, store)
        gap, pages = found.walk.gap, pages + found.pages
        cycle = _note(context, turn, cycle, found, None if gap else found.until)
    if not gap and cycle.owed:
        gap = _settle_debt(context, turn, cycle, tiktok, store)
    return _end(context, turn, cycle, tiktok, gap)


def _open(context: Context, turn: Turn, shop: Shop) -> ReadCycle:
    # Whole seconds, as TikTok's filters are, so that two slices meet without a hole between them.
    now = context.clock.now().replace(microsecond=0)
    with context.work(turn) as (_scope, session):
        held = session.get_one(Shop, shop.id)
        since = (held.read_cursor or now - FIRST_READ + SETTLE) - SETTLE
        return open_cycle(session, held, since.replace(microsecond=0), now)


def _note(context: Context, turn: Turn, cycle: ReadCycle, found: Slice, until: datetime | None) -> ReadCycle:
    owed = found.walk.owed if until is not None else 0
    note = SliceNote(until, found.pages, len(found.read), found.new, owed, found.looks)
    with context.work(turn) as (_scope, session):
        return note_slice(session, cycle.id, note)


def _settle_debt(context: Context, turn: Turn, cycle: ReadCycle, tiktok: TikTokPort, store: StorePage) -> str:
    """Orders that left the window while it was read have been updated, so they are in what came since."""
    since, now = cycle.until, context.clock.now().replace(microsecond=0) + AHEAD
    back: set[str] = set()  # an order that is updated again may come in two slices
    gap = ""
    while since < now and len(back) < cycle.owed and not gap:
        found = read_slice(tiktok, since, now, store)
        back |= came_back(found, cycle.until)
        since, gap = found.until, found.walk.gap
    gap = gap or gap_of_debt(cycle.owed, len(back))
    with context.work(turn) as (_scope, session):
        held = session.get_one(ReadCycle, cycle.id)
        held.came_back = len(back)
        if gap:  # nobody knows which slice they were in
            held.reached = held.since
    return gap


def _end(context: Context, turn: Turn, cycle: ReadCycle, tiktok: TikTokPort, gap: str) -> datetime:
    window = count_window(cycle.until)
    with context.work(turn) as (_scope, session):
        states = are_states_due(session, cycle.shop_id, cycle.until)
    counted = count_everything(tiktok, window, states)
    context.keep(turn)
    with context.work(turn) as (scope, session):
        held = session.get_one(ReadCycle, cycle.id)
        close_ticked(session, session.get_one(Shop, cycle.shop_id))
        pause = end_cycle(scope, session, held, gap, counted, list_announced(session, cycle.shop_id))
    return _begins_again(context, cycle, pause, machine_now())
