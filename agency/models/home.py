"""Where this database lives: one row, compared with the server itself before anything is sent (ADR 41)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base


class Home(Base):
    """`place` is what `present_place()` said when somebody last vouched for this database (`shopfleet recover`)."""

    __tablename__ = "home"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default="1")
    place: Mapped[str]
    settled_at: Mapped[datetime] = mapped_column(server_default=func.now())
