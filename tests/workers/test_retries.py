"""Retries: a lane that fails waits longer and longer, and never so long that it is forgotten."""

from __future__ import annotations

from workers.context import LONGEST_RETRY, retry_after


def test_a_lane_that_fails_for_days_is_still_given_back() -> None:
    assert [retry_after(failures) for failures in (0, 1, 4)] == [1, 2, 16]
    assert retry_after(5_000) == LONGEST_RETRY, "a week of five minutes each"
