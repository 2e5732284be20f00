"""What a person does to rows of Today: snooze, wake, assign, tick off. Each act returns the step that undoes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.attention import Cause, forget_tick, open_attention
from agency.services.audit import Act, record_act
from agency.services.chosen_rows import ChosenRow, Decision
from agency.services.snoozing import next_check
from agency.services.undo_steps import Step
from agency.services.worklist_mapping import can_be_ticked

ASKED = "asked"
_GONE = "This was settled meanwhile. Reload Today to see what is left."
_SNOOZE = text("update attentions set next_check_at = :moment where id = any(:ids) and resolved_at is null")
_ASSIGN = text("update attentions set owner = :owner where id = any(:ids) and resolved_at is null")
_TICK = text(
    """
    update attentions set resolved_at = :now, resolved_by = :actor, data = data || '{"ticked": true}'::jsonb
    where id = any(:ids) and resolved_at is null
    """
)
_ASKED = text(
    """
    select id, public_id from attentions
    where kind = 'asked' and order_id = :order_id and resolved_at is null
    """
)


@dataclass(frozen=True)
class Colleague:
    """A person who can be given work: how rows name them, their name, and the clients they see (None = all)."""

    actor: str
    membership_id: str
    name: str
    client_ids: frozenset[int] | None

    def sees(self, client_ids: frozenset[int]) -> bool:
        """True when the person sees all of these clients."""
        return self.client_ids is None or client_ids <= self.client_ids


def snooze(scope: Scope, session: Session, row: ChosenRow, wanted: datetime, now: datetime) -> Step:
    """Takes the row off the list until its next check, which is never later than half an hour before its deadline.

    Its clock goes on. `wanted` and `now` are shop time. Raises Invalid when it is due too soon to leave the list, and
    Conflict when nothing of it waits for a person.
    """
    scope.require_write()
    decisions = _decisions(
        row, "Nobody has to decide here: the machine works on it. There is nothing to snooze."
    )
    moment = next_check(wanted, row.due_at, now)
    _change(session, _SNOOZE, {"moment": moment, "ids": [one.id for one in decisions]})
    record_act(scope, session, Act("row.snoozed", *_about(row)))
    before = tuple(_text(one.next_check_at) for one in decisions)
    return Step("snooze", _public(decisions), before, moment.isoformat())


def wake(scope: Scope, session: Session, row: ChosenRow) -> Step:
    """Puts a snoozed row back on the list. Raises Conflict when it is not snoozed."""
    scope.require_write()
    decisions = [one for one in row.decisions if one.snoozed]
    if not decisions:
        raise Conflict("This is not snoozed.")
    _change(session, _SNOOZE, {"moment": None, "ids": [one.id for one in decisions]})
    record_act(scope, session, Act("row.woken", *_about(row)))
    return Step("snooze", _public(decisions), tuple(_text(one.next_check_at) for one in decisions), "")


def assign(scope: Scope, session: Session, row: ChosenRow, person: Colleague | None) -> Step:
    """Gives the row to a person of the team, or to nobody. An order without a decision becomes one: that person's.

    Raises Conflict when the person does not see the client, or the row was settled.
    """
    scope.require_write()
    if person is not None and not person.sees(row.client_ids):
        raise Conflict(said("{name} does not see this client. Choose somebody who does.", name=person.name))
    owner = person.actor if person else ""
    if row.is_order and not row.decisions:
        if person is None:
            raise Conflict("Nobody has this order.")
        return _ask(scope, session, row, person)
    decisions = _decisions(row, _GONE)
    _change(session, _ASSIGN, {"owner": owner, "ids": [one.id for one in decisions]})
    record_act(scope, session, Act("row.assigned", *_about(row, to=owner or "nobody")))
    return Step("assign", _public(decisions), tuple(one.owner for one in decisions), owner)


def tick(scope: Scope, session: Session, row: ChosenRow) -> Step:
    """Ticks off decisions of which nothing is left to do. They open again when their cause comes a second time.

    Raises Conflict when there is something to do, and the row says what, or when the machine ends it by itself.
    """
    scope.require_write()
    if not row.main:
        raise Conflict(
            "There is nothing to tick off here: the machine works on it." if row.is_order else _GONE
        )
    if not all(can_be_ticked(one.kind, one.action) for one in row.main):
        raise Conflict("This ends by itself when its cause is gone. Do what its row says.")
    _change(session, _TICK, {"now": machine_now(), "actor": scope.actor, "ids": [one.id for one in row.main]})
    record_act(scope, session, Act("row.done", *_about(row)))
    return Step("done", _public(row.main), after=scope.actor)


def _ask(scope: Scope, session: Session, row: ChosenRow, person: Colleague) -> Step:
    """A decision of its own for an order that has none."""
    (order,) = row.orders
    (client_id,) = row.client_ids
    cause = Cause(
        client_id=client_id,
        kind=ASKED,
        key=f"order:{order.id}",
        why=said("{name} was asked to look after this order.", name=person.name),
        action="look",
        shop_id=order.shop_id,
        order_id=order.id,
        due_at=row.due_at,
        currency=order.value.currency,
    )
    forget_tick(session, client_id, cause.kind, cause.key)  # asked anew, whatever was ticked off before
    open_attention(scope, session, cause)
    opened = session.execute(_ASKED, {"order_id": order.id}).one()
    _change(session, _ASSIGN, {"owner": person.actor, "ids": [opened.id]})
    record_act(scope, session, Act("row.assigned", *_about(row, to=person.actor)))
    return Step(ASKED, (str(opened.public_id),), after=person.actor)


def _change(session: Session, statement: TextClause, values: Mapping[str, Any]) -> None:
    """Raises Conflict when all of it was settled since the row was read."""
    if not session.execute(statement, values).rowcount:  # type: ignore[attr-defined]
        raise Conflict(_GONE)


def _decisions(row: ChosenRow, why_not: str) -> Sequence[Decision]:
    """The open decisions of the row. Raises Conflict when there is none, `why_not` for an order that never had one."""
    if not row.decisions:
        raise Conflict(why_not if row.is_order else _GONE)
    return row.decisions


def _public(decisions: Sequence[Decision]) -> tuple[str, ...]:
    return tuple(one.public_id for one in decisions)


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _about(row: ChosenRow, **more: str) -> tuple[str, str, int | None, Mapping[str, Any]]:
    """What the audit log says of the row; its client is named when all of the row is one client's."""
    client_id = next(iter(row.client_ids)) if len(row.client_ids) == 1 else None
    kind = "order" if row.is_order else "attention"
    orders = [order.number for order in row.orders]
    return kind, row.key, client_id, {"orders": orders, "decisions": len(row.decisions), **more}
