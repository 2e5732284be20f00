"""Suppliers as people judge them: the list with the worst first, spend and pace, and one supplier's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.consents import needs_consent
from agency.domain.money import Money
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Supplier
from agency.services.lane_rows import list_supplier_lanes
from agency.services.list_rows import SupplierRow
from agency.services.public_ids import as_public_id
from agency.services.supplier_lists import get_supplier, list_suppliers
from agency.services.visibility import get_visible
from agency.services.wording import PURCHASES
from agency.services.work_rows import LaneRow

WINDOW = timedelta(days=30)  # shop time over which money is summed and waits are measured
OPEN_SHOWN = 20
# From the worst to the best: in this order they are listed.
STANDINGS = {
    "key": said("Key refused"),
    "balance": said("Balance low"),
    "consent": said("No consent"),
    "tracking": said("Tracking not read"),
    "stopped": said("Buying stopped"),
    "fine": said("Working"),
}
_RANK = {word: place for place, word in enumerate(STANDINGS)}
# Both are asked about suppliers that the reader was found to see.
_MONEY = text(
    """
    select b.supplier_id,
      coalesce(sum(coalesce(b.actual_minor, b.expected_minor)) filter (where b.paid_at > :since
        and b.state not in ('refused', 'cancelled')), 0)::bigint as spent,
      percentile_cont(0.5) within group (order by b.shipped_at - b.placed_at)
        filter (where b.placed_at > :since and b.shipped_at is not null) as to_tracking,
      count(*) filter (where b.placed_at > :since and b.shipped_at is not null) as tracked,
      percentile_cont(0.5) within group (order by f.scan_at - b.placed_at)
        filter (where b.placed_at > :since and f.scan_at is not null) as to_scan,
      count(*) filter (where b.placed_at > :since and f.scan_at is not null) as scanned
    from purchases b
    left join lateral (select min(first_scan_at) as scan_at from parcels p where p.purchase_id = b.id) f on true
    where b.supplier_id = any(:ids) and (b.paid_at > :since or b.placed_at > :since) group by b.supplier_id
    """
)
_FACTS = text(
    """
    select p.id, p.public_id,
      exists (select from supplier_consents t where t.supplier_id = p.id and t.withdrawn_at is null) as consented,
      (select a.why from attentions a where a.supplier_id = p.id and a.kind = 'supplier_balance'
        and a.resolved_at is null limit 1) as balance
    from suppliers p where p.public_id = any(:ids)
    """
)
_OPEN = text(
    f"""
    select o.tiktok_order_id, o.title, o.unit_count, b.state, b.reason, b.supplier_order_id, b.currency,
      coalesce(b.actual_minor, b.expected_minor) as cost, b.placed_at, b.tracking_due_at, s.name as shop_name
    from purchases b join orders o on o.id = b.order_id join shops s on s.id = b.shop_id
    where b.supplier_id = :id and b.state not in ('closed', 'refused', 'cancelled', 'shipped')
    order by b.tracking_due_at nulls last, b.id limit {OPEN_SHOWN}
    """  # noqa: S608 - a number of ours
)
_LETTER = text(
    "select max(created_at) as last, count(*) filter (where handled_at is null) as waiting "
    "from inbox_items where supplier_id = :id"
)


@dataclass(frozen=True)
class Pace:
    """The last 30 days: what was paid, and the median waits from order to tracking and to the first scan."""

    spent: Money
    to_tracking: timedelta | None
    tracked: int
    to_scan: timedelta | None
    scanned: int


@dataclass(frozen=True)
class SupplierLine:
    """A supplier in the list; `standing` is a key of `STANDINGS`, `why` its reason. `consented` None = none needed."""

    supplier: SupplierRow
    standing: str
    why: str
    consented: bool | None
    pace: Pace


@dataclass(frozen=True)
class SupplierList:
    """What fits the filters, worst first; `states` counts all of a client's, adding up to `total`."""

    lines: tuple[SupplierLine, ...]
    states: Mapping[str, int]
    total: int


