"""An order as it was at one step of its life, rebuilt from its changes alone.

changes --order_steps--> steps
changes up to one of them --domain/replay--> rows --the words of its page today--> OrderThen
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import Clock
from agency.domain.errors import NotFound
from agency.domain.money import Money
from agency.domain.replay import RebuiltOrder, fold
from agency.domain.scope import Scope
from agency.services.approvals_list import cause_text
from agency.services.colleagues import name_actor
from agency.services.order_money import money_table
from agency.services.order_page_parts import deadline_rows
from agency.services.order_page_rows import DeadlineRow, EventRow, MoneyTable
from agency.services.order_page_sql import order_statement
from agency.services.order_purchase_parts import EFFECT_KINDS
from agency.services.order_steps import ChangeStep, change_steps, find_step
from agency.services.order_story import due_why
from agency.services.order_timeline import TimelineAsked, read_events
from agency.services.replay import read_changes
from agency.services.wording import EFFECTS, PARCELS, PURCHASES, stage_text

EVENTS_BEFORE = 5
Named = Callable[[str | None], str]


@dataclass(frozen=True)
class ThenAsked:
    """Which moment: a step by its number, or the last one up to a moment (shop time). Neither: the newest."""

    step: int = 0
    moment: datetime | None = None


@dataclass(frozen=True)
class PastWrite:
    """One write to the outside, as far as it had come."""

    title: str
    state_text: str
    attempts: int
    reason: str


@dataclass(frozen=True)
class PastPurchase:
    """A purchase as it was; `writes` are those to its supplier."""

    supplier_name: str
    reference: str
    supplier_order_id: str
    state_text: str
    tone: str
    reason: str
    expected: Money
    actual: Money | None
    approved_by: str
    writes: tuple[PastWrite, ...]


@dataclass(frozen=True)
class PastParcel:
    """A parcel as it was; `writes` are those to TikTok."""

    tracking_number: str
    carrier: str
    state_text: str
    tone: str
    warning: str
    writes: tuple[PastWrite, ...]


@dataclass(frozen=True)
class PastOrder:
    """What was known of the order at that step."""

    stage_text: str
    tone: str
    tiktok_status: str
    held_by: str
    cancel_requested: bool
    causes: tuple[str, ...]
    due_why: str
    deadlines: tuple[DeadlineRow, ...]
    money: MoneyTable
    purchases: tuple[PastPurchase, ...]
    parcels: tuple[PastParcel, ...]
    events: tuple[EventRow, ...]


@dataclass(frozen=True)
class OrderThen:
    """An order's steps, and how it stood after one of them. All times are shop time.

    Changes are dated by the machine; in a practice world that was stopped between, steps before the stop come out
    earlier by the time that it stood still.

    `asked_before` tells that a moment was asked for at which the order was not known yet; its first step is shown
    then. Without any step, of an order older than its change log, there is no `past`.
    """

    number: str
    title: str
    quantity: int
    shop_name: str
    shop_time_zone: str
    steps: tuple[ChangeStep, ...]
    step: ChangeStep | None
    asked_before: bool
    past: PastOrder | None


def get_order_then(
    scope: Scope, session: Session, number: str, asked: ThenAsked, clock: Clock, names: Mapping[str, str]
) -> OrderThen:
    """The order with TikTok's number as it was when `asked` says; a step that there is none of means the newest.

    Raises NotFound alike for unknown and foreign numbers.
    """
    order = session.execute(order_statement(scope), {"number": number}).mappings().one_or_none()
    if order is None:
        raise NotFound("Order")
    changes = read_changes(session, order["id"])
    written = change_steps(changes)
    steps = tuple(replace(step, at=clock.at(step.at)) for step in written)
    wanted = _wanted(steps, asked)
    shown = max(wanted, 1) - 1
    past = None
    if steps and (rebuilt := fold(changes, written[shown].at)):
        past = _past(scope, session, order["id"], rebuilt, steps[shown].at, names)
    return OrderThen(
        number=order["tiktok_order_id"],
        title=order["title"],
        quantity=order["unit_count"],
        shop_name=order["shop_name"],
        shop_time_zone=order["time_zone"],
        steps=steps,
        step=steps[shown] if steps else None,
        asked_before=bool(steps) and not wanted,
        past=past,
    )


def _wanted(steps: Sequence[ChangeStep], asked: ThenAsked) -> int:
    """The number of the step to show; 0 when the order was not known at that moment."""
    if asked.moment is not None:
        return find_step(steps, asked.moment)
    return asked.step if 0 < asked.step <= len(steps) else len(steps)


def _past(
    scope: Scope,
    session: Session,
    order_id: int,
    rebuilt: RebuiltOrder,
    at: datetime,
    names: Mapping[str, str],
) -> PastOrder:
    order = rebuilt.order
    stage, tone = stage_text(order["stage"], order["status"], order["collected_at"] is not None)
    events, _before = read_events(
        scope, session, order_id, TimelineAsked(size=EVENTS_BEFORE, until=at), names
    )
    suppliers = _supplier_names(session, rebuilt)

    def named(actor: str | None) -> str:
        return name_actor(actor, scope, names)

    return PastOrder(
        stage_text=stage,
        tone=tone,
        tiktok_status=order["status"],
        held_by=named(order["held_by"]),
        cancel_requested=bool(order["is_cancel_requested"]),
        causes=tuple(cause_text(code) for code in order["blockers"] or ()),
        due_why=due_why(order),
        deadlines=deadline_rows(order, at),
        money=money_table(order, _entries(rebuilt), list(rebuilt.purchases.values())),
        purchases=tuple(_purchase(rebuilt, key, suppliers, named) for key in sorted(rebuilt.purchases)),
        parcels=tuple(_parcel(rebuilt, key) for key in sorted(rebuilt.parcels)),
        events=events,
    )


def _supplier_names(session: Session, rebuilt: RebuiltOrder) -> dict[int, str]:
    ids = sorted({row["supplier_id"] for row in rebuilt.purchases.values()})
    rows = session.execute(text("select id, name from suppliers where id = any(:ids)"), {"ids": ids})
    return {row.id: row.name for row in rows}


def _entries(rebuilt: RebuiltOrder) -> list[dict[str, Any]]:
    """The ledger by kind and currency, as the money table reads it."""
    sums: dict[tuple[str, str], int] = {}
    for _key, row in sorted(rebuilt.ledger.items()):
        kind = (row["kind"], row["currency"])
        sums[kind] = sums.get(kind, 0) + row["amount_minor"]
    return [{"kind": kind, "currency": currency, "amount": sum_} for (kind, currency), sum_ in sums.items()]


def _purchase(rebuilt: RebuiltOrder, key: int, suppliers: Mapping[int, str], named: Named) -> PastPurchase:
    row = rebuilt.purchases[key]
    state, tone = PURCHASES.get(row["state"], (row["state"], ""))
    actual = row["actual_minor"]
    return PastPurchase(
        supplier_name=suppliers.get(row["supplier_id"], ""),
        reference=row["reference"],
        supplier_order_id=row["supplier_order_id"] or "",
        state_text=state,
        tone=tone,
        reason=row["reason"] or "",
        expected=Money(row["expected_minor"], row["currency"]),
        actual=None if actual is None else Money(actual, row["currency"]),
        approved_by=named(row["approved_by"]),
        writes=_writes(rebuilt, "purchase_id", key),
    )


def _parcel(rebuilt: RebuiltOrder, key: int) -> PastParcel:
    row = rebuilt.parcels[key]
    state, tone = PARCELS.get(row["state"], (row["state"], ""))
    return PastParcel(
        tracking_number=row["tracking_number"],
        carrier=row["carrier"] or row["carrier_text"] or "",
        state_text=state,
        tone=tone,
        warning=row["warning"] or "",
        writes=_writes(rebuilt, "parcel_id", key),
    )


def _writes(rebuilt: RebuiltOrder, owner: str, key: int) -> tuple[PastWrite, ...]:
    return tuple(
        PastWrite(
            EFFECT_KINDS[row["kind"]],
            EFFECTS[row["state"]],
            row["attempts"],
            row["reason"] or "",
        )
        for _key, row in sorted(rebuilt.effects.items())
        if row[owner] == key
    )
