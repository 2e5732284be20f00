"""What the order list is searched by: numbers from their end, orders of a shop by age, answered approvals.

Under row-level security an index serves only comparisons that cannot leak, and patterns are not among them. A number
that is known by its last digits is therefore kept turned round, where the end is a beginning that < and >= can find.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

TURNED = (
    ("orders", "tiktok_order_id"),
    ("parcels", "tracking_number"),
    ("purchases", "supplier_order_id"),
)
ANSWERS = sa.text("kind in ('approved', 'declined')")


def upgrade() -> None:
    """Adds the turned numbers with an index each, and two indexes for lists."""
    for table, number in TURNED:
        turned = sa.Computed(f"reverse({number})", persisted=True)
        op.add_column(table, sa.Column("number_turned", sa.Text(collation="C"), turned))
        op.create_index(f"ix_{table}_agency_turned", table, ["agency_id", "number_turned"])
    op.create_index("ix_orders_shop_placed", "orders", ["shop_id", "placed_at", "id"])
    columns = ["agency_id", "at", "id"]
    op.create_index("ix_order_events_agency_answers", "order_events", columns, postgresql_where=ANSWERS)


def downgrade() -> None:
    """Takes them away."""
    op.drop_index("ix_order_events_agency_answers", "order_events")
    op.drop_index("ix_orders_shop_placed", "orders")
    for table, _number in TURNED:
        op.drop_index(f"ix_{table}_agency_turned", table)
        op.drop_column(table, "number_turned")
