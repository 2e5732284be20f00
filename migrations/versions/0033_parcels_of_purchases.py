"""The parcels of a purchase are found by an index: the suppliers' page asks for the first scan of each of thousands."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Adds the index."""
    op.create_index("ix_parcels_purchase_id", "parcels", ["purchase_id"])


def downgrade() -> None:
    """Takes it away."""
    op.drop_index("ix_parcels_purchase_id", "parcels")
