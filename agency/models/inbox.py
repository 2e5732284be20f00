"""Webhooks as they came in: kept first, worked on later, never lost, never handled twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithId
from agency.models.tenancy import TenantOwned, belongs_to


class InboxItem(WithId, TenantOwned, WithCreatedAt, Base):
    """A verified notification of a known shop or supplier. It is a hint: the order is always read again."""

    __tablename__ = "inbox_items"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("suppliers", "supplier_id"),
        CheckConstraint("num_nonnulls(shop_id, supplier_id) = 1", name="one_subject"),
        UniqueConstraint("shop_id", "notification_id"),
        UniqueConstraint("supplier_id", "notification_id"),
        Index("ix_inbox_items_agency_id", "agency_id"),
        Index("ix_inbox_items_client_id", "client_id"),
        Index(
            "ix_inbox_items_agency_trouble",
            "agency_id",
            "created_at",
            postgresql_where=text("handled_at is null or outcome in ('unreadable', 'signature wrong')"),
        ),
        Index("ix_inbox_items_shop_open", "shop_id", "id", postgresql_where=text("handled_at is null")),
        Index(
            "ix_inbox_items_supplier_open", "supplier_id", "id", postgresql_where=text("handled_at is null")
        ),
    )

    shop_id: Mapped[int | None]
    supplier_id: Mapped[int | None]
    notification_id: Mapped[str]
    kind: Mapped[str]
    order_ref: Mapped[str] = mapped_column(server_default="")  # TikTok order id, or our purchase reference
    payload: Mapped[dict[str, Any]]
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(server_default="")
    retry_at: Mapped[datetime | None]  # machine time before which nobody asks for its order again
    tries: Mapped[int] = mapped_column(server_default="0")  # how often its order was asked for and not shown


class InboxStray(WithId, WithCreatedAt, Base):
    """A verified notification for a shop that we do not know (yet). Only the system login writes and reads here."""

    __tablename__ = "inbox_strays"
    __table_args__ = (UniqueConstraint("source", "notification_id"),)

    source: Mapped[str]
    subject: Mapped[str]
    notification_id: Mapped[str]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
