"""Reading the audit log: pages with filters, the whole log for exports, whether the chain is whole. For owners only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from agency.domain.audit_chain import ChainCheck, check_chain
from agency.domain.errors import Invalid
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.audit_words import details_text, words_of
from agency.services.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor
from agency.services.public_ids import as_public_id

BATCH = 500  # entries read at once by an export or a check, so that no log has to fit into memory
FORMER = said("Former member")
_PEOPLE = text(
    """
    select u.id, u.name from users u join memberships m on m.user_id = u.id
    where m.agency_id = :agency_id and m.ended_at is null order by u.name, u.id
    """
)
_TOKENS = text("select public_id, name from api_tokens")
_COLUMNS = """
    e.number, e.at, e.actor, e.action, e.client_id, e.object_kind, e.object_id, e.details, e.address, e.previous_hash,
    e.hash, c.name as client_name
"""
_BATCH = text(
    f"""
    select {_COLUMNS} from audit_entries e left join clients c on c.id = e.client_id
    where e.agency_id = :agency_id and e.number > :number order by e.number limit {BATCH}
    """  # noqa: S608 - put together from constants of this module
)
_HEAD = text(
    "select number, hash from audit_entries where agency_id = :agency_id order by number desc limit 1"
)


@dataclass(frozen=True)
class AuditFilters:
    """What to show; an empty text asks for everything.

    `actor` as it is stored ("user:7"), `action` a prefix ("order."), `object` a kind or an id, `client` a public id,
    `since` and `until` days such as 2026-11-25, both included, in the zone `zone`.
    """

    actor: str = ""
    action: str = ""
    object: str = ""
    client: str = ""
    since: str = ""
    until: str = ""
    zone: str = "UTC"


@dataclass(frozen=True)
class AuditRow:
    """One entry. `who` and `sentence` are for people, the rest is what was written; hashes are hexadecimal."""

    number: int
    at: datetime
    who: str
    sentence: str
    note: str
    actor: str
    action: str
    client_id: int | None
    client_name: str
    object_kind: str
    object_id: str
    details: Mapping[str, Any]
    address: str
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The last entry: whoever notes both elsewhere can tell later that nothing was cut off before it."""

    number: int
    hash: str


Names = Mapping[str, str]  # actor -> name


def read_names(scope: Scope, session: Session, system: Session) -> Names:
    """The names of actors: people of this agency (system login, filtered by it) and API tokens, by actor.

    Raises Forbidden unless an owner asks.
    """
    scope.require_owner()
    people = system.execute(_PEOPLE, {"agency_id": scope.agency_id})
    names = {f"user:{row.id}": row.name for row in people}
    return names | {
        f"token:{row.public_id}": said("API token {name}", name=row.name) for row in session.execute(_TOKENS)
    }


def list_acts(
    scope: Scope, session: Session, names: Names, filters: AuditFilters, cursor: str = ""
) -> Page[AuditRow]:
    """A page of 50, newest first. Raises Forbidden unless an owner asks, Invalid naming a filter it cannot read."""
    scope.require_owner()
    values = _values(scope, filters)
    if cursor:
        (values["before"],) = decode_cursor(cursor, (int,))
    rows = session.execute(_page(filters, goes_on=bool(cursor)), values).mappings().all()
    last = rows[PAGE_SIZE - 1]["number"] if len(rows) > PAGE_SIZE else None
    return Page(
        rows=tuple(_row(row, names) for row in rows[:PAGE_SIZE]),
        next_cursor="" if last is None else encode_cursor(last),
    )


def iterate_acts(scope: Scope, session: Session, names: Names) -> Iterator[AuditRow]:
    """The whole log, oldest first, read in batches. Raises Forbidden unless an owner asks."""
    scope.require_owner()
    return (_row(entry, names) for entry in _entries(session, scope.agency_id))


def read_head(scope: Scope, session: Session) -> Head:
    """Number and hash of the last entry; number 0 for an empty log. Raises Forbidden unless an owner asks."""
    scope.require_owner()
    row = session.execute(_HEAD, {"agency_id": scope.agency_id}).one_or_none()
    return Head(row.number, bytes(row.hash).hex()) if row else Head(0, "")


def verify_chain(session: Session, agency_id: int) -> ChainCheck:
    """Follows the chain of an agency, in a session of its scope; reads in batches."""
    return check_chain(_entries(session, agency_id))


def _entries(session: Session, agency_id: int) -> Iterator[Mapping[Any, Any]]:
    number = 0
    while True:
        rows = session.execute(_BATCH, {"agency_id": agency_id, "number": number}).mappings().all()
        yield from rows
        if len(rows) < BATCH:
            return
        number = rows[-1]["number"]


def _page(filters: AuditFilters, *, goes_on: bool) -> TextClause:
    """Only the conditions that are asked for; filters are values, never text of the statement."""
    conditions = ["e.agency_id = :agency_id"]
    conditions += ["e.actor = :actor"] if filters.actor else []
    conditions += ["starts_with(e.action, :action)"] if filters.action else []
    conditions += ["(e.object_kind = :object or e.object_id = :object)"] if filters.object else []
    conditions += ["c.public_id = :client"] if filters.client else []
    conditions += ["e.at >= :since"] if filters.since else []
    conditions += ["e.at < :until"] if filters.until else []
    conditions += ["e.number < :before"] if goes_on else []
    return text(
        f"""
        select {_COLUMNS} from audit_entries e left join clients c on c.id = e.client_id
        where {" and ".join(conditions)} order by e.number desc limit {PAGE_SIZE + 1}
        """  # noqa: S608 - conditions of this function
    )


def _values(scope: Scope, filters: AuditFilters) -> dict[str, Any]:
    values: dict[str, Any] = {
        "agency_id": scope.agency_id,
        "actor": filters.actor,
        "action": filters.action,
        "object": filters.object,
    }
    if filters.client:
        values["client"] = as_public_id(filters.client, "Client")
    if filters.since:
        values["since"] = _midnight("since", filters.since, filters.zone)
    if filters.until:
        values["until"] = _midnight("until", filters.until, filters.zone, days=1)
    return values


def _midnight(field: str, day: str, zone: str, days: int = 0) -> datetime:
    """When a day begins, or another `days` later; the last day of all begins no other."""
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        raise Invalid(field, "Write a day such as 2026-11-25.") from None
    last = date.max - timedelta(days)
    return datetime.combine(min(asked, last) + timedelta(days), time(), ZoneInfo(zone))


def _row(row: Mapping[Any, Any], names: Names) -> AuditRow:
    actor, action = row["actor"], row["action"]
    return AuditRow(
        number=row["number"],
        at=row["at"],
        who=_who(actor, names),
        sentence=words_of(action, row["object_kind"], row["object_id"]),
        note=details_text(row["details"]),
        actor=actor,
        action=action,
        client_id=row["client_id"],
        client_name=row["client_name"] or "",
        object_kind=row["object_kind"],
        object_id=row["object_id"],
        details=row["details"],
        address=row["address"],
        previous_hash=bytes(row["previous_hash"]).hex(),
        hash=bytes(row["hash"]).hex(),
    )


def _who(actor: str, names: Names) -> str:
    kind = actor.partition(":")[0]
    if kind == "user":
        return names.get(actor, FORMER)
    return names.get(actor, said("An API token")) if kind == "token" else "Shopfleet"
