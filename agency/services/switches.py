"""Stop switches: no purchase is started for a stopped supplier, shop, client or agency until a person says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Invalid
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.accounts import Agency
from agency.models.catalog import Supplier
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services.audit import Act, record_act
from agency.services.blocked import plan_blocked_again
from agency.services.client_status import require_present_id
from agency.services.public_ids import as_public_id
from agency.services.undo_steps import Step, as_mark
from agency.services.visibility import get_visible, visible

LONGEST_REASON = 200
SUBJECTS = ("agency", "client", "shop", "supplier")
_MODELS: Mapping[str, tuple[Any, str]] = {
    "client": (Client, "Client"),
    "shop": (Shop, "Shop"),
    "supplier": (Supplier, "Supplier"),
}


def stop_buying(
    scope: Scope, session: Session, subject: str, public_id: str = "", why: str = ""
) -> tuple[Step, ...]:
    """Stops buying at once; what was sent already goes on. Stopping twice changes nothing.

    A supplier keeps the reason `why` beside its switch. Returns what undoes it, nothing if nothing changed. Raises
    Forbidden, NotFound, and Invalid for an unknown kind of subject or a reason that is too long.
    """
    scope.require_write()
    row = _get_subject(scope, session, subject, public_id)
    if row.buying_stopped_at is not None:
        return ()
    row.buying_stopped_at, row.buying_stopped_by = machine_now(), scope.actor
    if subject == "supplier":
        row.buying_stopped_why = _reason(why)
    session.flush()
    _record(scope, session, Act("buying.stopped", subject, str(row.public_id)), row)
    return (Step("stop", (subject, public_id), after=as_mark(row.buying_stopped_at)),)


def start_buying(
    scope: Scope, session: Session, subject: str, public_id: str, now: datetime
) -> tuple[Step, ...]:
    """Lets purchases go on: orders that the stop blocked are planned anew, lanes are woken. `now` is shop time.

    Returns what undoes it, with a supplier's reason; nothing if nothing changed.
    """
    scope.require_write()
    row = _get_subject(scope, session, subject, public_id)
    if row.buying_stopped_at is None:
        return ()
    former = (row.buying_stopped_why,) if subject == "supplier" else ()
    if subject != "agency":
        require_present_id(session, _client_of(subject, row))
    row.buying_stopped_at = row.buying_stopped_by = None
    if subject == "supplier":
        row.buying_stopped_why = ""
    session.flush()
    client_id = {"client": row.id, "agency": None}.get(subject, getattr(row, "client_id", None))
    plan_blocked_again(
        scope, session, ("stopped",), now, client_id=client_id, shop_id=row.id if subject == "shop" else None
    )
    for shop_id in session.scalars(_shops(scope, subject, row)):
        make_due(session, api="plan", shop_id=shop_id)
    for supplier_id in session.scalars(_suppliers(scope, subject, row)):
        make_due(session, api="purchase", supplier_id=supplier_id)
    _record(scope, session, Act("buying.started", subject, str(row.public_id)), row)
    return (Step("start", (subject, public_id), former),)


def _reason(why: str) -> str:
    reason = " ".join(why.split())
    if len(reason) > LONGEST_REASON:
        raise Invalid("why", said("Use at most {most} characters for the reason.", most=LONGEST_REASON))
    return reason


def _get_subject(scope: Scope, session: Session, subject: str, public_id: str) -> Any:
    if subject == "agency":
        # A person who sees some clients only must not act for all of them.
        if scope.client_ids is not None:
            scope.require_owner()
        return session.get_one(Agency, scope.agency_id)
    if subject not in _MODELS:
        raise Invalid("subject", said("Choose one of {choices}.", choices=", ".join(SUBJECTS)))
    model, what = _MODELS[subject]
    return get_visible(scope, session, model, what, model.public_id == as_public_id(public_id, what))


def _record(scope: Scope, session: Session, act: Act, row: Any) -> None:
    """The entry, with the client that it is about; none for the whole agency."""
    client_id = None if act.object_kind == "agency" else _client_of(act.object_kind, row)
    record_act(scope, session, replace(act, client_id=client_id))


def _shops(scope: Scope, subject: str, row: Any) -> Select[int]:
    query = select(Shop.id).where(visible(scope, Shop)).order_by(Shop.id)
    if subject == "agency":
        return query
    if subject == "shop":
        return query.where(Shop.id == row.id)
    return query.where(Shop.client_id == _client_of(subject, row))


def _suppliers(scope: Scope, subject: str, row: Any) -> Select[int]:
    query = select(Supplier.id).where(visible(scope, Supplier)).order_by(Supplier.id)
    if subject == "agency":
        return query
    if subject == "supplier":
        return query.where(Supplier.id == row.id)
    return query.where(Supplier.client_id == _client_of(subject, row))


def _client_of(subject: str, row: Any) -> int:
    return int(row.id if subject == "client" else row.client_id)
