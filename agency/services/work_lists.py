"""The machine's work as a person can look at it: lanes, writes in doubt, webhooks that went wrong, and their counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.like_parts import like_part
from agency.services.paging import PAGE_SIZE
from agency.services.visibility import visible_sql
from agency.services.work_rows import (
    DoubtRow,
    LanePage,
    LaneRow,
    LetterRow,
    Queue,
)
from agency.services.work_words import FAILING, LANE_STATES, LOST, OVERDUE, SLEEPING
from agency.services.worklist_sql import STAYED

_LAST_PAGE = 1000

# A lane fails now and then and heals; from the third time in a row it is trouble. All times are the database's.
_FAILS = "l.failures >= 3"
_SLEEPS = "(l.problem <> '' and l.due_at is null and l.lease_until is null)"
_OVERDUE = """(l.lease_until is null and l.due_at < now() - interval '10 minutes'
  and s.paused_at is null and c.left_at is null)"""  # nobody is to take a paused shop's lane
_LOST = "(l.lease_until < now() - interval '1 minute')"
_TROUBLE = f"({_FAILS} or {_SLEEPS} or {_OVERDUE} or {_LOST})"
_STATE = f"""case when {_TROUBLE} then 'trouble' when l.lease_until is not null then 'working'
  when l.due_at is not null then 'waiting' else 'asleep' end"""
_FROM = """
    from lanes l join clients c on c.id = l.client_id
    left join shops s on s.id = l.shop_id left join suppliers u on u.id = l.supplier_id
    left join authorizations a on a.id = l.authorization_id
"""
_AT_WORK = f"where {STAYED.format('l')} and s.paused_at is null"
_NAME = """coalesce(s.name, u.name, nullif(a.seller_name, ''),
  (select string_agg(k.name, ', ' order by k.name) from shops k where k.authorization_id = a.id), '')"""
LANES_OF_ALL = f"""
    select case when s.id is not null then 'shop' when u.id is not null then 'supplier' else 'connection' end as kind,
      coalesce(s.public_id, u.public_id, a.public_id) as subject_id, {_NAME} as name, c.name as client_name,
      l.api, {_STATE} as state, {_FAILS} as fails, {_SLEEPS} as sleeps, {_OVERDUE} as overdue, {_LOST} as lost,
      l.problem, l.due_at, case when l.lease_until is not null then l.last_turn_at end as working_since,
      l.last_turn_at, l.failures, l.lost_bells, l.turns, l.fence
    {_FROM}
"""
_LANES = f"{LANES_OF_ALL} {_AT_WORK}"
_ORDER = """
    order by state <> 'trouble', state <> 'working', failures desc, due_at nulls last, name, api, subject_id
    limit :most offset :before
"""
_QUEUE = f"""
    select count(*) as lanes, count(*) filter (where {_TROUBLE}) as trouble,
      count(*) filter (where l.lease_until >= now()) as working,
      count(*) filter (where l.lease_until is null and l.due_at <= now()) as due,
      min(l.due_at) filter (where l.lease_until is null and l.due_at <= now()) as oldest
    {_FROM} {_AT_WORK}
"""

_DOUBTS = """
    select e.kind, e.state, o.tiktok_order_id, o.title, s.name as shop_name, coalesce(u.name, '') as asked, e.reason,
      e.sent_at, case when e.state = 'unknown' then e.next_at end as next_at, e.absent_count
    from effects e join orders o on o.id = e.order_id join shops s on s.id = e.shop_id
    left join suppliers u on u.id = e.supplier_id
    where e.state in ('unknown', 'review') and {seen}
    order by e.state <> 'review', e.sent_at nulls last, e.id limit :most
"""

BAD_OUTCOMES = "('unreadable', 'signature wrong')"
_BAD_LETTER = f"""(i.outcome in {BAD_OUTCOMES} and i.created_at > now() - interval '7 days'
  or i.handled_at is null and i.tries = 0 and i.created_at < now() - interval '10 minutes')
  and (i.handled_at is null or i.outcome in {BAD_OUTCOMES}) and {STAYED.format("i")}"""
_LETTERS = f"""
    select case when s.id is not null then 'shop' else 'supplier' end as kind,
      coalesce(s.public_id, u.public_id) as subject_id, coalesce(s.name, u.name) as name, c.name as client_name,
      case when i.handled_at is null then 'waiting' else i.outcome end as what,
      count(*) as letters, max(i.created_at) as last_at
    from inbox_items i join clients c on c.id = i.client_id
    left join shops s on s.id = i.shop_id left join suppliers u on u.id = i.supplier_id
    where {_BAD_LETTER} and {{seen}}
    group by 1, 2, 3, 4, 5 order by max(i.created_at) desc, 3, 5 limit :most
