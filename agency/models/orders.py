"""Orders, their lines (one per unit), the sealed buyer contact, and the order's append-only timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.domain.orders import Stage
from agency.models.base import Base, WithCreatedAt, WithId
from agency.models.tenancy import ShopOwned, belongs_to, is_parent, one_of

# In the lines in which PostgreSQL prints it, so that models and schema can be compared.
_DISPATCH_LIMIT = "(\ncase\nwhen tts_sla_at is null then rts_sla_at\nelse tts_sla_at\nend)"
_MOMENTS = {
    "limit": "tts_sla_at",
    "collected": "collected_at",
    "delivered": "delivered_at",
    "settled": "settled_at",
    "cancelled": "cancelled_at",
}


class Order(WithId, ShopOwned, WithCreatedAt, Base):
    """One TikTok order. All times are shop time; each of TikTok's six deadlines keeps its own column."""

    __tablename__ = "orders"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        is_parent(),
        UniqueConstraint("shop_id", "tiktok_order_id"),
        CheckConstraint(one_of("stage", Stage.ALL), name="stage"),
        Index("ix_orders_agency_stage_due", "agency_id", "stage", "due_at", "id"),
        Index("ix_orders_client_stage_due", "client_id", "stage", "due_at", "id"),
        Index("ix_orders_agency_placed", "agency_id", "placed_at", "id"),
        Index("ix_orders_client_placed", "client_id", "placed_at", "id"),
        Index("ix_orders_agency_number", "agency_id", "tiktok_order_id"),
        Index("ix_orders_agency_turned", "agency_id", "number_turned"),
        Index("ix_orders_shop_placed", "shop_id", "placed_at", "id"),
        Index("ix_orders_agency_shop_stage", "agency_id", "shop_id", "stage"),
        Index("ix_orders_client_moved", "client_id", "stage_at", "id"),
        # What a client's pages count by: each span reads its own orders and not all that ever came.
        *(
            Index(
                f"ix_orders_client_{name}",
                "client_id",
                column,
                postgresql_where=text(f"{column} is not null"),
            )
            for name, column in _MOMENTS.items()
        ),
        Index(
            "ix_orders_shop_plan",
            "shop_id",
            "plan_at",
            postgresql_where=text("plan_at is not null"),
        ),
        # All that Health counts, so that it reads this index and no order.
        Index(
            "ix_orders_agency_dispatch",
            "agency_id",
            "shop_id",
            text(_DISPATCH_LIMIT),
            postgresql_where=text("fulfillment_type = 'FULFILLMENT_BY_SELLER' and shipping_type = 'SELLER'"),
            postgresql_include=[
                "client_id",
                "tts_sla_at",
                "rts_sla_at",
                "collected_at",
                "cancelled_at",
                "cancelled_by",
                "delivered_at",
                "delivery_sla_at",
            ],
        ),
        Index(
            "ix_orders_agency_due",
            "agency_id",
            "due_at",
            "id",
            postgresql_where=text("stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')"),
        ),
        # The side bar counts the open orders on every page, from the index alone.
        Index(
            "ix_orders_agency_client_open",
            "agency_id",
            "client_id",
            postgresql_where=text("stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')"),
        ),
        Index(
            "ix_orders_client_due",
            "client_id",
            "due_at",
            "id",
            postgresql_where=text("stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')"),
        ),
    )

    tiktok_order_id: Mapped[str]
    status: Mapped[str]
    stage: Mapped[str]
    stage_at: Mapped[datetime]
    order_type: Mapped[str]
    fulfillment_type: Mapped[str]
    shipping_type: Mapped[str]
    delivery_option_id: Mapped[str]
    delivery_option_name: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int]
    subtotal_minor: Mapped[int]
    shipping_fee_minor: Mapped[int]
    tax_minor: Mapped[int]
    platform_discount_minor: Mapped[int]
    seller_discount_minor: Mapped[int]
    unit_count: Mapped[int]
    title: Mapped[str]  # the first line's product, for lists
    placed_at: Mapped[datetime]
    tiktok_updated_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    awaiting_shipment_at: Mapped[datetime | None]  # when we first saw it shippable
    rts_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    release_at: Mapped[datetime | None]
    handling_days: Mapped[int | None]
    rts_sla_at: Mapped[datetime | None]
    tts_sla_at: Mapped[datetime | None]
    shipping_due_at: Mapped[datetime | None]
    collection_due_at: Mapped[datetime | None]
    delivery_sla_at: Mapped[datetime | None]
    delivery_due_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]  # the deadline that counts now
    due_kind: Mapped[str] = mapped_column(server_default="")
    due_source: Mapped[str] = mapped_column(server_default="")
    is_sample: Mapped[bool]
    is_replacement: Mapped[bool]
    is_cancel_requested: Mapped[bool]
    cancel_reason: Mapped[str] = mapped_column(server_default="")
    cancelled_by: Mapped[str] = mapped_column(server_default="")
    held_by: Mapped[str] = mapped_column(server_default="")  # a person's hold; empty = none
    approved_codes: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    blockers: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    plan_at: Mapped[datetime | None]  # shop time at which purchasing looks again; null = nothing to look at
    unknown_codes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    estimate_minor: Mapped[int | None]  # TikTok's unsettled estimate
    profit_minor: Mapped[int | None]  # our estimate at purchase
    address_key: Mapped[str] = mapped_column(server_default="")  # fingerprint of the clear address
    raw: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    number_turned: Mapped[str | None] = mapped_column(
        Text(collation="C"), Computed("reverse(tiktok_order_id)", persisted=True)
    )  # found by its end


