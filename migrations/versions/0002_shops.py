"""Tables: authorizations, connect_requests, shops, shop_secrets, provider_lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import open_to_system, protect

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the tables, then their policies and grants."""
    create_tables()
    protect("authorizations")
    open_to_system("authorizations", ["select (id, agency_id, client_id)"])
    protect("connect_requests")
    protect("shops", portal=True)
    open_to_system("shops", ["select (id, agency_id, client_id, authorization_id, tiktok_shop_id)"])
    protect("shop_secrets")
    protect("provider_lists", staff="select, insert, update, delete")


def downgrade() -> None:
    """Drops the tables; their rows are gone with them."""
    for table in ("provider_lists", "shop_secrets", "shops", "connect_requests", "authorizations"):
        op.drop_table(table)


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_table(
        "authorizations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("open_id", sa.Text(), server_default="", nullable=False),
        sa.Column("seller_name", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed_code", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_tokens", sa.LargeBinary(), nullable=True),
        sa.Column("token_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("access_expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("refresh_expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "scopes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "state in ('pending', 'active', 'rejected', 'revoked')", name=op.f("ck_authorizations_state")
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_authorizations_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorizations")),
        sa.UniqueConstraint(
            "id", "client_id", "agency_id", name=op.f("uq_authorizations_id_client_id_agency_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_authorizations_public_id")),
    )
    op.create_index("ix_authorizations_agency_id", "authorizations", ["agency_id"], unique=False)
    op.create_index("ix_authorizations_client_id", "authorizations", ["client_id"], unique=False)
    op.create_table(
        "connect_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_connect_requests_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connect_requests")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_connect_requests_state_hash")),
    )
    op.create_index("ix_connect_requests_agency_id", "connect_requests", ["agency_id"], unique=False)
    op.create_table(
        "shops",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("authorization_id", sa.BigInteger(), nullable=False),
        sa.Column("tiktok_shop_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("fulfilment_mode", sa.Text(), server_default="SELLER_SHIPPING", nullable=False),
        sa.Column("promise", sa.Text(), server_default="tiktok", nullable=False),
        sa.Column("purchase_delay_minutes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("usps_allowed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("paused_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("buying_stopped_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("buying_stopped_by", sa.Text(), nullable=True),
        sa.Column("read_cursor", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_order_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("empty_reads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("read_error", sa.Text(), server_default="", nullable=False),
        sa.Column("read_failed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("count_tiktok", sa.BigInteger(), nullable=True),
        sa.Column("count_ours", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finance_read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("purchase_delay_minutes >= 0", name=op.f("ck_shops_purchase_delay_minutes")),
        sa.ForeignKeyConstraint(
            ["authorization_id", "client_id", "agency_id"],
            ["authorizations.id", "authorizations.client_id", "authorizations.agency_id"],
            name=op.f("fk_shops_authorization_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_shops_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
        sa.UniqueConstraint("id", "client_id", "agency_id", name=op.f("uq_shops_id_client_id_agency_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_shops_public_id")),
        sa.UniqueConstraint("tiktok_shop_id", name=op.f("uq_shops_tiktok_shop_id")),
    )
    op.create_index("ix_shops_agency_id", "shops", ["agency_id"], unique=False)
    op.create_index("ix_shops_client_id", "shops", ["client_id"], unique=False)
    op.create_table(
        "shop_secrets",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed_cipher", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_shop_secrets_shop_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_secrets")),
    )
    op.create_table(
        "provider_lists",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_option_id", sa.Text(), nullable=False),
        sa.Column("providers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_provider_lists_shop_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "delivery_option_id", name=op.f("pk_provider_lists")),
    )
