"""What the team needs from a client: a question, a document, a decision, a consent. The client reads it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithPublicId
from agency.models.tenancy import TenantOwned, belongs_to, client_of_agency, one_of

REQUEST_KINDS = ("question", "document", "decision", "consent")


class ClientRequest(WithPublicId, TenantOwned, WithCreatedAt, Base):
    """One request. `supplier_id` is set by our own rule about consents; the client's login does not see it."""

    __tablename__ = "client_requests"
    __table_args__ = (
        client_of_agency(),
        belongs_to("suppliers", "supplier_id"),
        CheckConstraint(one_of("kind", REQUEST_KINDS), name="kind"),
        Index("ix_client_requests_agency_id", "agency_id"),
        Index("ix_client_requests_client_id", "client_id"),
        Index(
            "uq_client_requests_supplier",
            "supplier_id",
            unique=True,
            postgresql_where=text("done_at is null and supplier_id is not null"),
        ),
    )

    kind: Mapped[str]
    text: Mapped[str]  # as the client reads it; empty for a consent, whose words are the program's
    asked_by: Mapped[str]
    supplier_id: Mapped[int | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(server_default="")
