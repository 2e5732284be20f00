"""Rows above the clients: what an agency's owners gave out, and what belongs to one person, each with its own words."""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg

from agency.models.tables import metadata
from tests.isolation.canaries import CLIENTS, Canaries, canary
from tests.isolation.people import Human
from tests.worlds import SYSTEM_TABLES

# Tables of people whose rows belong to their user alone: kind of object -> table.
PERSONAL = {
    name: name
    for name in sorted(SYSTEM_TABLES)
    if name != "memberships" and {"user_id", "public_id"} <= set(metadata.tables[name].columns.keys())
} | {"my_memberships": "memberships"}
MEMBERS = {"hl": "member", "hk": "member_kite", "rl": "member_rival", "rk": "member_rival_kite"}


def add_agency_rows(
    connection: psycopg.Connection[Any],
    people: dict[str, Human],
    clients: dict[str, tuple[int, int]],
    canaries: Canaries,
) -> dict[str, dict[str, str]]:
    """Code -> kind -> public id; `clients` is code -> (agency, client)."""
    ids: dict[str, dict[str, str]] = {}
    for place, code in enumerate(CLIENTS, 1):
        (agency_id, client_id), word = clients[code], canary(code, "a", inner=True)
        owner = people["owner" if code[0] == "h" else "stranger"]
        digest = hashlib.sha256(word.encode()).digest()
        until = "now() + interval '3 days'"
        invitation = connection.execute(
            "insert into invitations (agency_id, email, role, client_ids, token_hash, invited_by, expires_at)"
            f" values (%s, %s, 'viewer', %s, %s, %s, {until}) returning public_id",
            (agency_id, f"{word.lower()}@example.test", [client_id], digest, f"user:{owner.user_id}"),
        ).fetchone()
        token = connection.execute(
            "insert into api_tokens (agency_id, membership_id, name, hint, token_hash, areas, client_ids, expires_at)"
            f" values (%s, %s, %s, %s, %s, '[\"orders:read\"]', %s, {until}) returning public_id",
            (agency_id, owner.membership_id, word, word, digest, [client_id]),
        ).fetchone()
        connection.execute(
            "insert into agency_logos (agency_id, kind, hash, body) values (%s, 'image/png', %s, 'fake')"
            " on conflict do nothing",
            (agency_id, digest.hex()),
        )
        connection.execute(
            "insert into audit_entries (agency_id, number, at, actor, action, client_id, object_kind, object_id,"
            " details, address, previous_hash, hash)"
            " values (%s, %s, '2026-09-01', %s, 'client.changed', %s, 'client', %s, %s, '', '', %s)",
            (
                agency_id,
                place % 2 + 1,
                f"user:{owner.user_id}",
                client_id,
                word,
                f'{{"name": "{word}"}}',
                digest,
            ),
        )
        assert invitation is not None
        assert token is not None
        ids[code] = {"invitations": str(invitation[0]), "api_tokens": str(token[0])}
        ids[code]["memberships"] = people[MEMBERS[code]].membership
        ids[code]["staff_memberships"] = people["operator" if code[0] == "h" else "stranger"].membership
        for word in (invitation[0], token[0]):
            canaries.add(word, code, inner=True)
    return ids


def add_factors(connection: psycopg.Connection[Any], people: dict[str, Human]) -> None:
    """A passkey for everybody, named after its owner."""
    for human in people.values():
        connection.execute(
            "insert into second_factors (user_id, kind, label, credential_id, public_key, sign_count, confirmed_at)"
            " select id, 'passkey', name || 'key', %s, 'fake', 0, now() from users where id = %s",
            (human.name.encode(), human.user_id),
        )


def add_views(connection: psycopg.Connection[Any]) -> None:
    """A saved view for everybody in each agency, named after its owner."""
    connection.execute(
        "insert into saved_views (agency_id, user_id, name, filters)"
        " select distinct m.agency_id, m.user_id, u.name || 'view', '{\"action\": \"approve\"}'::jsonb"
        " from memberships m join users u on u.id = m.user_id"
    )


def personal_ids(connection: psycopg.Connection[Any]) -> dict[str, dict[int, str]]:
    """Kind -> user -> the public id of that user's first row."""
    found: dict[str, dict[int, str]] = {}
    for kind, table in PERSONAL.items():
        rows = connection.execute(f"select user_id, public_id from {table} order by id desc")
        found[kind] = {row[0]: str(row[1]) for row in rows}
    return found
