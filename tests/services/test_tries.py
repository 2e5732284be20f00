"""Wrong codes are counted before they are looked at, so that many requests at once share no try."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from agency.services.factors import Holder
from agency.services.tries import count_try, end_when_used_up, forget_tries
from tests.desk import Desk
from tests.factors import enrol, holder, take_away


@pytest.fixture
def desk(made: Desk) -> Desk:
    take_away(made)
    return made


def _in_session(desk: Desk, person: str = "owner") -> Holder:
    desk.token(person)
    with desk.system() as session:
        owner = holder(session, person)
        newest = session.scalars(text("select max(id) from sessions")).one()
        return Holder(owner.user_id, newest, owner.email)


def _count(desk: Desk, who: Holder) -> bool:
    with desk.system() as session:
        return count_try(session, who, "sign_in")


def test_of_many_tries_at_once_five_are_looked_at(desk: Desk) -> None:
    enrol(desk, "owner")
    who = _in_session(desk)
    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(lambda _: _count(desk, who), range(12))) == 5


def test_a_person_has_fifteen_in_all_sign_ins_and_nobody_else_pays_for_it(desk: Desk) -> None:
    enrol(desk, "owner")
    enrol(desk, "operator")
    tabs = [_in_session(desk) for _ in range(20)]
    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(lambda who: _count(desk, who), tabs)) == 15
    assert _count(desk, _in_session(desk, "operator"))


def test_a_full_session_still_has_its_own_tries(desk: Desk) -> None:
    full = _in_session(desk)
    enrol(desk, "owner")
    for who in [_in_session(desk) for _ in range(15)]:
        assert _count(desk, who)
    assert not _count(desk, _in_session(desk))
    assert _count(desk, full)


def test_a_session_ends_with_its_last_try_and_a_right_one_forgets_the_others(desk: Desk) -> None:
    who = _in_session(desk)
    for _ in range(4):
        assert _count(desk, who)
    with desk.system() as session:
        assert not end_when_used_up(session, who)
        forget_tries(session, who.session_id)
    for _ in range(5):
        assert _count(desk, who)
    with desk.system() as session:
        assert end_when_used_up(session, who)
        assert session.scalar(
            text("select revoked_at is not null from sessions where id = :id"), {"id": who.session_id}
        )
