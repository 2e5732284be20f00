"""Whatever happens to the rows of an order, by services or by hand, its changes rebuild it, to every moment."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict
from agency.domain.order_changes import PARTS
from agency.domain.orders import Stage
from agency.domain.purchasing import MOVES
from agency.domain.replay import RebuiltOrder, fold
from agency.extensions import sqlalchemy_url
from agency.models.orders import Order
from agency.replay_command import differences_of_all
from agency.services.approvals import decline, get_order, hold, release_hold
from agency.services.replay import differences, read_changes, read_stored
from agency.services.stages import recompute
from tests.desk import NOW, Desk
from tests.desk_rows import add_money, add_order, add_parcel, add_purchase
from tests.house.source import ROOT

TABLES = {
    "order": "orders",
    "purchase": "purchases",
    "effect": "effects",
    "parcel": "parcels",
    "ledger": "ledger_entries",
}
# What a statement by hand may not set to anything: checked by the database, or unique, or never changing.
FIXED = {
    "order": {"stage", "tiktok_order_id", "blockers", "approved_codes"},
    "purchase": {"state", "reference", "supplier_id", "currency", "supplier_order_id"},
    "parcel": {"state", "tracking_number", "purchase_id"},
    "ledger": {"kind", "entry_key"},
}
NEVER_EMPTY = re.compile("_at$|^handling_days$|^estimate_minor$|^profit_minor$|^actual_minor$")
WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": WORDS,
    "number": st.integers(-(2**62), 2**62),
    "flag": st.booleans(),
    "moment": MOMENTS,
    "codes": st.just("[]"),
}


def _may_be_empty(part: str, column: str) -> bool:
    filled = {"placed_at", "stage_at"} if part == "order" else {"at"}
    return column not in filled and bool(NEVER_EMPTY.search(column))


@st.composite
def _by_hand(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    part = draw(st.sampled_from(sorted(FIXED)))
    free = sorted(PARTS[part].keys() - FIXED[part])
    columns = draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
    values = {
        name: draw(
            VALUES[PARTS[part][name]] | st.none() if _may_be_empty(part, name) else VALUES[PARTS[part][name]]
        )
        for name in columns
    }
    return "hand", part, values


ACTS = st.one_of(
    _by_hand(),
    st.tuples(st.sampled_from(("hold", "release", "decline", "recompute", "pay", "parcel", "nothing"))),
    st.tuples(st.just("stage"), st.sampled_from(Stage.ALL)),
    st.tuples(st.just("move"), st.integers(0, 5)),
    st.tuples(st.just("book"), st.integers(-10_000, 10_000)),
    st.tuples(st.just("block"), st.lists(st.sampled_from(("address", "price", "stock")), max_size=3)),
)


class History:
    """One order with a purchase, and what its rows were after each act."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with desk.session() as session:
            order = add_order(session, desk.ours)
            self.purchase_id = add_purchase(session, desk.ours, order, state="ready", actual_minor=None).id
            self.order_id, self.number = order.id, order.tiktok_order_id
        self.kept: list[tuple[datetime, RebuiltOrder]] = []
        self.keep()

    def keep(self) -> None:
        """Notes the rows as they are at this moment."""
        with self.desk.session() as session:
            self.kept.append((machine_now(), read_stored(session, [self.order_id])[self.order_id]))

    def do(self, number: int, act: tuple[Any, ...]) -> None:
        """One act in a transaction of its own; what the state of the order forbids leaves no trace."""
        with suppress(Conflict), self.desk.session() as session:
            getattr(self, f"_{act[0]}")(session, number, *act[1:])
        self.keep()

    def _hand(self, _session: Session, _number: int, part: str, values: dict[str, Any]) -> None:
        """SQL that no service would send, by the tables' owner: the database writes it down all the same."""
        own = "id" if part == "order" else "order_id"
        sets = ", ".join(f"{name} = %({name})s" for name in values)
        with self.desk.owner() as owner:
            owner.execute(
                f"update {TABLES[part]} set {sets} where {own} = %(order_id)s".encode(),
                values | {"order_id": self.order_id},
            )

    def _hold(self, session: Session, _number: int) -> None:
        hold(self.desk.ours.scope(), session, self.number, NOW)

    def _release(self, session: Session, _number: int) -> None:
        release_hold(self.desk.ours.scope(), session, self.number, NOW)

    def _decline(self, session: Session, _number: int) -> None:
        decline(self.desk.ours.scope(), session, self.number, "no", NOW)

    def _recompute(self, session: Session, _number: int) -> None:
        recompute(self.desk.ours.scope(), session, [self.order_id], NOW)

    def _pay(self, session: Session, number: int) -> None:
        session.execute(
            text("update purchases set actual_minor = :sum, paid_at = now() where id = :id"),
            {"sum": number, "id": self.purchase_id},
        )

    def _parcel(self, session: Session, number: int) -> None:
        order = session.get_one(Order, self.order_id)
        add_parcel(session, order, tracking_number=f"{self.number}-{number}")

    def _nothing(self, session: Session, _number: int) -> None:
        session.execute(
            text("update orders set title = title, plan_at = now() where id = :id"), {"id": self.order_id}
        )

    def _stage(self, session: Session, _number: int, stage: str) -> None:
        session.execute(
            text("update orders set stage = :to where id = :id"), {"to": stage, "id": self.order_id}
        )

    def _move(self, session: Session, _number: int, choice: int) -> None:
        query = text("select state from purchases where id = :id")
        ends = sorted(MOVES[session.execute(query, {"id": self.purchase_id}).scalar_one()])
        if ends:
            values = {"to": ends[choice % len(ends)], "id": self.purchase_id}
            session.execute(text("update purchases set state = :to where id = :id"), values)

    def _book(self, session: Session, number: int, amount: int) -> None:
        add_money(session, session.get_one(Order, self.order_id), "adjustment", amount * 1000 + number)

    def _block(self, session: Session, _number: int, codes: list[str]) -> None:
        blockers = [{"code": code, "sentence": f"Because of {code}.", "approvable": True} for code in codes]
        session.get_one(Order, self.order_id).blockers = blockers


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=1, max_size=14))
def test_every_history_rebuilds_to_every_moment_of_it(made: Desk, acts: list[tuple[Any, ...]]) -> None:
    history = History(made)
    for number, act in enumerate(acts):
        history.do(number, act)
    with made.session() as session:
        changes = read_changes(session, history.order_id)
        found = differences(session, [history.order_id])
    assert (found.orders, found.exact, found.differences, found.broken) == (1, 1, (), ())
    assert fold(changes) == history.kept[-1][1]
    for moment, stored in history.kept:
        assert fold(changes, moment) == stored
    assert fold(changes, datetime(2000, 1, 1, tzinfo=UTC)) is None


