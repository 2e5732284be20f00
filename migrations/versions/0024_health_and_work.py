"""What the pages Health and Work read: two covering indexes, one for stuck webhooks, and since when a shop is over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"

_OURS = "fulfillment_type = 'FULFILLMENT_BY_SELLER' and shipping_type = 'SELLER'"

# As `case`, since row-level security keeps a condition on `coalesce` away from an index.
_LIMIT = "case when tts_sla_at is null then rts_sla_at else tts_sla_at end"


def upgrade() -> None:
    """Adds them."""
    op.add_column("shops", sa.Column("over_limit_since", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_index(
        "ix_orders_agency_dispatch",
        "orders",
        ["agency_id", "shop_id", sa.text(f"({_LIMIT})")],
        postgresql_where=sa.text(_OURS),
        postgresql_include=[
            "client_id", "tts_sla_at", "rts_sla_at", "collected_at", "cancelled_at", "cancelled_by",
            "delivered_at", "delivery_sla_at",
        ],
    )  # fmt: skip
    op.create_index(
        "ix_parcels_agency_pushed",
        "parcels",
        ["agency_id", "shop_id", "pushed_at"],
        postgresql_where=sa.text("pushed_at is not null"),
        postgresql_include=["client_id", "state", "first_scan_at", "delivered_at"],
    )
    op.create_index(
        "ix_inbox_items_agency_trouble",
        "inbox_items",
        ["agency_id", "created_at"],
        postgresql_where=sa.text("handled_at is null or outcome in ('unreadable', 'signature wrong')"),
    )


def downgrade() -> None:
    """Takes them away."""
    op.drop_index("ix_inbox_items_agency_trouble", "inbox_items")
    op.drop_index("ix_parcels_agency_pushed", "parcels")
    op.drop_index("ix_orders_agency_dispatch", "orders")
    op.drop_column("shops", "over_limit_since")