class OrderLine(WithId, ShopOwned, Base):
    """One unit of an order, as TikTok sends it."""

    __tablename__ = "order_lines"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("orders", "order_id"),
        is_parent(),
        UniqueConstraint("order_id", "tiktok_line_id"),
        Index("ix_order_lines_agency_id", "agency_id", "order_id"),
        Index("ix_order_lines_client_id", "client_id", "order_id"),
        Index("ix_order_lines_shop_sku", "shop_id", "sku_id"),
        Index("ix_order_lines_agency_seller_sku", "agency_id", "seller_sku"),
    )

    order_id: Mapped[int]
    tiktok_line_id: Mapped[str]
    sku_id: Mapped[str]
    product_id: Mapped[str]
    product_name: Mapped[str]
    sku_name: Mapped[str]
    seller_sku: Mapped[str]
    sale_price_minor: Mapped[int]
    platform_discount_minor: Mapped[int]
    seller_discount_minor: Mapped[int]
    tax_minor: Mapped[int]
    display_status: Mapped[str]
    package_id: Mapped[str]
    tracking_number: Mapped[str]
    provider_id: Mapped[str]


class OrderContact(ShopOwned, Base):
    """The buyer's name, phone and address, sealed. No grant for the portal login; erased 30 days after the end."""

    __tablename__ = "order_contacts"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("orders", "order_id"),
        Index("ix_order_contacts_agency_id", "agency_id", "order_id"),
        Index("ix_order_contacts_client_id", "client_id"),
    )

    order_id: Mapped[int] = mapped_column(primary_key=True)
    sealed_address: Mapped[bytes]
    masked: Mapped[bool]
    seen_at: Mapped[datetime]
    erase_after: Mapped[datetime | None]


class OrderEvent(WithId, ShopOwned, WithCreatedAt, Base):
    """One thing that happened to an order: who or which rule, under which policy. Append-only, hash-chained."""

    __tablename__ = "order_events"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("orders", "order_id"),
        UniqueConstraint("order_id", "seq"),
        Index("ix_order_events_agency_id", "agency_id", "order_id", "seq"),
        Index("ix_order_events_client_id", "client_id", "order_id", "seq"),
        Index("ix_order_events_agency_newest", "agency_id", "id"),
        Index("ix_order_events_client_newest", "client_id", "agency_id", "id"),
        Index(
            "ix_order_events_agency_answers",
            "agency_id",
            "at",
            "id",
            postgresql_where=text("kind in ('approved', 'declined')"),
        ),
    )

    order_id: Mapped[int]
    seq: Mapped[int]
    at: Mapped[datetime]  # shop time
    kind: Mapped[str]
    actor: Mapped[str]  # "user:<id>", "rule:<name>", "marketplace", "supplier", "worker"
    data: Mapped[dict[str, Any]]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]
