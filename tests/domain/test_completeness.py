"""Walks and counts as they are judged: each way of missing something has its word, and a sound read has none."""

from __future__ import annotations

import pytest

from agency.domain.completeness import REMEDIES, WORDS, Counts, Gap, Walk, gaps_of_counts, is_unread


@pytest.mark.parametrize(
    ("first", "last", "read", "stuck", "gap", "owed"),
    [
        (0, 0, 0, False, "", 0),
        (120, 120, 120, False, "", 0),
        (120, 120, 70, False, Gap.PAGE_LOST, 50),
        (120, 121, 121, False, "", 0),
        (120, 121, 120, False, Gap.SHIFTED, 0),
        (120, 119, 120, False, "", 0),  # read, and then it left the window
        (120, 119, 119, False, "", 1),  # left before we came to it: it must come back
        (120, 119, 100, False, Gap.SHIFTED, 20),
        (120, 120, 120, True, Gap.STUCK, 0),
    ],
)
def test_a_walk_is_whole_when_everything_counted_at_its_end_was_read(
    first: int, last: int, read: int, stuck: bool, gap: str, owed: int
) -> None:
    walk = Walk(first, last, read, 3, stuck)
    assert (walk.gap, walk.owed) == (gap, owed)


@pytest.mark.parametrize(
    ("tiktok", "ours", "expected", "gaps"),
    [
        (0, 0, 0, ()),
        (41, 41, 41, ()),
        (0, 41, 0, (Gap.FEWER,)),
        (0, 0, 3, (Gap.FEWER,)),
        (40, 41, 0, (Gap.FEWER,)),
        (42, 41, 0, (Gap.MISSING,)),
        (42, 41, 43, (Gap.FEWER, Gap.MISSING)),
        (41, 41, 42, (Gap.FEWER,)),
    ],
)
def test_counts_that_differ_in_any_direction_are_a_gap(
    tiktok: int, ours: int, expected: int, gaps: tuple[str, ...]
) -> None:
    assert gaps_of_counts(Counts(tiktok, ours), expected) == gaps


def test_one_missing_and_one_too_many_are_told_apart_by_their_states() -> None:
    counts = Counts(2, 2, {"UNPAID": 1, "DELIVERED": 1}, {"UNPAID": 2})
    assert gaps_of_counts(counts, 0) == (Gap.STATES,)


def test_an_order_that_moves_just_now_is_no_gap() -> None:
    assert gaps_of_counts(Counts(2, 2, {"UNPAID": 1}, {"UNPAID": 2}), 0) == ()


def test_every_gap_has_words_and_a_remedy() -> None:
    assert set(WORDS) == set(REMEDIES) == set(Gap.ALL)
    assert is_unread([Gap.MISSING]) is False
    assert all(is_unread([gap]) for gap in Gap.UNREAD)
