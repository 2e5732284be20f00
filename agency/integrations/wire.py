"""Reading JSON from outside without surprises: no infinities, no text that a database refuses."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MAX_DIGITS = 40
# Absurd ends of life are seen in the wild (a year-2125 token); anything past this is read as this.
_LAST_SECOND = int(datetime(9000, 1, 1, tzinfo=UTC).timestamp())


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number with {len(text)} digits; at most {MAX_DIGITS} are read")
    return int(text)


def _fraction(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number too large to keep")
    return number


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def parse_json(raw: bytes) -> Any:
    """The value of a JSON document; raises ValueError for anything that is not plain, storable JSON.

    NUL becomes U+FFFD and a lone surrogate "?", because PostgreSQL can store neither.
    """
    try:
        value = json.loads(raw, parse_int=_whole, parse_float=_fraction, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _storable(value) if b"\\u" in raw else value


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def compact_json(value: Any) -> bytes:
    """The bytes to sign and to send: serialised once, without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def text(document: Mapping[str, Any], key: str) -> str:
    """The field as text; absent and null read as "" (vendors send ids as numbers now and then)."""
    value = document.get(key)
    return "" if value is None else str(value)


def rows(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list field; absent and null read as an empty list, strangers in the list are left out."""
    found = document.get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def from_unix(seconds: Any) -> datetime | None:
    """Unix seconds (number or digits, milliseconds recognised by size) as aware UTC; 0, empty and nonsense
    are None.
    """
    try:
        number = int(seconds or 0)
    except (TypeError, ValueError):
        return None
    if number <= 0:
        return None
    if number > _LAST_SECOND:
        number //= 1000
    return datetime.fromtimestamp(min(number, _LAST_SECOND), tz=UTC)


def to_unix(moment: datetime) -> int:
    """Whole Unix seconds of an aware moment."""
    return int(moment.timestamp())
