"""Which decisions a person is told about by mail, and when; one row per role, on the system login."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt
from agency.models.tenancy import one_of

RHYTHMS = ("never", "at_once", "daily")


class NotificationChoice(WithCreatedAt, Base):
    """`groups` holds words of `domain/notices.py`; hours are the person's own. `seen_until`: mailed up to here."""

    __tablename__ = "notification_choices"
    __table_args__ = (
        CheckConstraint(one_of("rhythm", RHYTHMS), name="rhythm"),
        CheckConstraint("hour between 0 and 23", name="hour"),
    )

    membership_id: Mapped[int] = mapped_column(
        ForeignKey("memberships.id"), primary_key=True, autoincrement=False
    )
    rhythm: Mapped[str]
    groups: Mapped[list[Any]]
    hour: Mapped[int]
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    seen_until: Mapped[datetime] = mapped_column(server_default=func.now())
    mailed_at: Mapped[datetime | None]
