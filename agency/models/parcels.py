"""Parcels: tracking numbers with their lines, verdicts and scans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.domain.parcels import ParcelState
from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import ShopOwned, belongs_to, is_parent, one_of


class Parcel(WithPublicId, ShopOwned, WithCreatedAt, Base):
    """What the supplier shipped. Carrier text is kept as the supplier wrote it, beside what we made of it."""

    __tablename__ = "parcels"
    __table_args__ = (
        belongs_to("purchases", "purchase_id"),
        belongs_to("shops", "shop_id"),
        belongs_to("orders", "order_id"),
        is_parent(),
        CheckConstraint(one_of("state", ParcelState.ALL), name="state"),
        UniqueConstraint("order_id", "tracking_number"),
        Index("ix_parcels_agency_number", "agency_id", "tracking_number"),
        Index("ix_parcels_agency_turned", "agency_id", "number_turned"),
        Index("ix_parcels_client_id", "client_id", "order_id"),
        Index("ix_parcels_shop_work", "shop_id", "state"),
        Index("ix_parcels_purchase_id", "purchase_id"),
        Index(
            "ix_parcels_agency_pushed",
            "agency_id",
            "shop_id",
            "pushed_at",
            postgresql_where=text("pushed_at is not null"),
            postgresql_include=["client_id", "state", "first_scan_at", "delivered_at"],
        ),
    )

    order_id: Mapped[int]
    purchase_id: Mapped[int | None]
    state: Mapped[str]
    tracking_number: Mapped[str]
    carrier_text: Mapped[str]
    carrier: Mapped[str] = mapped_column(server_default="")
    provider_id: Mapped[str] = mapped_column(server_default="")
    provider_name: Mapped[str] = mapped_column(server_default="")
    postal_code: Mapped[str] = mapped_column(server_default="")
    findings: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    package_id: Mapped[str] = mapped_column(server_default="")
    warning: Mapped[str] = mapped_column(server_default="")
    corrections: Mapped[int] = mapped_column(server_default="0")
    supplier_shipped_at: Mapped[datetime | None]
    pushed_at: Mapped[datetime | None]
    first_scan_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    scans_read_at: Mapped[datetime | None]
    number_turned: Mapped[str | None] = mapped_column(
        Text(collation="C"), Computed("reverse(tracking_number)", persisted=True)
    )  # found by its end


class ParcelLine(ShopOwned, Base):
    """An order line that travels in a parcel."""

    __tablename__ = "parcel_lines"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("parcels", "parcel_id"),
        belongs_to("order_lines", "order_line_id"),
        Index("ix_parcel_lines_agency_id", "agency_id", "parcel_id"),
        Index("ix_parcel_lines_client_id", "client_id", "parcel_id"),
    )

    parcel_id: Mapped[int] = mapped_column(primary_key=True)
    order_line_id: Mapped[int] = mapped_column(primary_key=True)


class ParcelScan(ShopOwned, Base):
    """One carrier event."""

    __tablename__ = "parcel_scans"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("parcels", "parcel_id"),
        Index("ix_parcel_scans_agency_id", "agency_id", "parcel_id"),
        Index("ix_parcel_scans_client_id", "client_id", "parcel_id"),
    )

    parcel_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    description: Mapped[str] = mapped_column(primary_key=True)
