"""Tables: lanes, heartbeats, inbox_items, inbox_strays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import open_to_system, protect, system_only

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Creates the tables, then their policies and grants."""
    create_tables()
    protect("lanes")
    open_to_system(
        "lanes",
        ["select", "update (due_at, lease_until, fence, failures, lost_bells, turns, problem, last_turn_at)"],
    )
    system_only("heartbeats", "select, insert, update, delete")
    protect("inbox_items", staff="select, update")
    open_to_system("inbox_items", ["select (id, shop_id, supplier_id, notification_id)", "insert"])
    system_only("inbox_strays", "select, insert")


def downgrade() -> None:
    """Drops the tables; their rows are gone with them."""
    for table in ("inbox_strays", "inbox_items", "heartbeats", "lanes"):
        op.drop_table(table)


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_table(
        "lanes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("authorization_id", sa.BigInteger(), nullable=True),
        sa.Column("api", sa.Text(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lost_bells", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("turns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("last_turn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "api in ('auth', 'orders', 'plan', 'ship', 'finance', 'sweep', 'purchase', 'tracking')",
            name=op.f("ck_lanes_api"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(shop_id, supplier_id, authorization_id) = 1", name=op.f("ck_lanes_one_subject")
        ),
        sa.ForeignKeyConstraint(
            ["authorization_id", "client_id", "agency_id"],
            ["authorizations.id", "authorizations.client_id", "authorizations.agency_id"],
            name=op.f("fk_lanes_authorization_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_lanes_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_lanes_shop_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_lanes_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lanes")),
    )
    op.create_index("ix_lanes_agency_id", "lanes", ["agency_id"], unique=False)
    op.create_index("ix_lanes_client_id", "lanes", ["client_id"], unique=False)
    op.create_index(
        "ix_lanes_due",
        "lanes",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("lease_until is null and due_at is not null"),
    )
    op.create_index(
        "ix_lanes_lease",
        "lanes",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("lease_until is not null"),
    )
    op.create_index(
        "uq_lanes_authorization",
        "lanes",
        ["authorization_id", "api"],
        unique=True,
        postgresql_where=sa.text("authorization_id is not null"),
    )
    op.create_index(
        "uq_lanes_shop",
        "lanes",
        ["shop_id", "api"],
        unique=True,
        postgresql_where=sa.text("shop_id is not null"),
    )
    op.create_index(
        "uq_lanes_supplier",
        "lanes",
        ["supplier_id", "api"],
        unique=True,
        postgresql_where=sa.text("supplier_id is not null"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "inbox_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("notification_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("handled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("num_nonnulls(shop_id, supplier_id) = 1", name=op.f("ck_inbox_items_one_subject")),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_inbox_items_shop_id_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_inbox_items_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_items")),
        sa.UniqueConstraint(
            "shop_id", "notification_id", name=op.f("uq_inbox_items_shop_id_notification_id")
        ),
        sa.UniqueConstraint(
            "supplier_id", "notification_id", name=op.f("uq_inbox_items_supplier_id_notification_id")
        ),
    )
    op.create_index("ix_inbox_items_agency_id", "inbox_items", ["agency_id"], unique=False)
    op.create_index("ix_inbox_items_client_id", "inbox_items", ["client_id"], unique=False)
    op.create_index(
        "ix_inbox_items_shop_open",
        "inbox_items",
        ["shop_id", "id"],
        unique=False,
        postgresql_where=sa.text("handled_at is null"),
    )
    op.create_index(
        "ix_inbox_items_supplier_open",
        "inbox_items",
        ["supplier_id", "id"],
        unique=False,
        postgresql_where=sa.text("handled_at is null"),
    )
    op.create_table(
        "inbox_strays",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("notification_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_strays")),
        sa.UniqueConstraint("source", "notification_id", name=op.f("uq_inbox_strays_source_notification_id")),
    )
