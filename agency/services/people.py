"""People as the acts on their accounts see them: found by address, their sessions ended, their agencies told.

All on the system login: a person belongs to no agency, so each function names whose rows it touches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.services.audit import Act, record_act_of

_ONE = """
    select u.id, u.public_id, u.email, u.name, u.password_hash,
      exists (select from memberships m where m.user_id = u.id and m.ended_at is null) as has_workspace,
      (select coalesce(array_agg(a.name), '{}') from memberships m join agencies a on a.id = m.agency_id
       where m.user_id = u.id and m.ended_at is null) as agency_names
    from users u where u.disabled_at is null
"""
_BY_EMAIL = text(f"{_ONE} and u.email = :email")
_BY_ID = text(f"{_ONE} and u.id = :id for update of u")


@dataclass(frozen=True)
class PersonRow:
    """A person with an account. `has_workspace`: somebody without any live role cannot sign in."""

    id: int
    public_id: str
    email: str
    name: str
    password_hash: str
    has_workspace: bool
    agency_names: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        """What others know about the person, and a password should therefore not be made of."""
        return (self.email, self.name, *self.agency_names)


def find_person(session: Session, email: str) -> PersonRow | None:
    """The person with this address, None when there is none or the account is closed."""
    return _person(session, _BY_EMAIL, {"email": email})


def lock_person(session: Session, user_id: int | None) -> PersonRow | None:
    """The person, held until the transaction ends, so that two acts on one account follow one another."""
    return _person(session, _BY_ID, {"id": user_id})


def end_sessions(session: Session, user_id: int, but: int | None = None) -> None:
    """Signs the person out everywhere, except on the session `but`."""
    session.execute(
        text(
            """
            update sessions set revoked_at = :now
            where user_id = :user_id and revoked_at is null and id is distinct from cast(:but as bigint)
            """
        ),
        {"now": machine_now(), "user_id": user_id, "but": but},
    )


def record_in_agencies(session: Session, person: PersonRow, act: Act, address: str = "") -> None:
    """Writes what happened to a person's account into the log of every agency where they have a role."""
    rows = session.execute(
        text(
            """
            select agency_id, public_id from memberships
            where user_id = :user_id and ended_at is null order by agency_id
            """
        ),
        {"user_id": person.id},
    )
    for agency_id, membership_id in rows.all():
        there = replace(act, object_kind="membership", object_id=str(membership_id))
        record_act_of(session, agency_id, f"user:{person.id}", there, address)


def _person(session: Session, statement: TextClause, values: dict[str, object]) -> PersonRow | None:
    row = session.execute(statement, values).one_or_none()
    if row is None:
        return None
    return PersonRow(
        row.id,
        str(row.public_id),
        row.email,
        row.name,
        row.password_hash,
        row.has_workspace,
        tuple(row.agency_names),
    )
