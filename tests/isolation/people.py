"""People of every kind, with sessions written straight into the table, since a password hash costs time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from agency.clock import machine_now
from tests.desk import Desk, Side
from tests.isolation.canaries import Canaries, canary

# Name -> (agency, role, clients). The first five are the desk's own.
ROLES: dict[str, tuple[str, str, tuple[str, ...] | None]] = {
    "owner": ("Harbor", "owner", None),
    "operator": ("Harbor", "operator", ("Luma",)),
    "viewer": ("Harbor", "viewer", None),
    "member": ("Harbor", "client_member", ("Luma",)),
    "stranger": ("Rival", "owner", None),
    "operator_kite": ("Harbor", "operator", ("Kite",)),
    "viewer_kite": ("Harbor", "viewer", ("Kite",)),
    "member_kite": ("Harbor", "client_member", ("Kite",)),
    "member_rival": ("Rival", "client_member", ("Luma",)),
    "member_rival_kite": ("Rival", "client_member", ("Kite",)),
    "left": ("Harbor", "owner", None),
    "disabled": ("Harbor", "owner", None),
    "both": ("Harbor", "client_member", ("Luma",)),  # and an owner of the other agency
}
DESK = 5


@dataclass(frozen=True)
class Human:
    """A user with the membership that is used."""

    name: str
    user_id: int
    membership_id: int
    membership: str  # public id
    agency: str


def add_people(connection: psycopg.Connection[Any], desk: Desk, canaries: Canaries) -> dict[str, Human]:
    """Everybody of ROLES, with canaries as names and addresses."""
    sides = {"Harbor": desk.ours, "Rival": desk.theirs}
    people = {}
    for place, (name, (agency, role, clients)) in enumerate(ROLES.items()):
        if place >= DESK:
            _insert(connection, name, sides[agency], role, clients)
        people[name] = _read(connection, name, agency)
        code = _code_of(agency, role, clients)
        # A person of two agencies gives neither away.
        word = f"Somebody {place}" if name == "both" else canary(code, f"p{place}")
        connection.execute(
            "update users set name = %s, email = %s where id = %s",
            (word, f"{word.lower().replace(' ', '')}@example.test", people[name].user_id),
        )
        canaries.add(people[name].membership, code)
    _add_membership(connection, people["both"].user_id, desk.theirs, "owner", None)
    connection.execute(
        "update memberships set ended_at = now() where id = %s", (people["left"].membership_id,)
    )
    connection.execute("update users set disabled_at = now() where id = %s", (people["disabled"].user_id,))
    return people


def open_session(connection: psycopg.Connection[Any], human: Human, **changes: Any) -> str:
    """A token; `changes` are `expires` and `seen` (spans from now), `revoked`, `needs_factor` and `unconfirmed`."""
    token = f"fake-session-{human.name}-{len(changes)}-{'-'.join(changes)}".ljust(43, "x")
    now = machine_now()
    connection.execute(
        "insert into sessions (token_hash, user_id, membership_id, last_seen_at, expires_at, revoked_at,"
        " confirmed_at, needs_factor, device) values (%s, %s, %s, %s, %s, %s, %s, %s, 'test')",
        (
            hashlib.sha256(token.encode()).digest(),
            human.user_id,
            human.membership_id,
            now + changes.get("seen", timedelta(0)),
            now + changes.get("expires", timedelta(days=1)),
            now if changes.get("revoked") else None,
            None if changes.get("unconfirmed") else now,
            bool(changes.get("needs_factor")),
        ),
    )
    return token


def _code_of(agency: str, role: str, clients: tuple[str, ...] | None) -> str:
    side = agency[0].lower()
    return f"{side}{clients[0][0].lower()}" if role == "client_member" and clients else f"{side}z"


def _insert(
    connection: psycopg.Connection[Any], name: str, side: Side, role: str, clients: tuple[str, ...] | None
) -> None:
    row = connection.execute(
        "insert into users (email, name, password_hash) select %s, %s, min(password_hash) from users returning id",
        (f"{name}@example.test", name),
    ).fetchone()
    assert row is not None
    _add_membership(connection, row[0], side, role, clients)


def _add_membership(
    connection: psycopg.Connection[Any], user_id: int, side: Side, role: str, clients: tuple[str, ...] | None
) -> None:
    ids = [side.clients[client] for client in clients] if clients else None
    connection.execute(
        "insert into memberships (user_id, agency_id, role, client_ids) values (%s, %s, %s, %s)",
        (user_id, side.agency_id, role, ids),
    )


def _read(connection: psycopg.Connection[Any], name: str, agency: str) -> Human:
    row = connection.execute(
        "select u.id, m.id, m.public_id from users u join memberships m on m.user_id = u.id where u.email = %s"
        " order by m.id limit 1",
        (f"{name}@example.test",),
    ).fetchone()
    assert row is not None, name
    return Human(name, row[0], row[1], str(row[2]), agency)
