"""A person leaves the agency: one act ends what they could do here, and says what they could have seen.

    membership, its sessions and tokens -> invitations, open links, claims -> keys to change at suppliers -> log

People and sessions are on the system login, whose statements carry the agency themselves. Their other memberships stay.
Supplier keys are never shown by us, but whoever worked here as owner or operator may have typed them or know them from
the supplier's own site; only the supplier can change them, so each is an open decision until a new one is entered.
Our own data keys, which nobody sees, get a new version; `shopfleet keys rotate` seals anew what is there already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, NotFound
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.attention import Cause, open_attention
from agency.services.audit import Act, record_act
from agency.services.data_keys import add_version
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring

REMOVED = "member.removed"
KEY_KIND = "change_key"  # the open decision about one supplier
_KNOWS_KEYS = ("owner", "operator")

_MEMBER = """
    select m.id, m.public_id, m.user_id, m.role, m.client_ids, m.ended_at, u.name, u.email
    from memberships m join users u on u.id = m.user_id
    where m.agency_id = :agency_id and m.public_id = :public_id
"""
_OWNERS = text(
    "select id from memberships where agency_id = :agency_id and role = 'owner' and ended_at is null for update"
)
_SESSIONS = text(
    "select count(*) from sessions where membership_id = :id and revoked_at is null and expires_at > :now"
)
_TOKENS = text(
    """
    select count(*) from api_tokens where membership_id = :id and revoked_at is null and expires_at > :now
    """
)
_OPEN_INVITATIONS = """
    (email = :email or invited_by = :actor) and accepted_at is null and withdrawn_at is null
"""
_WORK = text(
    f"""
    select
      (select count(*) from invitations where {_OPEN_INVITATIONS}) as invitations,
      (select count(*) from connect_requests
        where user_id = :user_id and used_at is null and expires_at > :now) as links,
      (select count(*) from purchases where claimed_by = :actor and state = 'ready') as claims
    """  # noqa: S608 - made of constants
)
_KEYS = text(
    """
    select p.id, p.public_id, p.client_id, p.name, c.name as client_name, exists (
        select from audit_entries a where a.actor = :actor and a.object_kind = 'supplier'
          and a.object_id = p.public_id::text and a.action in ('supplier.added', 'supplier.key_replaced')) as typed
    from suppliers p join clients c on c.id = p.client_id join supplier_secrets x on x.supplier_id = p.id
    where p.state = 'active' and (cast(:client_ids as bigint[]) is null or p.client_id = any(:client_ids))
    order by c.name, p.name, p.id
    """
)
# Clients that have anything sealed; those that have left have no key any more.
_SEALED = text(
    """
    select distinct client_id from client_keys
    where cast(:client_ids as bigint[]) is null or client_id = any(:client_ids) order by client_id
    """
)
_DONE = text(
    """
    select details from audit_entries where object_kind = 'member' and object_id = :id and action = :action
    order by number desc limit 1
    """
)
_END = (
    text("update memberships set ended_at = :now where id = :id and ended_at is null"),
    text("update sessions set revoked_at = :now where membership_id = :id and revoked_at is null"),
    text("update api_tokens set revoked_at = :now where membership_id = :id and revoked_at is null"),
)
_END_WORK = (
    text(f"update invitations set withdrawn_at = :now where {_OPEN_INVITATIONS}"),  # noqa: S608 - constants
    text("update connect_requests set used_at = :now where user_id = :user_id and used_at is null"),
    text(
        "update purchases set claimed_by = '', claimed_until = null where claimed_by = :actor and state = 'ready'"
    ),
    text("update attentions set owner = '' where owner = :actor and resolved_at is null"),
    text("delete from saved_views where user_id = :user_id"),
)


@dataclass(frozen=True)
class MemberCounts:
    """What ends with a membership, in numbers; the same before and after.

    `keys` are to be changed at suppliers; `data_keys`: clients for which whatever comes is sealed with a new key.
    """

    sessions: int
    tokens: int
    invitations: int
    links: int
    claims: int
    keys: int
    data_keys: int


@dataclass(frozen=True)
class KeyToChange:
    """A supplier's key that the person could know; `typed`: the log says that they entered it themselves."""

    supplier_id: str
    supplier_name: str
    client_name: str
    typed: bool


@dataclass(frozen=True)
class MemberDeparture:
    """One person's departure; `ended_at` None = it has not happened."""

    membership_id: str
    name: str
    email: str
    role: str
    ended_at: datetime | None
    counts: MemberCounts
    keys: tuple[KeyToChange, ...]


