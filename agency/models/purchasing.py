"""Purchases at suppliers. The database allows one live purchase per order line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.domain.purchasing import PurchaseState
from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import ShopOwned, belongs_to, is_parent, one_of


class Purchase(WithPublicId, ShopOwned, WithCreatedAt, Base):
    """Our order at a supplier for lines of one order."""

    __tablename__ = "purchases"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("orders", "order_id"),
        belongs_to("suppliers", "supplier_id"),
        is_parent(),
        CheckConstraint(one_of("state", PurchaseState.ALL), name="state"),
        UniqueConstraint("supplier_id", "reference"),
        # A supplier's number twice on one account is a double buy that slipped through: refuse it.
        Index(
            "uq_purchases_supplier_order",
            "supplier_id",
            "supplier_order_id",
            unique=True,
            postgresql_where=text("supplier_order_id <> ''"),
        ),
        Index("ix_purchases_agency_state", "agency_id", "state"),
        Index("ix_purchases_agency_turned", "agency_id", "number_turned"),
        Index("ix_purchases_client_id", "client_id", "order_id"),
        Index("ix_purchases_order", "order_id"),
        Index("ix_purchases_supplier_work", "supplier_id", "state", "next_at"),
    )

    order_id: Mapped[int]
    supplier_id: Mapped[int]
    reference: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(
        server_default=""
    )  # what the world said, apart from where the work stands
    currency: Mapped[str]
    expected_minor: Mapped[int]
    max_minor: Mapped[int]
    actual_minor: Mapped[int | None]
    supplier_order_id: Mapped[str] = mapped_column(server_default="")
    receipt: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    decision: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    approved_by: Mapped[str] = mapped_column(server_default="")
    claimed_by: Mapped[str] = mapped_column(server_default="")  # a person who is buying this by hand
    claimed_until: Mapped[datetime | None]  # machine time
    next_at: Mapped[
        datetime | None
    ]  # machine time of the next look at its tracking; null = none was planned yet
    placed_at: Mapped[datetime | None]  # shop time, as the rest below
    paid_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    tracking_due_at: Mapped[datetime | None]
    number_turned: Mapped[str | None] = mapped_column(
        Text(collation="C"), Computed("reverse(supplier_order_id)", persisted=True)
    )  # the supplier's number, found by its end


class PurchaseLine(ShopOwned, Base):
    """One order line of a purchase. `live` falls when the purchase is refused or cancelled."""

    __tablename__ = "purchase_lines"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("purchases", "purchase_id"),
        belongs_to("order_lines", "order_line_id"),
        belongs_to("supplier_items", "supplier_item_id"),
        belongs_to("mappings", "mapping_id"),
        Index("uq_purchase_lines_live", "order_line_id", unique=True, postgresql_where=text("live")),
        Index("ix_purchase_lines_agency_id", "agency_id", "purchase_id"),
        Index("ix_purchase_lines_client_id", "client_id", "purchase_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    purchase_id: Mapped[int] = mapped_column(primary_key=True)
    order_line_id: Mapped[int] = mapped_column(primary_key=True)
    supplier_item_id: Mapped[int]
    mapping_id: Mapped[int | None]
    mapping_version: Mapped[int | None]
    quantity: Mapped[int]
    unit_cost_minor: Mapped[int]
    live: Mapped[bool] = mapped_column(server_default=text("true"))
