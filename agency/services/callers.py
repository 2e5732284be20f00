"""Who calls: a session's token becomes a person, a role and a scope, on the system login and before any tenant.

Rights are read with the session on every request, so a right that was taken away is gone at the next click. A session
ends 12 hours after its last use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.scope import Scope
from agency.services.audit import Act, record_act_of
from agency.services.one_time import secret_hash

SESSION_IDLE = timedelta(hours=12)
FRESH = timedelta(minutes=10)  # how long a proof of who one is counts for acts that ask for it again
_TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Membership:
    """One role of a person; `client_name` is set for client members."""

    public_id: str
    agency_name: str
    role: str
    client_name: str


@dataclass(frozen=True)
class SignedIn:
    """Who calls, as what, and what else this person could be.

    `must_enrol`: the agency asks for a second factor and this person has none yet; only their own account is open.
    `viewing`: the name of the client whose pages a team member looks at as that client sees them; empty otherwise.
    A program with an API token has a `token_id` (public), the `areas` of that token, and no session.
    """

    scope: Scope
    session_id: int
    membership_id: str
    user_name: str
    email: str
    time_zone: str
    agency_name: str
    brand_colour: str
    role: str
    client_name: str
    memberships: tuple[Membership, ...]
    confirmed_at: datetime | None = None
    must_enrol: bool = False
    viewing: str = ""
    language: str = ""  # the person's own choice, such as "de"; empty = what the browser asks for
    token_id: str = ""
    areas: frozenset[str] = frozenset()


_LIVE = """
    select m.id, m.public_id, m.role, m.agency_id, m.client_ids, a.name as agency_name, a.brand_colour,
      a.requires_second_factor,
      case when m.role = 'client_member' then (select c.name from clients c where c.id = m.client_ids[1]) end
        as client_name
    from memberships m join agencies a on a.id = m.agency_id
    where m.ended_at is null
"""


# The client whose pages a team member looks at, as long as that client is among theirs; in the zone of its own member.
_VIEWED = """
    select c.name, (select mu.time_zone from memberships cm join users mu on mu.id = cm.user_id
      where cm.agency_id = c.agency_id and cm.role = 'client_member' and cm.client_ids[1] = c.id
        and cm.ended_at is null order by cm.id limit 1) as time_zone
    from clients c
    where c.id = s.viewing_client_id and c.agency_id = m.agency_id and m.role <> 'client_member'
      and (m.client_ids is null or c.id = any(m.client_ids))
"""


_READ_SESSION = text(
    f"""
    select s.id as session_id, s.last_seen_at, s.confirmed_at, u.id as user_id, u.name as user_name, u.email,
      u.language,
      coalesce(v.time_zone, u.time_zone) as time_zone, m.public_id, m.role, m.agency_id, m.client_ids, m.agency_name,
      m.brand_colour, m.client_name, s.viewing_client_id, v.name as viewing,
      m.requires_second_factor and not exists (
        select from second_factors f where f.user_id = u.id and f.confirmed_at is not null) as must_enrol,
      (select json_agg(json_build_array(o.public_id, o.agency_name, o.role, coalesce(o.client_name, '')) order by o.id)
       from ({_LIVE} and m.user_id = s.user_id) o) as memberships
    from sessions s
    join users u on u.id = s.user_id and u.disabled_at is null
    join ({_LIVE}) m on m.id = s.membership_id
    left join lateral ({_VIEWED}) v on true
    where s.token_hash = :token_hash and s.revoked_at is null and not s.needs_factor
      and s.expires_at > :now and s.last_seen_at > :idle_since
    """  # noqa: S608 - put together from constants of this module
)


def is_fresh(caller: SignedIn) -> bool:
    """True while the caller's last proof of who they are counts for acts that ask for it again."""
    return caller.confirmed_at is not None and machine_now() - caller.confirmed_at < FRESH


def scope_of_session(session: Session, token: str, *, touch: bool = True) -> SignedIn | None:
    """Who holds this token, in one indexed read; None when it is unknown, ended or idle for too long.

    `touch` counts as a use; without it nothing is written.
    """
    now = machine_now()
    query = {"token_hash": secret_hash(token), "now": now, "idle_since": now - SESSION_IDLE}
    row = session.execute(_READ_SESSION, query).mappings().one_or_none()
    if row is None:
        return None
    if touch:
        _touch(session, row, now)
    if row["viewing_client_id"] is not None and row["viewing"] is None:
        _end_lost_view(session, row)
    viewing = row["viewing"] or ""
    return SignedIn(
        scope=_viewed_scope(row) if viewing else _scope(row),
        session_id=row["session_id"],
        membership_id=str(row["public_id"]),
        user_name=row["user_name"],
        email=row["email"],
        time_zone=row["time_zone"],
        agency_name=row["agency_name"],
        brand_colour=row["brand_colour"],
        role="client_member" if viewing else row["role"],
        client_name=viewing or row["client_name"] or "",
        memberships=tuple(Membership(*fields) for fields in row["memberships"]),
        confirmed_at=row["confirmed_at"],
        must_enrol=row["must_enrol"],
        viewing=viewing,
        language=row["language"],
    )


def _touch(session: Session, row: RowMapping, now: datetime) -> None:
    """Writes the last use, at most every five minutes, so that reading a page seldom writes."""
    if now - row["last_seen_at"] >= _TOUCH_EVERY:
        session.execute(
            text("update sessions set last_seen_at = :now where id = :id"),
            {"now": now, "id": row["session_id"]},
        )


def _end_lost_view(session: Session, row: RowMapping) -> None:
    """The client is not among the caller's any more, so the session is the caller's own again."""
    ended = session.execute(
        text("update sessions set viewing_client_id = null where id = :id and viewing_client_id is not null"),
        {"id": row["session_id"]},
    )
    if not ended.rowcount:  # type: ignore[attr-defined] # another request of this browser was faster
        return
    client = session.execute(
        text("select public_id from clients where id = :id and agency_id = :agency_id"),
        {"id": row["viewing_client_id"], "agency_id": row["agency_id"]},
    ).one_or_none()
    if client is not None:
        details = {"reason": "the client is not among theirs any more"}
        act = Act("client.view_ended", "client", str(client.public_id), row["viewing_client_id"], details)
        record_act_of(session, row["agency_id"], f"user:{row['user_id']}", act)


def _viewed_scope(row: RowMapping) -> Scope:
    """What a member of the viewed client may see; the actor stays the person who looks."""
    return Scope(
        login="portal",
        agency_id=row["agency_id"],
        actor=f"user:{row['user_id']}",
        role="client_member",
        client_id=row["viewing_client_id"],
        user_id=row["user_id"],
        read_only=True,
    )


def _scope(row: RowMapping) -> Scope:
    common: dict[str, Any] = {
        "agency_id": row["agency_id"],
        "actor": f"user:{row['user_id']}",
        "role": row["role"],
        "user_id": row["user_id"],
    }
    clients: list[int] | None = row["client_ids"]
    if row["role"] == "client_member":
        return Scope(login="portal", client_id=(clients or [0])[0], read_only=True, **common)
    return Scope(login="staff", client_ids=None if clients is None else frozenset(clients), **common)
