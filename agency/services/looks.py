"""Looks: when a supplier is asked about a purchase whose tracking is awaited.

Each awaited purchase has its own next look (purchases.next_at, machine time). With thousands of them a round over all
would never reach the last, and would leave the account no calls for buying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.purchasing import SupplierEvent


@dataclass(frozen=True)
class Awaited:
    """A purchase whose tracking is awaited."""

    purchase_id: int
    supplier_order_id: str


_WAITS = """p.supplier_id = :supplier_id and p.supplier_order_id <> ''
      and (p.state in ('paid', 'review') or (p.state = 'shipped' and exists (
        select 1 from parcels pc where pc.purchase_id = p.id and pc.state in ('blocked', 'refused'))))"""
_AWAITED = text(
    f"""
    select p.id, p.supplier_order_id from purchases p where {_WAITS} and p.next_at <= now()
    order by p.next_at, p.id limit :limit
    """  # noqa: S608
)
_FIRST_LOOK = text(f"update purchases p set next_at = :at where {_WAITS} and p.next_at is null")  # noqa: S608
_NEXT_LOOK = text(f"select min(p.next_at) from purchases p where {_WAITS}")  # noqa: S608
_LOOK_NOW = text(
    """
    update purchases set next_at = now()
    where supplier_id = :supplier_id and supplier_order_id <> ''
      and (supplier_order_id = :supplier_order_id or reference = :reference)
    """
)


def list_awaited(session: Session, supplier_id: int, limit: int) -> list[Awaited]:
    """Purchases to ask the supplier about now, the longest waiting first."""
    rows = session.execute(_AWAITED, {"supplier_id": supplier_id, "limit": limit})
    return [Awaited(row.id, row.supplier_order_id) for row in rows]


def plan_first_looks(session: Session, supplier_id: int, at: datetime) -> None:
    """Purchases that nobody has asked about yet are asked about at `at`: no supplier ships at once."""
    session.execute(_FIRST_LOOK, {"supplier_id": supplier_id, "at": at})


def plan_next_looks(session: Session, purchase_ids: Sequence[int], at: datetime) -> None:
    """These were asked about; the next look is at `at`."""
    query = text("update purchases set next_at = :at where id = any(:ids)")
    session.execute(query, {"ids": list(purchase_ids), "at": at})


def look_now(session: Session, supplier_id: int, event: SupplierEvent) -> None:
    """The supplier rang about an order: it is asked about at once."""
    about = {
        "supplier_order_id": event.supplier_order_id or None,
        "reference": event.reference or None,
    }
    session.execute(_LOOK_NOW, {"supplier_id": supplier_id, **about})


def next_look(session: Session, supplier_id: int) -> datetime | None:
    """When the next awaited purchase is to be asked about (machine time); None = nothing is awaited."""
    found: datetime | None = session.execute(_NEXT_LOOK, {"supplier_id": supplier_id}).scalar_one()
    return found
