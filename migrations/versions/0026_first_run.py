"""The first run: which client is for practice and how far it is, and when an owner has looked at its limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Adds both; every client so far is a real one, with limits that nobody has confirmed yet."""
    op.add_column("clients", sa.Column("practice", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_clients_practice"), "clients", "practice in ('', 'asked', 'connecting', 'ordered')"
    )
    op.add_column("clients", sa.Column("limits_set_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_index(
        "ix_orders_agency_client_open",
        "orders",
        ["agency_id", "client_id"],
        postgresql_where=sa.text("stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')"),
    )
    # The stage hand of a practice run looks for requests of all agencies.
    op.execute("grant select (practice, left_at) on clients to shopfleet_system")


def downgrade() -> None:
    """Takes them back."""
    op.drop_index("ix_orders_agency_client_open", table_name="orders")
    op.drop_column("clients", "limits_set_at")
    op.drop_column("clients", "practice")
