"""Table: parked_installations, for shops that begin in TikTok's app store and belong to nobody yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import system_only

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Creates the table; nobody but the system login may touch it, and only a seal may be replaced."""
    create_tables()
    system_only("parked_installations", "select, insert, update (sealed_code), delete")


def downgrade() -> None:
    """Drops the table; what waited there begins again in TikTok's app store."""
    op.drop_table("parked_installations")


def create_tables() -> None:
    """The table as it was at this step."""
    moment = postgresql.TIMESTAMP(timezone=True)
    op.create_table(
        "parked_installations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_code", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_installations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_parked_installations_token_hash")),
    )
    op.create_index("ix_parked_installations_expires_at", "parked_installations", ["expires_at"])
