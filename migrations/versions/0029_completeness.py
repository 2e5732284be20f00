"""The completeness meter: cycles of reading, notifications that wait for their order, figures for a monitor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import protect, system_only

revision = "0029"
down_revision = "0028"

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_NUMBERS = (
    "pages",
    "orders_read",
    "orders_new",
    "owed",
    "came_back",
    "second_looks",
    "tries",
    "streak",
    "expected",
    "announced",
)


def upgrade() -> None:
    """Creates the tables and the columns."""
    _create_cycles()
    protect("read_cycles", staff="select, insert, update, delete")
    op.add_column("inbox_items", sa.Column("retry_at", _MOMENT, nullable=True))
    op.add_column("inbox_items", sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False))
    _create_gauges()
    system_only("gauges", "select, insert, update, delete")


def downgrade() -> None:
    """Takes everything back."""
    op.drop_table("gauges")
    op.drop_column("inbox_items", "tries")
    op.drop_column("inbox_items", "retry_at")
    op.drop_table("read_cycles")


def _create_gauges() -> None:
    op.create_table(
        "gauges",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", "label", name=op.f("pk_gauges")),
    )


def _create_cycles() -> None:
    empty = {"server_default": sa.text("'{}'::jsonb"), "nullable": False}
    op.create_table(
        "read_cycles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("agency_id", "client_id", "shop_id")),
        *(sa.Column(name, _MOMENT, nullable=False) for name in ("since", "until", "reached")),
        *(sa.Column(name, _MOMENT, nullable=True) for name in ("cursor", "ended_at")),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in _NUMBERS),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "gaps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        *(sa.Column(name, _MOMENT, nullable=True) for name in ("counted_since", "counted_until")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("count_tiktok", "count_ours")),
        sa.Column("expected_at", _MOMENT, nullable=True),
        *(
            sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), **empty)
            for name in ("tiktok_states", "our_states", "our_stages")
        ),
        sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "client_id", "agency_id"],
            ["shops.id", "shops.client_id", "shops.agency_id"],
            name=op.f("fk_read_cycles_shop_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_cycles")),
    )
    op.create_index("ix_read_cycles_agency_id", "read_cycles", ["agency_id"])
    op.create_index("ix_read_cycles_client_id", "read_cycles", ["client_id"])
    op.create_index("ix_read_cycles_shop_id", "read_cycles", ["shop_id", "id"])
    op.create_index(
        "uq_read_cycles_open",
        "read_cycles",
        ["shop_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
