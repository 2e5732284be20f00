"""One attempt at one outside write, and the settling of a doubt: the six money rules in one place.

prepare (opens the connection) -> commit SENDING -> send -> commit the end
UNKNOWN -> look up, or wait, or ask a person; never send again before proof
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.effects import EffectState, NextStep, VendorMemory, counts_as_absent, next_step
from agency.domain.errors import (
    CredentialsRejected,
    OutcomeUnknown,
    OutsideError,
    RefusalReason,
    Refused,
    Unavailable,
)
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.integrations.port import Prepared
from agency.lanes import Turn
from agency.models.effects import Effect
from agency.services.effects import claim_sending, end_attempt, postpone, record_absent
from workers.context import Context

log = logging.getLogger(__name__)
T = TypeVar("T")
LOOK_UP_EVERY = timedelta(seconds=2)  # machine time between look-ups at first; grows with their number
RETRY_AFTER = timedelta(seconds=2)


class NotNow(Exception):
    """The attempt must not be made (any more); what follows was recorded already."""


@dataclass(frozen=True)
class Write(Generic[T]):
    """What is particular to a kind of write. Each `on_*` runs in the transaction that ends the attempt.

    `prepare` reads and opens the connection; `on_sending` moves the business row and may raise NotNow.
    """

    prepare: Callable[[], Prepared[T]]
    on_sending: Callable[[Scope, Session], None]
    on_confirmed: Callable[[Scope, Session, T], None]
    on_refused: Callable[[Scope, Session, Refused], None]
    on_unsent: Callable[[Scope, Session], None]
    on_doubt: Callable[[Scope, Session, str], None]
    on_rejected: Callable[[Scope, Session, str], None] = field(default=lambda _scope, _session, _detail: None)
    retry_refusals: frozenset[str] = frozenset()  # refusals that only time mends: back to INTENDED
    retry_refusal_after: timedelta = timedelta(seconds=30)


def attempt(context: Context, turn: Turn, effect: Effect, write: Write[T]) -> None:
    """Makes one attempt at an INTENDED effect. Raises nothing but what the database raises."""
    try:
        prepared = write.prepare()
    except NotNow:
        return
    except OutsideError as error:
        _before_sending(context, turn, effect, write, error)
        return
    try:
        since = time.monotonic()
        sending = _commit_sending(context, turn, effect, write)
        if sending is not None:
            _send(context, turn, sending, write, prepared, since)
    finally:
        prepared.close()


def _commit_sending(context: Context, turn: Turn, effect: Effect, write: Write[T]) -> Effect | None:
    try:
        with context.work(turn) as (scope, session):
            claimed = claim_sending(
                session, effect, timedelta(seconds=context.settings.outside_timeout * 2 + 5)
            )
            if claimed is None:
                return None
            write.on_sending(scope, session)
            return claimed
    except NotNow:
        return None  # rolled back: the effect is INTENDED as before


def _send(
    context: Context, turn: Turn, effect: Effect, write: Write[T], prepared: Prepared[T], since: float
) -> None:
    try:
        answer = prepared.send(since)
    except OutsideError as error:
        _after_sending(context, turn, effect, write, error)
    except Exception as error:
        log.exception("unreadable answer", extra={"effect": effect.id})
        _doubt(context, turn, effect, write, f"unreadable answer ({type(error).__name__})")
    else:
        confirm(context, turn, effect, answer, write.on_confirmed)


def confirm(
    context: Context, turn: Turn, effect: Effect, answer: T, on_confirmed: Callable[[Scope, Session, T], None]
) -> None:
    """A clear yes. If the row fell into doubt meanwhile, the yes is the proof that settles it."""
    with context.work(turn) as (scope, session):
        current = session.get_one(Effect, effect.id, with_for_update=True)
        if current.state not in (EffectState.SENDING, EffectState.UNKNOWN):
            return
        if end_attempt(session, current, EffectState.CONFIRMED, answer=_brief(answer)):
            on_confirmed(scope, session, answer)


def _before_sending(
    context: Context, turn: Turn, effect: Effect, write: Write[T], error: OutsideError
) -> None:
    """Nothing was sent: a refusal is final, everything else waits."""
    with context.work(turn) as (scope, session):
        if isinstance(error, Refused) and error.reason not in write.retry_refusals:
            if end_attempt(session, effect, EffectState.REFUSED, reason=str(error)):
                write.on_refused(scope, session, error)
            return
        postpone(session, effect, _retry_at(effect, error, write), str(error))
        if isinstance(error, CredentialsRejected):
            write.on_rejected(scope, session, error.detail)


def _after_sending(
    context: Context, turn: Turn, effect: Effect, write: Write[T], error: OutsideError
) -> None:
    if isinstance(error, OutcomeUnknown):
        _doubt(context, turn, effect, write, error.detail)
        return
    if isinstance(error, Refused) and error.reason in (
        RefusalReason.REFERENCE_CONFLICT,
        RefusalReason.ALREADY_DONE,
    ):
        _doubt(
            context, turn, effect, write, str(error)
        )  # an earlier write of ours may have gone through: look it up
        return
    with context.work(turn) as (scope, session):
        if isinstance(error, Refused) and error.reason not in write.retry_refusals:
            if end_attempt(session, effect, EffectState.REFUSED, reason=str(error)):
                write.on_refused(scope, session, error)
            return
        retry_at = _retry_at(effect, error, write)
        if end_attempt(session, effect, EffectState.INTENDED, reason=str(error), retry_at=retry_at):
            write.on_unsent(scope, session)
        if isinstance(error, CredentialsRejected):
            write.on_rejected(scope, session, error.detail)


def _doubt(context: Context, turn: Turn, effect: Effect, write: Write[T], detail: str) -> None:
    with context.work(turn) as (scope, session):
        if end_attempt(session, effect, EffectState.UNKNOWN, reason=detail):
            write.on_doubt(scope, session, detail)


def _retry_at(effect: Effect, error: OutsideError, write: Write[Any]) -> datetime:
    if isinstance(error, Refused):
        return machine_now() + write.retry_refusal_after
    wait: timedelta = RETRY_AFTER * (1 << min(effect.attempts, 6))
    if isinstance(error, Unavailable) and error.retry_after is not None:
        wait = max(wait, timedelta(seconds=error.retry_after))
    return machine_now() + wait


@dataclass(frozen=True)
class Doubt(Generic[T]):
    """How a doubt of one kind of write is settled. `find` gives the proof of a yes, or None when positively absent."""

    memory: VendorMemory
    find: Callable[[], T | None]
    on_confirmed: Callable[[Scope, Session, T], None]
    on_send_again: Callable[[Scope, Session], None]
    on_review: Callable[[Scope, Session], None]


def note_stale(
    context: Context, turn: Turn, effect: Effect, on_doubt: Callable[[Scope, Session, str], None]
) -> None:
    """A SENDING that is older than any time-out has lost its process: from now on it is a doubt."""
    with context.work(turn) as (scope, session):
        if end_attempt(session, effect, EffectState.UNKNOWN, reason=said("the process that sent it is gone")):
            on_doubt(scope, session, said("the process that sent it is gone"))


def settle(context: Context, turn: Turn, effect: Effect, doubt: Doubt[T]) -> None:
    """One step towards settling an UNKNOWN effect. The age is measured before the look-up (rule 4)."""
    asked_at = machine_now()
    sent_at = effect.sent_at or asked_at
    first_sent_at = effect.first_sent_at or effect.created_at
    step = next_step(doubt.memory, first_sent_at, sent_at, effect.absent_count, asked_at)
    if step == NextStep.LOOK_UP:
        _look_up(context, turn, effect, doubt, asked_at)
        return
    with context.work(turn) as (scope, session):
        if step == NextStep.WAIT:
            postpone(session, effect, sent_at + doubt.memory.quarantine, effect.reason)
            return
        state = EffectState.INTENDED if step == NextStep.SEND_AGAIN else EffectState.REVIEW
        if end_attempt(session, effect, state, reason=effect.reason):
            (doubt.on_send_again if step == NextStep.SEND_AGAIN else doubt.on_review)(scope, session)


def _look_up(context: Context, turn: Turn, effect: Effect, doubt: Doubt[T], asked_at: datetime) -> None:
    wait = LOOK_UP_EVERY * 2 ** min(effect.absent_count, 4)
    try:
        found = doubt.find()
    except OutsideError as error:
        with context.work(turn) as (_scope, session):
            postpone(session, effect, asked_at + max(wait, LOOK_UP_EVERY), f"look-up failed: {error}")
        return
    if found is not None:
        confirm(context, turn, effect, found, doubt.on_confirmed)
        return
    with context.work(turn) as (_scope, session):
        counts = counts_as_absent(doubt.memory, effect.sent_at or asked_at, asked_at)
        earliest = (effect.sent_at or asked_at) + doubt.memory.quarantine
        record_absent(
            session, effect, counts, max(asked_at + wait, earliest) if not counts else asked_at + wait
        )


def _brief(answer: Any) -> dict[str, str]:
    names = ("supplier_order_id", "status", "package_id", "warning")
    return {name: str(getattr(answer, name))[:300] for name in names if getattr(answer, name, "")}
