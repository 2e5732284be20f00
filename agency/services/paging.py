"""Pages by cursor: what a list returns, and the text that carries the last row's sort key to the next page."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from agency.domain.errors import Invalid

Row = TypeVar("Row")

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows and the cursor of the next page, empty on the last one. There is no exact count on purpose."""

    rows: tuple[Row, ...]
    next_cursor: str


def encode_cursor(*key: Any) -> str:
    """The sort key as opaque text; times and text and whole numbers and None survive."""
    plain = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: Sequence[type[Any]]) -> tuple[Any, ...]:
    """The sort key of `encode_cursor`; `kinds` are datetime, int or str. Raises Invalid for any other text."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if len(parts) != len(kinds):
            raise ValueError("another list's cursor")
        return tuple(_part(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Invalid(
            "after", "This place in the list is not known. Start again from its first page."
        ) from None


def _part(part: Any, kind: type[Any]) -> Any:
    if part is None:
        return None
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return moment
    if type(part) is not kind:
        raise ValueError("a part of another kind")
    if (isinstance(part, int) and abs(part) >= 2**63) or (isinstance(part, str) and "\0" in part):
        raise ValueError("a part that no database holds")
    return part
