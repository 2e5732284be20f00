"""The audit log: numbered and chained per agency, also under many writers, and closed to changes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from agency.domain.audit_chain import audit_hash, hashed_fields
from agency.domain.scope import Scope
from agency.services.audit import Act, record_act, record_act_of
from tests.desk import Desk, open_desk


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


def _entries(desk: Desk, scope: Scope) -> list[dict[str, object]]:
    with desk.session(scope) as session:
        rows = session.execute(text("select * from audit_entries order by number")).mappings()
        return [dict(row) for row in rows]


def test_entries_are_numbered_and_each_hash_covers_the_one_before(desk: Desk) -> None:
    scope = desk.ours.scope(address="192.0.2.1")
    with desk.session() as session:
        for number in range(3):
            record_act(
                scope, session, Act("test.done", "order", f"order-{number}", details={"fields": ["a"]})
            )
    previous = b""
    for number, entry in enumerate(_entries(desk, scope), 1):
        assert (entry["number"], entry["actor"], entry["address"]) == (number, "user:1", "192.0.2.1")
        assert bytes(entry["previous_hash"]) == previous  # type: ignore[call-overload]
        assert bytes(entry["hash"]) == audit_hash(previous, hashed_fields(entry))  # type: ignore[call-overload]
        previous = bytes(entry["hash"])  # type: ignore[call-overload]


def test_agencies_have_chains_of_their_own_that_others_do_not_see(desk: Desk) -> None:
    with desk.system() as session:
        record_act_of(session, desk.theirs.agency_id, "user:9", Act("test.theirs"))
    assert [entry["number"] for entry in _entries(desk, desk.theirs.scope())] == [1]
    assert "test.theirs" not in {entry["action"] for entry in _entries(desk, desk.ours.scope())}


def test_many_writers_leave_no_gap_and_no_double(desk: Desk) -> None:
    before = len(_entries(desk, desk.ours.scope()))

    def write(number: int) -> None:
        with desk.session() as session:
            record_act(desk.ours.scope(), session, Act("test.crowd", "number", str(number)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(24)))
    numbers = [entry["number"] for entry in _entries(desk, desk.ours.scope())]
    assert numbers == list(range(1, before + 25))


@pytest.mark.parametrize("statement", ["update audit_entries set actor = 'x'", "delete from audit_entries"])
def test_no_login_of_the_program_may_change_or_remove_an_entry(desk: Desk, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), desk.session() as session:
        session.execute(text(statement))
    with pytest.raises(ProgrammingError, match="permission denied"), desk.system() as session:
        session.execute(text(statement))
