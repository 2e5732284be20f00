"""After a restore: what the backup cannot know, and what waits in each shop until it was found out (ADR 41).

recover -> the shop is read again and its counts agree -> nothing of before can be on its way any more
    -> every supplier's own list is compared -> the shop buys again

Machine times, but for the gap itself, which is held against the times of orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.effects import read_quarantine
from agency.domain.purchasing import finds_by_reference
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.accounts import Agency
from agency.models.catalog import Supplier
from agency.models.orders import Order
from agency.models.shops import Shop
from agency.services.attention import Cause, close_attention, open_attention

LISTED_KINDS = ("rest", "cj")  # suppliers that can be asked for a list of their orders
_ASKED = text(
    """
    select exists (select from purchases where order_id = :order_id and supplier_id = :supplier_id
      and jsonb_exists(decision, 'restored'))
    """
)


@dataclass(frozen=True)
class Gap:
    """The span of shop time that the database forgot."""

    since: datetime
    until: datetime

    @property
    def words(self) -> dict[str, str]:
        """Both ends as a sentence names them."""
        return {"since": f"{self.since:%d %b %H:%M}", "until": f"{self.until:%d %b %H:%M}"}


def find_gap(session: Session, agency_id: int) -> Gap | None:
    """The span that the agency's last restored backup knows nothing of; None when there never was one."""
    agency = session.get_one(Agency, agency_id)
    if agency.restored_since is None or agency.restored_until is None:
        return None
    return Gap(agency.restored_since, agency.restored_until)


def gap_of_order(session: Session, order: Order, supplier: Supplier) -> Gap | None:
    """The gap in which the order may have been bought at a supplier who finds nothing by reference.

    None when the order is younger, when the supplier can be asked, and once a person was asked about it.
    """
    gap = find_gap(session, order.agency_id)
    if gap is None or order.placed_at >= gap.until or finds_by_reference(supplier.kind, supplier.settings):
        return None
    asked = {"order_id": order.id, "supplier_id": supplier.id}
    return None if session.scalar(_ASKED, asked) else gap


def say_waiting(scope: Scope, session: Session, shop: Shop, gap: Gap) -> None:
    """Opens the row that says why nothing is bought for the shop; it closes by itself."""
    why = said(
        "The database was restored and knows nothing of {since} to {until} UTC. {shop} is read again, and every "
        "supplier's list is compared as soon as nothing of before can be on its way there any more; until then "
        "nothing is bought for it.",
        shop=shop.name,
        **gap.words,
    )
    cause = Cause(shop.client_id, "catching_up", f"shop:{shop.id}", why, "look", shop_id=shop.id)
    open_attention(scope, session, cause)


def note_reread(scope: Scope, session: Session, shop: Shop) -> None:
    """The shop was read completely and its counts agree: its suppliers' lists are compared as soon as they prove it.

    Called at each such reading until the shop has caught up, so that no lost wake-up leaves it waiting.
    """
    if shop.restored_at is None:
        return
    if shop.reread_at is None:
        shop.reread_at = machine_now()
        make_due(session, api="ship", shop_id=shop.id)
    session.flush()
    for supplier in _listed_suppliers(session, shop.client_id):
        if not _is_proved(shop, supplier):
            make_due(session, api="tracking", supplier_id=supplier.id, at=_proves_from(shop, supplier))
    release_shops(scope, session, shop.client_id)


def wants_list(session: Session, supplier: Supplier, asked_at: datetime) -> bool:
    """True while a shop of the client waits for this supplier's list, and one asked for at `asked_at` proves it."""
    return any(
        not _is_proved(shop, supplier) and asked_at >= _proves_from(shop, supplier)
        for shop in _reread_shops(session, supplier.client_id)
    )


def note_relisted(scope: Scope, session: Session, supplier: Supplier, asked_at: datetime) -> None:
    """The supplier's list, asked for at `asked_at`, was compared: shops that waited for it alone buy again."""
    supplier.relisted_at = asked_at
    session.flush()
    release_shops(scope, session, supplier.client_id)


def release_shops(scope: Scope, session: Session, client_id: int) -> None:
    """Lets those shops of a client buy again that were read and whose suppliers' lists prove what was sent."""
    suppliers = _listed_suppliers(session, client_id)
    released = [
        shop
        for shop in _reread_shops(session, client_id)
        if all(_is_proved(shop, supplier) for supplier in suppliers)
    ]
    for shop in released:
        shop.restored_at = shop.reread_at = None
        make_due(session, api="plan", shop_id=shop.id)
        close_attention(scope, session, client_id, "catching_up", f"shop:{shop.id}")
    session.flush()
    if released:
        for supplier_id in session.scalars(select(Supplier.id).where(Supplier.client_id == client_id)):
            make_due(session, api="purchase", supplier_id=supplier_id)


def _proves_from(shop: Shop, supplier: Supplier) -> datetime:
    """From when on the supplier's list shows all that was sent for the shop before the restore (machine time).

    What was on its way when the old database ended is in no backup, and arrives within the quarantine.
    """
    assert shop.restored_at is not None  # noqa: S101 - a shop that was read again waits
    assert shop.reread_at is not None  # noqa: S101
    return max(shop.reread_at, shop.restored_at + read_quarantine(supplier.settings))


def _is_proved(shop: Shop, supplier: Supplier) -> bool:
    return supplier.relisted_at is not None and supplier.relisted_at >= _proves_from(shop, supplier)


def _listed_suppliers(session: Session, client_id: int) -> Sequence[Supplier]:
    query = select(Supplier).where(Supplier.client_id == client_id, Supplier.kind.in_(LISTED_KINDS))
    return session.scalars(query.order_by(Supplier.id).execution_options(populate_existing=True)).all()


def _reread_shops(session: Session, client_id: int) -> Sequence[Shop]:
    query = select(Shop).where(Shop.client_id == client_id, Shop.reread_at.is_not(None))
    return session.scalars(query.order_by(Shop.id).execution_options(populate_existing=True)).all()