"""  # noqa: S608 - made of constants

# For the side bar. A write in doubt is the machine's own work for the first half hour.
TROUBLES = f"""
    (select count(*) {_FROM} {_AT_WORK} and {_TROUBLE} and {{lanes}})
    + (select count(*) from effects e where {{effects}}
        and (e.state = 'review' or e.state = 'unknown' and e.sent_at < now() - interval '30 minutes'))
    + (select count(distinct (i.shop_id, i.supplier_id, i.outcome)) from inbox_items i
        where {_BAD_LETTER} and {{letters}})
"""  # noqa: S608 - made of constants


def list_lanes(scope: Scope, session: Session, state: str = "", q: str = "", page: int = 1) -> LanePage:
    """Lanes, trouble first; `state` is one of LANE_STATES or empty, `q` a part of a name. 50 a page.

    Raises Invalid for another state.
    """
    if state and state not in LANE_STATES:
        raise Invalid("state", "There is no such state of work. Choose one of the tabs.")
    page = min(max(page, 1), _LAST_PAGE)
    values = {"most": PAGE_SIZE + 1, "before": (page - 1) * PAGE_SIZE, "state": state, "q": like_part(q)}
    conditions = ["true"]
    if state:
        conditions.append("state = :state")
    if q:
        conditions.append("(name ilike :q or client_name ilike :q)")
    seen = visible_sql(scope, "l.client_id")
    query = f"select * from ({_LANES} and {seen}) x where {' and '.join(conditions)} {_ORDER}"  # noqa: S608 - constants
    rows = [lane_row(row) for row in session.execute(text(query), values).mappings()]
    return LanePage(tuple(rows[:PAGE_SIZE]), page, len(rows) > PAGE_SIZE)


def read_queue(scope: Scope, session: Session) -> Queue:
    """The lanes in numbers."""
    row = session.execute(text(f"{_QUEUE} and {visible_sql(scope, 'l.client_id')}")).one()
    return Queue(row.due, row.working, row.trouble, row.lanes, row.oldest)


def list_doubts(scope: Scope, session: Session) -> tuple[DoubtRow, ...]:
    """Writes in doubt, those that wait for a person first; at most 50."""
    query = text(_DOUBTS.format(seen=visible_sql(scope, "e.client_id")))
    return tuple(
        DoubtRow(
            kind=row["kind"],
            state=row["state"],
            number=row["tiktok_order_id"],
            title=row["title"],
            shop_name=row["shop_name"],
            asked=row["asked"],
            reason=row["reason"],
            sent_at=row["sent_at"],
            next_at=row["next_at"],
            absent_count=row["absent_count"],
        )
        for row in session.execute(query, {"most": PAGE_SIZE}).mappings()
    )


def list_letters(scope: Scope, session: Session) -> tuple[LetterRow, ...]:
    """Webhooks that went wrong in the last seven days or wait unusually long, folded by sender and cause."""
    query = text(_LETTERS.format(seen=visible_sql(scope, "i.client_id")))
    return tuple(
        LetterRow(
            kind=row.kind,
            subject_id=str(row.subject_id),
            name=row.name,
            client_name=row.client_name,
            outcome=row.what,
            letters=row.letters,
            last_at=row.last_at,
        )
        for row in session.execute(query, {"most": PAGE_SIZE})
    )


def troubles_sql(scope: Scope) -> str:
    """The number of troubles as an SQL expression, for the side bar's one statement."""
    return TROUBLES.format(
        lanes=visible_sql(scope, "l.client_id"),
        effects=visible_sql(scope, "e.client_id"),
        letters=visible_sql(scope, "i.client_id"),
    )


def lane_row(row: Mapping[Any, Any]) -> LaneRow:
    """One row of a statement with `LANES_OF_ALL`."""
    return LaneRow(
        kind=row["kind"],
        subject_id=str(row["subject_id"]),
        name=row["name"],
        client_name=row["client_name"],
        api=row["api"],
        state=row["state"],
        trouble=_trouble(row),
        problem=_problem(row["problem"]),
        due_at=row["due_at"],
        working_since=row["working_since"],
        last_turn_at=row["last_turn_at"],
        failures=row["failures"],
        lost_bells=row["lost_bells"],
        turns=row["turns"],
        fence=row["fence"],
    )


def _trouble(row: Mapping[Any, Any]) -> str:
    if row["sleeps"]:
        return SLEEPING
    if row["fails"]:
        return FAILING.format(count=row["failures"])
    if row["lost"]:
        return LOST
    return OVERDUE if row["overdue"] else ""


def _problem(problem: str) -> str:
    """What the last turn said; an unexpected error is kept by its kind alone, since its text may carry data."""
    if problem.isidentifier():
        return said("An error of this program ({name}); its log has the details.", name=problem)
    return problem
