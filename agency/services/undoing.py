"""Undoing reversible acts: each step's inverse, and a clear no when somebody or the machine has moved on since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict
from agency.domain.orders import Stage
from agency.domain.scope import Scope
from agency.models.accounts import Agency
from agency.models.catalog import Supplier
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services import approvals, shops, switches
from agency.services.audit import Act, record_act
from agency.services.public_ids import as_public_id
from agency.services.undo_steps import Step, as_mark
from agency.services.visibility import get_visible, visible_sql

_MOVED_ON = "Somebody or the machine has moved on since. Nothing was undone; look at the row as it is now."
_SUBJECTS: Mapping[str, Any] = {"client": Client, "shop": Shop, "supplier": Supplier}
# The rows are locked one by one, and each must still be what the act made of it.
_SET = {
    "snooze": """update attentions a set next_check_at = cast(nullif(:before, '') as timestamptz)
      where {mine} and resolved_at is null
        and next_check_at is not distinct from cast(nullif(:after, '') as timestamptz)""",
    "assign": "update attentions a set owner = :before where {mine} and resolved_at is null and owner = :after",
    "done": """update attentions a set resolved_at = null, resolved_by = '', data = data - 'ticked'
      where {mine} and resolved_by = :after and jsonb_exists(data, 'ticked')""",
    "asked": """update attentions a set resolved_at = :now, resolved_by = :actor
      where {mine} and resolved_at is null and owner = :after""",
}
Undo = Callable[[Scope, Session, Step, datetime], None]


def undo(scope: Scope, session: Session, steps: Sequence[Step], now: datetime) -> None:
    """Undoes the steps, last first; all or none. `now` is shop time.

    Raises Conflict when something is not any more as the act left it, NotFound for what the caller does not see.
    """
    scope.require_write()
    for step in reversed(steps):
        _INVERSES[step.word](scope, session, step, now)
    words = sorted({step.word for step in steps})
    ids = [name for step in steps for name in step.ids]
    record_act(scope, session, Act("row.undone", details={"acts": words, "things": len(ids)}))


def _set_back(scope: Scope, session: Session, step: Step, _now: datetime) -> None:
    mine = f"a.public_id = :id and {visible_sql(scope, 'a.client_id')}"
    statement = text(_SET[step.word].format(mine=mine))
    for place, name in enumerate(step.ids):
        values = {
            "id": as_public_id(name, "Row"),
            "before": step.before[place] if step.before else "",
            "after": step.after,
            "now": machine_now(),
            "actor": scope.actor,
        }
        used = {key: value for key, value in values.items() if f":{key}" in statement.text}
        try:
            with session.begin_nested():
                changed = session.execute(statement, used)
        except IntegrityError:  # the cause has come a second time meanwhile and has a row of its own
            raise Conflict(_MOVED_ON) from None
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise Conflict(_MOVED_ON)


def _end_hold(scope: Scope, session: Session, step: Step, now: datetime) -> None:
    for number in step.ids:
        order = approvals.get_order(scope, session, number)
        if order.held_by != scope.actor:
            raise Conflict(_MOVED_ON)
        approvals.release_hold(scope, session, number, now)


def _hold_again(scope: Scope, session: Session, step: Step, now: datetime) -> None:
    for number in step.ids:
        order = approvals.get_order(scope, session, number)
        if order.held_by or order.stage not in Stage.BEFORE_BUYING:
            raise Conflict(_MOVED_ON)
        approvals.hold(scope, session, number, now)


def _start(scope: Scope, session: Session, step: Step, now: datetime) -> None:
    subject, public_id = step.ids
    if _stopped_at(scope, session, subject, public_id) != step.after:
        raise Conflict(_MOVED_ON)
    switches.start_buying(scope, session, subject, public_id, now)


def _stop(scope: Scope, session: Session, step: Step, _now: datetime) -> None:
    subject, public_id = step.ids
    if _stopped_at(scope, session, subject, public_id) != step.after:
        raise Conflict(_MOVED_ON)
    switches.stop_buying(scope, session, subject, public_id, step.before[0] if step.before else "")


def _stopped_at(scope: Scope, session: Session, subject: str, public_id: str) -> str:
    """Since when buying is stopped; empty when it is not. Another moment is another person's stop."""
    if subject == "agency":
        return as_mark(session.get_one(Agency, scope.agency_id).buying_stopped_at)
    model = _SUBJECTS[subject]
    what = subject.capitalize()
    row = get_visible(scope, session, model, what, model.public_id == as_public_id(public_id, what))
    return as_mark(row.buying_stopped_at)


def _resume(scope: Scope, session: Session, step: Step, _now: datetime) -> None:
    if _paused_at(scope, session, step.ids[0]) != step.after:
        raise Conflict(_MOVED_ON)
    shops.resume_shop(scope, session, step.ids[0])


def _pause(scope: Scope, session: Session, step: Step, _now: datetime) -> None:
    if _paused_at(scope, session, step.ids[0]) != step.after:
        raise Conflict(_MOVED_ON)
    shops.pause_shop(scope, session, step.ids[0])


def _paused_at(scope: Scope, session: Session, public_id: str) -> str:
    key = as_public_id(public_id, "Shop")
    return as_mark(get_visible(scope, session, Shop, "Shop", Shop.public_id == key).paused_at)


_INVERSES: Mapping[str, Undo] = {
    "snooze": _set_back,
    "assign": _set_back,
    "done": _set_back,
    "asked": _set_back,
    "hold": _end_hold,
    "release": _hold_again,
    "stop": _start,
    "start": _stop,
    "pause": _resume,
    "resume": _pause,
}
