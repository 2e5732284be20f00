"""Nothing missing: each way in which TikTok's list can be wrong is noticed in one cycle, told, and mended by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select, text

from agency.domain.completeness import Gap
from agency.models.attention import Attention
from agency.models.reads import ReadCycle
from agency.models.shops import Shop
from agency.services.inbox import Notification, record_notification
from agency.transaction import system_transaction
from tests.stories.cast import GB, GB_GOODS, connect, sku_id
from tests.stories.journey import Journey

ALL_PAGES = {"probability": 1, "path": f"/shops/{GB}/orders/search"}
TRAY = sku_id(next(iter(GB_GOODS)))
_numbers = count(1)


@pytest.fixture(autouse=True)
def calm(journey: Journey) -> Iterator[None]:
    """Every story begins with a shop that is whole, and leaves one."""
    assert next_cycle(journey).gaps == []
    yield
    journey.sim("faults", preset="none")
    for _ in range(3):
        if not next_cycle(journey).gaps:
            break
    assert cycle(journey).gaps == []
    assert not {"shop_unread", "count_differs", "announced_unread"} & set(rows(journey))


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


def test_a_page_that_stays_lost_is_no_read(journey: Journey) -> None:
    number = unpaid(journey)
    journey.sim("faults", page_lost=ALL_PAGES)

    found = next_cycle(journey)

    assert_unread(journey, Gap.PAGE_LOST)
    assert found.second_looks == 1
    assert not journey.is_known(number)
    journey.sim("faults", preset="none")
    next_cycle(journey)
    assert journey.is_known(number)
    assert (cycle(journey).gaps, rows(journey)) == ([], {})


def test_a_page_lost_once_is_fetched_by_the_second_look(journey: Journey) -> None:
    number = unpaid(journey)
    journey.sim("faults", page_lost={"next": 1, "path": f"/shops/{GB}/orders/search"})

    found = next_cycle(journey)

    assert (found.gaps, found.second_looks) == ([], 1)
    assert journey.is_known(number)
    assert rows(journey) == {}


def test_an_announced_order_that_is_hidden_stays_a_gap_until_it_is_read(journey: Journey) -> None:
    number = unpaid(journey)
    journey.sim("hide", order_id=number, for_seconds=3 * 3600)
    announce(journey, number)

    found = next_cycle(journey)

    assert (found.gaps, found.announced) == ([Gap.ANNOUNCED], 1)
    assert number in rows(journey)["announced_unread"].why
    assert "asked for again" in rows(journey)["announced_unread"].why
    next_cycle(journey)
    assert "announced_unread" in rows(journey)

    journey.sim("hide", order_id=number, for_seconds=0)
    next_cycle(journey)
    journey.live(1)
    assert journey.is_known(number)
    assert (cycle(journey).gaps, rows(journey)) == ([], {})


def test_a_notification_about_nothing_waits_until_a_person_ticks_it_off(journey: Journey) -> None:
    announce(journey, "599999999999999999")
    assert next_cycle(journey).gaps == [Gap.ANNOUNCED]
    row = rows(journey)["announced_unread"]
    assert "599999999999999999" in row.why
    with journey.session() as session:
        session.execute(
            text(
                "update attentions set resolved_at = now(), data = data || '{\"ticked\": true}' where id = :id"
            ),
            {"id": row.id},
        )

    assert next_cycle(journey).gaps == []
    announce(journey, "599999999999999999")
    assert next_cycle(journey).gaps == [Gap.ANNOUNCED]  # another notification is another question
    with journey.session() as session:
        session.execute(text("update inbox_items set handled_at = now() where handled_at is null"))


def test_an_order_that_was_hidden_for_hours_is_missed_by_the_count_and_fetched(journey: Journey) -> None:
    number = unpaid(journey)
    journey.sim("hide", order_id=number, for_seconds=4 * 3600)
    journey.live(3.9, steps=6)
    assert not journey.is_known(number)  # nobody could know: neither listed nor counted nor announced
    assert cycle(journey).gaps == []
    journey.pass_time(timedelta(hours=0.2))

    found = next_cycle(journey)

    assert found.gaps == [Gap.MISSING]
    assert (found.count_tiktok or 0) - (found.count_ours or 0) == 1
    assert "being read again" in rows(journey)["count_differs"].why
    next_cycle(journey)
    assert journey.is_known(number)
    assert (cycle(journey).gaps, rows(journey)) == ([], {})


def test_a_count_that_grows_while_paging_is_no_read(journey: Journey) -> None:
    numbers = [unpaid(journey) for _ in range(52)]
    journey.sim("faults", total_shift=ALL_PAGES)

    next_cycle(journey)

    assert_unread(journey, Gap.SHIFTED)
    journey.sim("faults", preset="none")
    next_cycle(journey)
    assert all(journey.is_known(number) for number in numbers)
    assert rows(journey) == {}


def test_a_stuck_mark_ends_the_turn_and_is_told(journey: Journey) -> None:
    numbers = [unpaid(journey) for _ in range(120)]
    journey.sim("faults", stuck_page=ALL_PAGES)

    found = next_cycle(journey)

    assert_unread(journey, Gap.STUCK)
    assert found.pages <= 6  # two looks of three pages: no endless walk
    journey.sim("faults", preset="none")
    next_cycle(journey)
    assert all(journey.is_known(number) for number in numbers)
    assert rows(journey) == {}


def test_an_empty_list_without_an_error_is_not_an_empty_shop(journey: Journey) -> None:
    unpaid(journey)
    next_cycle(journey)
    journey.live(1)
    held = cycle(journey).count_ours
    assert held
    journey.sim("faults", empty_list=ALL_PAGES)

    found = next_cycle(journey)

    assert (found.count_tiktok, found.count_ours) == (0, held)
    assert_unread(journey, Gap.FEWER)
    assert "no empty shop" in rows(journey)["shop_unread"].why
    journey.sim("faults", preset="none")
    next_cycle(journey)
    assert (cycle(journey).gaps, rows(journey)) == ([], {})


def test_a_count_that_was_higher_before_is_remembered(journey: Journey) -> None:
    number = unpaid(journey)
    journey.sim("hide", order_id=number, for_seconds=1200)
    journey.live(0.3)
    journey.sim("faults", page_lost=ALL_PAGES)
    assert Gap.MISSING in next_cycle(journey).gaps  # counted, though not read
    journey.sim("faults", preset="none")
    journey.sim("hide", order_id=number, for_seconds=7200)

    found = next_cycle(journey)

    assert found.count_tiktok == found.count_ours  # equal again, and yet one is missing
    assert found.gaps == [Gap.FEWER]
    journey.sim("hide", order_id=number, for_seconds=0)
    journey.live(3, steps=6)
    assert journey.is_known(number)


def test_an_order_that_moved_on_unnoticed_differs_in_its_state(journey: Journey) -> None:
    number = unpaid(journey)
    next_cycle(journey)
    journey.live(1)
    world = journey.simulator.app.world
    with journey.tampering(number) as order:
        order.doc["status"], moved_at = "CANCELLED", order.doc["update_time"]
    with world.book.transaction():  # the update is dated into a time that was read already
        world.book.sql("UPDATE orders SET update_time=? WHERE id=?", moved_at, number)
    journey.pass_time(timedelta(hours=1))

    found = next_cycle(journey)

    assert found.count_tiktok == found.count_ours
    assert found.gaps == [Gap.STATES]
    assert "moved on at TikTok" in rows(journey)["count_differs"].why


def test_a_dead_token_is_told_and_the_shop_is_read_from_where_it_stopped(journey: Journey) -> None:
    journey.sim("tokens/kill", seller_id="seller-kite", what="all")
    number = unpaid(journey)
    for _ in range(12):
        journey.pass_time(timedelta(minutes=5))
        journey.work()

    assert "reconnect" in journey.attentions()
    assert not journey.is_known(number)
    assert shop_of(journey).access_lost

    connect(journey, "Kite", "seller-kite")
    journey.live(3, steps=3)
    assert journey.is_known(number)


def test_a_week_of_downtime_is_caught_up_in_the_first_cycle(journey: Journey) -> None:
    numbers = []
    for _day in range(7):
        numbers += [journey.place(GB, TRAY, status="AWAITING_SHIPMENT") for _ in range(3)]
        journey.pass_time(timedelta(days=1))  # nobody works, and TikTok's retries of webhooks end after a day

    journey.work()

    assert all(journey.is_known(number) for number in numbers)
    assert cycle(journey).gaps == []
    assert any(journey.order(number).due_at is not None for number in numbers)
    due = [journey.order(number).due_at for number in numbers]
    assert any(at is not None and at < journey.now for at in due)  # what was missed meanwhile shows as late


def test_a_flood_within_ten_minutes_is_read_to_its_end(journey: Journey) -> None:
    """More orders than a turn reads, all updated within the overlap: the walk must not begin again and again."""
    world = journey.simulator.app.world
    numbers = [unpaid(journey) for _ in range(20)]
    now = int(world.now())
    with world.book.transaction():
        (row,) = world.book.sql("SELECT * FROM orders WHERE id=?", numbers[0])
        for at in range(700):
            copied = dict(row) | {"id": f"7999{at:015d}", "create_time": now, "update_time": now + at % 3}
            copied["doc"] = copied["doc"].replace(numbers[0], copied["id"])
            copied["doc"] = _timed(copied["doc"], now, now + at % 3)
            places = ",".join("?" * len(copied))
            world.book.sql(f"INSERT INTO orders VALUES ({places})", *copied.values())

    next_cycle(journey)

    with journey.session() as session:
        held = session.scalar(text("select count(*) from orders where tiktok_order_id like '7999%'"))
    assert held == 700
    assert cycle(journey).gaps == []


def _timed(doc: str, created: int, updated: int) -> str:
    return json.dumps(json.loads(doc) | {"create_time": created, "update_time": updated})
