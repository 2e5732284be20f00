"""JSON from outside is storable or refused, and Unix times are read as they are meant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agency.integrations.wire import compact_json, from_unix, parse_json, rows, text


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"a": NaN}', id="nan"),
        pytest.param(b'{"a": Infinity}', id="infinity"),
        pytest.param(b'{"a": 1e999}', id="overflow"),
        pytest.param(b'{"a": ' + b"9" * 41 + b"}", id="too-many-digits"),
        pytest.param(b"[" * 100_000, id="too-deep"),
        pytest.param(b"\xff\xfe", id="not-utf-8"),
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>", id="html"),
    ],
)
def test_what_cannot_be_kept_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(raw)


def test_text_that_the_database_refuses_is_replaced_at_any_depth() -> None:
    value = parse_json(rb'{"a": ["x\u0000y", {"\u0000k": "\ud800"}], "n": 576901234567890123}')

    assert value == {"a": ["x\ufffdy", {"\ufffdk": "?"}], "n": 576901234567890123}


def test_what_is_sent_has_no_spaces_and_keeps_letters() -> None:
    assert compact_json({"name": "Zoë", "n": [1, 2]}) == '{"name":"Zoë","n":[1,2]}'.encode()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1795167000, datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("1795167000", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        (1795167000000, datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        (0, None),
        (None, None),
        ("", None),
        ("soon", None),
        (-5, None),
    ],
)
def test_unix_times(given: Any, expected: datetime | None) -> None:
    assert from_unix(given) == expected


def test_an_absurd_end_of_a_token_is_still_a_moment() -> None:
    assert from_unix(4_900_000_000) == datetime(2125, 4, 10, 23, 6, 40, tzinfo=UTC)
    assert from_unix(10**30) is not None


def test_fields_that_are_absent_null_or_numbers_read_as_text() -> None:
    assert [text({"a": 5, "b": None}, key) for key in "abc"] == ["5", "", ""]
    assert rows({"a": [{"x": 1}, "stray", None]}, "a") == [{"x": 1}]
    assert rows({"a": "no list"}, "a") == []
