"""What a client's pages count by: its orders by each moment of their life, and its ledger by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_MOMENTS = {
    "limit": "tts_sla_at",
    "collected": "collected_at",
    "delivered": "delivered_at",
    "settled": "settled_at",
    "cancelled": "cancelled_at",
}


def upgrade() -> None:
    """Adds an index for each."""
    for name, column in _MOMENTS.items():
        op.create_index(
            f"ix_orders_client_{name}",
            "orders",
            ["client_id", column],
            postgresql_where=sa.text(f"{column} is not null"),
        )
    op.create_index("ix_ledger_entries_client_at", "ledger_entries", ["client_id", "at"])


def downgrade() -> None:
    """Takes them away."""
    op.drop_index("ix_ledger_entries_client_at", "ledger_entries")
    for name in _MOMENTS:
        op.drop_index(f"ix_orders_client_{name}", "orders")
