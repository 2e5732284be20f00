"""What hot reads and the import ask of the database: few statements, by index, however much is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from agency.domain.months import month_of
from agency.domain.scope import Scope, worker_scope
from agency.models.shops import Shop
from agency.services.client_month import get_month
from agency.services.client_overview import get_overview
from agency.services.list_rows import OrderFilters
from agency.services.live import fingerprint
from agency.services.order_lists import list_orders
from agency.services.orders import import_orders
from agency.services.paging import PAGE_SIZE
from agency.services.sealing import Keyring
from agency.services.shop_lists import list_shops
from agency.services.shop_search import ShopFilters, search_shops
from agency.services.worklist import today
from agency.services.worklist_rows import WorkFilters
from agency.transaction import transaction
from bench.seed import fill
from bench.snapshots import make_snapshots
from tests.databases import MASTER_KEY, TestDatabase, create_database, drop_database

ORDERS = 10_000
NOW = datetime.now(UTC)
Statement = tuple[str, Any]


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[TestDatabase, Scope]]:
    made = create_database("plans")
    world = fill(made.owner_url, MASTER_KEY, ORDERS)
    yield made, worker_scope(world.agency_id)
    drop_database(made)


@pytest.fixture
def session(filled: tuple[TestDatabase, Scope]) -> Iterator[Session]:
    made, scope = filled
    with transaction(made.database, scope) as session:
        yield session


@pytest.fixture
def scope(filled: tuple[TestDatabase, Scope]) -> Scope:
    return filled[1]


@contextmanager
def listening() -> Iterator[list[Statement]]:
    """Every statement that is sent meanwhile."""
    heard: list[Statement] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        heard.append((statement, values))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def scans_of(session: Session, statement: Statement, table: str) -> list[dict[str, Any]]:
    """What was done to reach rows of `table`: the scan nodes of the statement as it really ran."""
    connection: Any = session.connection().connection.driver_connection
    plan = connection.execute(f"explain (analyze, format json) {statement[0]}", statement[1]).fetchone()[0]
    return [node for node in _nodes(plan[0]["Plan"]) if node.get("Relation Name") == table]


def scans_of_orders(session: Session, statement: Statement) -> list[dict[str, Any]]:
    """The same for `orders`."""
    return scans_of(session, statement, "orders")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def looked_at(scans: list[dict[str, Any]]) -> int:
    """Rows that the scans gave out or threw away."""
    return int(
        sum(
            (scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * scan["Actual Loops"]
            for scan in scans
        )
    )


def thrown_away(scans: list[dict[str, Any]]) -> int:
    """Rows that were read and did not fit: what grows with all that was ever stored."""
    return int(sum(scan.get("Rows Removed by Filter", 0) * scan["Actual Loops"] for scan in scans))


def test_a_list_of_orders_is_one_statement_that_looks_at_one_page(session: Session, scope: Scope) -> None:
    with listening() as heard:
        page = list_orders(scope, session, OrderFilters())

    assert len(page.rows) == PAGE_SIZE
    assert len(heard) == 1
    assert looked_at(scans_of_orders(session, heard[0])) <= PAGE_SIZE + 1


def test_a_page_from_the_middle_looks_at_no_more_than_the_first(session: Session, scope: Scope) -> None:
    cursor = ""
    for _page in range(20):
        cursor = list_orders(scope, session, OrderFilters(), cursor).next_cursor
    with listening() as heard:
        list_orders(scope, session, OrderFilters(), cursor)

    assert looked_at(scans_of_orders(session, heard[0])) <= PAGE_SIZE + 1


@pytest.mark.parametrize("sort", ["", "deadline"])
def test_an_order_is_found_by_the_end_of_its_number_without_reading_others(
    session: Session, scope: Scope, sort: str
) -> None:
    number = list_orders(scope, session, OrderFilters()).rows[7].number
    with listening() as heard:
        page = list_orders(scope, session, OrderFilters(q=number[-6:], sort=sort))

    assert number in [row.number for row in page.rows]
    for statement in heard:
        scans = scans_of_orders(session, statement)
        assert all("Index" in scan["Node Type"] or "Bitmap" in scan["Node Type"] for scan in scans)
        assert looked_at(scans) <= 4 * PAGE_SIZE


def test_a_list_by_deadline_looks_at_little_more_than_its_page(session: Session, scope: Scope) -> None:
    with listening() as heard:
        page = list_orders(scope, session, OrderFilters(sort="deadline"))

    assert len(page.rows) == PAGE_SIZE
    assert len(heard) == 1
    assert looked_at(scans_of_orders(session, heard[0])) <= PAGE_SIZE + 1


def test_today_is_three_statements(session: Session, scope: Scope) -> None:
    with listening() as heard:
        today(scope, session, NOW, WorkFilters())

    assert len(heard) == 3


def test_the_rows_of_today_come_by_index_whatever_is_stored(session: Session, scope: Scope) -> None:
    with listening() as heard:
        work = today(scope, session, NOW, WorkFilters())

    scans = scans_of_orders(session, heard[0])
    assert len(work.rows) >= PAGE_SIZE
    assert scans
    assert all(scan["Node Type"].startswith("Index") for scan in scans)
    assert thrown_away(scans) <= PAGE_SIZE


def test_shops_count_their_open_orders_in_one_pass(session: Session, scope: Scope) -> None:
    with listening() as heard:
        found = list_shops(scope, session)

    open_orders = sum(shop.open_orders for shop in found.shops)
    assert len(heard) == 3
    assert open_orders == ORDERS // 5
    assert sum(looked_at(scans_of_orders(session, statement)) for statement in heard) <= open_orders


def test_the_page_of_shops_looks_at_open_orders_once(session: Session, scope: Scope) -> None:
    with listening() as heard:
        found = search_shops(scope, session, ShopFilters(), NOW)

    assert len(heard) == 3
    assert any(line.late for line in found.lines)
    assert sum(looked_at(scans_of_orders(session, statement)) for statement in heard) <= ORDERS // 5


_EVENTS = """
    insert into order_events (agency_id, client_id, shop_id, order_id, seq, at, kind, actor, data, previous_hash, hash)
    select agency_id, client_id, shop_id, id, 1000, now(), 'fake', 'worker', '{}', '', '' from orders
