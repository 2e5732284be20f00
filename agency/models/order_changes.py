"""What the database writes down by itself: every change of an order's state, money and deadlines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from agency.domain.order_changes import PARTS
from agency.models.base import Base
from agency.models.tenancy import TenantOwned, belongs_to, one_of


class OrderChange(TenantOwned, Base):
    """One change of one row of an order, by a trigger. Append-only; hash-chained per watched row."""

    __tablename__ = "order_changes"
    __table_args__ = (
        belongs_to("orders", "order_id"),
        CheckConstraint(one_of("part", tuple(PARTS)), name="part"),
        Index("ix_order_changes_agency_id", "agency_id", "order_id"),
        Index("ix_order_changes_client_id", "client_id", "order_id"),
    )

    order_id: Mapped[int]
    part: Mapped[str] = mapped_column(primary_key=True)  # a word of domain.order_changes.PARTS
    row_key: Mapped[int] = mapped_column(primary_key=True)  # the changed row of the part's table
    number: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, 3 ... per row, without a gap
    at: Mapped[datetime]  # machine time by the database's clock
    body: Mapped[str]  # JSON of what changed, as it was hashed; the first one is whole
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]