def get_member_departure(scope: Scope, session: Session, system: Session, public_id: str) -> MemberDeparture:
    """What would end with this membership, or what has. Raises Forbidden unless an owner asks, NotFound."""
    scope.require_owner()
    member = _get_member(scope, system, public_id)
    keys = _keys(session, member)
    if member["ended_at"] is None:
        counts = _count(session, system, member, len(keys))
    else:
        values = {"id": str(member["public_id"]), "action": REMOVED}
        details: Mapping[str, Any] = session.execute(_DONE, values).scalar_one_or_none() or {}
        counts = MemberCounts(**{name: int(details.get(name, 0)) for name in MemberCounts.__annotations__})
    return MemberDeparture(
        str(member["public_id"]), member["name"], member["email"], member["role"], member["ended_at"], counts,
        tuple(KeyToChange(str(k.public_id), k.name, k.client_name, k.typed) for k in keys),
    )  # fmt: skip


def remove_member(
    scope: Scope, session: Session, system: Session, keyring: Keyring, public_id: str
) -> MemberCounts:
    """Ends a membership and everything that stands on it; returns what was done, in numbers.

    Raises Forbidden unless an owner asks, NotFound, and Conflict for the last owner or a membership that has ended.
    """
    scope.require_owner()
    return _end(scope, session, system, keyring, _get_member(scope, system, public_id, lock=True))


def leave_agency(
    scope: Scope, session: Session | None, system: Session, keyring: Keyring, public_id: str
) -> MemberCounts:
    """The same for oneself. `session` is None for a client member, who has no work here that could stay open.

    Raises NotFound for another person's membership, and Conflict for the last owner.
    """
    member = _get_member(scope, system, public_id, lock=True)
    if member["user_id"] != scope.user_id:
        raise NotFound("Member")
    return _end(scope, session, system, keyring, member)


def _get_member(scope: Scope, system: Session, public_id: str, *, lock: bool = False) -> RowMapping:
    values = {"agency_id": scope.agency_id, "public_id": as_public_id(public_id, "Member")}
    query = text(f"{_MEMBER} for update of m" if lock else _MEMBER)
    row = system.execute(query, values).mappings().one_or_none()
    if row is None:
        raise NotFound("Member")
    return row


def _end(
    scope: Scope, session: Session | None, system: Session, keyring: Keyring, member: RowMapping
) -> MemberCounts:
    if member["ended_at"] is not None:
        raise Conflict(said("{name} has left already.", name=member["name"]))
    owners = list(system.scalars(_OWNERS, {"agency_id": scope.agency_id}))
    if owners == [member["id"]]:
        raise Conflict("This is the last owner. Make somebody else an owner first.")
    keys = _keys(session, member) if session is not None else []
    counts = _count(session, system, member, len(keys))
    for statement in _END:
        system.execute(statement, {"id": member["id"], "now": machine_now()})
    if session is not None:
        for statement in _END_WORK:
            session.execute(statement, _values(member))
        for key in keys:
            open_attention(scope, session, _cause(key))
        for client_id in _sealed_clients(session, member):
            add_version(scope, session, keyring.masters[0], client_id)
    details = {**asdict(counts), "role": member["role"], "self": member["user_id"] == scope.user_id}
    record_act(scope, system, Act(REMOVED, "member", str(member["public_id"]), details=details))
    return counts


def _count(session: Session | None, system: Session, member: RowMapping, keys: int) -> MemberCounts:
    values = _values(member)
    work = {"invitations": 0, "links": 0, "claims": 0, "data_keys": 0}
    if session is not None:
        work |= dict(session.execute(_WORK, values).mappings().one())
        work["data_keys"] = len(_sealed_clients(session, member))
    return MemberCounts(
        sessions=int(system.execute(_SESSIONS, values).scalar_one()),
        tokens=int(system.execute(_TOKENS, values).scalar_one()),
        keys=keys,
        **work,
    )


def _values(member: RowMapping) -> dict[str, Any]:
    who = {"user_id": member["user_id"], "actor": f"user:{member['user_id']}", "email": member["email"]}
    return {"id": member["id"], "now": machine_now(), **who}


def _keys(session: Session, member: RowMapping) -> Sequence[Any]:
    """The keys of active suppliers in this person's clients; none for those who only looked."""
    if member["role"] not in _KNOWS_KEYS:
        return ()
    return session.execute(_KEYS, _values(member) | {"client_ids": member["client_ids"]}).all()


def _sealed_clients(session: Session, member: RowMapping) -> Sequence[int]:
    """The clients whose data key is replaced; none for those who only looked."""
    if member["role"] not in _KNOWS_KEYS:
        return ()
    return session.scalars(_SEALED, {"client_ids": member["client_ids"]}).all()


def _cause(key: Any) -> Cause:
    return Cause(
        client_id=key.client_id,
        kind=KEY_KIND,
        key=f"supplier:{key.id}",
        why=said(
            "Somebody who could know the key of {name} has left the team. Change it there, then enter "
            "it here.",
            name=key.name,
        ),
        action="check_supplier",
        supplier_id=key.id,
    )
