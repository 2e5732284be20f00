"""Cycles of reading as the stories of a shop see them: the newest, the next, and what is told about the shop."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from sqlalchemy import select

from agency.models.attention import Attention
from agency.models.reads import ReadCycle
from agency.models.shops import Shop
from agency.services.inbox import Notification, record_notification
from agency.transaction import system_transaction
from tests.stories.cast import GB, GB_GOODS, sku_id
from tests.stories.journey import Journey

TRAY = sku_id(next(iter(GB_GOODS)))
_numbers = count(1)


def shop_of(journey: Journey) -> Shop:
    with journey.session() as session:
        return session.scalars(select(Shop).where(Shop.tiktok_shop_id == GB)).one()


def cycle(journey: Journey) -> ReadCycle:
    """The newest cycle of the shop that has ended."""
    with journey.session() as session:
        query = select(ReadCycle).where(
            ReadCycle.shop_id == shop_of(journey).id, ReadCycle.ended_at.is_not(None)
        )
        return session.scalars(query.order_by(ReadCycle.id.desc()).limit(1)).one()


def rows(journey: Journey) -> dict[str, Attention]:
    """Open decisions about the shop itself."""
    return {kind: row for kind, row in journey.attentions().items() if row.shop_id == shop_of(journey).id}


def next_cycle(journey: Journey) -> ReadCycle:
    """Lets the shop's next cycle come, whatever its rhythm is by now."""
    before = cycle(journey).id
    for _ in range(13):
        journey.pass_time(timedelta(minutes=5))
        journey.work()
        if cycle(journey).id != before:
            return cycle(journey)
    raise AssertionError("no cycle within an hour of shop time")


def unpaid(journey: Journey) -> str:
    """An order that nobody buys, so that only the reading is at work."""
    return journey.place(GB, TRAY, status="UNPAID")


def announce(journey: Journey, number: str) -> None:
    """TikTok's webhook about the order, its signature checked."""
    note = Notification(GB, f"fake-gap-note-{next(_numbers)}", "order", number, {})
    with system_transaction(journey.database) as session:
        assert record_notification(session, note)


def assert_unread(journey: Journey, gap: str) -> None:
    """The gap is the cycle's, the row names shop and remedy, and the last complete read has not moved."""
    shop, row = shop_of(journey), rows(journey)["shop_unread"]
    assert cycle(journey).gaps[0] == gap
    assert shop.name in row.why
    assert "again by itself" in row.why
    assert shop.read_error
    assert shop.last_read_at is not None
    ended = cycle(journey).ended_at
    assert ended is not None
    assert shop.last_read_at < ended
