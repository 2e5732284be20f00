"""Values of no client: sealed under the master key for one place, opened nowhere else."""

from __future__ import annotations

import base64

import pytest

from agency.services.sealing import CannotOpen, Keyring
from tests.databases import MASTER_KEY

OTHER = base64.b64encode(b"another fake master key, 32 byte").decode()
PLACE = "second_factors.sealed_secret:7"


def test_a_value_opens_at_its_place() -> None:
    sealed = Keyring(MASTER_KEY).seal_system(PLACE, b"fake totp secret")
    assert b"fake totp secret" not in sealed
    assert Keyring(MASTER_KEY).open_system(PLACE, sealed) == b"fake totp secret"


def test_an_empty_value_can_be_sealed() -> None:
    keys = Keyring(MASTER_KEY)
    assert keys.open_system(PLACE, keys.seal_system(PLACE, b"")) == b""


def test_two_seals_of_one_value_differ() -> None:
    keys = Keyring(MASTER_KEY)
    assert keys.seal_system(PLACE, b"same") != keys.seal_system(PLACE, b"same")


@pytest.mark.parametrize(
    "place", ["second_factors.sealed_secret:8", "second_factors.sealed_name:7", "mails.sealed_secret:7", ""]
)
def test_a_value_moved_to_another_place_does_not_open(place: str) -> None:
    keys = Keyring(MASTER_KEY)
    with pytest.raises(CannotOpen):
        keys.open_system(place, keys.seal_system(PLACE, b"value"))


def test_another_master_key_does_not_open() -> None:
    sealed = Keyring(MASTER_KEY).seal_system(PLACE, b"value")
    with pytest.raises(CannotOpen):
        Keyring(OTHER).open_system(PLACE, sealed)


def test_the_newest_key_seals_and_an_older_one_still_opens() -> None:
    old, both = Keyring(MASTER_KEY), Keyring(f"{OTHER},{MASTER_KEY}")
    assert both.open_system(PLACE, old.seal_system(PLACE, b"before")) == b"before"
    sealed = both.seal_system(PLACE, b"after")
    assert Keyring(OTHER).open_system(PLACE, sealed) == b"after"
    with pytest.raises(CannotOpen):
        old.open_system(PLACE, sealed)


def test_no_changed_or_shortened_value_opens() -> None:
    keys = Keyring(MASTER_KEY)
    sealed = keys.seal_system(PLACE, b"value")
    damaged = [sealed[:length] for length in range(len(sealed))]
    damaged += [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
    for value in damaged:
        with pytest.raises(CannotOpen):
            keys.open_system(PLACE, value)


@pytest.mark.parametrize(
    "text", ["", "short", "not base64 !", base64.b64encode(b"31 bytes only").decode(), f"{MASTER_KEY},"]
)
def test_a_key_of_another_form_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="base64 of exactly 32 bytes") as refused:
        Keyring(text)
    assert not text or text not in str(refused.value)


def test_neither_repr_nor_error_shows_key_or_value() -> None:
    keys = Keyring(MASTER_KEY)
    sealed = keys.seal_system(PLACE, b"fake totp secret")
    with pytest.raises(CannotOpen) as refused:
        keys.open_system("elsewhere", sealed)
    shown = repr(keys) + repr(vars(keys)) + repr(refused.value)
    for secret in (MASTER_KEY, base64.b64decode(MASTER_KEY).decode(), "fake totp secret"):
        assert secret not in shown