@pytest.fixture
def written(desk: Desk) -> tuple[Desk, int, str]:
    with desk.session() as session:
        order = add_order(session, desk.ours)
        add_purchase(session, desk.ours, order)
        keys = order.id, order.tiktok_order_id
    return desk, *keys


def test_what_is_written_down_is_what_the_domain_says(desk: Desk) -> None:
    """The migration has the columns as they were; here the two are held together."""
    query = "select prosrc from pg_proc where proname = %s"
    with desk.owner() as owner:
        for part, table in TABLES.items():
            for happening in ("insert", "update"):
                (source,) = owner.execute(query, [f"write_down_{table}_{happening}"]).fetchone() or ("",)
                columns = set(re.findall(r"'(\w+)', (?:n|jsonb_path_query_array\(n)\.", source))
                assert columns == set(PARTS[part]), f"{table} on {happening}"


def test_what_says_nothing_about_the_order_is_not_written_down(written: tuple[Desk, int, str]) -> None:
    desk, order_id, _number = written
    with desk.session() as session:
        before = len(read_changes(session, order_id))
        session.execute(
            text("update orders set title = 'New', address_key = 'x', plan_at = now(), raw = '{}'")
        )
        session.execute(text('update purchases set next_at = now(), receipt = \'{"note": "a name"}\''))
        assert len(read_changes(session, order_id)) == before


