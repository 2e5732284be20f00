"""What proves a person beside the password: authenticator apps, passkeys, recovery codes, and open challenges."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithId, WithPublicId
from agency.models.tenancy import one_of

FACTOR_KINDS = ("totp", "passkey")
CHALLENGE_PURPOSES = ("add_passkey", "sign_in", "confirm")


class SecondFactor(WithPublicId, WithCreatedAt, Base):
    """An authenticator app (`sealed_secret`, `last_step`) or a passkey (`credential_id`, `public_key`, `sign_count`).

    It counts once `confirmed_at` is set: an enrolment that was begun and left protects and locks out nobody.
    """

    __tablename__ = "second_factors"
    __table_args__ = (
        CheckConstraint(one_of("kind", FACTOR_KINDS), name="kind"),
        Index("ix_second_factors_user_id", "user_id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    label: Mapped[str]
    sealed_secret: Mapped[bytes | None]
    last_step: Mapped[int | None]  # the time step of the last code that was taken; a code works once
    credential_id: Mapped[bytes | None] = mapped_column(unique=True)
    public_key: Mapped[bytes | None]
    sign_count: Mapped[int | None]
    transports: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    confirmed_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class RecoveryCode(WithId, WithCreatedAt, Base):
    """One of ten codes for the day the phone is lost; only its SHA-256 is kept, and it works once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_user_id", "user_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    used_at: Mapped[datetime | None]


class Challenge(WithId, WithCreatedAt, Base):
    """Random bytes that a passkey has to sign; bound to one session and purpose, single use, minutes long.

    A row without bytes is one try of a code or password: too many of them end the session (`services/tries.py`).
    """

    __tablename__ = "challenges"
    __table_args__ = (
        CheckConstraint(one_of("purpose", CHALLENGE_PURPOSES), name="purpose"),
        Index("ix_challenges_session_id", "session_id"),
    )

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    challenge: Mapped[bytes]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
