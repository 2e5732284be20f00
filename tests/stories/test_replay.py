"""Orders under harsh faults rebuild from what was written down: to what their rows are now and were at any moment."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.replay import RebuiltOrder, fold
from agency.replay_command import differences_of_all
from agency.services.approvals import approve_many, hold, release_hold
from agency.services.order_pages import get_order_page
from agency.services.order_purchase_rows import PurchaseRow
from agency.services.order_then import OrderThen, PastPurchase, ThenAsked, get_order_then
from agency.services.replay import Replayed, read_changes, read_stored
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.stories.cast import GB, US, sku_id
from tests.stories.journey import Journey

ORDERS, ROUNDS = 63, 16
SEED = 20261126
GOODS = ("MUG", "MUG", "CUP", "CUP", "JAR", "LAMP", "LAMP", "VASE", "BOOK")


@dataclass
class Storm:
    """A finished run: the order numbers, and what the rows of every known order were at some moments of it."""

    journey: Journey
    numbers: list[str] = field(default_factory=list)
    kept: list[tuple[datetime, dict[str, RebuiltOrder]]] = field(default_factory=list)


@pytest.fixture(scope="module")
def storm(journey: Journey) -> Storm:
    """63 orders of two shops and six suppliers, the outside at its worst, people who hold, let go, approve, cancel."""
    dice = random.Random(SEED)
    run = Storm(journey)
    journey.sim("faults", preset="harsh")
    for _ in range(ROUNDS):
        for _ in range(ORDERS // 7 if len(run.numbers) < ORDERS else 0):
            run.numbers.append(_place(journey, dice))
        journey.pass_time(timedelta(hours=dice.choice((0.3, 1, 4, 9))))
        journey.work()
        _meddle(run, dice)
        run.kept.append((machine_now(), _stored(run)))
    journey.sim("faults", preset="none")
    for _ in range(10):
        journey.pass_time(timedelta(hours=30))
        journey.work()
    return run


def _place(journey: Journey, dice: random.Random) -> str:
    if dice.random() < 0.15:
        return journey.place(GB, sku_id("TRAY"))
    skus = [sku_id(dice.choice(GOODS)) for _ in range(dice.choice((1, 1, 1, 2, 3)))]
    return journey.place(US, *skus)


def _meddle(run: Storm, dice: random.Random) -> None:
    """Buyers cancel, people hold an order and let it go again, and say yes to every second that waits for them."""
    journey = run.journey
    number = dice.choice(run.numbers)
    if dice.random() < 0.3 and journey.sold(number)["status"] in ("ON_HOLD", "AWAITING_SHIPMENT"):
        journey.sim("cancel", order_id=number)
    number = dice.choice(run.numbers)
    if journey.is_known(number) and journey.order(number).stage in ("held", "to_buy", "blocked"):
        with journey.session() as session:
            if journey.order(number).held_by:
                release_hold(journey.scope(), session, number, journey.now)
            else:
                hold(journey.scope(), session, number, journey.now)
    with journey.session() as session:
        if waiting := _waiting(session)[::2]:
            approve_many(journey.scope(), session, waiting, journey.now)


def _waiting(session: Session) -> list[str]:
    query = text("select tiktok_order_id from orders where stage = 'blocked' order by tiktok_order_id")
    return [row.tiktok_order_id for row in session.execute(query)]


def _ids(run: Storm) -> dict[str, int]:
    with run.journey.session() as session:
        query = text("select tiktok_order_id, id from orders where tiktok_order_id = any(:numbers)")
        return {row[0]: row[1] for row in session.execute(query, {"numbers": run.numbers})}


def _stored(run: Storm) -> dict[str, RebuiltOrder]:
    ids = _ids(run)
    with run.journey.session() as session:
        rows = read_stored(session, list(ids.values()))
    return {number: rows[order_id] for number, order_id in ids.items()}


def _all(run: Storm) -> Replayed:
    return differences_of_all(run.journey.database, run.journey.agency_id)


def test_every_order_of_the_storm_rebuilds_to_exactly_its_rows(storm: Storm) -> None:
    found = _all(storm)
    assert [str(difference) for difference in found.differences] == []
    assert found.broken == ()
    assert found.orders == found.exact >= ORDERS
    now = _stored(storm)
    stages = [order.stage for order in now.values()]
    # The storm was one: orders came to their ends, some were cancelled, and answers were lost on the way.
    assert stages.count("settled") + stages.count("delivered") > ORDERS / 2, stages
    assert "cancelled" in stages
    assert any(order.money.spent for order in now.values())


def test_every_order_rebuilds_to_what_it_was_at_every_moment_that_was_noted(storm: Storm) -> None:
    ids = _ids(storm)
    compared = 0
    with storm.journey.session() as session:
        changes = {number: read_changes(session, order_id) for number, order_id in ids.items()}
    for moment, rows in storm.kept:
        for number in storm.numbers:
            assert fold(changes[number], moment) == rows.get(number), f"{number} at {moment}"
            compared += number in rows
    assert compared > ORDERS * ROUNDS / 2
    # Moments at which everything was as in the end would prove nothing.
    last = _stored(storm)
    moved = sum(rows[number] != last[number] for _moment, rows in storm.kept for number in rows)
    assert moved > compared / 4


def test_the_newest_step_of_every_order_says_what_its_page_says(storm: Storm) -> None:
    """The page is made of the rows, the step of the changes alone; each earlier step can be shown too."""
    journey, moved = storm.journey, 0
    with journey.session() as session:
        for number in _ids(storm):
            page = get_order_page(journey.scope(), session, Keyring(MASTER_KEY), number, journey.now)
            steps = _then(journey, session, number).steps
            pasts = [_then(journey, session, number, step.number).past for step in steps]
            first, last = pasts[0], pasts[-1]
            assert first is not None
            assert last is not None
            assert [step.at for step in steps] == sorted(step.at for step in steps)
            assert (last.tiktok_status, last.due_why, last.money) == (
                page.tiktok_status,
                page.due_why,
                page.money,
            )
            assert [(row.kind, row.at, row.counts) for row in last.deadlines] == [
                (row.kind, row.at, row.counts) for row in page.deadlines
            ]
            assert [_told(one) for one in last.purchases] == [_told(one) for one in page.purchases]
            assert [(one.tracking_number, one.state_text) for one in last.parcels] == [
                (one.tracking_number, one.state_text) for one in page.parcels
            ]
            moved += first.stage_text != last.stage_text
    assert moved > ORDERS / 2


def _then(journey: Journey, session: Session, number: str, step: int = 0) -> OrderThen:
    return get_order_then(journey.scope(), session, number, ThenAsked(step), journey.context.clock, {})


def _told(purchase: PastPurchase | PurchaseRow) -> tuple[object, ...]:
    writes = purchase.writes if isinstance(purchase, PastPurchase) else purchase.effects
    told = [(write.title, write.state_text, write.attempts, write.reason) for write in writes]
    return purchase.reference, purchase.state_text, purchase.expected, purchase.actual, told


def test_the_timeline_names_every_move_of_every_order(storm: Storm) -> None:
    """What the changes say that happened and what the timeline says, event by event."""
    for number, order_id in _ids(storm).items():
        with storm.journey.session() as session:
            query = text("select kind, data from order_events where order_id = :id order by seq")
            told = [(row.kind, row.data) for row in session.execute(query, {"id": order_id})]
            order = fold(read_changes(session, order_id))
        assert order is not None
        paid = sorted(data["total_minor"] for kind, data in told if kind == "purchase_paid")
        moves = [(data["from"], data["to"]) for kind, data in told if kind == "stage_changed"]
        assert all(before[1] == after[0] for before, after in pairwise(moves)), number
        assert not moves or moves[-1][1] == order.stage
        assert paid == sorted(
            -row["amount_minor"] for row in order.ledger.values() if row["kind"] == "supplier_goods"
        )


@contextmanager
def _planted(storm: Storm, statement: str) -> Iterator[list[str]]:
    """A mistake that no trigger sees, for as long as the block; yields what is then found."""
    with psycopg.connect(storm.journey.owner_url) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("create table kept_changes as select * from order_changes")
        owner.execute("create table kept_purchases as select id, actual_minor, state from purchases")
        owner.execute("create table kept_orders as select id, stage, due_at, held_by from orders")
        assert owner.execute(statement.encode()).rowcount == 1
        owner.commit()
        try:
            found = _all(storm)
            yield [str(difference) for difference in found.differences] + list(found.broken)
        finally:
            owner.execute("delete from order_changes; insert into order_changes select * from kept_changes")
            owner.execute(
                "update purchases p set actual_minor = k.actual_minor, state = k.state from kept_purchases k"
                " where k.id = p.id"
            )
            owner.execute(
                "update orders o set stage = k.stage, due_at = k.due_at, held_by = k.held_by from kept_orders k"
                " where k.id = o.id"
            )
            owner.execute("drop table kept_changes, kept_purchases, kept_orders")


_LAST = """(select part, row_key, max(number) from order_changes where part = 'order' group by 1, 2
  having max(number) > 1 limit 1)"""
_MISTAKES: dict[str, tuple[str, str]] = {
    "the last change of an order is lost": (
        f"delete from order_changes where (part, row_key, number) in {_LAST}",
        "rebuilds as",
    ),
    "a change in the middle is lost": (
        "delete from order_changes where (part, row_key, number) in"
        " (select part, row_key, 2 from order_changes where part = 'order' and number = 3 limit 1)",
        "change 2 is missing",
    ),
    "the only change of a ledger entry is lost": (
        "delete from order_changes where (part, row_key) in"
        " (select part, row_key from order_changes where part = 'ledger' limit 1)",
        "stored as 'a row'",
    ),
    "an amount was changed in the row": (
        "update purchases set actual_minor = actual_minor + 1 where id ="
        " (select id from purchases where actual_minor is not null limit 1)",
        "purchase.actual_minor",
    ),
    "an amount was changed in the events": (
        "update order_changes set body = replace(body, '\"amount_minor\": -', '\"amount_minor\": -1')"
        " where (part, row_key) in (select part, row_key from order_changes where part = 'ledger'"
        " and body like '%\"amount_minor\": -%' limit 1)",
        "altered after it was written",
    ),
    "a deadline was moved by hand": (
        "update orders set due_at = coalesce(due_at, now()) + interval '1 minute'"
        " where id = (select min(id) from orders)",
        "order.due_at",
    ),
    "a stage was moved by hand": (
        "update orders set stage = 'to_buy' where id = (select min(id) from orders where stage <> 'to_buy')",
        "order.stage",
    ),
    "an order is held without an event": (
        "update orders set held_by = 'user:99' where id = (select min(id) from orders)",
        "order.held_by",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", list(_MISTAKES))
def test_a_planted_mistake_is_found(storm: Storm, mistake: str) -> None:
    statement, word = _MISTAKES[mistake]
    with _planted(storm, statement) as found:
        assert any(word in sentence for sentence in found), found[:3]
    assert _all(storm).differences == ()


def test_the_program_cannot_rewrite_what_was_written_down(storm: Storm) -> None:
    for statement in ("update order_changes set body = '{}'", "delete from order_changes"):
        with pytest.raises(Exception, match="permission denied"), storm.journey.session() as session:
            session.execute(text(statement))
