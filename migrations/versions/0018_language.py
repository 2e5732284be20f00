"""A person's own choice of language; empty follows the browser."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Adds it; everybody follows the browser until they choose."""
    op.add_column("users", sa.Column("language", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("users", "language")
