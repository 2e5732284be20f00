"""Attentions: decisions that a person must take, each with a reason, a clock and one default action."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import TenantOwned, belongs_to, client_of_agency


class Attention(WithPublicId, TenantOwned, WithCreatedAt, Base):
    """One open decision. The same cause folds into one row: `cause_key` is unique while the row is open."""

    __tablename__ = "attentions"
    __table_args__ = (
        client_of_agency(),
        belongs_to("shops", "shop_id"),
        belongs_to("orders", "order_id"),
        belongs_to("suppliers", "supplier_id"),
        Index(
            "uq_attentions_open", "client_id", "kind", "cause_key", unique=True,
            postgresql_where=text("resolved_at is null"),
        ),
        Index("ix_attentions_agency_open", "agency_id", "due_at", postgresql_where=text("resolved_at is null")),
        Index("ix_attentions_client_open", "client_id", "due_at", postgresql_where=text("resolved_at is null")),
        Index("ix_attentions_order", "order_id"),
        Index("ix_attentions_agency_newest", "agency_id", "id", postgresql_where=text("resolved_at is null")),
        Index("ix_attentions_client_newest", "client_id", "id", postgresql_where=text("resolved_at is null")),
        Index(
            "ix_attentions_ticked", "client_id", "kind", "cause_key",
            postgresql_where=text("jsonb_exists(data, 'ticked')"),
        ),
    )  # fmt: skip

    shop_id: Mapped[int | None]
    order_id: Mapped[int | None]
    supplier_id: Mapped[int | None]
    kind: Mapped[str]
    cause_key: Mapped[str]
    why: Mapped[str]
    action: Mapped[str]  # the one default action, a word of the portal
    due_at: Mapped[datetime | None]  # shop time
    loss_minor: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str] = mapped_column(server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    owner: Mapped[str] = mapped_column(server_default="")  # "user:<id>" of who has it; empty = nobody
    next_check_at: Mapped[datetime | None]  # shop time until which the row is snoozed
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str] = mapped_column(server_default="")
