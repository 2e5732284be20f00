"""A person's own devices: listed, ended one by one or all at once, and never anybody else's."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from agency.domain.errors import NotFound
from agency.services.accounts import sign_in
from agency.services.callers import SignedIn, scope_of_session
from agency.services.sessions import end_device, end_other_devices, list_devices, tidy_sessions
from tests.desk import PASSWORD, Desk

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"


@pytest.fixture
def desk(made: Desk) -> Desk:
    with made.system() as session:
        session.execute(text("delete from sessions"))
    with made.owner() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("delete from audit_entries")
    return made


def _sign_in(desk: Desk, person: str = "owner", device: str = FIREFOX) -> tuple[str, SignedIn]:
    with desk.system() as session:
        token = sign_in(session, f"{person}@example.test", PASSWORD, device, "192.0.2.7")
        caller = scope_of_session(session, token)
    assert caller is not None
    return token, caller


def _lives(desk: Desk, token: str) -> bool:
    with desk.system() as session:
        return scope_of_session(session, token) is not None


def _audit(desk: Desk) -> list[tuple[str, str, object]]:
    with desk.session() as session:
        rows = session.execute(
            text(
                "select action, object_id, details from audit_entries where action <> 'session.opened' order by number"
            )
        )
        return [(row.action, row.object_id, row.details) for row in rows]


def test_each_device_is_listed_with_this_one_first_and_no_strangers(desk: Desk) -> None:
    _, here = _sign_in(desk)
    _sign_in(desk, device="curl/8.14.1")
    _sign_in(desk, "operator")
    _sign_in(desk, "stranger")
    with desk.system() as session:
        rows = list_devices(here, session)
    assert [(row.device, row.address, row.is_this) for row in rows] == [
        ("Firefox on Linux", "192.0.2.7", True),
        ("Unknown device", "192.0.2.7", False),
    ]
    assert all(row.signed_in_at.tzinfo and row.last_used_at.tzinfo for row in rows)


def test_one_device_is_ended_and_the_others_go_on(desk: Desk) -> None:
    kept, here = _sign_in(desk)
    lost, _ = _sign_in(desk)
    third, _ = _sign_in(desk)
    with desk.system() as session:
        other = next(row for row in list_devices(here, session) if not row.is_this)
        end_device(here, session, other.session_id)
    assert _lives(desk, kept)
    assert sorted((_lives(desk, lost), _lives(desk, third))) == [False, True]
    assert _audit(desk) == [("session.ended", other.session_id, {})]


@pytest.mark.parametrize("whose", ["operator", "stranger"])
def test_nobody_ends_the_device_of_somebody_else(desk: Desk, whose: str) -> None:
    _, here = _sign_in(desk)
    theirs, them = _sign_in(desk, whose)
    with desk.system() as session:
        wanted = list_devices(them, session)[0].session_id
        with pytest.raises(NotFound):
            end_device(here, session, wanted)
        with pytest.raises(NotFound):
            end_device(here, session, "nonsense")
        assert end_other_devices(here, session) == 0
    assert _lives(desk, theirs)
    assert _audit(desk) == []


def test_all_others_end_at_once_with_those_that_wait_for_a_second_factor(desk: Desk) -> None:
    kept, here = _sign_in(desk)
    lost, _ = _sign_in(desk)
    half, _ = _sign_in(desk)
    with desk.system() as session:
        session.execute(
            text("update sessions set needs_factor = true where id = (select max(id) from sessions)")
        )
        assert len(list_devices(here, session)) == 2
        assert end_other_devices(here, session) == 1
    assert (_lives(desk, kept), _lives(desk, lost)) == (True, False)
    with desk.system() as session:
        session.execute(text("update sessions set needs_factor = false"))
    assert not _lives(desk, half)
    assert _audit(desk) == [("session.others_ended", "", {"count": 1})]


@pytest.mark.parametrize(
    "over",
    [
        "revoked_at = now()",
        "expires_at = now() - interval '1 second'",
        "last_seen_at = now() - interval '13 hours'",
    ],
)
def test_a_session_that_is_over_is_not_listed(desk: Desk, over: str) -> None:
    _sign_in(desk)
    with desk.system() as session:
        session.execute(text(f"update sessions set {over}"))
    _, here = _sign_in(desk)
    with desk.system() as session:
        assert [row.is_this for row in list_devices(here, session)] == [True]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("expires_at = now() - interval '91 days'", 0),
        ("expires_at = now() - interval '89 days'", 1),
        ("revoked_at = now() - interval '91 days'", 0),
        ("revoked_at = now() - interval '89 days'", 1),
    ],
)
def test_sessions_are_forgotten_90_days_after_their_end(desk: Desk, change: str, kept: int) -> None:
    _sign_in(desk)
    with desk.system() as session:
        session.execute(text(f"update sessions set {change}"))
        tidy_sessions(session)
        assert session.scalar(text("select count(*) from sessions")) == kept
