"""When a shop was connected (older orders may be bought already), and when a supplier's list was last compared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Unknown for shops and suppliers that are there already."""
    op.add_column("shops", sa.Column("connected_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("suppliers", sa.Column("reconciled_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.execute("grant select (connected_at) on shops to shopfleet_portal")


def downgrade() -> None:
    """Forgets the moments."""
    op.drop_column("suppliers", "reconciled_at")
    op.drop_column("shops", "connected_at")
