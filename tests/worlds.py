"""A full house: one row in every tenant table for each client, made from the tables themselves.

A table that is added later is filled without a word here, so no isolation test can forget it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import CheckConstraint, Column, Connection, Table, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.types import BigInteger, Boolean, LargeBinary, Text

from agency.models.tables import metadata

# Of people and of agencies as a whole; the tables of one client are all others.
SYSTEM_TABLES = {
    "users", "memberships", "sessions", "heartbeats", "inbox_strays", "parked_installations", "second_factors",
    "recovery_codes", "gauges", "challenges", "mails", "mail_links", "invitations", "api_tokens", "audit_entries",
    "agency_logos", "saved_views", "notification_choices", "home",
}  # fmt: skip
TENANTS = {"agencies", "clients"}
TENANT_TABLES = [
    table
    for table in metadata.sorted_tables
    if table.name not in SYSTEM_TABLES | TENANTS | {"alembic_version"}
]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_numbers = count(1)

# What the database writes by itself while other tables are filled, and which of these rows are one too many here.
BY_ITSELF = {"order_changes": "part <> 'order'"}
# Where a row must name exactly one subject, the others stay empty.
EMPTY = {"lanes": {"supplier_id", "authorization_id"}, "inbox_items": {"supplier_id"}}


@dataclass
class Tenant:
    """One client with the key of its row in every tenant table."""

    agency_id: int
    client_id: int
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def key(self, table: Table) -> dict[str, Any]:
        """The primary key of this client's row."""
        return {column.name: self.rows[table.name][column.name] for column in table.primary_key}


def fill(connection: Connection, agency_id: int, client_id: int, *, missing_only: bool = False) -> Tenant:
    """Writes one row into every tenant table, or only into those where the client has none yet.

    `connection` is the owner's, which no policy binds.
    """
    tenant = Tenant(agency_id, client_id)
    for table in TENANT_TABLES:
        if table.name in BY_ITSELF:
            continue
        if missing_only and (first := _first_row(connection, table, tenant)) is not None:
            tenant.rows[table.name] = first
            continue
        values = {
            column.name: _value(table, column, tenant)
            for column in table.columns
            if _is_wanted(table, column)
        }
        row = connection.execute(insert(table).values(values).returning(table)).mappings().one()
        tenant.rows[table.name] = dict(row)
    for table in TENANT_TABLES:
        if table.name in BY_ITSELF:
            tenant.rows[table.name] = _only_one(connection, table, tenant)
    return tenant


def _only_one(connection: Connection, table: Table, tenant: Tenant) -> dict[str, Any]:
    """The row that the database wrote by itself; what it wrote beside that goes."""
    connection.execute(
        table.delete().where(table.c.client_id == tenant.client_id, text(BY_ITSELF[table.name]))
    )
    found = _first_row(connection, table, tenant)
    assert found is not None, f"nothing was written into {table.name}"
    return found


def _first_row(connection: Connection, table: Table, tenant: Tenant) -> dict[str, Any] | None:
    query = select(table).where(table.c.client_id == tenant.client_id).order_by(*table.primary_key)
    row = connection.execute(query.limit(1)).mappings().first()
    return dict(row) if row else None


def parents_of(table: Table) -> dict[str, Table]:
    """The columns that point at another tenant table."""
    return {
        column.name: element.column.table
        for column in table.columns
        for element in column.foreign_keys
        if element.column.table.name not in TENANTS and element.column.name == "id"
    }


def _is_wanted(table: Table, column: Column[Any]) -> bool:
    if column.identity is not None or column.name in EMPTY.get(table.name, set()):
        return False
    if column.name in parents_of(table):
        return True
    return not column.nullable and column.server_default is None


def _value(table: Table, column: Column[Any], tenant: Tenant) -> Any:
    if column.name in ("agency_id", "client_id"):
        return getattr(tenant, column.name)
    parent = parents_of(table).get(column.name)
    if parent is not None:
        return tenant.rows[parent.name]["id"]
    word = _first_word(table, column)
    if word is not None:
        return word
    number = next(_numbers)
    kinds: tuple[tuple[type, Any], ...] = (
        (ARRAY, []),
        (JSONB, {}),
        (TIMESTAMP, NOW),
        (BigInteger, 1),
        (Boolean, True),
        (LargeBinary, b"fake-%d" % number),
        (Text, f"fake-{number}"),
    )
    return next(value for kind, value in kinds if isinstance(column.type, kind))


def _first_word(table: Table, column: Column[Any]) -> str | None:
    """The first word of a column that may hold only some."""
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            found = re.match(rf"{column.name} in \('(\w+)'", str(constraint.sqltext))
            if found:
                return found[1]
    return None
