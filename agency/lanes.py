"""Lanes: who may work next on which outside API. PostgreSQL decides; a bell in Redis only wakes somebody up.

    make_due (business transaction) -> claim_due (dispatcher: fence + 1, lease) -> bell -> take (worker: compare-and-set
    on the fence) -> serve, extend -> give_back (next due time, crowded or not)

A lease that runs out without a word is claimed again: a lost bell or a dead worker costs one lease, never work.
All times are machine time, taken from the database.

A lane is crowded when its last turn left work behind or had more than a handful: the shop that went viral. Crowded
lanes have a share of the workers that leaves the others their places, and stand some seconds behind them; they are
never shut out (docs/adr/0040-crowded-lanes-stand-behind.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class ClaimedLane:
    """What a bell carries: an id and the fence that makes it valid once."""

    lane_id: int
    fence: int


@dataclass(frozen=True)
class Turn:
    """A lane taken by a worker; the scope of the work comes from here and never from the job."""

    lane_id: int
    fence: int
    agency_id: int
    client_id: int
    shop_id: int | None
    supplier_id: int | None
    authorization_id: int | None
    api: str
    failures: int
    taken_at: datetime | None = None  # by the database's clock


_MAKE_DUE = text(
    """
    update lanes set due_at = least(due_at, coalesce(cast(:at as timestamptz), now())),
      crowded = crowded and (cast(:planned_for as bigint) is null
        or exists (select from lanes p where p.shop_id = :planned_for and p.api = 'plan' and p.crowded))
    where api = :api
      and shop_id is not distinct from :shop_id
      and supplier_id is not distinct from :supplier_id
      and authorization_id is not distinct from :authorization_id
    """
)

_ADD = text(
    """
    insert into lanes (agency_id, client_id, shop_id, supplier_id, authorization_id, api, due_at)
    values (:agency_id, :client_id, :shop_id, :supplier_id, :authorization_id, :api, :due_at)
    on conflict do nothing
    """
)

# Seconds by which a crowded lane stands behind fresh ones that fell due at the same moment; no more, so that it is
# served even where fresh work never ends.
STANDS_BEHIND = 5.0

# Nothing is claimed or taken in a restored copy before `shopfleet recover` (ADR 41); asked before the arms of the union
# are read, so that no lane is locked either.
# An expired lease is a lost bell or a dead worker. Free lanes wait by due time, broken ones by the end of their lease;
# a crowded one that broke keeps its place among the crowded.
_CLAIM = text(
    """
    with served as (
      select count(*) as crowded from lanes where lease_until is not null and crowded
    ), fresh as (
      select id, due_at as since from lanes where lease_until is null and due_at <= now() and not crowded
      order by due_at limit :room for update skip locked
    ), crowd as (
      select id, due_at + make_interval(secs => :behind) as since from lanes
      where lease_until is null and due_at <= now() and crowded
      order by due_at limit (select greatest(0, least(:room, :share - crowded)) from served)
      for update skip locked
    ), broken as (
      select id, lease_until as since from lanes
      where lease_until is not null and lease_until < now()
      order by lease_until limit :room for update skip locked
    ), chosen as (
      select id, since from (
        select * from fresh union all select * from crowd union all select * from broken
      ) waiting where (select at_home()) order by since limit :room
    )
    update lanes l set
      fence = l.fence + 1,
      lost_bells = l.lost_bells + (l.lease_until is not null)::int,
      lease_until = now() + make_interval(secs => :lease)
    from chosen where l.id = chosen.id
    returning l.id, l.fence, chosen.since
    """
)

_TAKE = text(
    """
    update lanes set fence = fence + 1, due_at = null, turns = turns + 1, last_turn_at = now(),
      lease_until = now() + make_interval(secs => :lease)
    where id = :lane_id and fence = :fence and (select at_home())
    returning id, fence, agency_id, client_id, shop_id, supplier_id, authorization_id, api, failures, last_turn_at
    """
)

_EXTEND = text(
    "update lanes set lease_until = now() + make_interval(secs => :lease) where id = :lane_id and fence = :fence"
)

_GIVE_BACK = text(
    """
    update lanes set lease_until = null, due_at = least(due_at, cast(:next_due as timestamptz)),
      failures = :failures, problem = :problem, crowded = coalesce(:crowded, crowded)
    where id = :lane_id and fence = :fence
    """
)


def make_due(
    session: Session,
    *,
    api: str,
    shop_id: int | None = None,
    supplier_id: int | None = None,
    authorization_id: int | None = None,
    at: datetime | None = None,
    planned_for: int | None = None,
) -> None:
    """Wakes a lane no later than `at` (machine time; None = now). Call it in the transaction that creates the work.

    `planned_for`: the shop whose work it is, where shops share the lane. Unless that shop is crowded itself, the lane
    is served as fresh for once, so that the flood of its sister does not stand before it.
    """
    subject = {"shop_id": shop_id, "supplier_id": supplier_id, "authorization_id": authorization_id}
    session.execute(_MAKE_DUE, {"api": api, "at": at, "planned_for": planned_for, **subject})


def add_lane(
    session: Session,
    *,
    agency_id: int,
    client_id: int,
    api: str,
    shop_id: int | None = None,
    supplier_id: int | None = None,
    authorization_id: int | None = None,
    due_at: datetime | None = None,
) -> None:
    """Creates the lane unless it exists."""
    values = {"agency_id": agency_id, "client_id": client_id, "api": api, "due_at": due_at}
    subject = {"shop_id": shop_id, "supplier_id": supplier_id, "authorization_id": authorization_id}
    session.execute(_ADD, {**values, **subject})


def claim_due(session: Session, room: int, lease: float, workers: int | None = None) -> list[ClaimedLane]:
    """Claims up to `room` lanes, first those that waited longest; each gets a new fence and a lease of `lease` seconds.

    Crowded lanes together get a quarter of `workers`, at least one (None = as many as are due).
    """
    share = max(1, workers // 4) if workers is not None else 1_000_000
    values = {"room": room, "lease": lease, "share": share, "behind": STANDS_BEHIND}
    rows = sorted(session.execute(_CLAIM, values), key=lambda row: row.since)
    return [ClaimedLane(row.id, row.fence) for row in rows]


def take(session: Session, lane_id: int, fence: int, lease: float) -> Turn | None:
    """Takes the lane for one turn; None when the bell is late, doubled or forged. The returned fence ends the turn."""
    row = session.execute(_TAKE, {"lane_id": lane_id, "fence": fence, "lease": lease}).one_or_none()
    if row is None:
        return None
    return Turn(
        lane_id=row.id,
        fence=row.fence,
        agency_id=row.agency_id,
        client_id=row.client_id,
        shop_id=row.shop_id,
        supplier_id=row.supplier_id,
        authorization_id=row.authorization_id,
        api=row.api,
        failures=row.failures,
        taken_at=row.last_turn_at,
    )


def extend(session: Session, turn: Turn, lease: float) -> bool:
    """Lengthens the lease; False when somebody else has the lane by now, and then the turn must stop."""
    result = session.execute(_EXTEND, {"lane_id": turn.lane_id, "fence": turn.fence, "lease": lease})
    return bool(result.rowcount)  # type: ignore[attr-defined]


def give_back(
    session: Session,
    turn: Turn,
    next_due: datetime | None,
    failures: int = 0,
    problem: str = "",
    crowded: bool | None = False,
) -> bool:
    """Ends the turn. Work that arrived meanwhile keeps its earlier due time. False when the lane was lost.

    `crowded`: the turn left work behind, or had more than a handful; None leaves the lane as it was.
    """
    values = {"lane_id": turn.lane_id, "fence": turn.fence, "next_due": next_due, "crowded": crowded}
    result = session.execute(_GIVE_BACK, {**values, "failures": failures, "problem": problem})
    return bool(result.rowcount)  # type: ignore[attr-defined]
