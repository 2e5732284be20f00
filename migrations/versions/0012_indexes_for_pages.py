"""Two indexes that pages asked for at 100,000 orders: the counts per stage, and the search by seller sku."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds them."""
    op.create_index("ix_orders_agency_shop_stage", "orders", ["agency_id", "shop_id", "stage"])
    op.create_index("ix_order_lines_agency_seller_sku", "order_lines", ["agency_id", "seller_sku"])


def downgrade() -> None:
    """Takes them away."""
    op.drop_index("ix_order_lines_agency_seller_sku", "order_lines")
    op.drop_index("ix_orders_agency_shop_stage", "orders")
