"""Which passwords are taken, which are refused with which sentence, and hashes that follow today's parameters."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from agency.demo.world import AGENCY, PASSWORD, STAFF
from agency.domain.errors import Invalid
from agency.services.accounts import sign_in
from agency.services.passwords import hash_password, needs_rehash, verify_password
from tests.desk import PASSWORD as FAKE
from tests.desk import Desk, open_desk

KNOWN = ("maya.kerr@luma-group.test", "Maya Kerr", "Harbor & Pine")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


@pytest.mark.parametrize(
    "password",
    [
        FAKE,
        "correct horse battery staple",
        "Zimt und Zucker 9",
        "  spaces around  ",
        "пароль из слов здесь",
        "x7" * 6 + "Qp!v" * 61,
    ],
)
def test_any_characters_in_any_mix_are_taken(password: str) -> None:
    assert verify_password(hash_password(password, KNOWN), password)


def test_the_practice_worlds_password_is_taken_for_all_its_people() -> None:
    for email, name, _role, _clients in STAFF:
        assert hash_password(PASSWORD, (email, name, AGENCY))


@pytest.mark.parametrize("length", [0, 11, 257, 5000])
def test_a_password_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Invalid, match="12 to 256 characters"):
        hash_password(("q7Zk" * 1250)[:length])


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("password1234", "very common"),
        ("123456789012", "commonly used"),
        ("aaaaaaaaaaaa", "repeats"),
        ("a" * 256, "repeats"),
        ("abcdefghijkl", "sequences"),
        ("qwertyuiop12", "too easy to guess"),
        ("P@ssw0rd1234", "commonly used"),
        ("shopfleet2026!", "your agency or ours"),
        ("maya.kerr@luma-group.test", "your name, your address"),
        ("MayaKerr-2026", "your name, your address"),
        ("harbor-pine-2026", "your agency or ours"),
        ("luma-group-luma", "your name, your address"),
    ],
)
def test_an_easy_guess_is_refused_with_the_reason_and_a_way_out(password: str, told: str) -> None:
    with pytest.raises(Invalid) as refusal:
        hash_password(password, KNOWN)
    assert told in str(refusal.value)
    assert "words" in str(refusal.value)
    assert password not in str(refusal.value)


def test_a_long_password_costs_no_long_thought() -> None:
    started = time.perf_counter()
    for password in ("aA1!" * 64, "password" * 32, "0123456789" * 25, "p@ssw0rd" * 32):
        with pytest.raises(Invalid):
            hash_password(password, [f"word{number}" for number in range(500)])
    assert time.perf_counter() - started < 5


def test_a_hash_of_former_parameters_is_made_anew_at_sign_in(desk: Desk) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(FAKE)
    assert needs_rehash(old)
    with desk.system() as session:
        session.execute(
            text("update users set password_hash = :old where email like 'viewer@%'"), {"old": old}
        )
    for _ in range(2):
        with desk.system() as session:
            assert sign_in(session, "viewer@example.test", FAKE)
    with desk.system() as session:
        stored = session.scalar(text("select password_hash from users where email like 'viewer@%'"))
    assert stored != old
    assert not needs_rehash(str(stored))
    assert verify_password(str(stored), FAKE)


def test_a_wrong_password_changes_no_hash(desk: Desk) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(FAKE)
    with desk.system() as session:
        session.execute(
            text("update users set password_hash = :old where email like 'member@%'"), {"old": old}
        )
    with pytest.raises(Exception, match="not right"), desk.system() as session:
        sign_in(session, "member@example.test", "fake-wrong-one")
    with desk.system() as session:
        assert session.scalar(text("select password_hash from users where email like 'member@%'")) == old
