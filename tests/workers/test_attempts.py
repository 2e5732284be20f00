"""Money rules 1 to 3 and 5: what each end of an attempt leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agency.domain.errors import (
    CredentialsRejected,
    OutcomeUnknown,
    OutsideError,
    RefusalReason,
    Refused,
    Unavailable,
)
from agency.domain.scope import Scope
from agency.models.effects import Effect
from agency.services.effects import claim_sending, end_attempt
from tests.workers.stand import Stand, Vendor, says
from workers.attempts import NotNow, attempt


def test_a_clear_yes_is_confirmed(stand: Stand) -> None:
    vendor = says("yes")
    stand.attempt(vendor)
    assert stand.state() == ("confirmed", 1)
    assert (vendor.told, vendor.sends, vendor.closes) == (["sending", "confirmed yes"], 1, 1)
    assert stand.effect().ended_at is not None


def test_the_row_says_sending_before_anything_is_sent(stand: Stand) -> None:
    seen: list[tuple[str, int]] = []
    vendor = Vendor(lambda: seen.append(stand.state()) or "yes")  # type: ignore[func-returns-value]
    stand.attempt(vendor)
    assert seen == [("sending", 1)]


def test_a_clear_no_is_refused(stand: Stand) -> None:
    vendor = says(Refused(RefusalReason.OUT_OF_STOCK, "none left"))
    stand.attempt(vendor)
    assert stand.state() == ("refused", 1)
    assert [word.split()[0] for word in vendor.told] == ["sending", "refused"]


@pytest.mark.parametrize("error", [Unavailable("busy", retry_after=40.0), CredentialsRejected("dead key")])
def test_nothing_was_created_goes_back_to_intended_and_waits(stand: Stand, error: OutsideError) -> None:
    vendor = says(error)
    stand.attempt(vendor)
    assert stand.state() == ("intended", 1)
    wait = stand.effect().next_at - datetime.now(UTC)
    assert wait > timedelta(seconds=38 if isinstance(error, Unavailable) else 1)
    told = [word.split()[0] for word in vendor.told]
    assert told == ["sending", "unsent", *(["rejected"] if isinstance(error, CredentialsRejected) else [])]


def test_a_refusal_that_time_mends_goes_back_to_intended(stand: Stand) -> None:
    vendor = says(Refused(RefusalReason.ON_HOLD, "later"))
    stand.attempt(vendor, retry_refusals=frozenset({RefusalReason.ON_HOLD}))
    assert stand.state() == ("intended", 1)


@pytest.mark.parametrize(
    "error",
    [
        OutcomeUnknown("ref", "timed out"),
        Refused(RefusalReason.REFERENCE_CONFLICT, "used"),
        Refused(RefusalReason.ALREADY_DONE, "done"),
        ValueError("half an answer"),
        RuntimeError("our own fault"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_else_is_a_doubt(stand: Stand, error: Exception) -> None:
    vendor = says(error)
    stand.attempt(vendor)
    assert stand.state() == ("unknown", 1)
    assert [word.split()[0] for word in vendor.told] == ["sending", "doubt"]
    assert vendor.closes == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [(Unavailable("down"), "intended"), (Refused(RefusalReason.SKU_GONE, "gone"), "refused")],
)
def test_what_fails_while_preparing_was_never_sent(stand: Stand, error: OutsideError, state: str) -> None:
    vendor = says("yes")

    def fail() -> None:
        raise error

    vendor.on_prepare = fail
    stand.attempt(vendor)
    assert (stand.state(), vendor.sends) == ((state, 0), 0)


def test_a_second_thought_while_sending_leaves_the_effect_as_it_was(stand: Stand) -> None:
    def refuse(_scope: Scope, _session: Any) -> None:
        raise NotNow

    vendor = says("yes")
    stand.attempt(vendor, on_sending=refuse)
    assert (stand.state(), vendor.sends, vendor.closes) == (("intended", 0), 0, 1)


def test_two_processes_with_the_same_effect_send_it_once(stand: Stand) -> None:
    """Both read it as INTENDED; the second one's compare-and-set finds another attempt."""
    stale = stand.effect()
    first, second = says(Unavailable("busy")), says("yes")
    attempt(stand.context, stand.turn, stale, first.write())
    attempt(stand.context, stand.turn, stale, second.write())
    assert (first.sends, second.sends) == (1, 0)
    assert stand.state() == ("intended", 1)


def test_an_attempt_that_was_overtaken_cannot_end_the_next_one(stand: Stand) -> None:
    with stand.desk.session() as session:
        sending = claim_sending(session, session.get_one(Effect, stand.effect_id), timedelta(seconds=30))
        assert sending is not None
        session.expunge(sending)
    stand.change(attempts=2)
    with stand.desk.session() as session:
        assert not end_attempt(session, sending, "refused")
    assert stand.state() == ("sending", 2)


def test_a_yes_that_arrives_after_the_doubt_is_the_proof(stand: Stand) -> None:
    def fall_into_doubt() -> str:
        stand.change(state="unknown")
        return "yes"

    stand.attempt(Vendor(fall_into_doubt))
    assert stand.state() == ("confirmed", 1)
