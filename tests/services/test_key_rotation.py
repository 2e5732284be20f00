"""Rotation of keys: everything opens at every moment, kills and writers included, and nothing stays under old keys."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agency.key_rotation import rotate_keys
from agency.key_status import show_status
from agency.services.contacts_store import place_of
from agency.services.data_keys import shred_client_keys
from agency.services.sealed_columns import CLIENT_COLUMNS, SYSTEM_COLUMNS
from agency.services.sealing import CannotOpen, Keyring, client_head
from tests.desk import Desk
from tests.rotating import booted, command, open_sealed_desk
from tests.sealed_rows import (
    BOTH,
    NEW_ID,
    NEW_KEY,
    OLD_ID,
    OLD_KEY,
    add_contact,
    filled_columns,
    heads,
    open_everything,
    versions,
)

CONTACTS = CLIENT_COLUMNS[0]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A world of the test's own, full of values that the old master key protects."""
    with open_sealed_desk() as made:
        yield made


def _kill_when(process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    while process.poll() is None and not reached():
        pass
    assert process.poll() is None, f"it ended before it could be killed: {process.communicate()}"
    process.send_signal(signal.SIGKILL)
    process.communicate()


def _nothing_is_old(desk: Desk, newest: int = 2) -> None:
    assert set(map(tuple, versions(desk).values())) == {(newest,)}
    for sealed in CLIENT_COLUMNS:
        assert set(heads(desk, sealed)) == {client_head(newest)}, str(sealed)
    for sealed in SYSTEM_COLUMNS:
        assert set(heads(desk, sealed, 5)) == {b"\x02" + bytes.fromhex(NEW_ID)}, str(sealed)
    with desk.owner() as connection:
        assert connection.execute("select distinct master_key_id from client_keys").fetchall() == [(NEW_ID,)]
        assert connection.execute("select count(keys_rotating_since) from agencies").fetchone() == (0,)


def test_a_rotation_leaves_nothing_under_old_keys_and_everything_opens(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    before = open_everything(desk, Keyring(OLD_KEY))
    assert filled_columns(before) == {str(sealed) for sealed in (*CLIENT_COLUMNS, *SYSTEM_COLUMNS)}
    assert rotate_keys(booted(desk), batch=2) == 0
    _nothing_is_old(desk)
    assert open_everything(desk, Keyring(NEW_KEY)) == before
    said = capsys.readouterr().out
    assert "4 data keys wrapped anew" in said
    assert "4 new data keys made, 4 old ones deleted" in said
    assert f"{len(before)} values sealed again" in said


def test_a_rotation_without_a_new_master_key_gives_new_data_keys(desk: Desk) -> None:
    before = open_everything(desk, Keyring(OLD_KEY))
    assert rotate_keys(booted(desk, OLD_KEY)) == 0
    assert set(map(tuple, versions(desk).values())) == {(2,)}
    assert open_everything(desk, Keyring(OLD_KEY)) == before


def test_a_second_rotation_goes_one_version_further(desk: Desk) -> None:
    assert [rotate_keys(booted(desk)), rotate_keys(booted(desk))] == [0, 0]
    _nothing_is_old(desk, newest=3)


def test_killed_three_times_half_way_and_then_completed(desk: Desk, tmp_path: Path) -> None:
    before = open_everything(desk, Keyring(OLD_KEY))
    new, old = client_head(2), client_head(1)
    for reached in (1, 9, 17):
        process = command(desk, tmp_path, "rotate", "--batch", "1", "--pause", "0.02")
        _kill_when(process, lambda reached=reached: heads(desk, CONTACTS)[new] >= reached)
        half_way = heads(desk, CONTACTS)
        assert half_way[new] >= reached
        assert half_way[old] > 0
        assert open_everything(desk, Keyring(BOTH)) == before
    left = sum(heads(desk, sealed)[old] for sealed in CLIENT_COLUMNS)
    last = command(desk, tmp_path, "rotate")
    said, errors = last.communicate()
    assert (last.returncode, errors) == (0, "")
    assert said.startswith("Going on with a rotation that was not finished.\n")
    assert f"0 new data keys made, 4 old ones deleted.\n{left} values sealed again." in said
    _nothing_is_old(desk)
    assert open_everything(desk, Keyring(NEW_KEY)) == before


def test_killed_before_the_old_keys_are_deleted_a_late_value_is_found(desk: Desk, tmp_path: Path) -> None:
    keyring = Keyring(BOTH)
    with desk.database.session(desk.ours.scope()) as late:
        # Seals under version 1 before the rotation and comes out with it only after the kill.
        order_id = add_contact(late, desk.ours, "Luma", keyring, "fake late buyer")
        process = command(desk, tmp_path, "rotate")
        _kill_when(process, lambda: not heads(desk, CONTACTS)[client_head(1)])
        # All is sealed again, and the rotation waits for our transaction.
        assert versions(desk)[desk.ours.clients["Luma"]] == [1, 2]
        late.commit()
    assert heads(desk, CONTACTS)[client_head(1)] == 1
    assert rotate_keys(booted(desk)) == 0
    _nothing_is_old(desk)
    place = ("order_contacts.sealed_address", (order_id,))
    assert open_everything(desk, Keyring(NEW_KEY))[place] == b"fake late buyer"


def test_a_writer_during_the_rotation_wins(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    keyring, scope, luma = Keyring(BOTH), desk.ours.scope(), desk.ours.clients["Luma"]
    with desk.session(scope) as session:
        order_id = add_contact(session, desk.ours, "Luma", keyring, "fake former buyer")
    write = "update order_contacts set sealed_address = :v where order_id = :o"
    with desk.database.session(scope) as writer:
        sealed = keyring.seal(scope, writer, luma, place_of(order_id), b"fake new buyer")
        writer.connection().exec_driver_sql(write.replace(":v", "%s").replace(":o", "%s"), (sealed, order_id))
        assert rotate_keys(booted(desk), patience=0.1) == 1
        assert "Run this again" in capsys.readouterr().out
        writer.commit()
    place = ("order_contacts.sealed_address", (order_id,))
    assert open_everything(desk, keyring)[place] == b"fake new buyer"
    assert rotate_keys(booted(desk)) == 0
    _nothing_is_old(desk)
    assert open_everything(desk, Keyring(NEW_KEY))[place] == b"fake new buyer"


def test_who_writes_and_reads_all_the_while_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    keyring, scope, luma = Keyring(BOTH), desk.ours.scope(), desk.ours.clients["Luma"]
    with desk.session(scope) as session:
        orders = [add_contact(session, desk.ours, "Luma", keyring, "0") for _number in range(10)]
    written = dict.fromkeys(orders, 0)
    process = command(desk, tmp_path, "rotate", "--batch", "2", "--pause", "0.01")
    turns = 0
    while process.poll() is None:
        order_id = orders[turns % len(orders)]
        with desk.session(scope) as session:
            connection, place = session.connection(), place_of(order_id)
            read = "select sealed_address from order_contacts where order_id = %s for update"
            sealed = connection.exec_driver_sql(read, (order_id,)).scalar_one()
            value = int(keyring.open(session, luma, place, sealed)) + 1
            sealed = keyring.seal(scope, session, luma, place, str(value).encode())
            write = "update order_contacts set sealed_address = %s where order_id = %s"
            connection.exec_driver_sql(write, (sealed, order_id))
        written[order_id] += 1
        turns += 1
    assert (process.returncode, process.communicate()[1]) == (0, "")
    assert turns > 10
    _nothing_is_old(desk)
    found = open_everything(desk, Keyring(NEW_KEY))
    assert {order: int(found["order_contacts.sealed_address", (order,)]) for order in orders} == written


def test_a_process_that_began_before_opens_and_seals_right_after(desk: Desk) -> None:
    warm, scope, luma = Keyring(BOTH), desk.ours.scope(), desk.ours.clients["Luma"]
    before = open_everything(desk, warm)
    with desk.session(scope) as session:
        warm.seal(scope, session, luma, "order_contacts.sealed_address:1", b"warm")
    assert rotate_keys(booted(desk)) == 0
    assert open_everything(desk, warm) == before
    with desk.session(scope) as session:
        sealed = warm.seal(scope, session, luma, "order_contacts.sealed_address:1", b"value")
        assert sealed.startswith(client_head(2))
        assert Keyring(NEW_KEY).open(session, luma, "order_contacts.sealed_address:1", sealed) == b"value"


def test_a_transaction_that_read_before_opens_after_since_its_key_waits(desk: Desk) -> None:
    warm, luma = Keyring(BOTH), desk.ours.clients["Luma"]
    with desk.database.session(desk.ours.scope()) as reader:
        read = "select order_id, sealed_address from order_contacts where client_id = %s"
        rows = reader.connection().exec_driver_sql(read, (luma,)).all()
        assert rotate_keys(booted(desk), patience=0.1) == 1
        for order_id, sealed in rows:
            assert sealed.startswith(client_head(1))
            assert warm.open(reader, luma, place_of(order_id), sealed).startswith(b"fake buyer")
        reader.rollback()
    assert rotate_keys(booted(desk)) == 0
    _nothing_is_old(desk)


def test_a_damaged_value_stays_with_its_key_and_is_reported(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    luma = desk.ours.clients["Luma"]
    with desk.owner() as connection:
        connection.execute(
            "update order_contacts set sealed_address = sealed_address || 'x'::bytea where order_id ="
            " (select min(order_id) from order_contacts where client_id = %s)",
            (luma,),
        )
    assert rotate_keys(booted(desk)) == 1
    assert "1 values do not open with any key" in capsys.readouterr().out
    assert versions(desk)[luma] == [1, 2]
    assert all(found == [2] for client, found in versions(desk).items() if client != luma)


def test_a_missing_master_key_is_named_by_its_id_and_nothing_is_lost(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    before = open_everything(desk, Keyring(OLD_KEY))
    assert rotate_keys(booted(desk, NEW_KEY)) == 1
    assert "4 data keys need a master key that is not configured" in capsys.readouterr().out
    show_status(booted(desk, NEW_KEY))
    assert f"Master key {OLD_ID} (not configured): wraps 4 data keys" in capsys.readouterr().out
    assert open_everything(desk, Keyring(BOTH)) == before
    assert rotate_keys(booted(desk)) == 0
    assert open_everything(desk, Keyring(NEW_KEY)) == before


def test_a_shredded_client_stays_shredded(desk: Desk) -> None:
    scope, kite = desk.ours.scope(), desk.ours.clients["Kite"]
    with desk.session(scope) as session:
        shred_client_keys(scope, session, kite)
    assert rotate_keys(booted(desk)) == 0
    assert kite not in versions(desk)
    with desk.session(scope) as session:
        row = (
            session.connection()
            .exec_driver_sql(
                "select order_id, sealed_address from order_contacts where client_id = %s limit 1", (kite,)
            )
            .one()
        )
        with pytest.raises(CannotOpen):
            Keyring(BOTH).open(session, kite, place_of(row[0]), row[1])
