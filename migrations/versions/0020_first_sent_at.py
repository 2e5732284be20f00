"""When a write was first sent: a vendor's memory of our key counts from there, not from the last attempt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """What was sent already was first sent no earlier than it was intended."""
    op.add_column("effects", sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("update effects set first_sent_at = created_at where sent_at is not null")


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("effects", "first_sent_at")
