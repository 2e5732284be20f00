"""Cursors: what was put in comes out, and nothing that a stranger writes gets through."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.errors import Invalid
from agency.services.paging import decode_cursor, encode_cursor

_MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))


@given(_MOMENTS, st.integers(-(2**63) + 1, 2**63 - 1), _TEXTS)
def test_a_sort_key_survives_the_way_to_the_reader_and_back(at: datetime, number: int, text: str) -> None:
    assert decode_cursor(encode_cursor(at, number, text), (datetime, int, str)) == (at, number, text)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_as_a_bad_place_in_the_list(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decode_cursor(text, (datetime, int))
    assert refusal.value.field == "after"


@pytest.mark.parametrize(
    "key",
    [
        (1, 2),
        (datetime(2026, 1, 1, tzinfo=UTC),),
        (datetime(2026, 1, 1, tzinfo=UTC), "x"),
        ("2026-01-01", 1),
        (1.5, True),
    ],
)
def test_the_cursor_of_another_list_is_refused(key: tuple[object, ...]) -> None:
    with pytest.raises(Invalid):
        decode_cursor(encode_cursor(*key), (datetime, int))


def test_a_number_that_no_database_holds_is_refused() -> None:
    with pytest.raises(Invalid):
        decode_cursor(encode_cursor(2**63), (int,))
