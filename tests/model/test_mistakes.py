"""Mistakes that somebody could make in the money rules: each is planted, and one of the stories must catch it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.effects import NextStep, VendorMemory, next_step
from agency.models.effects import Effect
from tests.model import machine, test_traces
from tests.model.test_traces import Begin, begin
from workers import attempts

__all__ = ["begin"]
STORIES: list[Callable[[Begin], None]] = [
    story
    for name, story in vars(test_traces).items()
    if name.startswith("test_") and story.__code__.co_argcount == 1
]


def claims_whatever_it_finds(session: Session, effect: Effect, stale_after: timedelta) -> Effect | None:
    """No compare-and-set: whoever comes sends."""
    now = machine_now()
    values = {"state": "sending", "sent_at": now, "first_sent_at": now, "next_at": now + stale_after}
    session.execute(
        update(Effect).where(Effect.id == effect.id).values(attempts=Effect.attempts + 1, **values)
    )
    return session.get(Effect, effect.id, populate_existing=True)


def sends_again_at_once(
    memory: VendorMemory, first_sent_at: datetime, sent_at: datetime, absent_count: int, now: datetime
) -> str:
    """Retry on error, as most of this trade does."""
    return NextStep.SEND_AGAIN


def trusts_the_last_send(
    memory: VendorMemory, first_sent_at: datetime, sent_at: datetime, absent_count: int, now: datetime
) -> str:
    """A key's age counted from the last attempt."""
    return next_step(memory, sent_at, sent_at, absent_count, now)


def every_absence_counts(memory: VendorMemory, sent_at: datetime, asked_at: datetime) -> bool:
    """The quarantine forgotten where absences are counted."""
    return True


def doubts_with_old_moments(session: Session) -> int:
    """A restore that keeps the send time that the backup knows."""
    done = session.execute(text(
        "update effects set state = 'unknown', absent_count = 0, next_at = now(), sent_at = coalesce(sent_at, now())"
        " where state in ('intended', 'sending', 'unknown')"))  # fmt: skip
    return int(done.rowcount)  # type: ignore[attr-defined]


def doubts_only_what_is_not_in_doubt(session: Session) -> int:
    """A restore that believes the doubts of the backup."""
    done = session.execute(text(
        "update effects set state = 'unknown', absent_count = 0, next_at = now(), sent_at = now(),"
        " first_sent_at = coalesce(first_sent_at, created_at) where state in ('intended', 'sending')"))  # fmt: skip
    return int(done.rowcount)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("place", "name", "mistake"),
    [
        (attempts, "claim_sending", claims_whatever_it_finds),
        (attempts, "next_step", sends_again_at_once),
        (attempts, "next_step", trusts_the_last_send),
        (attempts, "counts_as_absent", every_absence_counts),
        (machine, "doubt_everything", doubts_with_old_moments),
        (machine, "doubt_everything", doubts_only_what_is_not_in_doubt),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_stories_catch_the_mistake(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, mistake: Any
) -> None:
    monkeypatch.setattr(place, name, mistake)
    caught = [story.__name__ for story in STORIES if is_caught(story, begin)]
    assert caught, "no story notices"


def is_caught(story: Callable[[Begin], None], begin: Begin) -> bool:
    """Whether the story ends with a broken promise, or with the database's own refusal."""
    try:
        story(begin)
    except (AssertionError, IntegrityError):
        return True
    return False


def test_without_a_mistake_no_story_complains(begin: Begin) -> None:
    assert [story.__name__ for story in STORIES if is_caught(story, begin)] == []
    assert len(STORIES) >= 7
