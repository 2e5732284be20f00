"""Who may sign in: agencies, people, their memberships, and their server-side sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.domain.scope import ROLES
from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import one_of


class Agency(WithPublicId, WithCreatedAt, Base):
    """The freelancer's business; it pays us and owns clients."""

    __tablename__ = "agencies"

    name: Mapped[str]
    brand_colour: Mapped[str] = mapped_column(server_default="#1b1f28")
    shown_name: Mapped[str] = mapped_column(server_default="")  # to clients; empty = the name
    support_email: Mapped[str] = mapped_column(server_default="")
    footer: Mapped[str] = mapped_column(server_default="")
    logo_hash: Mapped[str] = mapped_column(server_default="")  # SHA-256 of the logo; empty = none
    requires_second_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    buying_stopped_at: Mapped[datetime | None]
    buying_stopped_by: Mapped[str | None]
    keys_rotating_since: Mapped[
        datetime | None
    ]  # set while a rotation of its clients' data keys is not finished
    # The span that the last restored backup knows nothing of, in shop time.
    restored_since: Mapped[datetime | None]
    restored_until: Mapped[datetime | None]


class User(WithPublicId, WithCreatedAt, Base):
    """A person; global, since one person may work for several agencies. Only the system login reads this table."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    password_hash: Mapped[str]  # argon2id
    password_changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    language: Mapped[str] = mapped_column(server_default="")  # empty = what the browser asks for
    disabled_at: Mapped[datetime | None]


class Membership(WithPublicId, WithCreatedAt, Base):
    """A person's role in an agency. `client_ids` narrows an operator or viewer; a client member has exactly one."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(one_of("role", ROLES), name="role"),
        CheckConstraint(
            "role <> 'client_member' or cardinality(client_ids) = 1", name="client_member_has_client"
        ),
        UniqueConstraint("id", "agency_id"),
        Index(
            "uq_memberships_live",
            "user_id",
            "agency_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    role: Mapped[str]
    client_ids: Mapped[list[int] | None]
    ended_at: Mapped[datetime | None]


class UserSession(WithPublicId, WithCreatedAt, Base):
    """One signed-in device. Only the SHA-256 of its token is stored; Redis may vanish without signing anybody out.

    `needs_factor`: the password was right and the second factor is due; such a session opens only that page.
    `confirmed_at`: when the person last proved who they are, for acts that ask for it again (step-up).
    `viewing_client_id`: staff who look at a client's pages as that client sees them.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user", "user_id"),)

    token_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"))
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    needs_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    confirmed_at: Mapped[datetime | None]
    viewing_client_id: Mapped[int | None]
    device: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")  # where it was opened from
