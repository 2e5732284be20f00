"""Authenticator apps and recovery codes: each code once, within one step, and for nobody but their owner."""

from __future__ import annotations

import base64
import itertools
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pyotp
import pytest
from sqlalchemy import text

from agency.clock import machine_now
from agency.domain.errors import Conflict, Invalid, NotFound
from agency.services.factors import MOST_FACTORS, end_other_sessions, list_factors, remove_factor
from agency.services.recovery_codes import codes_left, make_codes, take_recovery_code
from agency.services.totp import begin_app, confirm_app, take_app_code
from tests.desk import Desk
from tests.factors import KEYRING, Phone, enrol, holder, take_away
from tests.moving import move_clock


@pytest.fixture
def desk(made: Desk) -> Desk:
    take_away(made)
    return made


def _take(desk: Desk, person: str, code: str) -> bool:
    with desk.system() as session:
        return take_app_code(session, KEYRING, holder(session, person).user_id, code)


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_right_for_one_step_either_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, steps: int, right: bool
) -> None:
    phone = enrol(desk, "owner")
    into_step = machine_now().timestamp() % 30
    move_clock(monkeypatch, seconds=15 - into_step)  # the middle of a step, so that the test meets no edge
    assert _take(desk, "owner", phone.code(steps)) is right


def test_a_code_works_once_and_an_older_one_not_after_it(desk: Desk) -> None:
    phone = enrol(desk, "owner")
    code, before = phone.code(), phone.code(-1)
    assert _take(desk, "owner", f" {code[:3]} {code[3:]} ")
    assert not _take(desk, "owner", code)
    assert not _take(desk, "owner", before)


def test_of_many_requests_with_the_same_code_one_gets_through(desk: Desk) -> None:
    code = enrol(desk, "owner").code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _take(desk, "owner", code), range(8)))
    assert sorted(answers) == [False] * 7 + [True]


def test_each_of_several_apps_opens_and_none_opens_for_somebody_else(desk: Desk) -> None:
    phones = [enrol(desk, "owner", label) for label in ("Phone", "Tablet")]
    assert not _take(desk, "operator", phones[0].code())
    assert [_take(desk, "owner", phone.code()) for phone in phones] == [True, True]


def test_an_enrolment_that_was_not_confirmed_opens_nothing_and_protects_nothing(desk: Desk) -> None:
    with desk.system() as session:
        owner = holder(session, "owner")
        new = begin_app(session, KEYRING, owner, "Left")
        assert list_factors(session, owner) == []
    assert not _take(desk, "owner", pyotp.TOTP(new.secret).now())
    assert desk.web("owner").get("/api/v1/orders").status_code == 200


def test_an_enrolment_ends_after_a_while_and_belongs_to_its_owner(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.system() as session:
        owner, other = holder(session, "owner"), holder(session, "stranger")
        new = begin_app(session, KEYRING, owner, "Phone")
        with pytest.raises(NotFound):
            confirm_app(session, KEYRING, other, new.factor_id, pyotp.TOTP(new.secret).now())
        with pytest.raises(Invalid, match="does not work"):
            confirm_app(session, KEYRING, owner, new.factor_id, "000")
        move_clock(monkeypatch, minutes=16)
        with pytest.raises(NotFound):
            confirm_app(session, KEYRING, owner, new.factor_id, pyotp.TOTP(new.secret).at(machine_now()))


def test_the_picture_is_an_image_and_the_secret_lies_sealed(desk: Desk) -> None:
    with desk.system() as session:
        new = begin_app(session, KEYRING, holder(session, "owner"), "Phone")
        sealed = session.scalars(text("select sealed_secret from second_factors")).one()
    assert new.picture.startswith("data:image/svg+xml")
    assert "<path" in unquote(new.picture)
    assert new.secret.encode() not in bytes(sealed)
    assert new.secret not in repr(new)


def test_factors_are_named_limited_and_removed_by_their_owner_only(desk: Desk) -> None:
    phone = enrol(desk, "owner", "My phone")
    with desk.system() as session:
        owner, other = holder(session, "owner"), holder(session, "stranger")
        assert [row.label for row in list_factors(session, owner)] == ["My phone"]
        assert list_factors(session, other) == []
        for person, factor_id in ((other, phone.factor_id), (owner, "fake"), (owner, str(KEYRING))):
            with pytest.raises(NotFound) as refusal:
                remove_factor(session, person, factor_id)
            assert str(refusal.value) == "Second factor not found."
        with pytest.raises(Invalid, match="60"):
            begin_app(session, KEYRING, owner, "x" * 61)
        assert remove_factor(session, owner, phone.factor_id).label == "My phone"
        assert codes_left(session, owner.user_id).made == 0


def test_a_person_has_at_most_ten_factors(desk: Desk) -> None:
    for _ in range(MOST_FACTORS):
        enrol(desk, "owner")
    with desk.system() as session, pytest.raises(Conflict, match="Remove one"):
        begin_app(session, KEYRING, holder(session, "owner"), "One more")


def test_recovery_codes_are_long_differ_and_lie_hashed(desk: Desk) -> None:
    phone = enrol(desk, "owner")
    plain = [code.replace("-", "").upper() for code in phone.codes]
    assert len(set(plain)) == 10
    assert all(len(base64.b32decode(code)) * 8 >= 112 for code in plain)
    with desk.owner() as connection:
        kept = connection.execute("select code_hash::text from recovery_codes").fetchall()
    assert {len(row[0]) for row in kept} == {2 + 64}


def test_a_recovery_code_works_once_however_it_is_typed_and_for_its_owner_only(desk: Desk) -> None:
    phone = enrol(desk, "owner")
    first = phone.codes[0]
    typed = first.upper().replace("-", " ").replace("O", "0").replace("B", "8").replace("L", "1")
    with desk.system() as session:
        user_id, other = holder(session, "owner").user_id, holder(session, "stranger").user_id
        assert not take_recovery_code(session, other, first)
        assert take_recovery_code(session, user_id, typed)
        assert not take_recovery_code(session, user_id, first)
        assert (codes_left(session, user_id).left, codes_left(session, user_id).made) == (9, 10)


def test_of_many_requests_with_one_recovery_code_one_gets_through(desk: Desk) -> None:
    phone = enrol(desk, "owner")

    def take(_: int) -> bool:
        with desk.system() as session:
            return take_recovery_code(session, holder(session, "owner").user_id, phone.codes[0])

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(8))) == [False] * 7 + [True]


def test_new_recovery_codes_end_the_former_ones(desk: Desk) -> None:
    phone: Phone = enrol(desk, "owner")
    with desk.system() as session:
        user_id = holder(session, "owner").user_id
        made = make_codes(session, user_id)
        assert not any(take_recovery_code(session, user_id, code) for code in phone.codes)
        assert all(itertools.starmap(take_recovery_code, [(session, user_id, code) for code in made]))


def test_ending_other_sessions_ends_all_of_this_person_and_none_of_others(desk: Desk) -> None:
    mine, also_mine, foreign = desk.token("owner"), desk.token("owner"), desk.token("stranger")
    with desk.system() as session:
        keep = session.scalars(
            text("select min(id) from sessions where user_id = :u"), {"u": holder(session, "owner").user_id}
        ).one()
        end_other_sessions(session, holder(session, "owner", keep))
    statuses = [
        desk.app.test_client().get("/api/v1/orders", headers={"Authorization": f"Bearer {token}"}).status_code
        for token in (mine, also_mine, foreign)
    ]
    assert statuses == [200, 401, 200]
