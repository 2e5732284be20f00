"""Tables: parcels, parcel_lines, parcel_scans, effects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import protect

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Creates the tables, then their policies and grants."""
    create_tables()
    protect("parcels", portal=True)
    protect("parcel_lines", portal=True)
    protect("parcel_scans", staff="select, insert", portal=True)
    protect("effects")


def downgrade() -> None:
    """Drops the tables; their rows are gone with them."""
    for table in ("effects", "parcel_scans", "parcel_lines", "parcels"):
        op.drop_table(table)


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_table(
        "parcels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=False),
        sa.Column("carrier_text", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_id", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_name", sa.Text(), server_default="", nullable=False),
        sa.Column("postal_code", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "findings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("package_id", sa.Text(), server_default="", nullable=False),
        sa.Column("warning", sa.Text(), server_default="", nullable=False),
        sa.Column("corrections", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("supplier_shipped_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("pushed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("first_scan_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("delivered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("scans_read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "state in ('new', 'blocked', 'ready', 'pushed', 'in_transit', 'delivered', 'refused', 'void')",
            name=op.f("ck_parcels_state"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_parcels_order_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.UniqueConstraint("id", "client_id", "agency_id", name=op.f("uq_parcels_id_client_id_agency_id")),
        sa.UniqueConstraint("order_id", "tracking_number", name=op.f("uq_parcels_order_id_tracking_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_parcels_public_id")),
    )
    op.create_index("ix_parcels_agency_number", "parcels", ["agency_id", "tracking_number"], unique=False)
    op.create_index("ix_parcels_client_id", "parcels", ["client_id", "order_id"], unique=False)
    op.create_index("ix_parcels_shop_work", "parcels", ["shop_id", "state"], unique=False)
    op.create_table(
        "parcel_lines",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id", "client_id", "agency_id"],
            ["order_lines.id", "order_lines.client_id", "order_lines.agency_id"],
            name=op.f("fk_parcel_lines_order_line_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id", "client_id", "agency_id"],
            ["parcels.id", "parcels.client_id", "parcels.agency_id"],
            name=op.f("fk_parcel_lines_parcel_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("parcel_id", "order_line_id", name=op.f("pk_parcel_lines")),
    )
    op.create_index("ix_parcel_lines_agency_id", "parcel_lines", ["agency_id", "parcel_id"], unique=False)
    op.create_index("ix_parcel_lines_client_id", "parcel_lines", ["client_id", "parcel_id"], unique=False)
    op.create_table(
        "parcel_scans",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parcel_id", "client_id", "agency_id"],
            ["parcels.id", "parcels.client_id", "parcels.agency_id"],
            name=op.f("fk_parcel_scans_parcel_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("parcel_id", "at", "description", name=op.f("pk_parcel_scans")),
    )
    op.create_index("ix_parcel_scans_agency_id", "parcel_scans", ["agency_id", "parcel_id"], unique=False)
    op.create_index("ix_parcel_scans_client_id", "parcel_scans", ["client_id", "parcel_id"], unique=False)
    op.create_table(
        "effects",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="intended", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=True),
        sa.Column("parcel_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "payload",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "answer",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("absent_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "next_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "(state = 'sending') <= (sent_at is not null)", name=op.f("ck_effects_sending_has_sent_at")
        ),
        sa.CheckConstraint(
            "kind in ('place', 'pay', 'ship', 'correct', 'cancel')", name=op.f("ck_effects_kind")
        ),
        sa.CheckConstraint(
            "state in ('intended', 'sending', 'confirmed', 'refused', 'unknown', 'review')",
            name=op.f("ck_effects_state"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_effects_order_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id", "client_id", "agency_id"],
            ["parcels.id", "parcels.client_id", "parcels.agency_id"],
            name=op.f("fk_effects_parcel_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id", "client_id", "agency_id"],
            ["purchases.id", "purchases.client_id", "purchases.agency_id"],
            name=op.f("fk_effects_purchase_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_effects_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effects")),
        sa.UniqueConstraint("public_id", name=op.f("uq_effects_public_id")),
        sa.UniqueConstraint("shop_id", "kind", "key", name=op.f("uq_effects_shop_id_kind_key")),
    )
    op.create_index("ix_effects_agency_state", "effects", ["agency_id", "state"], unique=False)
    op.create_index("ix_effects_client_id", "effects", ["client_id"], unique=False)
    op.create_index("ix_effects_order", "effects", ["order_id"], unique=False)
    op.create_index(
        "ix_effects_shop_work",
        "effects",
        ["shop_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("state in ('intended', 'sending', 'unknown')"),
    )
    op.create_index(
        "ix_effects_supplier_work",
        "effects",
        ["supplier_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("state in ('intended', 'sending', 'unknown')"),
    )
