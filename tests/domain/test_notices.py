"""When a mail about decisions is due: at once outside quiet hours, or once a day at an hour of one's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agency.domain.notices import EVERYTHING, KINDS, Choice, is_due
from agency.services.wording import KINDS as WORDED

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")  # seven hours ahead, without summer time
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # 12:00 there
LONG_AGO = NOON - timedelta(days=9)


def test_at_once_waits_a_quarter_of_an_hour_between_two_mails() -> None:
    choice = Choice("at_once", ("money",), 8)
    assert is_due(choice, ZONE, LONG_AGO, None, NOON)
    assert not is_due(choice, ZONE, LONG_AGO, NOON - timedelta(minutes=14), NOON)
    assert is_due(choice, ZONE, LONG_AGO, NOON - timedelta(minutes=15), NOON)


@pytest.mark.parametrize(("hour", "due"), [(20, True), (21, False), (2, False), (6, False), (7, True)])
def test_quiet_hours_go_over_midnight(hour: int, due: bool) -> None:
    choice = Choice("at_once", ("money",), 8, 21, 7)
    moment = NOON.astimezone(ZONE).replace(hour=hour, minute=30)
    assert is_due(choice, ZONE, LONG_AGO, None, moment) is due


def test_the_daily_mail_is_due_once_its_hour_has_come_and_only_once() -> None:
    choice = Choice("daily", ("money",), 12)
    assert not is_due(choice, ZONE, LONG_AGO, None, NOON - timedelta(minutes=1))
    assert not is_due(choice, ZONE, LONG_AGO, None, NOON + timedelta(seconds=59)), (
        "what came before it is not read"
    )
    assert is_due(choice, ZONE, LONG_AGO, None, NOON + timedelta(minutes=1))
    assert is_due(choice, ZONE, LONG_AGO, None, NOON + timedelta(hours=2))
    assert not is_due(choice, ZONE, NOON, None, NOON + timedelta(hours=2))


def test_nobody_is_told_who_wants_no_mails() -> None:
    assert not is_due(Choice("never", (EVERYTHING,), 8), ZONE, LONG_AGO, None, NOON)


def test_every_kind_of_decision_is_in_exactly_one_group() -> None:
    grouped = [kind for kinds in KINDS.values() for kind in kinds]
    assert sorted(grouped) == sorted(WORDED)
    assert Choice("daily", (EVERYTHING,), 8).kinds is None
