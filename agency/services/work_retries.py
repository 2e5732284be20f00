"""A person's "try again now": wakes a lane without waiting for its back-off, and has webhooks read again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import NotFound
from agency.domain.scope import Scope
from agency.models.catalog import Supplier
from agency.models.clients import Client
from agency.models.shops import Authorization, Shop
from agency.services.audit import Act, record_act
from agency.services.public_ids import as_public_id
from agency.services.visibility import get_visible
from agency.services.work_lists import BAD_OUTCOMES

_SUBJECTS: dict[str, tuple[type[Any], str, str]] = {
    "shop": (Shop, "shop_id", "Shop"),
    "supplier": (Supplier, "supplier_id", "Supplier"),
    "connection": (Authorization, "authorization_id", "Connection"),
}
_AGAIN = "asked for again by a person"


def retry_lane(scope: Scope, session: Session, kind: str, subject_id: str, api: str) -> None:
    """Makes a lane due now and forgets its failures, so that its back-off begins anew.

    A turn under way goes on; the lane has another one right after it. Raises NotFound and Forbidden.
    """
    scope.require_write()
    row, column = _find(scope, session, kind, subject_id)
    if not _wake(session, column, row.id, (api,)):
        raise NotFound("Work")
    record_act(scope, session, Act("work.tried_again", kind, str(row.public_id), row.client_id, {"api": api}))


def retry_letters(scope: Scope, session: Session, kind: str, subject_id: str) -> None:
    """Has everything read again that a sender's failed webhooks were about. Raises NotFound and Forbidden.

    A webhook is only a hint, and the text of a refused one is not kept: the shop or supplier itself is asked.
    """
    scope.require_write()
    row, column = _find(scope, session, kind, subject_id)
    if kind == "connection":
        raise NotFound("Webhook")
    session.execute(
        text(f"update inbox_items set outcome = :again where {column} = :id and outcome in {BAD_OUTCOMES}"),  # noqa: S608 - constants
        {"id": row.id, "again": _AGAIN},
    )
    _wake(session, column, row.id, ("orders", "tracking"))
    if kind == "shop":
        _wake(session, "authorization_id", row.authorization_id, ("auth",))
    record_act(scope, session, Act("work.webhooks_read_again", kind, str(row.public_id), row.client_id))


def _find(scope: Scope, session: Session, kind: str, subject_id: str) -> tuple[Any, str]:
    if kind not in _SUBJECTS:
        raise NotFound("Work")
    model, column, what = _SUBJECTS[kind]
    row: Any = get_visible(scope, session, model, what, model.public_id == as_public_id(subject_id, what))
    if session.get_one(Client, row.client_id).left_at is not None:
        raise NotFound(what)
    return row, column


def _wake(session: Session, column: str, subject: int, apis: tuple[str, ...]) -> int:
    woken = session.execute(
        text(
            f"update lanes set due_at = least(due_at, now()), failures = 0 "  # noqa: S608 - our own column names
            f"where {column} = :id and api = any(:apis)"
        ),
        {"id": subject, "apis": list(apis)},
    )
    return int(woken.rowcount)  # type: ignore[attr-defined]
