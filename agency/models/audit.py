"""The audit log: who did what to which thing, append-only, hash-chained per agency."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithId
from agency.models.tenancy import client_of_agency


class AuditEntry(WithId, Base):
    """One act. `details` holds names of fields and public ids, never a buyer's data, a secret or a typed value."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        client_of_agency(),
        UniqueConstraint("agency_id", "number"),
        Index("ix_audit_entries_agency_at", "agency_id", "at"),
    )

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    number: Mapped[int]  # 1, 2, 3 ... per agency, without a gap
    at: Mapped[datetime]  # machine time
    actor: Mapped[str]  # "user:<id>", "token:<public id>", "rule:<name>", "worker:<api>"
    action: Mapped[str]  # "member.invited"
    client_id: Mapped[int | None]
    object_kind: Mapped[str]
    object_id: Mapped[str]  # a public id
    details: Mapped[dict[str, Any]]
    address: Mapped[str]  # where the request came from
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]
