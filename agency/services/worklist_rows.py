"""What the Today list shows: its rows, groups and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agency.domain.money import Money
from agency.domain.said import said

GROUPS = (
    ("unread", said("Not working")),
    ("overdue", said("Overdue")),
    ("next_4_hours", said("Next 4 hours")),
    ("later_today", said("Later today")),
    ("tomorrow", said("Tomorrow")),
    ("later", said("Later")),
    ("no_deadline", said("No deadline")),
)
GROUP_KEYS = tuple(key for key, _label in GROUPS)


@dataclass(frozen=True)
class WorkFilters:
    """What a reader asked to see; empty text = everything.

    `shop` and `client` are public ids; `q` is a number (of the order, its parcel or its purchase, whole or its end) or
    a whole seller sku; `owner` is "mine" or "nobody"; `snoozed` is "yes" for the rows that sleep until their next check
    instead of the others.
    """

    group: str = ""
    shop: str = ""
    action: str = ""
    q: str = ""
    client: str = ""
    owner: str = ""
    snoozed: str = ""


@dataclass(frozen=True)
class WorkRow:
    """One line of Today with exactly one next action.

    `kind` is "attention" (a person must decide), "order" (open, the machine is on it) or "trouble" (a shop that was not
    read, a lane that fails). `folded` > 1: so many decisions of one cause, at `shops` shops. `more`: further causes of
    the same orders. `press`: what the row's button does in its place ("approve", "done"); empty = it leads to `href`.
    `cost`: what an approval spends. `owners`: "user:<id>" of those who have it. Times are shop time.
    """

    kind: str
    id: str
    order_number: str
    title: str
    quantity: int
    shop_id: str
    shop_name: str
    client_name: str
    region: str
    shop_time_zone: str
    stage: str
    status_text: str
    tone: str
    group: str
    due_at: datetime | None
    due_kind: str
    due_label: str
    due_source: str
    value: Money | None
    profit: Money | None
    loss: Money | None
    action: str
    action_label: str
    href: str
    why: str
    folded: int = 1
    shops: int = 1
    more: int = 0
    press: str = ""
    cost: Money | None = None
    owners: tuple[str, ...] = ()
    snoozed_until: datetime | None = None


@dataclass(frozen=True)
class WorkGroup:
    """A group with its count over the whole list, not only this page."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class StageCount:
    """How many of the open orders stand in a stage; all of them together are `Today.open_orders`."""

    stage: str
    label: str
    count: int


@dataclass(frozen=True)
class Today:
    """The list of what will be lost next. `groups` in the order of the list; `open_value` has one sum per currency.

    `snoozed` and `mine` count rows whatever the filters `owner` and `snoozed` say.
    """

    rows: tuple[WorkRow, ...]
    next_cursor: str
    groups: tuple[WorkGroup, ...]
    open_orders: int
    attentions: int
    approvals: int
    open_value: tuple[Money, ...]
    oldest_overdue_at: datetime | None
    next_due_at: datetime | None
    stages: tuple[StageCount, ...] = ()
    snoozed: int = 0
    mine: int = 0
