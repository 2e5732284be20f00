"""The audit log as files: CSV for a spreadsheet, JSON lines with what the hashes cover, for anybody to check."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from agency.domain.audit_chain import FIELDS, hashed_fields
from agency.domain.csv_cells import csv_text
from agency.domain.errors import Invalid
from agency.services.audit_reading import AuditRow

_COLUMNS = (
    "number", "at", "who", "what", "note", "client", "actor", "action", "object_kind", "object_id", "address", "hash",
)  # fmt: skip


def csv_lines(rows: Iterable[AuditRow]) -> Iterator[str]:
    """A head line and one line per entry; cells that a spreadsheet would run as a formula are guarded."""
    yield csv_text([_COLUMNS])
    for row in rows:
        yield csv_text(
            [
                (
                    row.number, row.at.isoformat(), row.who, row.sentence, row.note, row.client_name, row.actor,
                    row.action, row.object_kind, row.object_id, row.address, row.hash,
                )
            ]
        )  # fmt: skip


def json_lines(rows: Iterable[AuditRow]) -> Iterator[str]:
    """One object per entry: the fields as they were hashed, and both hashes in hexadecimal."""
    for row in rows:
        entry = hashed_fields(vars(row)) | {"previous_hash": row.previous_hash, "hash": row.hash}
        yield json.dumps(entry, separators=(",", ":")) + "\n"


def in_chunks(lines: Iterator[str], size: int = 200) -> Iterator[bytes]:
    """The lines as bytes, some at once, so that a long answer is not sent in crumbs."""
    while gathered := list(islice(lines, size)):
        yield "".join(gathered).encode()


def read_json_lines(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Entries of such a file for `check_chain`. Raises Invalid, naming the line that is none."""
    for place, line in enumerate(lines, 1):
        if line.strip():
            yield _entry(place, line)


def _entry(place: int, line: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
        hashes = {name: bytes.fromhex(entry[name]) for name in ("previous_hash", "hash")}
        return {name: entry[name] for name in FIELDS} | hashes
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Invalid("file", f"Line {place} is not an entry of an exported audit log.") from None
