"""A client's consents that buyers' addresses go to a supplier: who gave it, when, and to which text."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import TenantOwned, belongs_to, client_of_agency


class SupplierConsent(WithPublicId, TenantOwned, WithCreatedAt, Base):
    """One consent for one supplier; a withdrawn one stays as proof. At most one is live per supplier."""

    __tablename__ = "supplier_consents"
    __table_args__ = (
        client_of_agency(),
        belongs_to("suppliers", "supplier_id"),
        Index("ix_supplier_consents_agency_id", "agency_id"),
        Index("ix_supplier_consents_client_id", "client_id"),
        Index(
            "uq_supplier_consents_live",
            "supplier_id",
            unique=True,
            postgresql_where=text("withdrawn_at is null"),
        ),
    )

    supplier_id: Mapped[int]
    text_version: Mapped[str]
    text: Mapped[str]  # as it was shown
    given_by: Mapped[str]  # an actor, such as "user:5"
    given_by_name: Mapped[str]  # whose consent it is, in words
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
