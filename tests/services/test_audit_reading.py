"""Reading the audit log: pages, filters, names, one's own agency only, and the check of the stored chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from agency.domain.errors import Forbidden, Invalid, NotFound
from agency.services.audit import Act, record_act, record_act_of
from agency.services.audit_reading import (
    BATCH,
    FORMER,
    AuditFilters,
    AuditRow,
    iterate_acts,
    list_acts,
    read_head,
    read_names,
    verify_chain,
)
from tests.desk import Desk, open_desk


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.owner() as connection:
            connection.execute("update memberships set ended_at = now() where role = 'viewer'")
        people = {row[1]: row[0] for row in _people(made)}
        ours, luma = made.ours, made.ours.clients["Luma"]
        with made.session() as session:
            for number in range(60):
                record_act(
                    ours.scope(address="192.0.2.1"), session, Act("order.held", "order", f"577{number}", luma)
                )
            former = ours.scope(actor=f"user:{people['Viewer']}")
            record_act(former, session, Act("shop.paused", "shop", "fake-shop", ours.clients["Kite"]))
            record_act(
                ours.scope(actor="rule:x"), session, Act("client.limits_changed", details={"fields": ["a_b"]})
            )
        with made.system() as system:
            record_act_of(system, made.theirs.agency_id, "user:9", Act("order.held", "order", "rival-order"))
        yield made


def _people(desk: Desk) -> list[Any]:
    with desk.owner() as connection:
        return connection.execute("select id, name from users").fetchall()


def _list(desk: Desk, cursor: str = "", **filters: str) -> tuple[AuditRow, ...]:
    scope = desk.ours.scope()
    with desk.session() as session, desk.system() as system:
        return list_acts(
            scope, session, read_names(scope, session, system), AuditFilters(**filters), cursor
        ).rows


def test_pages_are_newest_first_and_lose_nothing(desk: Desk) -> None:
    scope = desk.ours.scope()
    with desk.session() as session:
        first = list_acts(scope, session, {}, AuditFilters())
        rest = list_acts(scope, session, {}, AuditFilters(), first.next_cursor)
    numbers = [row.number for row in (*first.rows, *rest.rows)]
    assert numbers == list(range(62, 0, -1))
    assert (len(first.rows), rest.next_cursor) == (50, "")


def test_people_of_the_agency_have_names_and_those_who_left_have_none(desk: Desk) -> None:
    rows = {row.number: row for row in _list(desk)}
    assert rows[61].who == FORMER
    assert rows[62].who == "Shopfleet"
    assert rows[60].who == "Owner"
    assert rows[60].sentence == "held order 57759"
    assert rows[62].note == "fields: a b"
    assert rows[60].client_name == "Luma"


def test_names_are_those_of_ones_own_agency(desk: Desk) -> None:
    scope = desk.theirs.scope()
    with desk.session(scope) as session, desk.system() as system:
        assert set(read_names(scope, session, system).values()) == {"Stranger"}


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"actor": "rule:x"}, [62]),
        ({"action": "shop."}, [61]),
        ({"action": "%"}, []),
        ({"object": "57712"}, [13]),
        ({"object": "shop"}, [61]),
        ({"object": "rival-order"}, []),
        ({"client": "Kite"}, [61]),
        ({"since": "2099-01-01"}, []),
        ({"until": "2020-01-01"}, []),
        ({"action": "order.", "object": "5771", "since": "2020-01-01", "until": "2099-01-01"}, [2]),
    ],
)
def test_filters_narrow_and_never_widen(desk: Desk, filters: dict[str, str], numbers: list[int]) -> None:
    asked = {name: desk.ours.public.get(value, value) for name, value in filters.items()}
    assert [row.number for row in _list(desk, **asked)] == numbers


@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "9999-12-31T99", "' or 1=1"])
def test_a_day_that_is_none_is_named(desk: Desk, field: str, day: str) -> None:
    with pytest.raises(Invalid) as refusal:
        _list(desk, **{field: day})
    assert refusal.value.field == field


def test_a_foreign_client_reads_like_an_unknown_one(desk: Desk) -> None:
    assert _list(desk, client=desk.theirs.public["Luma"]) == ()
    assert _list(desk, client="5f2c1d4e-0000-4000-8000-000000000000") == ()
    with pytest.raises(NotFound):
        _list(desk, client="nonsense")


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_only_owners_read_the_log(desk: Desk, role: str) -> None:
    scope = desk.ours.scope(role=role)
    with desk.session() as session, desk.system() as system:
        for read in (
            lambda: list_acts(scope, session, {}, AuditFilters()),
            lambda: iterate_acts(scope, session, {}),
            lambda: read_head(scope, session),
            lambda: read_names(scope, session, system),
        ):
            with pytest.raises(Forbidden):
                read()


def test_the_stored_chain_is_whole_and_a_change_in_the_database_is_found(desk: Desk) -> None:
    agency_id = desk.ours.agency_id
    with desk.session() as session:
        check = verify_chain(session, agency_id)
        assert check.broken is None
        assert (check.number, check.hash.hex()) == tuple(vars(read_head(desk.ours.scope(), session)).values())
    forged = "set actor = 'user:1000' where agency_id = %s and number = 17"
    with desk.owner() as connection:
        (kept,) = connection.execute(
            "select actor from audit_entries where agency_id = %s and number = 17", (agency_id,)
        ).fetchone() or ("",)
        connection.execute(f"update audit_entries {forged}", (agency_id,))
        try:
            with desk.session() as session:
                assert verify_chain(session, agency_id).broken == 17
        finally:
            connection.execute(
                "update audit_entries set actor = %s where agency_id = %s and number = 17", (kept, agency_id)
            )


def test_a_check_reads_no_other_agencys_entries(desk: Desk) -> None:
    with desk.session(desk.theirs.scope()) as session:
        assert verify_chain(session, desk.theirs.agency_id).number == 1
        assert verify_chain(session, desk.ours.agency_id).number == 0


def test_a_log_longer_than_a_batch_is_read_whole_and_once(desk: Desk) -> None:
    scope = desk.theirs.scope()
    with desk.session(scope) as session:
        for number in range(2 * BATCH):
            record_act(scope, session, Act("order.held", "order", str(number)))
    with desk.session(scope) as session:
        check = verify_chain(session, scope.agency_id)
        assert (check.broken, check.number) == (None, 2 * BATCH + 1)
        rows = [row.number for row in iterate_acts(scope, session, {})]
    assert rows == list(range(1, 2 * BATCH + 2))
