"""Links that open one client's monthly page without sign-in; only their SHA-256 is stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import TenantOwned, client_of_agency


class MonthLink(WithPublicId, TenantOwned, WithCreatedAt, Base):
    """One link. `month` is "2026-10", or empty for whatever month was the last complete one."""

    __tablename__ = "month_links"
    __table_args__ = (
        client_of_agency(),
        Index("ix_month_links_agency_id", "agency_id"),
        Index("ix_month_links_client_id", "client_id"),
    )

    month: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    made_by: Mapped[str]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    opened_count: Mapped[int] = mapped_column(server_default="0")
    last_opened_at: Mapped[datetime | None]
