"""Exports that no spreadsheet runs, imports that are bounded, and nothing lost on the way there and back."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.csv_cells import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    STARTERS,
    Cell,
    csv_text,
    guarded,
    read_csv,
    unguarded,
)
from agency.domain.errors import Invalid

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
TRICKY = st.text(st.sampled_from("'=+-@\t\r\n,\";aé\uff1d"), max_size=12)
CELLS = TEXT | TRICKY


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", '=HYPERLINK("http://x")']
)
def test_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(f"'{cell}") == cell


@pytest.mark.parametrize("cell", ["Dana", "O'Neil", "'quoted'", "a=b", " =1", "1-2", "", "'", "0044 20"])
def test_other_text_stays_as_it_is(cell: str) -> None:
    assert guarded(cell) == cell
    assert unguarded(cell) == cell


@pytest.mark.parametrize(("number", "text"), [(-420, "-420"), (0, "0"), (Decimal("-4.20"), "-4.20")])
def test_a_number_that_we_made_stays_a_number(number: Cell, text: str) -> None:
    assert guarded(number) == text


def test_a_number_that_somebody_typed_is_text() -> None:
    assert guarded("-420") == "'-420"


@given(CELLS)
def test_no_written_text_begins_a_formula_and_reading_gives_it_back(cell: str) -> None:
    assert not guarded(cell).startswith(STARTERS)
    assert unguarded(guarded(cell)) == cell


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=5),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_file_comes_back_as_it_was_written(rows: list[list[str]], encoding: str) -> None:
    raw = csv_text(rows).encode(encoding)
    assert read_csv(raw) == rows
    bare = csv.reader(io.StringIO(csv_text(rows), newline=""))
    assert not any(cell.startswith(STARTERS) for row in bare for cell in row)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_sentence(raw: bytes) -> None:
    with suppress(Invalid):
        assert all(isinstance(cell, str) for row in read_csv(raw) for cell in row)


def test_a_file_of_another_program_is_read() -> None:
    raw = '\ufeffsku,cost\r\nPOT-W,4.20\n"a ""b""",\'-1\r'.encode()
    assert read_csv(raw) == [["sku", "cost"], ["POT-W", "4.20"], ['a "b"', "-1"]]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"a,\x00b", "NUL"),
        (b"a,\xff", "not UTF-8"),
        ("é".encode("latin-1"), "not UTF-8"),
        ("a,b".encode("utf-16-le"), "NUL"),
        (b"\xff\xfea", "not UTF-8"),
        (b'a\nb,"c', "Row 2 .*not closed"),
        (b"a" * (MAX_CELL + 1), "cell in row 1"),
        (b"a" * 200_000, "longer than"),
        (b"\n" + b"," * MAX_COLUMNS, "Row 2 has more than 200 columns"),
        (b"a\n" * (MAX_ROWS + 1), "more than 50,000 rows"),
    ],
)
def test_what_is_too_much_or_unreadable_is_refused_with_the_remedy(raw: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told) as refusal:
        read_csv(raw, "items")
    assert refusal.value.field == "items"


def test_exactly_the_limits_are_read() -> None:
    assert len(read_csv(b"a\n" * MAX_ROWS)) == MAX_ROWS
    assert read_csv(b"," * (MAX_COLUMNS - 1)) == [[""] * MAX_COLUMNS]
    assert read_csv(b"a" * MAX_CELL) == [["a" * MAX_CELL]]


def test_the_first_line_says_what_separates_cells() -> None:
    assert read_csv(b"sku;cost\nPOT;1,5\n") == [["sku", "cost"], ["POT", "1,5"]]
    assert read_csv("sku;cost\nPOT;1,5\n".encode("utf-16")) == [["sku", "cost"], ["POT", "1,5"]]
    assert read_csv(b"sku,cost\nPOT;W,1\n") == [["sku", "cost"], ["POT;W", "1"]]
    assert read_csv(csv_text([["a;b"], ["c", "d"]]).encode()) == [["a;b"], ["c", "d"]]
