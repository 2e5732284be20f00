"""The completeness meter: one row for each time that a shop was read from end to end, or could not be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithId
from agency.models.tenancy import ShopOwned, belongs_to


class ReadCycle(WithId, ShopOwned, WithCreatedAt, Base):
    """One cycle: everything updated from `since` to `until` (shop time), walked in slices that may take several turns.

    While it is open `ended_at` is null and `reached` says up to where every page is stored. `cursor` is the shop's own
    cursor when this cycle last moved it: a shop whose cursor was set elsewhere begins anew. An ended cycle is complete
    when `gaps` is empty. Counts are of orders placed from `counted_since` to `counted_until`, which end before `until`.
    """

    __tablename__ = "read_cycles"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        Index("ix_read_cycles_agency_id", "agency_id"),
        Index("ix_read_cycles_client_id", "client_id"),
        Index("ix_read_cycles_shop_id", "shop_id", "id"),
        Index("uq_read_cycles_open", "shop_id", unique=True, postgresql_where=text("ended_at is null")),
    )

    since: Mapped[datetime]
    until: Mapped[datetime]
    reached: Mapped[datetime]
    cursor: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # machine time
    pages: Mapped[int] = mapped_column(server_default="0")
    orders_read: Mapped[int] = mapped_column(server_default="0")
    orders_new: Mapped[int] = mapped_column(server_default="0")
    owed: Mapped[int] = mapped_column(server_default="0")  # counted by TikTok, gone before we came to them
    came_back: Mapped[int] = mapped_column(server_default="0")  # of those, read after their update
    second_looks: Mapped[int] = mapped_column(server_default="0")  # slices that had to be walked twice
    tries: Mapped[int] = mapped_column(server_default="0")  # turns that failed on the way
    problem: Mapped[str] = mapped_column(server_default="")  # what the last of them said
    streak: Mapped[int] = mapped_column(server_default="0")  # cycles with a gap in a row, this one included
    gaps: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    counted_since: Mapped[datetime | None]
    counted_until: Mapped[datetime | None]
    count_tiktok: Mapped[int | None]
    count_ours: Mapped[int | None]
    expected: Mapped[int] = mapped_column(
        server_default="0"
    )  # the most that TikTok has counted of this window
    expected_at: Mapped[datetime | None]  # shop time of that count
    announced: Mapped[int] = mapped_column(server_default="0")  # announced orders that TikTok does not show
    tiktok_states: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    our_states: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    our_stages: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
