"""What shops list, where it can be bought, and the versioned mapping between the two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithId, WithPublicId
from agency.models.tenancy import ShopOwned, TenantOwned, belongs_to, client_of_agency, is_parent, one_of

SUPPLIER_KINDS = ("rest", "cj", "stock", "manual")
SUPPLIER_STATES = ("active", "needs_credentials")


class Sku(ShopOwned, WithId, WithCreatedAt, Base):
    """A sku that a shop lists, learned from its orders."""

    __tablename__ = "skus"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        UniqueConstraint("shop_id", "sku_id"),
        Index("ix_skus_agency_id", "agency_id", "shop_id"),
        Index("ix_skus_client_id", "client_id"),
    )

    sku_id: Mapped[str]
    product_id: Mapped[str]
    product_name: Mapped[str]
    sku_name: Mapped[str]
    seller_sku: Mapped[str]
    last_ordered_at: Mapped[datetime]


class Supplier(WithPublicId, TenantOwned, WithCreatedAt, Base):
    """One supplier connection of one client (accounts and money at a supplier are the client's own)."""

    __tablename__ = "suppliers"
    __table_args__ = (
        client_of_agency(),
        is_parent(),
        CheckConstraint(one_of("kind", SUPPLIER_KINDS), name="kind"),
        CheckConstraint(one_of("state", SUPPLIER_STATES), name="state"),
        Index("ix_suppliers_agency_id", "agency_id"),
        Index("ix_suppliers_client_id", "client_id"),
    )

    kind: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    base_url: Mapped[str] = mapped_column(server_default="")
    website: Mapped[str] = mapped_column(server_default="")
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    state: Mapped[str] = mapped_column(server_default="active")
    problem: Mapped[str] = mapped_column(server_default="")
    buying_stopped_at: Mapped[datetime | None]
    buying_stopped_by: Mapped[str | None]
    buying_stopped_why: Mapped[str] = mapped_column(server_default="")
    tracking_read_at: Mapped[datetime | None]
    reconciled_at: Mapped[datetime | None]  # when its own list was last compared with ours
    tracking_error: Mapped[str] = mapped_column(server_default="")
    relisted_at: Mapped[datetime | None]  # machine time; when the list compared after a restore was asked for


class SupplierSecret(TenantOwned, Base):
    """A supplier's keys and webhook secret, sealed."""

    __tablename__ = "supplier_secrets"
    __table_args__ = (
        belongs_to("suppliers", "supplier_id"),
        Index("ix_supplier_secrets_agency_id", "agency_id"),
        Index("ix_supplier_secrets_client_id", "client_id"),
    )

    supplier_id: Mapped[int] = mapped_column(primary_key=True)
    sealed_credentials: Mapped[bytes]


class SupplierItem(WithPublicId, TenantOwned, WithCreatedAt, Base):
    """A thing that can be bought at a supplier. For kind `stock`, `stock_quantity` is our own shelf."""

    __tablename__ = "supplier_items"
    __table_args__ = (
        belongs_to("suppliers", "supplier_id"),
        is_parent(),
        UniqueConstraint("supplier_id", "supplier_sku"),
        CheckConstraint("unit_cost_minor >= 0", name="unit_cost_minor"),
        CheckConstraint("stock_quantity is null or stock_quantity >= 0", name="stock_quantity"),
        Index("ix_supplier_items_agency_id", "agency_id"),
        Index("ix_supplier_items_client_id", "client_id"),
    )

    supplier_id: Mapped[int]
    supplier_sku: Mapped[str]
    title: Mapped[str]
    url: Mapped[str] = mapped_column(server_default="")
    unit_cost_minor: Mapped[int]
    shipping_minor: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str]
    stock_quantity: Mapped[int | None]
    quoted_at: Mapped[datetime | None]
    quote_wanted_at: Mapped[datetime | None]  # machine time; somebody asked and no answer has come since


class Mapping(WithPublicId, ShopOwned, WithCreatedAt, Base):
    """Sku -> supplier item x quantity. Ranked; a change closes the row and writes the next version."""

    __tablename__ = "mappings"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("supplier_items", "supplier_item_id"),
        is_parent(),
        CheckConstraint("quantity between 1 and 1000", name="quantity"),
        CheckConstraint("rank between 1 and 9", name="rank"),
        CheckConstraint("price_cap_minor is null or price_cap_minor > 0", name="price_cap_minor"),
        Index(
            "uq_mappings_live",
            "shop_id",
            "sku_id",
            "rank",
            unique=True,
            postgresql_where=text("superseded_at is null"),
        ),
        Index("ix_mappings_agency_id", "agency_id", "shop_id", "sku_id"),
        Index("ix_mappings_client_id", "client_id"),
    )

    sku_id: Mapped[str]
    version: Mapped[int]
    rank: Mapped[int] = mapped_column(server_default="1")
    supplier_item_id: Mapped[int]
    quantity: Mapped[int] = mapped_column(server_default="1")
    price_cap_minor: Mapped[int | None]  # per supplier unit, without shipping
    created_by: Mapped[str]
    superseded_at: Mapped[datetime | None]


class CarrierOverride(WithId, TenantOwned, WithCreatedAt, Base):
    """What a supplier's carrier text means at TikTok, decided by a person once."""

    __tablename__ = "carrier_overrides"
    __table_args__ = (
        belongs_to("suppliers", "supplier_id"),
        UniqueConstraint("supplier_id", "carrier_text"),
        Index("ix_carrier_overrides_agency_id", "agency_id"),
        Index("ix_carrier_overrides_client_id", "client_id"),
    )

    supplier_id: Mapped[int]
    carrier_text: Mapped[str]
    provider_name: Mapped[str]
