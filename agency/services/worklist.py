"""Today: what will be lost next. Decisions and open orders in one order, on top the shops that nobody could read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Invalid
from agency.domain.money import Money, money_sums
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.order_search import number_arms
from agency.services.paging import PAGE_SIZE, decode_cursor, encode_cursor
from agency.services.snoozing import WAKES_BEFORE
from agency.services.totals import UNREAD_AFTER
from agency.services.wording import STAGES
from agency.services.worklist_mapping import trouble_row, work_row
from agency.services.worklist_rows import GROUP_KEYS, GROUPS, StageCount, Today, WorkFilters, WorkGroup
from agency.services.worklist_sql import counts_statement, page_statement, trouble_statement

_KEY = (datetime, int, int, str, int, int)
_EVER, _NEVER = "-infinity", "infinity"


@dataclass(frozen=True)
class _Edges:
    """Where the groups of a day begin and end, in aware UTC."""

    now: datetime
    soon: datetime
    midnight: datetime
    tomorrow: datetime

    def start(self, rank: int) -> str:
        """The lower end of a rank's deadlines."""
        moments = {
            2: self.now,
            3: self.soon,
            4: max(self.soon, self.midnight),
            5: max(self.soon, self.tomorrow),
        }
        return moments[rank].isoformat() if rank in moments else _EVER if rank < 2 else _NEVER

    def end(self, rank: int) -> str:
        """The upper end of a rank's deadlines, not included."""
        return {0: _EVER, 5: _NEVER, 6: _EVER}.get(rank) or self.start(rank + 1)


