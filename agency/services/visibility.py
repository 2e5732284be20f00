"""What a scope may see inside its agency: the one place that narrows a team member to some clients.

Row-level security already holds every statement inside the agency (staff) or the client (portal); this narrows further
for operators and viewers who were given some clients only.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from agency.domain.errors import NotFound
from agency.domain.scope import Scope

T = TypeVar("T")


def visible(scope: Scope, model: Any) -> ColumnElement[bool]:
    """The condition under which rows of `model` are visible; add it to every select of a person's request."""
    if scope.client_ids is None:
        return true()
    column = model.id if model.__tablename__ == "clients" else model.client_id
    condition: ColumnElement[bool] = column.in_(scope.client_ids)
    return condition


def visible_sql(scope: Scope, column: str) -> str:
    """The same as SQL text for hot lists; the ids are integers of ours, never input."""
    if scope.client_ids is None:
        return "true"
    if not scope.client_ids:
        return "false"
    return f"{column} in ({', '.join(str(int(c)) for c in sorted(scope.client_ids))})"


def get_visible(
    scope: Scope, session: Session, model: type[T], what: str, *conditions: ColumnElement[bool]
) -> T:
    """The one row of `model` that fits; raises NotFound alike for unknown, foreign and narrowed-away rows."""
    row = session.scalars(select(model).where(visible(scope, model), *conditions)).one_or_none()
    if row is None:
        raise NotFound(what)
    return row
