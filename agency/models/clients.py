"""Clients (the tenants whose data must never mix), their limits, and their data keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import TenantOwned, client_of_agency


class Client(WithPublicId, WithCreatedAt, Base):
    """One shop owner. Limits are in minor units of the client's currency."""

    __tablename__ = "clients"
    __table_args__ = (
        UniqueConstraint("id", "agency_id"),
        Index("ix_clients_agency_id_id", "agency_id", "id"),
        CheckConstraint("approval_above_minor >= 0", name="approval_above_minor"),
        CheckConstraint("daily_budget_minor >= 0", name="daily_budget_minor"),
        CheckConstraint("practice in ('', 'asked', 'connecting', 'ordered')", name="practice"),
    )

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    name: Mapped[str]
    currency: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    approval_above_minor: Mapped[int] = mapped_column(server_default="5000")
    margin_floor_bp: Mapped[int] = mapped_column(server_default="0")  # of sales; below it a person decides
    daily_budget_minor: Mapped[int] = mapped_column(server_default="100000")
    share_costs: Mapped[bool] = mapped_column(server_default=text("false"))  # goods and profit, by contract
    buying_stopped_at: Mapped[datetime | None]
    buying_stopped_by: Mapped[str | None]
    left_at: Mapped[
        datetime | None
    ]  # the client and the agency have parted; nothing is read or bought any more
    keys_shredded_at: Mapped[datetime | None]  # since then nothing can be sealed for the client
    practice: Mapped[str] = mapped_column(
        server_default=""
    )  # "" = a real client; else how far its practice shop at the simulator is
    limits_set_at: Mapped[datetime | None]  # an owner has looked at the limits and saved them (machine time)


class ClientKey(TenantOwned, WithCreatedAt, Base):
    """A client's data key, wrapped by the master key. Deleting the row shreds what it sealed, in backups too."""

    __tablename__ = "client_keys"
    __table_args__ = (
        client_of_agency(),
        UniqueConstraint("client_id", "version"),
        Index("ix_client_keys_agency_id", "agency_id"),
    )

    version: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes]
    master_key_id: Mapped[str] = mapped_column(
        server_default=""
    )  # which one wrapped it; "" = not written down
