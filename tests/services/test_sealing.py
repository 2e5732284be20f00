"""Clients' sealed values: they open at their place only, under old keys and new, and never after shredding."""

from __future__ import annotations

import base64
import os
from itertools import permutations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from agency.domain.errors import Conflict, Forbidden, NotFound
from agency.domain.scope import worker_scope
from agency.models.clients import ClientKey
from agency.services.data_keys import add_version, rewrap_batch, shred_client_keys
from agency.services.resealing import delete_unused_keys
from agency.services.sealed_columns import CLIENT_COLUMNS, SYSTEM_COLUMNS, SealedColumn
from agency.services.sealing import CannotOpen, Keyring, client_head
from tests.databases import MASTER_KEY
from tests.desk import Desk
from tests.sealed_rows import BOTH, NEW_ID, NEW_KEY, OLD_ID, OLD_KEY

KEYS = Keyring(OLD_KEY)
PLACE = "order_contacts.sealed_address:1"


@pytest.fixture
def luma(desk: Desk) -> int:
    return desk.ours.clients["Luma"]


def _place(sealed: SealedColumn, row: int) -> str:
    return sealed.place(*[row] * len(sealed.named_by or sealed.key))


def test_the_tests_have_one_master_key() -> None:
    assert OLD_KEY == MASTER_KEY


@pytest.mark.parametrize("sealed", CLIENT_COLUMNS, ids=str)
def test_a_value_moved_to_another_row_column_table_or_client_does_not_open(
    sealed: SealedColumn, desk: Desk, session: Session, luma: int
) -> None:
    value = KEYS.seal(desk.ours.scope(), session, luma, _place(sealed, 7), b"value")
    KEYS.seal(desk.ours.scope(), session, desk.ours.clients["Kite"], PLACE, b"so that Kite has a key")
    assert KEYS.open(session, luma, _place(sealed, 7), value) == b"value"
    elsewhere = [_place(sealed, 8)] + [_place(other, 7) for other in CLIENT_COLUMNS if other != sealed]
    for place in elsewhere:
        with pytest.raises(CannotOpen):
            KEYS.open(session, luma, place, value)
    with pytest.raises(CannotOpen):
        KEYS.open(session, desk.ours.clients["Kite"], _place(sealed, 7), value)
    with pytest.raises(CannotOpen):
        KEYS.open_system(_place(sealed, 7), value)


@pytest.mark.parametrize("sealed", SYSTEM_COLUMNS, ids=str)
def test_a_value_of_no_client_moved_anywhere_does_not_open(
    sealed: SealedColumn, session: Session, luma: int
) -> None:
    value = KEYS.seal_system(_place(sealed, 7), b"value")
    assert KEYS.open_system(_place(sealed, 7), value) == b"value"
    others = [other for other in (*CLIENT_COLUMNS, *SYSTEM_COLUMNS) if other != sealed]
    for place in [_place(sealed, 8), *(_place(other, 7) for other in others)]:
        with pytest.raises(CannotOpen):
            KEYS.open_system(place, value)
    with pytest.raises(CannotOpen):
        KEYS.open(session, luma, _place(sealed, 7), value)


def test_a_client_of_the_other_agency_has_another_key(desk: Desk, session: Session, luma: int) -> None:
    value = KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"value")
    session.commit()
    with desk.session(desk.theirs.scope()) as theirs:
        with pytest.raises(CannotOpen):
            KEYS.open(theirs, luma, PLACE, value)
        with pytest.raises(NotFound):
            KEYS.seal(desk.theirs.scope(), theirs, luma, PLACE, b"value")


def test_no_changed_or_shortened_value_opens(desk: Desk, session: Session, luma: int) -> None:
    value = KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"value")
    damaged = [value[:length] for length in range(len(value))]
    damaged += [value[:n] + bytes([value[n] ^ 1]) + value[n + 1 :] for n in range(len(value))]
    for each in damaged:
        with pytest.raises(CannotOpen):
            KEYS.open(session, luma, PLACE, each)


def test_a_wrong_master_key_opens_nothing_and_is_named_by_its_id_only(
    desk: Desk, session: Session, luma: int
) -> None:
    value = KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"value")
    with pytest.raises(CannotOpen, match=f"the master key {OLD_ID} .*is not configured") as refused:
        Keyring(NEW_KEY).open(session, luma, PLACE, value)
    assert OLD_KEY not in str(refused.value)


def test_an_older_master_key_opens_and_the_newest_wraps(desk: Desk, session: Session) -> None:
    kite = desk.ours.clients["Kite"]
    before = KEYS.seal(desk.ours.scope(), session, kite, PLACE, b"before")
    assert Keyring(BOTH).open(session, kite, PLACE, before) == b"before"
    add_version(desk.ours.scope(), session, Keyring(BOTH).masters[0], kite)
    rows = session.execute(
        select(ClientKey.version, ClientKey.master_key_id)
        .where(ClientKey.client_id == kite)
        .order_by(ClientKey.version)
    )
    assert list(rows) == [(1, OLD_ID), (2, NEW_ID)]


def test_a_key_wrapped_before_its_id_was_written_down_opens_and_can_be_wrapped_anew(
    desk: Desk, session: Session, luma: int
) -> None:
    raw, nonce = os.urandom(32), os.urandom(12)
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    former = AESGCM(base64.b64decode(OLD_KEY)).encrypt(nonce, raw, f"client_keys|{luma}".encode())
    session.execute(text("delete from client_keys where client_id = :c"), {"c": luma})
    session.add(
        ClientKey(agency_id=desk.ours.agency_id, client_id=luma, version=1, wrapped_key=nonce + former)
    )
    session.flush()
    value = KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"value")
    assert value.startswith(client_head(1))
    session.info.clear()
    assert Keyring(BOTH).open(session, luma, PLACE, value) == b"value"
    done, failed, _last = rewrap_batch(session, Keyring(BOTH).masters, (0, 0), 100)
    assert (done >= 1, failed) == (True, 0)
    assert Keyring(NEW_KEY).open(session, luma, PLACE, value) == b"value"