@dataclass(frozen=True)
class OpenPurchase:
    """A purchase that is not done yet; shop time."""

    order_number: str
    title: str
    quantity: int
    shop_name: str
    state_text: str
    tone: str
    cost: Money
    supplier_order_id: str
    placed_at: datetime | None
    tracking_due_at: datetime | None


@dataclass(frozen=True)
class SupplierView:
    """One supplier's page. `letter_at` is when its last webhook came, machine time."""

    line: SupplierLine
    purchases: tuple[OpenPurchase, ...]
    lanes: tuple[LaneRow, ...]
    letter_at: datetime | None
    letters_waiting: int


def search_suppliers(
    scope: Scope, session: Session, now: datetime, *, client: str = "", state: str = "", q: str = ""
) -> SupplierList:
    """The suppliers by client (public id), standing and name; `now` is shop time."""
    wanted = [
        row
        for row in list_suppliers(scope, session, items=False)
        if client in ("", row.client_id) and q.casefold() in row.name.casefold()
    ]
    lines = _lines(session, wanted, now)
    states = {word: sum(1 for line in lines if line.standing == word) for word in STANDINGS}
    chosen = [line for line in lines if state in ("", line.standing)]
    chosen.sort(
        key=lambda line: (_RANK[line.standing], line.supplier.name.casefold(), line.supplier.supplier_id)
    )
    return SupplierList(tuple(chosen), {word: count for word, count in states.items() if count}, len(lines))


def get_supplier_view(scope: Scope, session: Session, supplier_id: str, now: datetime) -> SupplierView:
    """One supplier; `now` is shop time. Raises NotFound."""
    row = get_supplier(scope, session, supplier_id)
    wanted = as_public_id(supplier_id, "Supplier")
    supplier = get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)
    letters = session.execute(_LETTER, {"id": supplier.id}).one()
    return SupplierView(
        line=_lines(session, (row,), now)[0],
        purchases=tuple(_purchase(found) for found in session.execute(_OPEN, {"id": supplier.id})),
        lanes=list_supplier_lanes(session, supplier.id),
        letter_at=letters.last,
        letters_waiting=letters.waiting,
    )


def _lines(session: Session, suppliers: Sequence[SupplierRow], now: datetime) -> list[SupplierLine]:
    public_ids = [as_public_id(row.supplier_id, "Supplier") for row in suppliers]
    facts = {str(row.public_id): row for row in session.execute(_FACTS, {"ids": public_ids})}
    values = {"ids": [row.id for row in facts.values()], "since": now - WINDOW}
    money = {row.supplier_id: row for row in session.execute(_MONEY, values)}
    return [_line(row, facts[row.supplier_id], money.get(facts[row.supplier_id].id)) for row in suppliers]


def _line(supplier: SupplierRow, facts: Any, money: Any) -> SupplierLine:
    consented = bool(facts.consented) if needs_consent(supplier.kind) else None
    standing, why = _standing(supplier, facts, consented)
    return SupplierLine(supplier, standing, why, consented, _pace(supplier.currency, money))


def _standing(supplier: SupplierRow, facts: Any, consented: bool | None) -> tuple[str, str]:
    if supplier.state != "active":
        return "key", supplier.problem
    if facts.balance:
        return "balance", facts.balance
    if consented is False:
        return "consent", said("Nothing is bought before the client agreed that buyers' addresses go there.")
    if supplier.tracking_error:
        return "tracking", supplier.tracking_error
    return ("stopped", supplier.buying_stopped_why) if supplier.buying_stopped_at else ("fine", "")


def _pace(currency: str, money: Any) -> Pace:
    if money is None:
        return Pace(Money(0, currency), None, 0, None, 0)
    return Pace(Money(money.spent, currency), money.to_tracking, money.tracked, money.to_scan, money.scanned)


def _purchase(row: Any) -> OpenPurchase:
    words, tone = PURCHASES[row.state]
    return OpenPurchase(
        order_number=row.tiktok_order_id,
        title=row.title,
        quantity=row.unit_count,
        shop_name=row.shop_name,
        state_text=words,
        tone=tone,
        cost=Money(row.cost, row.currency),
        supplier_order_id=row.supplier_order_id,
        placed_at=row.placed_at,
        tracking_due_at=row.tracking_due_at,
    )
