"""Passkeys against a key made of software: what an honest one may do, and every lie that must not pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from agency.domain.errors import Invalid
from agency.services.challenges import take_challenge
from agency.services.factors import Holder, has_factor, list_factors
from agency.services.passkeys import (
    Site,
    begin_assertion,
    begin_registration,
    finish_registration,
    take_assertion,
)
from tests.authenticator import PRESENT, Authenticator, raw
from tests.authenticator import text as as_text
from tests.desk import Desk
from tests.factors import holder, take_away
from tests.moving import move_clock

SITE = Site("localhost", "http://localhost")


@pytest.fixture
def desk(made: Desk) -> Desk:
    take_away(made)
    return made


def _holder(desk: Desk, person: str = "owner") -> Holder:
    """The person in a new session of theirs."""
    desk.token(person)
    with desk.system() as session:
        owner = holder(session, person)
        newest = text("select max(id) from sessions where user_id = :user_id")
        return Holder(owner.user_id, session.scalars(newest, {"user_id": owner.user_id}).one(), owner.email)


def _register(desk: Desk, owner: Holder, key: Authenticator, **changes: Any) -> None:
    with desk.system() as session:
        options = begin_registration(session, owner, SITE)
        challenge = take_challenge(session, owner.session_id, "add_passkey")
        finish_registration(session, owner, SITE, challenge, key.create(options, **changes), "Key")


def _use(
    desk: Desk, owner: Holder, sign: Callable[[str], str], purpose: str = "sign_in", asked: str = "sign_in"
) -> bool:
    with desk.system() as session:
        options = begin_assertion(session, owner, SITE, asked)
    with desk.system() as session:
        challenge = take_challenge(session, owner.session_id, purpose)
    with desk.system() as session:
        return take_assertion(session, owner.user_id, SITE, challenge, sign(options))


def test_a_passkey_that_was_registered_opens_again_and_again(desk: Desk) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)
    assert [_use(desk, owner, key.get) for _ in range(3)] == [True, True, True]
    with desk.system() as session:
        (row,) = list_factors(session, owner)
        assert (row.kind, row.label, row.last_used_at is not None) == ("passkey", "Key", True)


def test_a_key_without_a_counter_or_without_verification_is_taken_as_a_second_factor(desk: Desk) -> None:
    owner, key = _holder(desk), Authenticator(flags=PRESENT)
    _register(desk, owner, key)

    def sign(options: str) -> str:
        key.count = -1  # `get` counts up to nought
        return key.get(options)

    assert [_use(desk, owner, sign), _use(desk, owner, sign)] == [True, True]


def test_the_options_name_the_known_passkeys_and_ask_for_verification_where_it_is_there(desk: Desk) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)
    with desk.system() as session:
        create = json.loads(begin_registration(session, owner, SITE))
        get = json.loads(begin_assertion(session, owner, SITE, "confirm"))
    assert [entry["id"] for entry in create["excludeCredentials"]] == [as_text(key.credential_id)]
    assert [entry["id"] for entry in get["allowCredentials"]] == [as_text(key.credential_id)]
    assert create["authenticatorSelection"]["userVerification"] == get["userVerification"] == "preferred"
    assert create["rp"]["id"] == get["rpId"] == "localhost"
    assert len(raw(get["challenge"])) == 32


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://evil.example.test"},
        {"origin": "https://localhost"},
        {"challenge": as_text(b"another challenge")},
        {"type": "webauthn.get"},
    ],
)
def test_a_registration_for_another_site_challenge_or_act_is_refused(
    desk: Desk, changes: dict[str, str]
) -> None:
    owner = _holder(desk)
    with pytest.raises(Invalid, match="not accepted"):
        _register(desk, owner, Authenticator(), **changes)
    with desk.system() as session:
        assert not has_factor(session, owner.user_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://evil.example.test"},
        {"origin": "http://localhost:1"},
        {"challenge": as_text(b"another challenge")},
        {"type": "webauthn.create"},
    ],
)
def test_an_assertion_for_another_site_challenge_or_act_is_refused(
    desk: Desk, changes: dict[str, str]
) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)
    assert not _use(desk, owner, lambda options: key.get(options, **changes))


def test_a_key_for_another_host_is_refused(desk: Desk) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)
    key.rp_id = "evil.example.test"
    assert not _use(desk, owner, key.get)
    with pytest.raises(Invalid):
        _register(desk, owner, Authenticator(rp_id="evil.example.test"))


def test_an_answer_is_not_taken_twice(desk: Desk) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)
    sent: list[str] = []

    def sign(options: str) -> str:
        sent.append(key.get(options))
        return sent[0]

    assert _use(desk, owner, sign)
    assert not _use(desk, owner, sign)  # the former answer to a new challenge
    with desk.system() as session:
        begin_assertion(session, owner, SITE, "sign_in")
        assert take_challenge(session, owner.session_id, "sign_in") != b""
        assert take_challenge(session, owner.session_id, "sign_in") == b""
        assert not take_assertion(session, owner.user_id, SITE, b"", sent[0])


def test_a_counter_that_does_not_rise_is_refused(desk: Desk) -> None:
    owner, key = _holder(desk), Authenticator(count=10)
    _register(desk, owner, key)
    assert _use(desk, owner, key.get)
    for before in (10, 3, -1):
        key.count = before
        assert not _use(desk, owner, key.get), before
    key.count = 11
    assert _use(desk, owner, key.get)


def test_a_forged_signature_and_another_key_under_the_same_name_are_refused(desk: Desk) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)
    thief = Authenticator(credential_id=key.credential_id, count=5)
    assert not _use(desk, owner, thief.get)


def test_somebody_elses_passkey_opens_nothing_and_cannot_be_registered_again(desk: Desk) -> None:
    owner, other, key = _holder(desk), _holder(desk, "stranger"), Authenticator()
    _register(desk, other, key)
    assert not _use(desk, owner, key.get)
    with pytest.raises(Invalid, match="not accepted"):
        _register(desk, owner, key)
    assert _use(desk, other, key.get)


def test_a_challenge_belongs_to_its_purpose_and_session_and_ends_after_five_minutes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)
    assert not _use(desk, owner, key.get, purpose="confirm")
    again = _holder(desk)
    with desk.system() as session:
        begin_assertion(session, owner, SITE, "sign_in")
        assert take_challenge(session, again.session_id, "sign_in") == b""
        move_clock(monkeypatch, minutes=5, seconds=1)
        assert take_challenge(session, owner.session_id, "sign_in") == b""


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        "nonsense",
        '{"rawId": 7}',
        "[" * 30_000,
        '{"rawId": "AAAA", "id": "AAAA"}',
        "\ud800",
    ],
)
def test_an_answer_that_is_none_is_refused_and_breaks_nothing(desk: Desk, answer: str) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)
    assert not _use(desk, owner, lambda _: answer)
    with desk.system() as session, pytest.raises(Invalid):
        finish_registration(session, owner, SITE, b"fake challenge", answer, "")


def test_an_answer_cut_off_anywhere_is_refused(desk: Desk) -> None:
    owner, key = _holder(desk), Authenticator()
    _register(desk, owner, key)

    def broken(field: str, size: int) -> Callable[[str], str]:
        def sign(options: str) -> str:
            answer = json.loads(key.get(options))
            answer["response"][field] = as_text(raw(answer["response"][field])[:size])
            return json.dumps(answer)

        return sign

    for field in ("clientDataJSON", "authenticatorData", "signature"):
        for size in (0, 1, 20, 36):
            assert not _use(desk, owner, broken(field, size)), (field, size)
