"""Table saved_views, and an index by which a decision that a person ticked off is found again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import protect

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Creates them, then policy and grants; no grant for the clients' login."""
    create_tables()
    protect("saved_views", staff="select, insert, update, delete")
    op.create_index(
        "ix_attentions_ticked",
        "attentions",
        ["client_id", "kind", "cause_key"],
        postgresql_where=sa.text("jsonb_exists(data, 'ticked')"),
    )


def downgrade() -> None:
    """Drops both; people's views are gone with the table."""
    op.drop_index("ix_attentions_ticked", "attentions")
    op.drop_table("saved_views")


def create_tables() -> None:
    """The table as it was at this step."""
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_start", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_saved_views_agency_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint(
            "agency_id", "user_id", "name", name=op.f("uq_saved_views_agency_id_user_id_name")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_saved_views_public_id")),
    )
    op.create_index(
        "uq_saved_views_start",
        "saved_views",
        ["agency_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("is_start"),
    )
