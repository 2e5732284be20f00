"""Pages with opaque tokens that carry +, / and =, as TikTok's do."""

from __future__ import annotations

import base64
import hashlib
import json

from agency.simulator.book import Doc, dump
from agency.simulator.gate import Call, Refusal, whole_number

# These bytes begin with "+/" in Base64; a client that lets a plus become a space loses its page.
_HEAD = b"\xfb\xff\xbf"


def mark_of(call: Call) -> str:
    """A short mark of filters and order, which must stay the same on all pages of one walk."""
    passing = {"page_token", "timestamp", "sign", "app_key", "page_size"}
    query = {name: value for name, value in call.query.items() if name not in passing}
    return hashlib.sha256(dump([sorted(query.items()), call.body]).encode()).hexdigest()[:16]


def write_token(mark: str, position: list[str | int]) -> str:
    """A token for the page that begins after `position`."""
    text = dump([mark, *position])
    if len(text) % 3 == 0:
        text += " "
    return base64.b64encode(_HEAD + text.encode()).decode()


def read_token(call: Call, mark: str) -> list[str | int] | None:
    """The position in the call's page token, or None on the first page; raises Refusal when it does not fit."""
    token = call.query.get("page_token", "")
    if not token:
        return None
    try:
        found = json.loads(base64.b64decode(token, validate=True).removeprefix(_HEAD))
    except ValueError:
        raise Refusal(36009004, "Invalid parameter: page_token is damaged", 400) from None
    if not isinstance(found, list) or not found or found[0] != mark:
        raise Refusal(36009004, "Invalid parameter: page_token belongs to other filters", 400)
    return found[1:]


def page_of(call: Call, rows: list[Doc], *, default: int = 20, most: int = 100) -> tuple[list[Doc], str]:
    """Cut one page out of a complete list; returns it with the next token."""
    size = whole_number(call.query, "page_size", default, 1, most)
    mark = mark_of(call)
    position = read_token(call, mark)
    start = int(position[0]) if position else 0
    more = start + size < len(rows)
    return rows[start : start + size], write_token(mark, [start + size]) if more else ""
