"""Money in: TikTok's statements, and the ledger that gives every cent of an order its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.domain.ledger import EntryKind
from agency.models.base import Base, WithCreatedAt, WithId
from agency.models.tenancy import ShopOwned, belongs_to, one_of


class Statement(WithId, ShopOwned, WithCreatedAt, Base):
    """A daily statement. `rows_minor` is what its rows add up to; a difference is shown, never rounded away."""

    __tablename__ = "statements"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        UniqueConstraint("shop_id", "statement_id"),
        Index("ix_statements_agency_id", "agency_id", "at"),
        Index("ix_statements_client_id", "client_id", "at"),
    )

    statement_id: Mapped[str]
    at: Mapped[datetime]
    currency: Mapped[str]
    settlement_minor: Mapped[int]
    rows_minor: Mapped[int | None]
    payment_status: Mapped[str]
    payment_id: Mapped[str]
    read_at: Mapped[datetime | None]


class LedgerEntry(WithId, ShopOwned, WithCreatedAt, Base):
    """One reason why money moved. `entry_key` makes the import repeatable."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("orders", "order_id"),
        CheckConstraint(one_of("kind", EntryKind.ALL), name="kind"),
        UniqueConstraint("shop_id", "entry_key"),
        Index("ix_ledger_entries_agency_id", "agency_id", "order_id"),
        Index("ix_ledger_entries_client_id", "client_id", "order_id"),
        Index("ix_ledger_entries_client_at", "client_id", "at"),
        Index("ix_ledger_entries_shop_statement", "shop_id", "statement_id"),
    )

    order_id: Mapped[int | None]
    statement_id: Mapped[str] = mapped_column(server_default="")
    entry_key: Mapped[str]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
