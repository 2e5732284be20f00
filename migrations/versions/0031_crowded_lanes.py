"""Lanes know whether they are crowded, and a supplier's open effects are found by shop: one flood, many shops."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

_OPEN = sa.text("state in ('intended', 'sending', 'unknown')")


def upgrade() -> None:
    """No lane is crowded before its next turn says so."""
    op.add_column("lanes", sa.Column("crowded", sa.Boolean(), server_default="false", nullable=False))
    op.execute("grant update (crowded) on lanes to shopfleet_system")
    _index_supplier_work(["supplier_id", "shop_id", "next_at"])


def downgrade() -> None:
    """Takes both back."""
    _index_supplier_work(["supplier_id", "next_at"])
    op.drop_column("lanes", "crowded")


def _index_supplier_work(columns: list[str]) -> None:
    op.drop_index("ix_effects_supplier_work", "effects")
    op.create_index("ix_effects_supplier_work", "effects", columns, postgresql_where=_OPEN)
