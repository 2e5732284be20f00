"""A person's second factors: authenticator apps and passkeys, listed, counted and taken away.

People belong to no agency, so all of this is on the system login and filtered by the caller's own user id: nobody, not
even an owner of the person's agency, reads or removes another person's factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, Invalid, NotFound
from agency.domain.said import said
from agency.models.second_factors import RecoveryCode, SecondFactor
from agency.services.callers import SignedIn
from agency.services.public_ids import as_public_id

MOST_FACTORS = 10
_LONGEST_LABEL = 60


@dataclass(frozen=True)
class Holder:
    """The person whose factors are meant, in one session of theirs."""

    user_id: int
    session_id: int
    email: str


@dataclass(frozen=True)
class FactorRow:
    """One confirmed factor as its owner sees it; `kind` is totp or passkey."""

    factor_id: str
    kind: str
    label: str
    added_at: datetime
    last_used_at: datetime | None


def holder_of(caller: SignedIn) -> Holder:
    """The caller as the owner of factors."""
    return Holder(caller.scope.user_id or 0, caller.session_id, caller.email)


def list_factors(session: Session, holder: Holder) -> list[FactorRow]:
    """The confirmed factors of this person, oldest first."""
    query = (
        select(SecondFactor)
        .where(SecondFactor.user_id == holder.user_id, SecondFactor.confirmed_at.is_not(None))
        .order_by(SecondFactor.id)
    )
    return [
        FactorRow(str(row.public_id), row.kind, row.label, row.confirmed_at, row.last_used_at)
        for row in session.scalars(query)
        if row.confirmed_at is not None
    ]


def has_factor(session: Session, user_id: int, kind: str = "") -> bool:
    """True when the person has a confirmed factor, of that kind if one is named."""
    query = select(func.count()).where(
        SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None)
    )
    return bool(session.scalar(query.where(SecondFactor.kind == kind) if kind else query))


def clean_label(session: Session, holder: Holder, label: str, default: str) -> str:
    """The label for a new factor. Raises Invalid when it is too long, Conflict when the person has too many."""
    if len(label.strip()) > _LONGEST_LABEL:
        raise Invalid("label", said("Use at most {most} characters.", most=_LONGEST_LABEL))
    if len(list_factors(session, holder)) >= MOST_FACTORS:
        raise Conflict(
            said(
                "You have {most} second factors. Remove one that you no longer use first.", most=MOST_FACTORS
            )
        )
    return label.strip() or default


def remove_factor(session: Session, holder: Holder, factor_id: str) -> FactorRow:
    """Takes a factor away; with the last one go the recovery codes. Returns what it was.

    Raises NotFound for any id that is not a confirmed factor of this person.
    """
    row = session.scalars(
        select(SecondFactor).where(
            SecondFactor.public_id == as_public_id(factor_id, "Second factor"),
            SecondFactor.user_id == holder.user_id,
            SecondFactor.confirmed_at.is_not(None),
        )
    ).one_or_none()
    if row is None or row.confirmed_at is None:
        raise NotFound("Second factor")
    removed = FactorRow(str(row.public_id), row.kind, row.label, row.confirmed_at, row.last_used_at)
    session.execute(delete(SecondFactor).where(SecondFactor.id == row.id))
    if not has_factor(session, holder.user_id):
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == holder.user_id))
    return removed


def end_other_sessions(session: Session, holder: Holder) -> None:
    """Signs the person out everywhere but here (ASVS 5.0 7.4.3), half-opened sign-ins included."""
    session.execute(
        text(
            """
            update sessions set revoked_at = :now
            where user_id = :user_id and id <> :session_id and revoked_at is null
            """
        ),
        {"now": machine_now(), "user_id": holder.user_id, "session_id": holder.session_id},
    )
