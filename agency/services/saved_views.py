"""Saved views of Today: named filters of one person in one agency; nobody else sees or changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agency.domain.errors import Conflict, Invalid, NotFound
from agency.domain.scope import Scope
from agency.models.views import SavedView
from agency.services.audit import Act, record_act
from agency.services.public_ids import as_public_id
from agency.services.worklist_rows import WorkFilters

MOST = 20
_LONGEST = 40


@dataclass(frozen=True)
class ViewRow:
    """One view: its name and the filters that its address carries; empty ones are left out."""

    view_id: str
    name: str
    filters: Mapping[str, str]
    is_start: bool


def list_views(scope: Scope, session: Session) -> tuple[ViewRow, ...]:
    """The caller's own views in the order in which they were saved; none for a program."""
    rows = session.scalars(select(SavedView).where(*_mine(scope)).order_by(SavedView.id))
    return tuple(ViewRow(str(row.public_id), row.name, dict(row.filters), row.is_start) for row in rows)


def save_view(scope: Scope, session: Session, name: str, filters: WorkFilters, *, start: bool = False) -> str:
    """Keeps the filters under a name, replacing the view that has it; returns the view's id.

    Raises Forbidden for those who may only look, Invalid for a name that is no name, and Conflict when there are
    twenty already, or the name was taken at the same moment.
    """
    scope.require_write()
    user_id, name = _person(scope), _checked_name(name)
    kept: dict[str, Any] = {key: value for key, value in vars(filters).items() if value}
    row = session.scalars(select(SavedView).where(*_mine(scope), SavedView.name == name)).one_or_none()
    if row is None:
        count = session.scalar(select(func.count()).select_from(SavedView).where(*_mine(scope))) or 0
        if count >= MOST:
            raise Conflict("You have twenty views already. Delete one first.")
        row = SavedView(agency_id=scope.agency_id, user_id=user_id, name=name, filters=kept)
        _insert(session, row)
    row.filters = kept
    session.flush()
    session.refresh(row)
    if start:
        _open_with(scope, session, row)
    record_act(scope, session, Act("view.saved", "view", str(row.public_id)))
    return str(row.public_id)


def _insert(session: Session, row: SavedView) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict(
            "A view of this name was saved at the same moment. Save again to replace it."
        ) from None


def change_view(scope: Scope, session: Session, view_id: str, name: str, *, start: bool) -> None:
    """Gives a view another name, and says whether Today opens with it.

    Raises NotFound for a view that is not the caller's, Invalid for a name that is no name, Conflict for one in use.
    """
    scope.require_write()
    row, name = _get(scope, session, view_id), _checked_name(name)
    taken = select(SavedView.id).where(*_mine(scope), SavedView.name == name, SavedView.id != row.id)
    if session.scalar(taken) is not None:
        raise Conflict("Another view of yours has this name. Choose a different one.")
    row.name = name
    if start:
        _open_with(scope, session, row)
    else:
        row.is_start = False
    session.flush()
    record_act(scope, session, Act("view.saved", "view", str(row.public_id)))


def delete_view(scope: Scope, session: Session, view_id: str) -> None:
    """Deletes a view of the caller's own. Raises NotFound for any other."""
    scope.require_write()
    row = _get(scope, session, view_id)
    session.delete(row)
    session.flush()
    record_act(scope, session, Act("view.deleted", "view", str(row.public_id)))


def _open_with(scope: Scope, session: Session, row: SavedView) -> None:
    session.execute(update(SavedView).where(*_mine(scope), SavedView.id != row.id).values(is_start=False))
    row.is_start = True
    session.flush()


def _get(scope: Scope, session: Session, view_id: str) -> SavedView:
    key = as_public_id(view_id, "View")
    row = session.scalars(select(SavedView).where(*_mine(scope), SavedView.public_id == key)).one_or_none()
    if row is None:
        raise NotFound("View")
    return row


def _mine(scope: Scope) -> tuple[Any, ...]:
    return SavedView.agency_id == scope.agency_id, SavedView.user_id == (scope.user_id or 0)


def _person(scope: Scope) -> int:
    if scope.user_id is None:
        raise NotFound("View")
    return scope.user_id


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > _LONGEST or "\0" in cleaned:
        raise Invalid("name", "Give the view a name of at most 40 characters.")
    return cleaned
