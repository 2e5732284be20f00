"""The file in which mappings travel: its columns, and how one row of text is read, with the remedy for each mistake."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agency.domain.csv_cells import read_csv
from agency.domain.errors import Invalid
from agency.domain.said import said

# What an import reads; the others are there for the person who fills the file in.
NEEDED = ("shop", "sku", "supplier", "supplier_sku")
COLUMNS = (
    "shop",
    "sku",
    "product",
    "choice",
    "supplier",
    "supplier_sku",
    "quantity",
    "highest_unit_cost",
    "currency",
)
LONGEST_FILE, MOST_ROWS = 128 * 1024, 500  # bytes; rows without the header
_SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)


@dataclass(frozen=True)
class FileRow:
    """A row as it was written; `line` is its number in the spreadsheet, the header being 1."""

    line: int
    cells: Mapping[str, str]

    def cell(self, name: str) -> str:
        """The trimmed text of a column; empty when the file has no such column."""
        return self.cells.get(name, "").strip()


def read_rows(raw: bytes) -> list[FileRow]:
    """The rows of a file; empty lines are left out. Raises Invalid naming what is wrong with the file as a whole."""
    if not raw.strip():
        raise Invalid(
            "file", "The file is empty. Take the template or the export, fill it in and send it again."
        )
    if len(raw) > LONGEST_FILE:
        raise Invalid(
            "file",
            said(
                "The file is larger than {most} kB. Split it and send the parts.", most=LONGEST_FILE // 1024
            ),
        )
    table = read_csv(raw)
    header = [cell.strip().lower().replace(" ", "_") for cell in table[0]]
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise Invalid(
            "file",
            said(
                "The first line lacks the column {names}. Take the template's first line.",
                names=", ".join(missing),
            ),
        )
    rows = [
        _row(place, header, cells) for place, cells in enumerate(table[1:], 2) if any(map(str.strip, cells))
    ]
    if not rows:
        raise Invalid("file", "The file has no row below its first line. Add one row per mapping.")
    if len(rows) > MOST_ROWS:
        raise Invalid(
            "file",
            said(
                "The file has {count} rows; {most} go in at a time. Split it.",
                count=f"{len(rows):,}",
                most=MOST_ROWS,
            ),
        )
    return rows


def is_shortened(text: str) -> bool:
    """True for a long number that a spreadsheet has rounded, such as 1.72939E+18: its digits are gone."""
    return _SHORTENED.fullmatch(text) is not None


def whole_number(row: FileRow, name: str, lowest: int, highest: int) -> int:
    """The number in a column, 1 when it is empty. Raises Invalid naming the column."""
    typed = row.cell(name)
    if not typed:
        return 1
    if not (typed.isascii() and typed.isdigit() and len(typed) < 8 and lowest <= int(typed) <= highest):
        raise Invalid(
            name,
            said("Write a whole number from {lowest} to {highest}.", lowest=lowest, highest=f"{highest:,}"),
        )
    return int(typed)


def _row(line: int, header: Sequence[str], cells: Sequence[str]) -> FileRow:
    return FileRow(line, {name: cell.strip() for name, cell in zip(header, cells, strict=False)})
