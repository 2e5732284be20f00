"""Tables: skus, suppliers, supplier_secrets, supplier_items, mappings, carrier_overrides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import open_to_system, protect

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Creates the tables, then their policies and grants."""
    create_tables()
    protect("skus", portal=True)
    protect("suppliers")
    open_to_system("suppliers", ["select (id, agency_id, client_id, public_id, kind)"])
    protect("supplier_secrets")
    protect("supplier_items")
    protect("mappings")
    protect("carrier_overrides", staff="select, insert, update, delete")


def downgrade() -> None:
    """Drops the tables; their rows are gone with them."""
    for table in ("carrier_overrides", "mappings", "supplier_items", "supplier_secrets", "suppliers", "skus"):
        op.drop_table(table)


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_table(
        "skus",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("sku_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("sku_name", sa.Text(), nullable=False),
        sa.Column("seller_sku", sa.Text(), nullable=False),
        sa.Column("last_ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_skus_shop_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skus")),
        sa.UniqueConstraint("shop_id", "sku_id", name=op.f("uq_skus_shop_id_sku_id")),
    )
    op.create_index("ix_skus_agency_id", "skus", ["agency_id", "shop_id"], unique=False)
    op.create_index("ix_skus_client_id", "skus", ["client_id"], unique=False)
    op.create_table(
        "suppliers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), server_default="", nullable=False),
        sa.Column("website", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("buying_stopped_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("buying_stopped_by", sa.Text(), nullable=True),
        sa.Column("tracking_read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("tracking_error", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("kind in ('rest', 'cj', 'stock', 'manual')", name=op.f("ck_suppliers_kind")),
        sa.CheckConstraint("state in ('active', 'needs_credentials')", name=op.f("ck_suppliers_state")),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_suppliers_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppliers")),
        sa.UniqueConstraint("id", "client_id", "agency_id", name=op.f("uq_suppliers_id_client_id_agency_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_suppliers_public_id")),
    )
    op.create_index("ix_suppliers_agency_id", "suppliers", ["agency_id"], unique=False)
    op.create_index("ix_suppliers_client_id", "suppliers", ["client_id"], unique=False)
    op.create_table(
        "supplier_secrets",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed_credentials", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_supplier_secrets_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_supplier_secrets")),
    )
    op.create_table(
        "supplier_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_sku", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("stock_quantity", sa.BigInteger(), nullable=True),
        sa.Column("quoted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "stock_quantity is null or stock_quantity >= 0", name=op.f("ck_supplier_items_stock_quantity")
        ),
        sa.CheckConstraint("unit_cost_minor >= 0", name=op.f("ck_supplier_items_unit_cost_minor")),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_supplier_items_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_items")),
        sa.UniqueConstraint(
            "id", "client_id", "agency_id", name=op.f("uq_supplier_items_id_client_id_agency_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_supplier_items_public_id")),
        sa.UniqueConstraint(
            "supplier_id", "supplier_sku", name=op.f("uq_supplier_items_supplier_id_supplier_sku")
        ),
    )
    op.create_index("ix_supplier_items_agency_id", "supplier_items", ["agency_id"], unique=False)
    op.create_index("ix_supplier_items_client_id", "supplier_items", ["client_id"], unique=False)
    op.create_table(
        "mappings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("sku_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("supplier_item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("price_cap_minor", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("superseded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "price_cap_minor is null or price_cap_minor > 0", name=op.f("ck_mappings_price_cap_minor")
        ),
        sa.CheckConstraint("quantity between 1 and 1000", name=op.f("ck_mappings_quantity")),
        sa.CheckConstraint("rank between 1 and 9", name=op.f("ck_mappings_rank")),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_mappings_shop_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_item_id", "client_id", "agency_id"],
            ["supplier_items.id", "supplier_items.client_id", "supplier_items.agency_id"],
            name=op.f("fk_mappings_supplier_item_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mappings")),
        sa.UniqueConstraint("id", "client_id", "agency_id", name=op.f("uq_mappings_id_client_id_agency_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_mappings_public_id")),
    )
    op.create_index("ix_mappings_agency_id", "mappings", ["agency_id", "shop_id", "sku_id"], unique=False)
    op.create_index("ix_mappings_client_id", "mappings", ["client_id"], unique=False)
    op.create_index(
        "uq_mappings_live",
        "mappings",
        ["shop_id", "sku_id", "rank"],
        unique=True,
        postgresql_where=sa.text("superseded_at is null"),
    )
    op.create_table(
        "carrier_overrides",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("carrier_text", sa.Text(), nullable=False),
        sa.Column("provider_name", sa.Text(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_carrier_overrides_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_overrides")),
        sa.UniqueConstraint(
            "supplier_id", "carrier_text", name=op.f("uq_carrier_overrides_supplier_id_carrier_text")
        ),
    )
    op.create_index("ix_carrier_overrides_agency_id", "carrier_overrides", ["agency_id"], unique=False)
    op.create_index("ix_carrier_overrides_client_id", "carrier_overrides", ["client_id"], unique=False)