def test_a_transaction_that_is_taken_back_leaves_no_change(written: tuple[Desk, int, str]) -> None:
    desk, order_id, _number = written
    with desk.database.session(desk.ours.scope()) as session:
        session.execute(text("update orders set stage = 'bought' where id = :id"), {"id": order_id})
        session.rollback()
    assert differences_of_all(desk.database, desk.ours.agency_id).differences == ()


def test_a_lost_change_an_altered_row_and_a_row_by_hand_are_found(written: tuple[Desk, int, str]) -> None:
    desk, order_id, number = written
    with desk.session() as session:
        session.execute(text("update orders set stage = 'bought' where id = :id"), {"id": order_id})
    assert differences_of_all(desk.database, desk.ours.agency_id).exact == 1
    desk.rewrite("update purchases set actual_minor = 641 where order_id = %(id)s", id=order_id)
    (found,) = differences_of_all(desk.database, desk.ours.agency_id).differences
    assert str(found) == f"order {number}: purchase.actual_minor rebuilds as 640 and is stored as 641"
    desk.rewrite(
        "delete from order_changes where order_id = %(id)s and part = 'order' and number = 2", id=order_id
    )
    wrong = {each.column for each in differences_of_all(desk.database, desk.ours.agency_id).differences}
    assert wrong == {"actual_minor", "stage"}
    desk.rewrite("delete from purchases where order_id = %(id)s", id=order_id)
    gone = differences_of_all(desk.database, desk.ours.agency_id).differences
    assert ("purchase", "a row", "nothing") in {(each.part, each.rebuilt, each.stored) for each in gone}


def test_whoever_holds_an_order_makes_no_writer_of_its_purchases_wait(written: tuple[Desk, int, str]) -> None:
    """A change takes FOR KEY SHARE of its order; the locks of services let that through, so none waits for another."""
    desk, order_id, number = written
    with desk.session() as holding:
        get_order(desk.ours.scope(), holding, number)
        recompute(desk.ours.scope(), holding, [order_id], NOW)
        with desk.session() as writing:
            writing.execute(text("set local lock_timeout = '2s'"))
            writing.execute(
                text("update purchases set actual_minor = 1 where order_id = :id"), {"id": order_id}
            )
            writing.execute(
                text("update purchases set actual_minor = 2 where order_id = :id"), {"id": order_id}
            )
    assert differences_of_all(desk.database, desk.ours.agency_id).exact == 1


def test_orders_that_were_there_before_rebuild_from_the_migration_on(written: tuple[Desk, int, str]) -> None:
    desk, order_id, _number = written
    engine = create_engine(sqlalchemy_url(desk.owner_url))
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    steps = ScriptDirectory.from_config(config).walk_revisions()
    (before,) = [
        str(step.down_revision) for step in steps if (step.doc or "").startswith("Table order_changes")
    ]
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, before)
        connection.execute(text("update orders set stage = 'bought'"))
        command.upgrade(config, "head")
        open_walls = connection.execute(
            text("select relname from pg_class where relname = any(:t) and not relforcerowsecurity"),
            {"t": [*TABLES.values(), "order_changes"]},
        ).all()
    engine.dispose()
    assert open_walls == []
    found = differences_of_all(desk.database, desk.ours.agency_id)
    assert (found.orders, found.exact) == (1, 1)
    with desk.session() as session:
        assert [change.number for change in read_changes(session, order_id)] == [1, 1]
        session.execute(text("update orders set stage = 'shipped'"))
    assert differences_of_all(desk.database, desk.ours.agency_id).exact == 1
