"""An agency's logo, apart from its row, so that no list carries an image about."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt
from agency.models.tenancy import one_of

LOGO_KINDS = ("image/png", "image/jpeg")


class AgencyLogo(WithCreatedAt, Base):
    """The image as it was sent, checked by its own first bytes. Anybody who knows its hash may load it."""

    __tablename__ = "agency_logos"
    __table_args__ = (
        CheckConstraint(one_of("kind", LOGO_KINDS), name="kind"),
        Index("ix_agency_logos_hash", "hash"),
    )

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str]
    hash: Mapped[str]  # SHA-256, hexadecimal
    body: Mapped[bytes]
