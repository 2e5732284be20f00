"""Somebody asked for a fresh quote of an item, and why buying at a supplier was stopped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Adds both; nobody asked yet, and former stops have no reason."""
    op.add_column("supplier_items", sa.Column("quote_wanted_at", sa.DateTime(timezone=True)))
    op.add_column("suppliers", sa.Column("buying_stopped_why", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Takes them back."""
    op.drop_column("suppliers", "buying_stopped_why")
    op.drop_column("supplier_items", "quote_wanted_at")
