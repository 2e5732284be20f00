"""Tables: orders, order_lines, order_contacts, order_events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import protect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Creates the tables, then their policies and grants."""
    create_tables()
    protect("orders", portal=True)
    protect("order_lines", portal=True)
    protect("order_contacts", staff="select, insert, update, delete")
    protect("order_events", staff="select, insert")


def downgrade() -> None:
    """Drops the tables; their rows are gone with them."""
    for table in ("order_events", "order_contacts", "order_lines", "orders"):
        op.drop_table(table)


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("tiktok_order_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("stage_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("order_type", sa.Text(), nullable=False),
        sa.Column("fulfillment_type", sa.Text(), nullable=False),
        sa.Column("shipping_type", sa.Text(), nullable=False),
        sa.Column("delivery_option_id", sa.Text(), nullable=False),
        sa.Column("delivery_option_name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("subtotal_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("platform_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("seller_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit_count", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("placed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("tiktok_updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("paid_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("awaiting_shipment_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("rts_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("collected_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("delivered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cancelled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("release_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("handling_days", sa.BigInteger(), nullable=True),
        sa.Column("rts_sla_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("tts_sla_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("shipping_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("collection_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("delivery_sla_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("delivery_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("due_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("due_source", sa.Text(), server_default="", nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("is_replacement", sa.Boolean(), nullable=False),
        sa.Column("is_cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("cancel_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("cancelled_by", sa.Text(), server_default="", nullable=False),
        sa.Column("held_by", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "approved_codes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "blockers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("plan_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "unknown_codes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("estimate_minor", sa.BigInteger(), nullable=True),
        sa.Column("profit_minor", sa.BigInteger(), nullable=True),
        sa.Column("address_key", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "raw",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped', 'delivered', 'settled', 'cancelled', 'excluded')",  # noqa: E501
            name=op.f("ck_orders_stage"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_orders_shop_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("id", "client_id", "agency_id", name=op.f("uq_orders_id_client_id_agency_id")),
        sa.UniqueConstraint("shop_id", "tiktok_order_id", name=op.f("uq_orders_shop_id_tiktok_order_id")),
    )
    op.create_index(
        "ix_orders_agency_due",
        "orders",
        ["agency_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')"),
    )
    op.create_index("ix_orders_agency_number", "orders", ["agency_id", "tiktok_order_id"], unique=False)
    op.create_index("ix_orders_agency_placed", "orders", ["agency_id", "placed_at", "id"], unique=False)
    op.create_index(
        "ix_orders_agency_stage_due", "orders", ["agency_id", "stage", "due_at", "id"], unique=False
    )
    op.create_index(
        "ix_orders_client_due",
        "orders",
        ["client_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')"),
    )
    op.create_index("ix_orders_client_placed", "orders", ["client_id", "placed_at", "id"], unique=False)
    op.create_index(
        "ix_orders_client_stage_due", "orders", ["client_id", "stage", "due_at", "id"], unique=False
    )
    op.create_index(
        "ix_orders_shop_plan",
        "orders",
        ["shop_id", "plan_at"],
        unique=False,
        postgresql_where=sa.text("plan_at is not null"),
    )
    op.create_table(
        "order_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("tiktok_line_id", sa.Text(), nullable=False),
        sa.Column("sku_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("sku_name", sa.Text(), nullable=False),
        sa.Column("seller_sku", sa.Text(), nullable=False),
        sa.Column("sale_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("platform_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("seller_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("display_status", sa.Text(), nullable=False),
        sa.Column("package_id", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_order_lines_order_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint(
            "id", "client_id", "agency_id", name=op.f("uq_order_lines_id_client_id_agency_id")
        ),
        sa.UniqueConstraint(
            "order_id", "tiktok_line_id", name=op.f("uq_order_lines_order_id_tiktok_line_id")
        ),
    )
    op.create_index("ix_order_lines_agency_id", "order_lines", ["agency_id", "order_id"], unique=False)
    op.create_index("ix_order_lines_client_id", "order_lines", ["client_id", "order_id"], unique=False)
    op.create_index("ix_order_lines_shop_sku", "order_lines", ["shop_id", "sku_id"], unique=False)
    op.create_table(
        "order_contacts",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=False),
        sa.Column("masked", sa.Boolean(), nullable=False),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("erase_after", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_order_contacts_order_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_contacts")),
    )
    op.create_index("ix_order_contacts_agency_id", "order_contacts", ["agency_id", "order_id"], unique=False)
    op.create_table(
        "order_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_order_events_order_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
        sa.UniqueConstraint("order_id", "seq", name=op.f("uq_order_events_order_id_seq")),
    )
    op.create_index(
        "ix_order_events_agency_id", "order_events", ["agency_id", "order_id", "seq"], unique=False
    )
    op.create_index(
        "ix_order_events_client_id", "order_events", ["client_id", "order_id", "seq"], unique=False
    )
