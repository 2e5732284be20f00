"""Mails on their way out, and the single-use links that some of them carry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithId, WithPublicId
from agency.models.tenancy import one_of

LINK_PURPOSES = ("sign_up", "reset_password", "change_email", "keep_email")


class Mail(WithPublicId, WithCreatedAt, Base):
    """One mail. The text is sealed, since it may carry a link that signs somebody in; emptied once it was sent."""

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_due_at", "due_at", postgresql_where=text("sent_at is null and given_up_at is null")),
    )

    recipient: Mapped[str]
    subject: Mapped[str]
    sealed_body: Mapped[bytes | None]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str] = mapped_column(server_default="")
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]


class MailLink(WithId, WithCreatedAt, Base):
    """A link in a mail: only its SHA-256 is stored; single use, expiring. `email` is the address that it is about."""

    __tablename__ = "mail_links"
    __table_args__ = (
        CheckConstraint(one_of("purpose", LINK_PURPOSES), name="purpose"),
        Index("ix_mail_links_user_id", "user_id"),
    )

    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # empty while signing up
    email: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
