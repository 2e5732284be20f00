"""Lanes (unit of fairness, rate limit and mutual exclusion), the heartbeats of the processes that serve
them, and the figures that an outside monitor may have.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Double, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithId
from agency.models.tenancy import TenantOwned, belongs_to, client_of_agency, one_of

LANE_APIS = ("auth", "orders", "plan", "ship", "finance", "sweep", "purchase", "tracking")


class Lane(WithId, TenantOwned, Base):
    """(shop, supplier or authorisation) x outside API. All times machine time.

    `due_at` null = asleep. Claimed by the dispatcher while `lease_until` lies ahead; `fence` rises at every hand-over,
    so a late or doubled bell does nothing.
    """

    __tablename__ = "lanes"
    __table_args__ = (
        client_of_agency(),
        belongs_to("shops", "shop_id"),
        belongs_to("suppliers", "supplier_id"),
        belongs_to("authorizations", "authorization_id"),
        CheckConstraint(one_of("api", LANE_APIS), name="api"),
        CheckConstraint("num_nonnulls(shop_id, supplier_id, authorization_id) = 1", name="one_subject"),
        Index("uq_lanes_shop", "shop_id", "api", unique=True, postgresql_where=text("shop_id is not null")),
        Index(
            "uq_lanes_supplier",
            "supplier_id",
            "api",
            unique=True,
            postgresql_where=text("supplier_id is not null"),
        ),
        Index(
            "uq_lanes_authorization",
            "authorization_id",
            "api",
            unique=True,
            postgresql_where=text("authorization_id is not null"),
        ),
        Index("ix_lanes_agency_id", "agency_id"),
        Index("ix_lanes_client_id", "client_id"),
        Index("ix_lanes_agency_failing", "agency_id", postgresql_where=text("failures >= 5")),
        Index("ix_lanes_due", "due_at", postgresql_where=text("lease_until is null and due_at is not null")),
        Index("ix_lanes_lease", "lease_until", postgresql_where=text("lease_until is not null")),
    )

    shop_id: Mapped[int | None]
    supplier_id: Mapped[int | None]
    authorization_id: Mapped[int | None]
    api: Mapped[str]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")  # in a row; drives the back-off
    crowded: Mapped[bool] = mapped_column(
        server_default="false"
    )  # its last turn left work behind or had much
    lost_bells: Mapped[int] = mapped_column(server_default="0")  # leases that ran out without a word
    turns: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str] = mapped_column(server_default="")
    last_turn_at: Mapped[datetime | None]


class Heartbeat(Base):
    """A process that is alive. RQ's own registry is lost with Redis, so health is a row here."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Gauge(Base):
    """A figure of the whole installation for an outside monitor: counts and ages only, never whose they are."""

    __tablename__ = "gauges"

    name: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)  # a state, stage or kind; "" = none
    value: Mapped[float] = mapped_column(Double())
    at: Mapped[datetime]
