"""Rows of Today that a person chose: from the keys that a form sent to the decisions and orders behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.domain.money import Money
from agency.domain.scope import Scope
from agency.services.limit_facts import cost_sql
from agency.services.snoozing import WAKES_BEFORE
from agency.services.visibility import visible_sql
from agency.services.worklist_sql import FOLD, SNOOZED

MOST = 50  # a page of the list


@dataclass(frozen=True)
class Decision:
    """One open attention behind a row; `owner` and `next_check_at` are as they were when it was read.

    `snoozed`: it is off the list at that moment. A next check that has come stays written down and is none any more.
    """

    id: int
    public_id: str
    kind: str
    action: str
    owner: str
    next_check_at: datetime | None
    snoozed: bool


@dataclass(frozen=True)
class ChosenOrder:
    """An order behind a row."""

    id: int
    shop_id: int
    number: str
    stage: str
    held_by: str
    approvable: bool
    value: Money


@dataclass(frozen=True)
class ChosenRow:
    """A row by its key (a decision's id, or an order's number) and all that one act on it touches.

    `main` are the decisions that the row shows, `others` the further causes of the same orders. A row whose decision
    was settled meanwhile has no `main`. Times are shop time.
    """

    key: str
    title: str
    shop_name: str
    client_ids: frozenset[int]
    main: tuple[Decision, ...]
    others: tuple[Decision, ...]
    orders: tuple[ChosenOrder, ...]
    due_at: datetime | None
    cost: Money | None
    is_order: bool  # the machine works on it; it has no decision of its own

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Every open decision of the row."""
        return (*self.main, *self.others)


def find_chosen(scope: Scope, session: Session, keys: Sequence[str], now: datetime) -> tuple[ChosenRow, ...]:
    """The rows in the order of their keys; foreign and unknown ones are left out alike. `now` is shop time.

    Raises Invalid when nothing, too much, or something that is no row was chosen.
    """
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        raise Invalid("row", "Choose at least one row first.")
    if len(wanted) > MOST:
        raise Invalid("row", "Choose at most 50 rows at once.")
    decisions, numbers = _split(wanted)
    found: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    clock = {"now": now, "wake": now + WAKES_BEFORE}
    if decisions:
        for row in session.execute(text(_members(scope)), {"ids": decisions, **clock}).mappings():
            found[str(row["lead"])].append(row)
    if numbers:
        for row in session.execute(text(_orders(scope)), {"numbers": numbers, **clock}).mappings():
            found[row["number"]].append(row)
    return tuple(_row(key, found[key]) for key in wanted if key in found)


def _split(keys: Sequence[str]) -> tuple[list[UUID], list[str]]:
    decisions, numbers = [], []
    for key in keys:
        try:
            decisions.append(UUID(key))
        except ValueError:
            if not (key.isascii() and key.isalnum() and len(key) <= 40):
                raise Invalid("row", "This is no row of Today. Open Today again and choose there.") from None
            numbers.append(key)
    return decisions, numbers


_ORDER = """o.id as order_id, o.shop_id as order_shop_id, o.tiktok_order_id as number, o.title, o.stage, o.held_by,
  o.due_at as order_due_at, o.currency, o.total_minor, s.name as shop_name, b.cost, b.currency as cost_currency,
  jsonb_array_length(o.blockers) > 0 and not exists (
    select from jsonb_array_elements(o.blockers) x where not (x ->> 'approvable')::boolean) as approvable"""
_COST = f"""left join lateral ({cost_sql("jsonb_array_length(o.blockers) > 0")}) b on true"""


def _members(scope: Scope) -> str:
    """The decisions that fold with each chosen one, and the other open ones of the same orders."""
    return f"""
    with lead as (
      select a.public_id as lead, a.kind, a.currency, {FOLD} as fold, {SNOOZED} as snoozed, a.order_id,
        a.shop_id, a.client_id, a.resolved_at
      from attentions a where a.public_id = any(:ids) and {visible_sql(scope, "a.client_id")}
    ), same as (
      select l.lead, a.id, a.order_id, true as is_main from lead l join attentions a on a.kind = l.kind
      where a.resolved_at is null and {visible_sql(scope, "a.client_id")} and a.currency = l.currency
        and {FOLD} = l.fold and {SNOOZED} = l.snoozed and l.resolved_at is null
    ), touched as (
      select * from same
      union all
      select distinct m.lead, a.id, a.order_id, false from same m join attentions a on a.order_id = m.order_id
      where a.resolved_at is null and not exists (select from same x where x.lead = m.lead and x.id = a.id)
      union all
      select l.lead, null, l.order_id, false from lead l where l.resolved_at is not null
    )
    select t.lead, t.is_main, a.id as attention_id, a.public_id, a.kind, a.action, a.owner, a.next_check_at,
      {SNOOZED} as snoozed, a.due_at, coalesce(a.client_id, l.client_id) as client_id, {_ORDER}
    from touched t join lead l on l.lead = t.lead left join attentions a on a.id = t.id
    left join orders o on o.id = t.order_id left join shops s on s.id = coalesce(o.shop_id, a.shop_id, l.shop_id)
    {_COST}
    order by t.lead, not t.is_main, a.id
    """  # noqa: S608 - conditions made of our own integers and constants; values are parameters


def _orders(scope: Scope) -> str:
    return f"""
    select null as lead, false as is_main, a.id as attention_id, a.public_id, a.kind, a.action, a.owner,
      a.next_check_at, {SNOOZED} as snoozed, a.due_at, o.client_id, {_ORDER}
    from orders o join shops s on s.id = o.shop_id
    left join attentions a on a.order_id = o.id and a.resolved_at is null
    {_COST}
    where o.tiktok_order_id = any(:numbers) and {visible_sql(scope, "o.client_id")} order by o.id, a.id
    """  # noqa: S608 - conditions made of our own integers and constants; values are parameters


def _row(key: str, found: Sequence[Mapping[Any, Any]]) -> ChosenRow:
    orders = {row["order_id"]: _order(row) for row in found if row["order_id"] is not None}
    decisions = [(row["is_main"], _decision(row)) for row in found if row["attention_id"] is not None]
    dues = [at for row in found for at in (row["due_at"], row["order_due_at"]) if at is not None]
    first = found[0]
    return ChosenRow(
        key=key,
        title=first["title"] or first["shop_name"] or "",
        shop_name=first["shop_name"] or "",
        client_ids=frozenset(row["client_id"] for row in found),
        main=tuple(decision for is_main, decision in decisions if is_main),
        others=tuple(decision for is_main, decision in decisions if not is_main),
        orders=tuple(orders.values()),
        due_at=min(dues, default=None),
        is_order=first["lead"] is None,
        cost=None if first["cost"] is None else Money(first["cost"], first["cost_currency"]),
    )


def _order(row: Mapping[Any, Any]) -> ChosenOrder:
    value = Money(row["total_minor"], row["currency"])
    return ChosenOrder(
        row["order_id"],
        row["order_shop_id"],
        row["number"],
        row["stage"],
        row["held_by"],
        row["approvable"],
        value,
    )


def _decision(row: Mapping[Any, Any]) -> Decision:
    return Decision(
        row["attention_id"],
        str(row["public_id"]),
        row["kind"],
        row["action"],
        row["owner"],
        row["next_check_at"],
        row["snoozed"],
    )
