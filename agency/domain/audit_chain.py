"""The chain of an audit log: each entry's hash covers its fields and the one before. Pure; anybody can recompute it.

    hash = SHA-256( previous hash + canonical JSON of the fields )      canonical: keys sorted, no spaces, ASCII

A changed, removed or inserted entry breaks the chain at a number. A tail that was cut off does not: what is left is a
whole, shorter chain. It is noticed only by somebody who noted a later number and hash elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FIELDS = ("number", "at", "actor", "action", "client_id", "object_kind", "object_id", "details", "address")


@dataclass(frozen=True)
class ChainCheck:
    """`broken` is the first number that is wrong, None for none; `number` and `hash` are the last that was right."""

    broken: int | None
    reason: str
    number: int
    hash: bytes


def audit_hash(previous: bytes, fields: Mapping[str, Any]) -> bytes:
    """SHA-256 over the previous hash and the entry's fields in canonical JSON."""
    body = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + body.encode()).digest()


def hashed_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an entry that its hash covers; a time becomes ISO text in UTC."""
    at = row["at"]
    text = at.astimezone(UTC).isoformat() if isinstance(at, datetime) else at
    return {name: row[name] for name in FIELDS} | {"at": text}


def check_chain(entries: Iterable[Mapping[str, Any]]) -> ChainCheck:
    """Follows a whole log from its first entry. `hash` and `previous_hash` of an entry are bytes."""
    number, previous = 0, b""
    for entry in entries:
        problem = _problem(entry, number + 1, previous)
        if problem:
            return ChainCheck(number + 1, problem, number, previous)
        number, previous = number + 1, bytes(entry["hash"])
    return ChainCheck(None, "", number, previous)


def _problem(entry: Mapping[str, Any], expected: int, previous: bytes) -> str:
    if entry["number"] != expected:
        return f"entry {expected} is missing; entry {entry['number']} stands in its place"
    if bytes(entry["previous_hash"]) != previous:
        return f"entry {expected} does not follow the entry before it"
    if bytes(entry["hash"]) != audit_hash(previous, hashed_fields(entry)):
        return f"entry {expected} was changed after it was written"
    return ""