"""


@pytest.mark.parametrize("narrowed", [False, True])
def test_whether_anything_changed_costs_two_hundred_rows_at_most(
    filled: tuple[TestDatabase, Scope], session: Session, scope: Scope, narrowed: bool
) -> None:
    with psycopg.connect(filled[0].owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        if not owner.execute("select 1 from order_events where seq = 1000 limit 1").fetchone():
            owner.execute(_EVENTS)
            owner.execute("vacuum analyze order_events, orders, attentions")
    if narrowed:
        some = session.execute(text("select min(id), max(id) from clients")).one()
        scope = replace(scope, client_ids=frozenset(some))
    with listening() as heard:
        fingerprint(scope, session, NOW)

    assert len(heard) == 1
    scans = scans_of(session, heard[0], "order_events")
    assert [scan["Node Type"] for scan in scans] == ["Index Only Scan"]
    assert looked_at(scans) <= 200
    assert scans_of_orders(session, heard[0]) == []


def test_a_client_page_asks_the_newest_hundred_orders_only(
    filled: tuple[TestDatabase, Scope], session: Session
) -> None:
    client = session.execute(
        text("select client_id from orders group by 1 order by count(*) desc limit 1")
    ).scalar_one()
    member = Scope("portal", filled[1].agency_id, "user:1", "client_member", client_id=client, read_only=True)
    with transaction(filled[0].database, member) as theirs, listening() as heard:
        fingerprint(member, theirs, NOW)
        scans = scans_of_orders(theirs, heard[0])

    assert [scan["Node Type"] for scan in scans] == ["Index Only Scan"]
    assert looked_at(scans) <= 100


def test_an_import_takes_as_many_statements_for_fifty_orders_as_for_two(
    session: Session, scope: Scope
) -> None:
    shop = session.scalars(select(Shop).order_by(Shop.id).limit(1)).one()
    keyring = Keyring(MASTER_KEY)
    import_orders(scope, session, keyring, shop, make_snapshots(1), NOW)
    counts = []
    for size in (2, 50):
        with listening() as heard:
            import_orders(scope, session, keyring, shop, make_snapshots(size), NOW)
        counts.append(len(heard))

    assert counts[0] == counts[1] <= 12


_YEARS_AGO = "now() - interval '1 hour' - interval '40 days' * (id % 97)"
_HISTORY = f"""
    update orders set tts_sla_at = {_YEARS_AGO}, collected_at = {_YEARS_AGO}, delivered_at = {_YEARS_AGO},
      settled_at = {_YEARS_AGO}, cancelled_at = {_YEARS_AGO},
      placed_at = case when id % 97 < 2 then placed_at else {_YEARS_AGO} end;
    insert into ledger_entries (agency_id, client_id, shop_id, order_id, entry_key, kind, amount_minor, currency, at)
    select agency_id, client_id, shop_id, id, id::text, 'revenue', 2599, 'USD', settled_at from orders
"""


@pytest.fixture(scope="module")
def member(filled: tuple[TestDatabase, Scope]) -> Scope:
    """A client whose orders are of eleven years; one in 97 moved within the last forty days."""
    with psycopg.connect(filled[0].owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(_HISTORY)
        owner.execute("vacuum analyze orders, ledger_entries")
        (client,) = owner.execute("select min(client_id) from orders").fetchone() or (0,)
    return Scope("portal", filled[1].agency_id, "user:1", "client_member", client_id=client, read_only=True)


@pytest.mark.parametrize("page", ["overview", "month"])
def test_a_clients_figures_cost_what_moved_in_their_span_however_long_it_has_been_here(
    filled: tuple[TestDatabase, Scope], member: Scope, page: str
) -> None:
    with transaction(filled[0].database, member) as session:
        with listening() as heard:
            if page == "overview":
                get_overview(member, session, NOW)
            else:
                get_month(member, session, month_of(NOW, ZoneInfo("UTC")), NOW)
        spans = [statement for statement in heard if "since" in statement[1]]
        orders = [looked_at(scans_of_orders(session, statement)) for statement in spans]
        booked = [looked_at(scans_of(session, statement, "ledger_entries")) for statement in spans]
        (stored,) = session.execute(text("select count(*) from orders")).one()

    assert len(spans) >= 5
    assert max(orders) <= stored // 10, orders
    assert max(booked) <= stored // 20, booked
