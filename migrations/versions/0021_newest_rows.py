"""Indexes by which a page learns at small cost that something has changed since it was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_OPEN = sa.text("resolved_at is null")
_FAILING = sa.text("failures >= 5")


def upgrade() -> None:
    """Adds them."""
    op.create_index("ix_order_events_agency_newest", "order_events", ["agency_id", "id"])
    op.create_index("ix_order_events_client_newest", "order_events", ["client_id", "agency_id", "id"])
    op.create_index("ix_orders_client_moved", "orders", ["client_id", "stage_at", "id"])
    op.create_index("ix_attentions_agency_newest", "attentions", ["agency_id", "id"], postgresql_where=_OPEN)
    op.create_index("ix_attentions_client_newest", "attentions", ["client_id", "id"], postgresql_where=_OPEN)
    op.create_index("ix_lanes_agency_failing", "lanes", ["agency_id"], postgresql_where=_FAILING)


def downgrade() -> None:
    """Takes them away."""
    op.drop_index("ix_lanes_agency_failing", "lanes")
    op.drop_index("ix_attentions_client_newest", "attentions")
    op.drop_index("ix_attentions_agency_newest", "attentions")
    op.drop_index("ix_orders_client_moved", "orders")
    op.drop_index("ix_order_events_client_newest", "order_events")
    op.drop_index("ix_order_events_agency_newest", "order_events")
