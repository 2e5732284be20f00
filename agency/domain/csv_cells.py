"""CSV both ways: spreadsheets take no formula from our exports, and imports are bounded, readable text.

A cell that begins with one of `= + - @` (also in full width), a tab or a line end is a formula to some spreadsheet
(OWASP, "CSV Injection"), so an export puts an apostrophe in front of it, and an import takes exactly that one away.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from agency.domain.errors import Invalid
from agency.domain.said import said

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 50_000, 200, 32 * 1024  # characters in a cell
GUARD = "'"
STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_LINE_END, _QUOTED = re.compile(r"[\r\n]"), re.compile(r'"[^"]*(?:"|$)')

Cell = str | int | Decimal


def guarded(cell: Cell) -> str:
    """The text of a cell for an export. A number that we made stays a number, also a negative one.

    Text that already looks guarded gets a guard too, so that reading gives back exactly what was written.
    """
    if not isinstance(cell, str):
        return str(cell)
    return GUARD + cell if _needs_guard(cell) else cell


def unguarded(cell: str) -> str:
    """The text that `guarded` was given; an apostrophe that guards nothing is part of the text."""
    return cell[1:] if cell.startswith(GUARD) and _needs_guard(cell[1:]) else cell


def _needs_guard(cell: str) -> bool:
    """True for a formula, behind any number of guards."""
    return cell.lstrip(GUARD).startswith(STARTERS)


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV (RFC 4180: commas, CRLF, quotes where needed), every cell guarded."""
    out = io.StringIO()
    # Text with a quote sign is always quoted, since a lone carriage return must come back as it was.
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def read_csv(raw: bytes, field: str = "file") -> list[list[str]]:
    """The rows of an uploaded file: UTF-8 with or without a mark, or UTF-16 with one; guards taken away.

    Cells are separated by commas, or by semicolons where the first line has those and no comma, as spreadsheets of
    many countries write it. Raises Invalid for another encoding, NUL, a broken quote, and more than MAX_ROWS,
    MAX_COLUMNS or MAX_CELL.
    """
    text = _decoded(raw, field)
    rows: list[list[str]] = []
    # The library's own limit is one for the whole process; cells are bounded by their length below instead.
    lines = io.StringIO(text, newline="")
    try:
        for row in csv.reader(lines, delimiter=_delimiter(text), strict=True):
            rows.append([unguarded(cell) for cell in _bounded(row, len(rows) + 1, field)])
    except csv.Error:
        raise Invalid(
            field,
            said(
                "Row {number} cannot be read: a quote sign is not closed, or a cell is longer than {most} "
                "characters. Save the file as CSV again.",
                number=len(rows) + 1,
                most=f"{MAX_CELL:,}",
            ),
        ) from None
    return rows


def _delimiter(text: str) -> str:
    first = _QUOTED.sub("", _LINE_END.split(text, maxsplit=1)[0])
    return ";" if ";" in first and "," not in first else ","


def _bounded(row: list[str], number: int, field: str) -> list[str]:
    if number > MAX_ROWS:
        raise Invalid(
            field,
            said("The file has more than {most} rows. Split it and send the parts.", most=f"{MAX_ROWS:,}"),
        )
    if len(row) > MAX_COLUMNS:
        raise Invalid(
            field,
            said(
                "Row {number} has more than {most} columns. Check the separator.",
                number=number,
                most=MAX_COLUMNS,
            ),
        )
    if any(len(cell) > MAX_CELL for cell in row):
        raise Invalid(
            field,
            said(
                "A cell in row {number} is longer than {most} characters. Shorten it.",
                number=number,
                most=f"{MAX_CELL:,}",
            ),
        )
    return row


def _decoded(raw: bytes, field: str) -> str:
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(field, "The file is not UTF-8 text. Save it as CSV UTF-8 and send it again.") from None
    if "\0" in text:
        raise Invalid(field, "The file holds a character that cannot be kept (NUL). Save it as CSV again.")
    return text
