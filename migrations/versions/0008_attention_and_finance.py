"""Tables: attentions, statements, ledger_entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import protect

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Creates the tables, then their policies and grants."""
    create_tables()
    protect("attentions")
    protect("statements", portal=True)
    protect("ledger_entries", staff="select, insert", portal=True)


def downgrade() -> None:
    """Drops the tables; their rows are gone with them."""
    for table in ("ledger_entries", "statements", "attentions"):
        op.drop_table(table)


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_table(
        "attentions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause_key", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("loss_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("next_check_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_attentions_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_attentions_order_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_attentions_shop_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_attentions_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attentions")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attentions_public_id")),
    )
    op.create_index(
        "ix_attentions_agency_open",
        "attentions",
        ["agency_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("resolved_at is null"),
    )
    op.create_index(
        "ix_attentions_client_open",
        "attentions",
        ["client_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("resolved_at is null"),
    )
    op.create_index("ix_attentions_order", "attentions", ["order_id"], unique=False)
    op.create_index(
        "uq_attentions_open",
        "attentions",
        ["client_id", "kind", "cause_key"],
        unique=True,
        postgresql_where=sa.text("resolved_at is null"),
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("settlement_minor", sa.BigInteger(), nullable=False),
        sa.Column("rows_minor", sa.BigInteger(), nullable=True),
        sa.Column("payment_status", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_statements_shop_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("shop_id", "statement_id", name=op.f("uq_statements_shop_id_statement_id")),
    )
    op.create_index("ix_statements_agency_id", "statements", ["agency_id", "at"], unique=False)
    op.create_index("ix_statements_client_id", "statements", ["client_id", "at"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("statement_id", sa.Text(), server_default="", nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "kind in ('revenue', 'referral_fee', 'affiliate_commission', 'other_fee', 'shipping', 'adjustment', 'supplier_goods', 'supplier_refund')",  # noqa: E501
            name=op.f("ck_ledger_entries_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_ledger_entries_order_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_ledger_entries_shop_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("shop_id", "entry_key", name=op.f("uq_ledger_entries_shop_id_entry_key")),
    )
    op.create_index("ix_ledger_entries_agency_id", "ledger_entries", ["agency_id", "order_id"], unique=False)
    op.create_index("ix_ledger_entries_client_id", "ledger_entries", ["client_id", "order_id"], unique=False)
    op.create_index(
        "ix_ledger_entries_shop_statement", "ledger_entries", ["shop_id", "statement_id"], unique=False
    )
