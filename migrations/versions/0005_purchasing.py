"""Tables: purchases, purchase_lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import protect

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Creates the tables, then their policies and grants."""
    create_tables()
    protect("purchases")
    protect("purchase_lines")


def downgrade() -> None:
    """Drops the tables; their rows are gone with them."""
    for table in ("purchase_lines", "purchases"):
        op.drop_table(table)


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_table(
        "purchases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("expected_minor", sa.BigInteger(), nullable=False),
        sa.Column("max_minor", sa.BigInteger(), nullable=False),
        sa.Column("actual_minor", sa.BigInteger(), nullable=True),
        sa.Column("supplier_order_id", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "receipt",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "decision",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("approved_by", sa.Text(), server_default="", nullable=False),
        sa.Column("claimed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("claimed_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("next_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("placed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("paid_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("shipped_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("tracking_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "state in ('planned', 'approval', 'ready', 'placing', 'placed', 'paying', 'paid', 'shipped', 'closed', 'refused', 'unconfirmed', 'cancelling', 'cancelled', 'review')",  # noqa: E501
            name=op.f("ck_purchases_state"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_purchases_order_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_purchases_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchases")),
        sa.UniqueConstraint("id", "client_id", "agency_id", name=op.f("uq_purchases_id_client_id_agency_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_purchases_public_id")),
        sa.UniqueConstraint("supplier_id", "reference", name=op.f("uq_purchases_supplier_id_reference")),
    )
    op.create_index("ix_purchases_agency_state", "purchases", ["agency_id", "state"], unique=False)
    op.create_index("ix_purchases_client_id", "purchases", ["client_id", "order_id"], unique=False)
    op.create_index("ix_purchases_order", "purchases", ["order_id"], unique=False)
    op.create_index(
        "ix_purchases_supplier_work", "purchases", ["supplier_id", "state", "next_at"], unique=False
    )
    op.create_index(
        "uq_purchases_supplier_order",
        "purchases",
        ["supplier_id", "supplier_order_id"],
        unique=True,
        postgresql_where=sa.text("supplier_order_id <> ''"),
    )
    op.create_table(
        "purchase_lines",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_item_id", sa.BigInteger(), nullable=False),
        sa.Column("mapping_id", sa.BigInteger(), nullable=True),
        sa.Column("mapping_version", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_purchase_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["order_line_id", "client_id", "agency_id"],
            ["order_lines.id", "order_lines.client_id", "order_lines.agency_id"],
            name=op.f("fk_purchase_lines_order_line_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id", "client_id", "agency_id"],
            ["purchases.id", "purchases.client_id", "purchases.agency_id"],
            name=op.f("fk_purchase_lines_purchase_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_item_id", "client_id", "agency_id"],
            ["supplier_items.id", "supplier_items.client_id", "supplier_items.agency_id"],
            name=op.f("fk_purchase_lines_supplier_item_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("purchase_id", "order_line_id", name=op.f("pk_purchase_lines")),
    )
    op.create_index(
        "ix_purchase_lines_agency_id", "purchase_lines", ["agency_id", "purchase_id"], unique=False
    )
    op.create_index(
        "ix_purchase_lines_client_id", "purchase_lines", ["client_id", "purchase_id"], unique=False
    )
    op.create_index(
        "uq_purchase_lines_live",
        "purchase_lines",
        ["order_line_id"],
        unique=True,
        postgresql_where=sa.text("live"),
    )
