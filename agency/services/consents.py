"""Consents of clients that a supplier gets buyers' addresses: recorded, withdrawn, and asked for before buying.

The planner asks before it plans, the purchase lane once more right before it sends, and a person's claim as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.consents import MISSING, TEXT_VERSION, consent_text, missing_sentence, needs_consent
from agency.domain.errors import Conflict, Invalid
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Supplier
from agency.models.clients import Client
from agency.models.consents import SupplierConsent
from agency.models.purchasing import Purchase
from agency.services.audit import Act, record_act
from agency.services.blocked import plan_blocked_again
from agency.services.client_requests import ask_for_consent, close_consent_request
from agency.services.client_status import require_present
from agency.services.public_ids import as_public_id
from agency.services.purchase_outcomes import release
from agency.services.visibility import get_visible

LONGEST_NAME = 120


@dataclass(frozen=True)
class ConsentRow:
    """One consent, as people read it; times are machine time."""

    given_by_name: str
    given_at: datetime
    text_version: str
    text: str
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class SupplierConsents:
    """How it stands at one supplier. `needed` False: it gets no addresses. `text` is what would be agreed to now."""

    needed: bool
    text: str
    live: ConsentRow | None
    former: tuple[ConsentRow, ...]


def get_consents(scope: Scope, session: Session, supplier_public_id: str) -> SupplierConsents:
    """The consents for a supplier, the newest first. Raises NotFound."""
    supplier = _get_supplier(scope, session, supplier_public_id)
    client = session.get_one(Client, supplier.client_id)
    query = select(SupplierConsent).where(SupplierConsent.supplier_id == supplier.id)
    rows = [_row(consent) for consent in session.scalars(query.order_by(SupplierConsent.id.desc()))]
    return SupplierConsents(
        needed=needs_consent(supplier.kind),
        text=consent_text(client.name, supplier.name),
        live=next((row for row in rows if row.withdrawn_at is None), None),
        former=tuple(row for row in rows if row.withdrawn_at is not None),
    )


def record_consent(
    scope: Scope, session: Session, supplier_public_id: str, given_by_name: str, now: datetime
) -> None:
    """Writes down that a person of the client agreed; orders that waited for it are planned again. `now`: shop time.

    An owner of the agency records it, since client members only read. Raises Forbidden, NotFound, Invalid, Conflict.
    """
    scope.require_owner()
    name = " ".join(given_by_name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("given_by_name", "Write the name of the client's person who agreed.")
    supplier = _get_supplier(scope, session, supplier_public_id)
    client = session.get_one(Client, supplier.client_id)
    if not needs_consent(supplier.kind):
        raise Conflict(
            said("{supplier} gets no buyer's address, so it needs no consent.", supplier=supplier.name)
        )
    require_present(client)
    session.refresh(supplier, with_for_update=True)
    if has_consent(session, supplier.id):
        raise Conflict(said("{client} has agreed already; withdraw that consent first.", client=client.name))
    consent = SupplierConsent(
        agency_id=supplier.agency_id,
        client_id=supplier.client_id,
        supplier_id=supplier.id,
        text_version=TEXT_VERSION,
        text=consent_text(client.name, supplier.name),
        given_by=scope.actor,
        given_by_name=name,
        given_at=machine_now(),
    )
    session.add(consent)
    session.flush()
    close_consent_request(scope, session, supplier.id)
    _record(scope, session, Act("consent.recorded"), supplier)
    plan_blocked_again(scope, session, (MISSING,), now, client_id=client.id)


def withdraw_consent(scope: Scope, session: Session, supplier_public_id: str, now: datetime) -> None:
    """Ends the live consent: purchases that were not sent yet are let go, new ones wait. `now` is shop time.

    Raises Forbidden, NotFound, and Conflict when there is none.
    """
    scope.require_write()
    supplier = _get_supplier(scope, session, supplier_public_id)
    ended = session.execute(
        update(SupplierConsent)
        .where(SupplierConsent.supplier_id == supplier.id, SupplierConsent.withdrawn_at.is_(None))
        .values(withdrawn_at=machine_now(), withdrawn_by=scope.actor)
        .execution_options(synchronize_session=False)
    )
    if not ended.rowcount:  # type: ignore[attr-defined]
        raise Conflict(said("There is no consent for {supplier} to withdraw.", supplier=supplier.name))
    waiting = select(Purchase).where(
        Purchase.supplier_id == supplier.id,
        Purchase.state == PurchaseState.READY,
        (Purchase.claimed_until.is_(None)) | (Purchase.claimed_until < machine_now()),
    )
    for purchase in list(session.scalars(waiting)):
        release(scope, session, purchase, said("the client withdrew the consent"), now)
    ask_for_consent(session, supplier)
    _record(scope, session, Act("consent.withdrawn"), supplier)


def has_consent(session: Session, supplier_id: int) -> bool:
    """True while a consent for this supplier is live."""
    query = select(SupplierConsent.id).where(
        SupplierConsent.supplier_id == supplier_id, SupplierConsent.withdrawn_at.is_(None)
    )
    return session.scalar(query.limit(1)) is not None


def require_consent(session: Session, supplier: Supplier) -> None:
    """Raises Conflict, with the remedy, when this supplier may not be told a buyer's address."""
    if needs_consent(supplier.kind) and not has_consent(session, supplier.id):
        raise Conflict(missing_sentence(session.get_one(Client, supplier.client_id).name, supplier.name))


def _get_supplier(scope: Scope, session: Session, public_id: str) -> Supplier:
    wanted = as_public_id(public_id, "Supplier")
    return get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)


def _row(consent: SupplierConsent) -> ConsentRow:
    return ConsentRow(
        consent.given_by_name, consent.given_at, consent.text_version, consent.text, consent.withdrawn_at
    )


def _record(scope: Scope, session: Session, act: Act, supplier: Supplier) -> None:
    about = replace(
        act,
        object_kind="supplier",
        object_id=str(supplier.public_id),
        client_id=supplier.client_id,
        details={"text_version": TEXT_VERSION},
    )
    record_act(scope, session, about)
