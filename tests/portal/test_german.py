"""Dates, times, numbers and money as a German reader sees them; English stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from agency.domain.money import Money
from agency.portal import language, showing
from agency.portal.language import counted, tr
from agency.services.zones import zone_named

NOW = datetime(2026, 11, 23, 19, 20, tzinfo=UTC)
BERLIN = zone_named("Europe/Berlin")
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module", autouse=True)
def german() -> Iterator[None]:
    """A page of a German reader."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "language", lambda: "de")
        app = Flask("german")
        language.speak(app)
        with app.test_request_context("/"):
            yield


@pytest.mark.parametrize(
    ("minutes", "seen", "spoken"),
    [
        (-132, "2 h 12 min zu spät", "2 Stunden 12 Minuten zu spät"),
        (22, "22 min", "noch 22 Minuten"),
        (61, "1 h 01 min", "noch 1 Stunde 1 Minute"),
        (3000, "2 T 2 h", "noch 2 Tage 2 Stunden"),
    ],
)
def test_time_left(minutes: int, seen: str, spoken: str) -> None:
    due = NOW + timedelta(minutes=minutes)
    assert showing.left_text(due, NOW) == seen
    assert showing.spoken_left(due, NOW) == spoken


def test_ages() -> None:
    ages = [showing.ago_text(NOW - timedelta(seconds=s), NOW) for s in (2, 40, 720, 10800, 259200)]
    assert ages == ["gerade eben", "vor 40 s", "vor 12 min", "vor 3 h", "vor 3 Tagen"]


def test_dates() -> None:
    assert showing.clock_text(NOW, NOW, BERLIN) == "20:20"
    assert showing.moment_text(NOW, BERLIN) == "23. Nov., 20:20"
    assert showing.date_text(NOW, BERLIN) == "Montag, 23. November"
    assert showing.short_date(NOW, BERLIN) == "23. Nov."
    assert showing.year_date(NOW, BERLIN) == "23. Nov. 2026"


def test_money_and_numbers() -> None:
    assert showing.money_text(Money(120450, "USD")) == f"1.204,50{NBSP}$"
    assert showing.money_text(Money(-322, "GBP"), signed=True) == f"\N{MINUS SIGN}3,22{NBSP}£"
    assert showing.money_text(Money(1616, "JPY"), signed=True) == f"+1.616{NBSP}¥"
    assert showing.percent_text(1250) == "12,5"
    assert counted(1204, "%(num)s person", "%(num)s people").startswith("1.204 ")


def test_sentences_of_services() -> None:
    assert tr("Order not found.") == "Bestellung nicht gefunden."
    assert tr("Buying is stopped for client Luma. Start it again to go on.") == (
        "Der Einkauf ist gestoppt für: Kunde Luma. Starten Sie ihn wieder, dann geht es weiter."
    )
    assert tr("Cost $41.20 is over the limit of $25.00. Approve it to buy.").startswith(
        f"Die Kosten von 41,20{NBSP}$ liegen über der Grenze von 25,00{NBSP}$."
    )
    assert showing.device_text("Firefox on Linux") == "Firefox auf Linux"
    assert showing.role_text("client_member") == "Kundenzugang"
