"""What an agency's owners give out: invitations and API tokens. Rows of an agency, above its clients."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from agency.domain.scope import ROLES
from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import one_of


class Invitation(WithPublicId, WithCreatedAt, Base):
    """An offer of a role, sent to one e-mail address; single use. Role and clients as in `memberships`."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(one_of("role", ROLES), name="role"),
        CheckConstraint(
            "role <> 'client_member' or cardinality(client_ids) = 1", name="client_member_has_client"
        ),
        Index("ix_invitations_agency_id", "agency_id"),
    )

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    email: Mapped[str]  # lower case
    role: Mapped[str]
    client_ids: Mapped[list[int] | None]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    invited_by: Mapped[str]  # an actor, such as "user:5"
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class ApiToken(WithPublicId, WithCreatedAt, Base):
    """A key for a program of the agency's: some areas, some clients or all, until a day. Only its SHA-256 is stored.

    `areas` holds words such as "orders:read". It never sees more than the membership that made it, and ends with it.
    """

    __tablename__ = "api_tokens"
    __table_args__ = (
        ForeignKeyConstraint(["membership_id", "agency_id"], ["memberships.id", "memberships.agency_id"]),
        Index("ix_api_tokens_agency_id", "agency_id"),
        Index("ix_api_tokens_membership_id", "membership_id"),
    )

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    membership_id: Mapped[int]
    name: Mapped[str]
    hint: Mapped[str]  # the first characters, to tell tokens apart
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    areas: Mapped[list[Any]]
    client_ids: Mapped[list[int] | None]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
