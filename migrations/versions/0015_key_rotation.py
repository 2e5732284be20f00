"""Data keys say which master key wrapped them; rotations and destroyed keys leave a mark."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

_MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Adds the columns. The system login may begin a rotation, and sees no more than before."""
    op.add_column("client_keys", sa.Column("master_key_id", sa.Text(), server_default="", nullable=False))
    op.add_column("clients", sa.Column("keys_shredded_at", _MOMENT, nullable=True))
    op.add_column("agencies", sa.Column("keys_rotating_since", _MOMENT, nullable=True))
    op.execute("grant update (keys_rotating_since) on agencies to shopfleet_system")


def downgrade() -> None:
    """Takes them away. Keys wrapped since bind their version too, so that the former program cannot open them."""
    op.drop_column("agencies", "keys_rotating_since")
    op.drop_column("clients", "keys_shredded_at")
    op.drop_column("client_keys", "master_key_id")
