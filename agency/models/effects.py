"""Effects: every write to the outside that must not happen twice is a row first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.domain.effects import EffectKind, EffectState
from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import ShopOwned, belongs_to, one_of


class Effect(WithPublicId, ShopOwned, WithCreatedAt, Base):
    """One outside write with its own key. Times are machine time. Every end of an attempt is compare-and-set."""

    __tablename__ = "effects"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        belongs_to("orders", "order_id"),
        belongs_to("purchases", "purchase_id"),
        belongs_to("parcels", "parcel_id"),
        belongs_to("suppliers", "supplier_id"),
        CheckConstraint(one_of("kind", EffectKind.ALL), name="kind"),
        CheckConstraint(one_of("state", EffectState.ALL), name="state"),
        CheckConstraint("(state = 'sending') <= (sent_at is not null)", name="sending_has_sent_at"),
        UniqueConstraint("shop_id", "kind", "key"),
        Index("ix_effects_agency_state", "agency_id", "state"),
        Index("ix_effects_client_id", "client_id"),
        Index("ix_effects_order", "order_id"),
        Index(
            "ix_effects_supplier_work",
            "supplier_id",
            "shop_id",
            "next_at",
            postgresql_where=text("state in ('intended', 'sending', 'unknown')"),
        ),
        Index(
            "ix_effects_shop_work",
            "shop_id",
            "next_at",
            postgresql_where=text("state in ('intended', 'sending', 'unknown')"),
        ),
    )

    kind: Mapped[str]
    key: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="intended")
    attempts: Mapped[int] = mapped_column(server_default="0")
    order_id: Mapped[int]
    purchase_id: Mapped[int | None]
    parcel_id: Mapped[int | None]
    supplier_id: Mapped[int | None]  # null = TikTok
    payload: Mapped[dict[str, Any]] = mapped_column(
        server_default=text("'{}'::jsonb")
    )  # ids and amounts, no buyer
    answer: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    reason: Mapped[str] = mapped_column(server_default="")
    sent_at: Mapped[datetime | None]  # the last moment at which it may have gone out
    first_sent_at: Mapped[datetime | None]  # the earliest; a vendor's memory of our key counts from here
    absent_count: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    ended_at: Mapped[datetime | None]
