"""API tokens: shown once, hashed, bounded, and never more than the membership that made them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from agency.clock import machine_now
from agency.domain.errors import Conflict, Forbidden, Invalid, NotFound
from agency.services.api_tokens import NewToken, create_token, list_tokens, revoke_token
from agency.services.callers import SignedIn, is_fresh, scope_of_session
from agency.services.token_access import caller_of_token, is_api_token
from tests.desk import Desk

KNOWN = frozenset({"orders:read", "worklist:read", "switches:write"})
READS, WRITES = ["orders:read"], ["orders:read", "switches:write"]


@pytest.fixture
def desk(made: Desk) -> Desk:
    with made.owner() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("delete from api_tokens; delete from audit_entries")
        connection.execute("update memberships set ended_at = null; update users set disabled_at = null")
    return made


def _caller(desk: Desk, person: str) -> SignedIn:
    token = desk.token(person)
    with desk.system() as session:
        caller = scope_of_session(session, token)
    assert caller is not None
    return caller


def _make(desk: Desk, person: str = "owner", **changes: Any) -> str:
    caller = _caller(desk, person)
    new = NewToken(**{"name": "Warehouse", "areas": READS, **changes})
    with desk.session(caller.scope) as session, desk.system() as system:
        return create_token(caller, session, system, new, KNOWN).secret


def _read(desk: Desk, secret: str) -> SignedIn | None:
    with desk.system() as session:
        return caller_of_token(session, secret)


def _run(desk: Desk, statement: str) -> None:
    with desk.owner() as connection:
        connection.execute(statement.encode())


def test_a_token_has_our_prefix_and_only_its_hash_and_hint_are_stored(desk: Desk) -> None:
    secret = _make(desk)
    assert secret.startswith("sf_")
    assert len(secret) == 46
    assert is_api_token(secret)
    with desk.owner() as connection:
        row = connection.execute("select to_jsonb(t)::text, hint from api_tokens t").fetchone()
    assert row is not None
    assert secret[3:] not in row[0]
    assert row[1] == secret[:7]


@pytest.mark.parametrize(("areas", "role"), [(READS, "viewer"), (WRITES, "operator")])
def test_a_program_is_a_viewer_or_an_operator_and_never_an_owner(
    desk: Desk, areas: list[str], role: str
) -> None:
    caller = _read(desk, _make(desk, areas=areas, name="  Warehouse "))
    assert caller is not None
    assert (caller.role, caller.scope.role, caller.scope.login) == (role, role, "staff")
    assert caller.areas == set(areas)
    assert caller.user_name == "Warehouse"
    assert caller.scope.actor == f"token:{caller.token_id}"
    assert (caller.scope.user_id, caller.scope.client_ids, caller.memberships) == (None, None, ())
    assert not is_fresh(caller)


@pytest.mark.parametrize(
    ("given", "own", "left"),
    [
        (["Luma"], None, ["Luma"]),
        (["Luma", "Kite"], ["Kite"], ["Kite"]),
        (None, ["Kite"], ["Kite"]),
        (["Luma"], ["Kite"], []),
        (None, None, None),
    ],
)
def test_its_clients_are_those_that_both_the_token_and_its_maker_have(
    desk: Desk, given: list[str] | None, own: list[str] | None, left: list[str] | None
) -> None:
    clients = None if given is None else [desk.ours.public[name] for name in given]
    secret = _make(desk, clients=clients)
    ids = "null" if own is None else f"array[{','.join(str(desk.ours.clients[name]) for name in own)}]"
    _run(desk, f"update memberships set client_ids = {ids} where role = 'owner'")
    try:
        caller = _read(desk, secret)
    finally:
        _run(desk, "update memberships set client_ids = null where role = 'owner'")
    assert caller is not None
    assert caller.scope.client_ids == (None if left is None else {desk.ours.clients[name] for name in left})


@pytest.mark.parametrize(
    "ending",
    [
        "update api_tokens set revoked_at = now()",
        "update api_tokens set expires_at = now() - interval '1 second'",
        "update memberships set ended_at = now() where role = 'owner'",
        "update users set disabled_at = now() where email = 'owner@example.test'",
    ],
)
def test_a_token_is_worth_nothing_after_its_end_or_its_makers(desk: Desk, ending: str) -> None:
    secret = _make(desk)
    assert _read(desk, secret) is not None
    _run(desk, ending)
    assert _read(desk, secret) is None


@pytest.mark.parametrize(
    ("role", "becomes"), [("operator", "operator"), ("viewer", "viewer"), ("client_member", None)]
)
def test_a_maker_who_may_less_makes_a_token_that_may_less(desk: Desk, role: str, becomes: str | None) -> None:
    secret = _make(desk, areas=WRITES)
    luma = desk.ours.clients["Luma"]
    owner = "user_id = (select id from users where email = 'owner@example.test')"
    _run(desk, f"update memberships set role = '{role}', client_ids = array[{luma}] where {owner}")
    try:
        caller = _read(desk, secret)
    finally:
        _run(desk, f"update memberships set role = 'owner', client_ids = null where {owner}")
    assert (caller and caller.role) == becomes
    assert caller is None or caller.scope.client_ids == {luma}


def test_a_required_second_factor_does_not_stop_programs(desk: Desk) -> None:
    secret = _make(desk)
    _run(desk, "update agencies set requires_second_factor = true")
    try:
        caller = _read(desk, secret)
    finally:
        _run(desk, "update agencies set requires_second_factor = false")
    assert caller is not None
    assert not caller.must_enrol


def test_the_last_use_is_written_at_most_every_five_minutes(desk: Desk) -> None:
    secret = _make(desk)
    last = text("select last_used_at from api_tokens")
    with desk.system() as session:
        caller_of_token(session, secret, touch=False)
        assert session.scalar(last) is None
        caller_of_token(session, secret)
        first = session.scalar(last)
        caller_of_token(session, secret)
        assert session.scalar(last) == first
        session.execute(text("update api_tokens set last_used_at = now() - interval '6 minutes'"))
        caller_of_token(session, secret)
        assert session.scalar(last) >= first


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"areas": []}, "areas"),
        ({"areas": ["tokens:write"]}, "areas"),
        ({"areas": ["orders:write"]}, "areas"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"clients": []}, "client_ids"),
    ],
)
def test_a_bad_wish_is_refused_by_name(desk: Desk, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        _make(desk, **changes)
    assert refusal.value.field == field


def test_only_owners_make_see_and_revoke_tokens(desk: Desk) -> None:
    _make(desk)
    for person in ("operator", "viewer"):
        with pytest.raises(Forbidden):
            _make(desk, person)
        scope = _caller(desk, person).scope
        with desk.session(scope) as session, desk.system() as system:
            with pytest.raises(Forbidden):
                list_tokens(scope, session, system)
            with pytest.raises(Forbidden):
                revoke_token(scope, session, "5f2c1d4e-0000-4000-8000-000000000000")


def test_another_agencys_tokens_clients_and_people_stay_out_of_sight(desk: Desk) -> None:
    ours = _make(desk)
    _make(desk, "stranger", name="Theirs")
    scope = _caller(desk, "stranger").scope
    with desk.session(scope) as session, desk.system() as system:
        assert [(row.name, row.made_by) for row in list_tokens(scope, session, system)] == [
            ("Theirs", "Stranger")
        ]
    caller = _read(desk, ours)
    assert caller is not None
    with desk.session(scope) as session, pytest.raises(NotFound):
        revoke_token(scope, session, caller.token_id)
    assert _read(desk, ours) is not None
    with pytest.raises(NotFound):
        _make(desk, clients=[desk.theirs.public["Luma"]])
    with pytest.raises(NotFound):
        _make(desk, clients=["nonsense"])


def test_the_list_says_what_each_token_may_and_how_it_stands(desk: Desk) -> None:
    clients = [desk.ours.public["Luma"], desk.ours.public["Kite"]]
    _make(desk, name="Books", areas=WRITES, clients=clients, days=10)
    _make(desk, name="Old")
    _run(desk, "update api_tokens set expires_at = now() - interval '29 days' where name = 'Old'")
    _make(desk, name="Older")
    _run(desk, "update api_tokens set expires_at = now() - interval '31 days' where name = 'Older'")
    scope = desk.ours.scope()
    with desk.session() as session, desk.system() as system:
        old, books = list_tokens(scope, session, system)
    assert (old.name, old.state, old.clients) == ("Old", "expired", ())
    assert (books.areas, books.clients, books.made_by) == (tuple(WRITES), ("Kite", "Luma"), "Owner")
    assert (books.state, books.last_used_at) == ("live", None)
    assert timedelta(days=9, hours=23) < books.expires_at - machine_now() < timedelta(days=10)
    _run(desk, "update memberships set ended_at = now() where role = 'owner'")
    with desk.session() as session, desk.system() as system:
        assert [row.state for row in list_tokens(scope, session, system)] == ["expired", "stopped"]


def test_an_agency_has_at_most_fifty_live_tokens(desk: Desk) -> None:
    _make(desk)
    columns = "agency_id, membership_id, name, hint, areas, expires_at"
    _run(
        desk,
        f"insert into api_tokens ({columns}, token_hash) select {columns}, sha256(n::text::bytea)"
        " from api_tokens, generate_series(2, 50) n",
    )
    with pytest.raises(Conflict, match="50 API tokens"):
        _make(desk)
    _make(desk, "stranger")
    _run(desk, "update api_tokens set revoked_at = now() where id = (select max(id) - 1 from api_tokens)")
    _make(desk)


def test_making_and_revoking_leave_their_entries_without_the_secret(desk: Desk) -> None:
    secret = _make(desk, areas=WRITES, clients=[desk.ours.public["Luma"]], days=7)
    caller = _read(desk, secret)
    assert caller is not None
    scope = _caller(desk, "owner").scope
    with desk.session(scope) as session:
        revoke_token(scope, session, caller.token_id)
        with pytest.raises(NotFound):
            revoke_token(scope, session, caller.token_id)
    with desk.session() as session:
        rows = session.execute(
            text(
                "select action, actor, object_id, details from audit_entries"
                " where action <> 'session.opened' order by number"
            )
        ).all()
    assert [row.action for row in rows] == ["token.created", "token.revoked"]
    assert {row.object_id for row in rows} == {caller.token_id}
    assert {row.actor for row in rows} == {scope.actor}
    assert [row.details for row in rows] == [{"areas": WRITES, "clients": 1, "days": 7}] * 2
    assert secret[3:] not in str(rows)


def test_an_owner_of_some_clients_gives_no_token_more_than_those(desk: Desk) -> None:
    _run(desk, f"update memberships set client_ids = array[{desk.ours.clients['Luma']}] where role = 'owner'")
    try:
        with pytest.raises(NotFound):
            _make(desk, clients=[desk.ours.public["Kite"]])
        caller = _read(desk, _make(desk))
    finally:
        _run(desk, "update memberships set client_ids = null where role = 'owner'")
    assert caller is not None
    assert caller.scope.client_ids == {desk.ours.clients["Luma"]}
