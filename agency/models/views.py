"""Saved views: the filters of Today that one person keeps under a name. Rows of an agency, above its clients."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithPublicId


class SavedView(WithPublicId, WithCreatedAt, Base):
    """One person's named filters in one agency; `is_start`: what Today opens with, at most one per person."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("agency_id", "user_id", "name"),
        Index("uq_saved_views_start", "agency_id", "user_id", unique=True, postgresql_where=text("is_start")),
    )

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    filters: Mapped[dict[str, Any]]
    is_start: Mapped[bool] = mapped_column(server_default=text("false"))
