"""The states of one write to the outside world and the moves between them (the six money rules, design section 4).

INTENDED -> SENDING -> CONFIRMED | REFUSED | UNKNOWN
INTENDED -> UNKNOWN when the vendor has it already (a restored backup does not know what was sent)
UNKNOWN  -> INTENDED (proved absent) | CONFIRMED (found) | REVIEW (nobody can tell)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


class EffectState:
    """Text states; the database repeats them as a CHECK."""

    INTENDED = "intended"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    REVIEW = "review"

    ALL = (INTENDED, SENDING, CONFIRMED, REFUSED, UNKNOWN, REVIEW)
    OPEN = (INTENDED, SENDING, UNKNOWN)


class EffectKind:
    """What is written outside."""

    PLACE = "place"
    PAY = "pay"
    SHIP = "ship"
    CORRECT = "correct"
    CANCEL = "cancel"

    ALL = (PLACE, PAY, SHIP, CORRECT, CANCEL)


MOVES: dict[str, frozenset[str]] = {
    EffectState.INTENDED: frozenset(
        {EffectState.SENDING, EffectState.REFUSED, EffectState.REVIEW, EffectState.UNKNOWN}
    ),
    EffectState.SENDING: frozenset(
        {EffectState.CONFIRMED, EffectState.REFUSED, EffectState.UNKNOWN, EffectState.INTENDED}
    ),
    EffectState.UNKNOWN: frozenset({EffectState.INTENDED, EffectState.CONFIRMED, EffectState.REVIEW}),
    EffectState.CONFIRMED: frozenset(),
    EffectState.REFUSED: frozenset(),
    EffectState.REVIEW: frozenset({EffectState.INTENDED, EffectState.CONFIRMED, EffectState.REFUSED}),
}


class IllegalMove(ValueError):
    """A state change that the drawing above does not have."""


def check_move(old: str, new: str) -> None:
    """Raises IllegalMove unless `old -> new` is an arrow of the drawing."""
    if new not in MOVES[old]:
        raise IllegalMove(f"An effect cannot go from {old} to {new}.")


QUARANTINE = timedelta(minutes=15)  # unless the vendor says less: `quarantine_s` of a supplier's settings


def read_quarantine(settings: Mapping[str, Any]) -> timedelta:
    """How long a request to this supplier may be on its way and its order unseen, by the connection's settings."""
    return timedelta(seconds=float(settings.get("quarantine_s", QUARANTINE.total_seconds())))


@dataclass(frozen=True)
class VendorMemory:
    """What a vendor can tell us about a write whose answer was lost.

    `dedupes_by_key`: the same key inside `key_retention` returns the first result. `finds_by_reference`: a look-up by
    our reference sees every earlier write after `quarantine` (peer's idle time-out plus its longest processing time,
    counted from the send).
    """

    dedupes_by_key: bool
    finds_by_reference: bool
    key_retention: timedelta = timedelta(hours=24)
    quarantine: timedelta = QUARANTINE


class NextStep:
    """What to do with an UNKNOWN effect."""

    WAIT = "wait"
    LOOK_UP = "look_up"
    SEND_AGAIN = "send_again"
    REVIEW = "review"


def next_step(
    memory: VendorMemory, first_sent_at: datetime, sent_at: datetime, absent_count: int, now: datetime
) -> str:
    """Rule 4: never send again before proof. `now` is real time, measured *before* any look-up.

    What may still be on its way counts from the last send, what a vendor remembers of our key from the first.
    """
    if memory.finds_by_reference:
        if absent_count >= 2 and now - sent_at >= memory.quarantine:
            return NextStep.SEND_AGAIN
        return NextStep.LOOK_UP
    if not memory.dedupes_by_key or now - first_sent_at >= memory.key_retention / 2:
        return NextStep.REVIEW
    # Inside the quarantine the first request may still be on its way: a no to the second would not be a no to both.
    return NextStep.SEND_AGAIN if now - sent_at >= memory.quarantine else NextStep.WAIT


def counts_as_absent(memory: VendorMemory, sent_at: datetime, asked_at: datetime) -> bool:
    """A "not found" proves something only when the question was asked after the quarantine."""
    return asked_at - sent_at >= memory.quarantine
