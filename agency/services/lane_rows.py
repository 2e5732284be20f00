"""The lanes of one shop or supplier, in the states and words of the page Work."""

from __future__ import annotations

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from agency.services.work_lists import LANES_OF_ALL, lane_row
from agency.services.work_rows import LaneRow
from agency.services.work_words import LANES

_ORDER = tuple(LANES)
_OF_SHOP = text(
    f"""
    {LANES_OF_ALL}
    where l.shop_id = :id or l.authorization_id = (select authorization_id from shops where id = :id)
    """  # noqa: S608 - made of constants
)
_OF_SUPPLIER = text(f"{LANES_OF_ALL} where l.supplier_id = :id")


def list_shop_lanes(session: Session, shop_id: int) -> tuple[LaneRow, ...]:
    """The lanes of a shop (internal id) and of its authorisation, in the order in which an order travels."""
    return _rows(session, _OF_SHOP, shop_id)


def list_supplier_lanes(session: Session, supplier_id: int) -> tuple[LaneRow, ...]:
    """The lanes of a supplier (internal id); none for one without an API."""
    return _rows(session, _OF_SUPPLIER, supplier_id)


def _rows(session: Session, query: TextClause, subject_id: int) -> tuple[LaneRow, ...]:
    found = [lane_row(row) for row in session.execute(query, {"id": subject_id}).mappings()]
    return tuple(sorted(found, key=lambda row: _ORDER.index(row.api)))