def today(
    scope: Scope, session: Session, now: datetime, filters: WorkFilters, cursor: str = "", zone: str = "UTC"
) -> Today:
    """One page of the list. `now` is shop time; days end at midnight in `zone`, the reader's.

    Raises Invalid for an unknown group or a cursor of another list.
    """
    group = _group(filters.group)
    asked_at, key = _open_cursor(cursor, now)
    edges = _edges(asked_at, zone)
    arms, typed = number_arms(filters.q)
    common = _common(scope, filters, edges) | typed
    values = {**common, "group": group, **key, **_order_range(key, group, edges)}
    found = list(session.execute(page_statement(scope, arms), values).mappings())
    counts = session.execute(counts_statement(scope, arms), common).mappings().one()
    trouble = _trouble(scope, session, filters)
    told = [trouble_row(row) for row in trouble] if not cursor and group in (-1, 0) else []
    # A page holds so many rows in all; half of them stay for work, however many shops are in trouble.
    room = max(PAGE_SIZE - len(told), PAGE_SIZE // 2)
    rows = told + [work_row(row, GROUP_KEYS[row["rank"]]) for row in found[:room]]
    return Today(
        rows=tuple(rows),
        next_cursor=_next_cursor(asked_at, found, room),
        groups=_groups(counts, len(trouble), with_orders=common["orders"]),
        open_orders=sum(number for _rank, _currency, number, *_rest in counts["open"] or ()),
        attentions=sum((counts["decided"] or {}).values()),
        approvals=counts["approvals"],
        open_value=money_sums(
            Money(total, currency) for _rank, currency, _n, total, _stage in counts["open"] or ()
        ),
        oldest_overdue_at=counts["first_due"]
        if counts["first_due"] and counts["first_due"] < asked_at
        else None,
        next_due_at=counts["next_due"],
        stages=_stages(counts["open"] or ()),
        snoozed=counts["snoozed"],
        mine=counts["mine"],
    )


def _common(scope: Scope, filters: WorkFilters, edges: _Edges) -> dict[str, Any]:
    """What both statements ask for. Orders without a decision are nobody's and never sleep."""
    plain = not filters.owner and not filters.snoozed and filters.action in ("", "see")
    return {
        "shop": filters.shop,
        "client": filters.client,
        "action": filters.action,
        "owner": filters.owner,
        "me": scope.actor,
        "snoozed": bool(filters.snoozed),
        "orders": plain,
        "wake": edges.now + WAKES_BEFORE,
        **vars(edges),
    }


def _group(word: str) -> int:
    if not word:
        return -1
    if word not in GROUP_KEYS:
        raise Invalid("group", said("Choose one of {choices}.", choices=", ".join(GROUP_KEYS)))
    return GROUP_KEYS.index(word)


def _edges(now: datetime, zone: str) -> _Edges:
    local = now.astimezone(ZoneInfo(zone))
    days = [
        datetime.combine(local.date() + timedelta(days=n), time(), local.tzinfo).astimezone(UTC)
        for n in (1, 2)
    ]
    return _Edges(now, now + timedelta(hours=4), *days)


def _open_cursor(cursor: str, now: datetime) -> tuple[datetime, dict[str, Any]]:
    """The moment at which the first page was asked for, so that groups do not move between pages, and the sort key."""
    if not cursor:
        return now, {"rank": -1, "loss": 0, "due": _EVER, "is_order": 0, "id": 0}
    asked_at, rank, loss, due, is_order, row_id = decode_cursor(cursor, _KEY)
    if not 0 <= rank <= 6:
        raise Invalid("after", "This place in the list is not known. Start again from its first page.")
    return asked_at, {"rank": rank, "loss": loss, "due": _moment(due), "is_order": is_order, "id": row_id}


def _moment(text: str) -> str:
    if text == _NEVER:
        return text
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except ValueError:
        raise Invalid(
            "after", "This place in the list is not known. Start again from its first page."
        ) from None


def _order_range(key: Mapping[str, Any], group: int, edges: _Edges) -> dict[str, Any]:
    """From where to where the index of open orders is read so that the page goes on after `key`."""
    rank = key["rank"]
    bounds = {"from_due": edges.start(rank), "from_id": 0, "until_due": _NEVER, "undated_from": 0}
    if rank > 0 and key["loss"] == 0:  # among the orders without a loss already: go on behind this very row
        last_id = key["id"] if key["is_order"] else 0
        bounds |= {"undated_from": last_id} if rank == 6 else {"from_due": key["due"], "from_id": last_id}
    if group >= 0:
        if group > rank:
            bounds |= {"from_due": edges.start(group), "from_id": 0}
        bounds["until_due"] = edges.end(group)
        if group != 6:
            bounds["undated_from"] = 2**62
    return bounds


def _next_cursor(asked_at: datetime, found: list[Any], room: int) -> str:
    if len(found) <= room:
        return ""
    last = found[room - 1]
    due = last["due_at"].isoformat() if last["due_at"] else _NEVER
    return encode_cursor(asked_at, last["rank"], last["loss"], due, last["is_order"], last["sort_id"])


def _trouble(scope: Scope, session: Session, filters: WorkFilters) -> list[Any]:
    if filters.action or filters.q or filters.owner or filters.snoozed:
        return []
    values = {"shop": filters.shop, "client": filters.client, "limit": machine_now() - UNREAD_AFTER}
    return list(session.execute(trouble_statement(scope), values).mappings())


def _groups(counts: Mapping[Any, Any], trouble: int, *, with_orders: bool) -> tuple[WorkGroup, ...]:
    rows = Counter({int(rank): number for rank, number in (counts["decided"] or {}).items()})
    rows[0] += trouble
    for rank, _currency, number, *_rest in (counts["open"] or ()) if with_orders else ():
        rows[rank] += number
    for rank, number in (counts["told"] or {}).items() if with_orders else ():
        rows[int(rank)] -= number
    return tuple(WorkGroup(key, label, rows[rank]) for rank, (key, label) in enumerate(GROUPS))


def _stages(opened: Sequence[Any]) -> tuple[StageCount, ...]:
    counts: Counter[str] = Counter()
    for _rank, _currency, number, _total, stage in opened:
        counts[stage] += number
    return tuple(StageCount(stage, STAGES[stage], counts[stage]) for stage in STAGES if counts[stage])
