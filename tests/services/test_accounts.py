"""Sessions: one sentence for every kind of wrong, ends by time, by sign-out, and when a right is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, Invalid, NotFound, SignInRequired
from agency.services.accounts import sign_in, sign_out, switch_membership
from agency.services.callers import scope_of_session
from agency.services.memberships import Person, add_member
from tests.desk import PASSWORD, Desk, open_desk


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


def _read(desk: Desk, token: str) -> Any:
    with desk.system() as session:
        return scope_of_session(session, token)


def test_an_owner_signs_in_with_any_capitals_in_the_address(desk: Desk) -> None:
    with desk.system() as session:
        token = sign_in(session, " OWNER@Example.test ", PASSWORD)
    caller = _read(desk, token)
    assert (caller.role, caller.agency_name, caller.scope.login) == ("owner", "Harbor", "staff")
    assert caller.scope.client_ids is None


def test_an_operator_is_narrowed_to_the_clients_of_the_membership(desk: Desk) -> None:
    assert _read(desk, desk.token("operator")).scope.client_ids == {desk.ours.clients["Luma"]}


def test_a_client_member_gets_a_read_only_portal_scope_of_one_client(desk: Desk) -> None:
    caller = _read(desk, desk.token("member"))
    assert (caller.scope.login, caller.scope.client_id) == ("portal", desk.ours.clients["Luma"])
    assert caller.scope.read_only
    assert caller.client_name == "Luma"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("owner@example.test", "fake-password-2"),
        ("nobody@example.test", PASSWORD),
        ("", ""),
        ("owner@example.test", "x" * 5000),
    ],
)
def test_every_wrong_sign_in_reads_the_same(desk: Desk, email: str, password: str) -> None:
    with desk.system() as session, pytest.raises(SignInRequired, match="E-mail or password is not right"):
        sign_in(session, email, password)


def test_a_session_ends_with_sign_out(desk: Desk) -> None:
    token = desk.token("owner")
    with desk.system() as session:
        sign_out(session, token)
    assert _read(desk, token) is None


@pytest.mark.parametrize(
    "ending",
    [
        "update sessions set last_seen_at = now() - interval '12 hours 1 second'",
        "update sessions set expires_at = now() - interval '1 second'",
        "update memberships set ended_at = now() where role = 'viewer'",
        "update users set disabled_at = now() where email = 'viewer@example.test'",
    ],
)
def test_a_session_is_worth_nothing_after_its_end(desk: Desk, ending: str) -> None:
    token = desk.token("viewer")
    assert _read(desk, token) is not None
    with desk.database.system_session() as session:
        session.execute(text(ending))
        assert scope_of_session(session, token) is None
        session.rollback()


def test_only_the_hash_of_a_token_is_stored(desk: Desk) -> None:
    token = desk.token("owner")
    with desk.system() as session:
        stored = [bytes(row.token_hash) for row in session.execute(text("select token_hash from sessions"))]
    assert all(token.encode() not in value and len(value) == 32 for value in stored)


def test_a_person_with_two_agencies_switches_between_them_and_to_no_third(desk: Desk) -> None:
    with desk.system() as session:
        add_member(session, desk.theirs.agency_id, Person("owner@example.test", "", ""), "viewer")
    token = desk.token("owner")
    before = _read(desk, token)
    rival = next(m for m in before.memberships if m.agency_name == "Rival")
    with desk.system() as session:
        switch_membership(session, before, rival.public_id)
        with pytest.raises(NotFound):
            switch_membership(session, before, "5f2c1d4e-0000-4000-8000-000000000000")
    after = _read(desk, token)
    assert (after.role, after.scope.agency_id) == ("viewer", desk.theirs.agency_id)


def test_a_second_role_in_the_same_agency_is_refused(desk: Desk) -> None:
    with desk.system() as session, pytest.raises(Conflict, match="has a role"):
        add_member(session, desk.ours.agency_id, Person("viewer@example.test", "", ""), "operator")


@pytest.mark.parametrize(
    ("person", "role", "clients", "field"),
    [
        (Person("not an address", "A", PASSWORD), "viewer", None, "email"),
        (Person("new@example.test", "A", "short"), "viewer", None, "password"),
        (Person("new@example.test", " ", PASSWORD), "viewer", None, "name"),
        (Person("new@example.test", "A", PASSWORD), "king", None, "role"),
        (Person("new@example.test", "A", PASSWORD), "client_member", None, "client_ids"),
        (Person("new@example.test", "A", PASSWORD), "viewer", [999_999], "client_ids"),
    ],
)
def test_a_member_with_a_bad_field_is_refused_by_name(
    desk: Desk, person: Person, role: str, clients: list[int] | None, field: str
) -> None:
    with desk.system() as session, pytest.raises(Invalid) as refusal:
        add_member(session, desk.ours.agency_id, person, role, clients)
    assert refusal.value.field == field