def test_a_wrapped_key_moved_to_another_client_or_version_does_not_open(
    desk: Desk, session: Session, luma: int
) -> None:
    kite = desk.ours.clients["Kite"]
    values = {
        client: KEYS.seal(desk.ours.scope(), session, client, PLACE, b"value") for client in (luma, kite)
    }
    add_version(desk.ours.scope(), session, KEYS.masters[0], luma)
    session.info.clear()
    places = [(luma, 1), (luma, 2), (kite, 1)]
    move = text(
        "update client_keys to_ set wrapped_key = from_.wrapped_key from client_keys from_"
        " where from_.client_id = :c and from_.version = :v and to_.client_id = :to and to_.version = :to_version"
    )
    for (client, version), (to, to_version) in permutations(places, 2):
        savepoint = session.begin_nested()
        session.execute(move, {"c": client, "v": version, "to": to, "to_version": to_version})
        moved = client_head(to_version) + values[to][3:]
        with pytest.raises(CannotOpen, match="that wrapped this client's key"):
            KEYS.open(session, to, PLACE, moved)
        savepoint.rollback()


def test_a_keyring_that_has_sealed_sees_a_new_version_in_its_next_transaction(desk: Desk, luma: int) -> None:
    with desk.session() as session:
        before = KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"before")
    with desk.session() as session:
        add_version(desk.ours.scope(), session, KEYS.masters[0], luma)
    with desk.session() as session:
        after = KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"after")
        assert int.from_bytes(after[1:3], "big") == int.from_bytes(before[1:3], "big") + 1
        assert KEYS.open(session, luma, PLACE, before) == b"before"


def test_a_version_is_not_deleted_while_a_transaction_seals_under_it(desk: Desk, luma: int) -> None:
    with (
        desk.database.session(desk.ours.scope()) as sealing,
        desk.database.session(desk.ours.scope()) as other,
    ):
        KEYS.seal(desk.ours.scope(), sealing, luma, PLACE, b"on its way")
        add_version(desk.ours.scope(), other, KEYS.masters[0], luma)
        other.commit()
        other.execute(text("set local lock_timeout = '50ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            delete_unused_keys(other, luma)
        other.rollback()
        sealing.rollback()
        assert delete_unused_keys(other, luma)[0] > 0


def test_a_savepoint_that_is_rolled_back_holds_nothing_so_the_version_is_looked_up_again(
    desk: Desk, session: Session, luma: int
) -> None:
    savepoint = session.begin_nested()
    KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"in vain")
    savepoint.rollback()
    with desk.session() as other:
        add_version(desk.ours.scope(), other, KEYS.masters[0], luma)
        newest = other.scalars(select(ClientKey.version).where(ClientKey.client_id == luma)).all()
    sealed = KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"value")
    assert sealed.startswith(client_head(max(newest)))


def test_shredded_keys_open_nothing_and_seal_nothing_in_any_process(desk: Desk) -> None:
    client = desk.theirs.clients["Kite"]
    scope, warm = desk.theirs.scope(), Keyring(OLD_KEY)
    with desk.session(scope) as session:
        value = warm.seal(scope, session, client, PLACE, b"value")
    with desk.session(scope) as session:
        assert warm.open(session, client, PLACE, value) == b"value"
        assert shred_client_keys(worker_scope(scope.agency_id), session, client) == 1
        with pytest.raises(CannotOpen):
            warm.open(session, client, PLACE, value)
        with pytest.raises(Conflict, match="keys were destroyed"):
            warm.seal(scope, session, client, PLACE, b"value")
    for keyring in (warm, Keyring(OLD_KEY)):
        with desk.session(scope) as session:
            with pytest.raises(CannotOpen):
                keyring.open(session, client, PLACE, value)
            with pytest.raises(Conflict, match="keys were destroyed"):
                keyring.seal(scope, session, client, PLACE, b"value")
            assert shred_client_keys(scope, session, client) == 0


def test_only_an_owner_shreds_and_only_a_client_of_the_agency(desk: Desk, session: Session) -> None:
    theirs = desk.theirs.clients["Luma"]
    with desk.session(desk.theirs.scope()) as other:
        value = KEYS.seal(desk.theirs.scope(), other, theirs, PLACE, b"value")
    with pytest.raises(Forbidden):
        shred_client_keys(desk.ours.scope(role="operator"), session, desk.ours.clients["Luma"])
    with pytest.raises(NotFound):
        shred_client_keys(desk.ours.scope(), session, theirs)
    session.commit()
    with desk.session(desk.theirs.scope()) as other:
        assert KEYS.open(other, theirs, PLACE, value) == b"value"


def test_neither_repr_nor_error_nor_session_shows_a_key_or_a_value(
    desk: Desk, session: Session, luma: int
) -> None:
    value = KEYS.seal(desk.ours.scope(), session, luma, PLACE, b"fake buyer")
    with pytest.raises(CannotOpen) as refused:
        KEYS.open(session, luma, "elsewhere", value)
    shown = repr(KEYS) + repr(vars(KEYS)) + repr(session.info) + repr(refused.value) + str(refused.value)
    for secret in (
        OLD_KEY,
        base64.b64decode(OLD_KEY).decode(),
        base64.b64decode(OLD_KEY).hex(),
        "fake buyer",
    ):
        assert secret not in shown
