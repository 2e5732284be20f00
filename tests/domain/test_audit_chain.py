"""The chain of the audit log: every kind of tampering is found at its number, except a tail that was cut off."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from agency.domain.audit_chain import audit_hash, check_chain, hashed_fields


def _chain(length: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    previous = b""
    for number in range(1, length + 1):
        entry = {
            "number": number,
            "at": datetime(2026, 11, 25, 10, number, tzinfo=UTC),
            "actor": "user:7",
            "action": "order.held",
            "client_id": 3,
            "object_kind": "order",
            "object_id": f"577{number}",
            "details": {"fields": ["a", "ü"]},
            "address": "192.0.2.1",
            "previous_hash": previous,
        }
        previous = audit_hash(previous, hashed_fields(entry))
        entries.append(entry | {"hash": previous})
    return entries


def test_a_whole_chain_ends_at_its_last_entry() -> None:
    entries = _chain(5)
    check = check_chain(entries)
    assert (check.broken, check.number, check.hash) == (None, 5, entries[-1]["hash"])
    assert check_chain([]).number == 0


def _changed(name: str, value: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda entries: entries[2].update({name: value})


def _rehashed(entries: list[dict[str, Any]]) -> None:
    """A forger who changes an entry and mends its own hash, but not those after it."""
    entries[2]["actor"] = "user:8"
    entries[2]["hash"] = audit_hash(entries[2]["previous_hash"], hashed_fields(entries[2]))


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        (_changed("actor", "user:8"), 3),
        (_changed("at", datetime(2026, 11, 25, 10, 4, tzinfo=UTC)), 3),
        (_changed("details", {"fields": ["a"]}), 3),
        (_changed("client_id", None), 3),
        (_changed("address", ""), 3),
        (_changed("hash", b"\0" * 32), 3),
        (_changed("previous_hash", b"\0" * 32), 3),
        (_rehashed, 4),
        (lambda entries: entries.pop(2), 3),
        (lambda entries: entries.pop(0), 1),
        (lambda entries: entries.insert(2, dict(entries[2])), 4),
        (lambda entries: entries.reverse(), 1),
    ],
)
def test_tampering_is_found_at_the_first_number_that_is_wrong(
    tampering: Callable[[list[dict[str, Any]]], Any], broken: int
) -> None:
    entries = _chain(5)
    tampering(entries)
    check = check_chain(entries)
    assert check.broken == broken
    assert str(broken) in check.reason
    assert check.number == broken - 1


def test_a_tail_that_was_cut_off_is_found_only_by_a_number_that_was_noted() -> None:
    noted = check_chain(_chain(5))
    check = check_chain(_chain(5)[:3])
    assert check.broken is None
    assert (check.number, check.hash) != (noted.number, noted.hash)


def test_the_zone_in_which_a_time_is_read_changes_no_hash() -> None:
    entry = _chain(1)[0]
    elsewhere = entry["at"].astimezone(timezone(timedelta(hours=5)))
    assert hashed_fields(entry | {"at": elsewhere}) == hashed_fields(entry)
    json.dumps(hashed_fields(entry))
