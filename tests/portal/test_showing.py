"""Times, spans, money and names as a reader sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agency.domain.money import Money
from agency.portal import showing
from agency.services.zones import zone_named

NOW = datetime(2026, 11, 23, 19, 20, tzinfo=UTC)
NEW_YORK = zone_named("America/New_York")


@pytest.mark.parametrize(
    ("minutes", "seen", "spoken", "tone"),
    [
        (-132, "2h 12m late", "2 hours 12 minutes late", "bad"),
        (-1, "1m late", "1 minute late", "bad"),
        (22, "22m", "due in 22 minutes", "warn"),
        (63, "1h 03m", "due in 1 hour 3 minutes", "warn"),
        (240, "4h 00m", "due in 4 hours", "warn"),
        (241, "4h 01m", "due in 4 hours 1 minute", ""),
        (3000, "2d 2h", "due in 2 days 2 hours", ""),
    ],
)
def test_time_left_is_short_to_see_and_whole_to_hear(minutes: int, seen: str, spoken: str, tone: str) -> None:
    due = NOW + timedelta(minutes=minutes)
    assert showing.left_text(due, NOW) == seen
    assert showing.spoken_left(due, NOW) == spoken
    assert showing.urgency(due, NOW) == tone


def test_a_clock_time_names_the_date_unless_it_is_today_for_the_reader() -> None:
    late_evening = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # 22:00 in New York, the next day in London
    assert showing.clock_text(late_evening, NOW, NEW_YORK) == "22:00"
    assert showing.clock_text(late_evening, NOW, zone_named("Europe/London")) == "24 Nov, 03:00"


def test_a_zone_that_does_not_exist_is_shown_as_utc() -> None:
    assert showing.moment_text(NOW, zone_named("Mars/Base")) == "23 Nov, 19:20"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2, "just now"),
        (40, "40 s ago"),
        (720, "12 min ago"),
        (3 * 3600, "3 h ago"),
        (3 * 86400, "3 days ago"),
    ],
)
def test_ages_are_rounded_down_to_one_unit(seconds: int, text: str) -> None:
    assert showing.ago_text(NOW - timedelta(seconds=seconds), NOW) == text


def test_losses_have_a_true_minus_sign_and_gains_a_plus_where_asked() -> None:
    assert showing.money_text(Money(-322, "USD"), signed=True) == "\N{MINUS SIGN}$3.22"
    assert showing.money_text(Money(1616, "USD"), signed=True) == "+$16.16"
    assert showing.money_text(Money(1616, "GBP")) == "£16.16"
    assert showing.money_text(None) == "\N{EN DASH}"


def test_names_become_two_letters_and_keep_their_colour() -> None:
    assert [showing.initials(name) for name in ("Luma Kitchen", "Kite & Cotton", "Nimbus", "42", "")] == [
        "LK", "KC", "NI", "42", "?",
    ]  # fmt: skip
    assert showing.mark_class("Luma") == showing.mark_class("Luma")


def test_long_numbers_are_cut_to_their_end() -> None:
    assert showing.short_number("577182045893044616") == "…044616"
    assert showing.short_number("PO-20418") == "PO-20418"


@pytest.mark.parametrize(
    ("basis_points", "seen"), [(0, "0"), (500, "5"), (1250, "12.5"), (10_000, "100"), (1, "0.01")]
)
def test_a_share_is_shown_in_percent_without_idle_zeros(basis_points: int, seen: str) -> None:
    assert showing.percent_text(basis_points) == seen
