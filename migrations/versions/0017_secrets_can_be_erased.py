"""The team's login may delete sealed keys and ciphers: a client that leaves takes them along."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"

_TABLES = "supplier_secrets, shop_secrets"


def upgrade() -> None:
    """Grants it; the policies of the tables hold for deletes already."""
    op.execute(f"grant delete on {_TABLES} to shopfleet_staff")


def downgrade() -> None:
    """Takes it back."""
    op.execute(f"revoke delete on {_TABLES} from shopfleet_staff")
