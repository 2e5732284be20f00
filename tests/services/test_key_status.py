"""The counts of what is sealed under which key; and no key in anything that the commands print or log."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from agency.key_rotation import rotate_keys
from agency.key_status import show_status
from tests.desk import Desk
from tests.rotating import booted, command, open_sealed_desk
from tests.sealed_rows import NEW_ID, NEW_KEY, OLD_ID, OLD_KEY


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A world of the test's own, full of values that the old master key protects."""
    with open_sealed_desk() as made:
        yield made


def test_the_status_counts_what_is_where(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    show_status(booted(desk))
    said = capsys.readouterr().out
    assert f"Master key {NEW_ID} (newest): wraps 0 data keys" in said
    assert f"Master key {OLD_ID} (older): wraps 4 data keys; still needed for 13" in said
    assert "order_contacts.sealed_address: 24 under data key version 1 (newest)" in said
    assert f"mails.sealed_body: 3 under master key {OLD_ID}" in said
    rotate_keys(booted(desk))
    capsys.readouterr()
    show_status(booted(desk))
    said = capsys.readouterr().out
    assert f"Master key {OLD_ID} (older): wraps 0 data keys; no longer needed here" in said
    assert "order_contacts.sealed_address: 24 under data key version 2 (newest)" in said
    assert "not finished" not in said


def test_no_key_and_no_value_is_printed_or_logged(desk: Desk, tmp_path: Path) -> None:
    shown = repr(booted(desk)) + repr(booted(desk).settings)
    for arguments in (("status",), ("rotate", "--batch", "3"), ("status",)):
        process = command(desk, tmp_path, *arguments)
        out, errors = process.communicate()
        assert process.returncode == 0
        shown += out + errors
    assert OLD_ID in shown
    for key in (OLD_KEY, NEW_KEY):
        raw = base64.b64decode(key)
        for secret in (key, key.rstrip("="), raw.decode(), raw.hex()):
            assert secret not in shown
    assert "fake buyer" not in shown


def test_a_key_of_unknown_wrapping_keeps_the_old_master_key_needed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    rotate_keys(booted(desk))
    with desk.owner() as connection:
        connection.execute(
            "update client_keys set master_key_id = '' where client_id = %s", (desk.ours.clients["Luma"],)
        )
    capsys.readouterr()
    show_status(booted(desk))
    said = capsys.readouterr().out
    assert f"Master key {OLD_ID} (older): wraps 0 data keys; still needed for 1" in said
    assert "A master key not written down: wraps 1 data keys" in said
