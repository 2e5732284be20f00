"""Table x login x operation as a function: what one login gets of others, tried out inside one transaction.

`leaks` runs on the owner's connection and takes each login's role in turn, so that it can be asked while a fault is
planted that nobody else sees, and that a rollback takes away. `test_tables.py` asks the same through the real logins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb
from sqlalchemy import Table

from agency.models.tables import metadata
from tests.isolation.canaries import CLIENTS
from tests.isolation.catalogue import (
    APPEND_ONLY,
    PORTAL,
    PORTAL_TABLES,
    STAFF,
    SYSTEM,
    SYSTEM_GRANTS,
    SYSTEM_TABLES,
)
from tests.isolation.world import World, side_of
from tests.worlds import parents_of

OWN, SISTER, FOREIGN = "hl", "hk", "rl"
TABLES = [table for table in metadata.sorted_tables if table.name != "alembic_version"]
_UNREAD = object()


@dataclass
class Matrix:
    """The owner's connection, and which client is whose."""

    connection: psycopg.Connection[Any]
    clients: dict[str, int]
    agencies: dict[str, int]
    cells: int = 0

    def leaks(self, tables: Sequence[Table] = TABLES) -> list[str]:
        """A sentence for everything that a login gets and must not, or does not get and must."""
        found = []
        for table in tables:
            for check in (
                self._reads,
                self._without_scope,
                self._writes,
                self._points_elsewhere,
                self._empties,
            ):
                found += list(check(table))
        return [*found, *self._makes_tables(), *self._views()]

    def own(self, table: Table, login: str, code: str = OWN) -> str:
        """The condition for what a login sees in that client's scope."""
        agency, client = self.agencies[code], self.clients[code]
        if table.name == "agencies":
            return f"id = {agency}"
        if login == PORTAL and (table.name == "clients" or "client_id" in table.columns):
            return f"{'id' if table.name == 'clients' else 'client_id'} = {client}"
        return f"agency_id = {agency}"

    def _reads(self, table: Table) -> Iterator[str]:
        for login in (STAFF, PORTAL):
            allowed = table.name not in SYSTEM_TABLES if login == STAFF else table.name in PORTAL_TABLES
            if not allowed:
                got = self._as(login, f"select count(*) from {table.name}")
                if got is not _UNREAD:
                    yield f"{table.name}: {login} may read it"
                continue
            own = self.own(table, login)
            got = self._as(login, f"select count(*) filter (where {own}), count(*) from {table.name}")
            if got is _UNREAD:
                yield f"{table.name}: {login} cannot read its own rows"
            elif got[0] != got[1]:
                yield f"{table.name}: {login} reads {got[1] - got[0]} rows of others"
            elif not got[0] and table.name != "ledger_entries":
                yield f"{table.name}: {login} sees none of its own rows"
        yield from self._system_reads(table)

    def _system_reads(self, table: Table) -> Iterator[str]:
        if table.name in SYSTEM_TABLES:
            return
        allowed = SYSTEM_GRANTS.get(table.name, {}).get("SELECT", set())
        for column in table.columns.keys() if "*" not in allowed else ():
            got = self._as(SYSTEM, f"select {column} from {table.name} limit 1")
            if (got is not _UNREAD) != (column in allowed):
                yield f"{table.name}: {SYSTEM} {'may' if got is not _UNREAD else 'cannot'} read {column}"

    def _without_scope(self, table: Table) -> Iterator[str]:
        """A forgotten scope must be loud: an error, not an empty answer."""
        for login in (STAFF, PORTAL):
            if table.name in SYSTEM_TABLES or (login == PORTAL and table.name not in PORTAL_TABLES):
                continue
            if self._as(login, f"select count(*) from {table.name}", scope=None) is not _UNREAD:
                yield f"{table.name}: {login} reads without a scope and is told nothing"

    def _writes(self, table: Table) -> Iterator[str]:
        keys = [name for name in ("agency_id", "client_id") if name in table.columns]
        if table.name in SYSTEM_TABLES or not keys:
            return
        foreign = f"not ({self.own(table, STAFF)})"
        for act in (f"update {table.name} set agency_id = agency_id where {foreign}",
                    f"delete from {table.name} where {foreign}"):  # fmt: skip
            got = self._as(STAFF, act)
            if got is not _UNREAD and got:
                yield f"{table.name}: {STAFF} can {act.split()[0]} rows of others"
        if table.name in APPEND_ONLY:
            for act in (f"update {table.name} set agency_id = agency_id", f"delete from {table.name}"):
                if self._as(STAFF, act) is not _UNREAD:
                    yield f"{table.name}: {STAFF} can {act.split()[0]} what is kept for ever"
        row = self._row(table, FOREIGN)
        move = ", ".join(f"{key} = {row[key] or 'null'}" for key in keys)
        for login in (STAFF, PORTAL):
            if self._as(login, f"update {table.name} set {move} where {self.own(table, login)}", tell=True):
                yield f"{table.name}: {login} can move its rows to others"
            if self._insert(login, table, row):
                yield f"{table.name}: {login} can add rows to others"
        for act in (f"update {table.name} set agency_id = agency_id", f"delete from {table.name}"):
            if self._as(PORTAL, act) is not _UNREAD:
                yield f"{table.name}: {PORTAL} can {act.split()[0]}"
        if self._insert(PORTAL, table, self._row(table, OWN)):
            yield f"{table.name}: {PORTAL} can add rows"

    def _points_elsewhere(self, table: Table) -> Iterator[str]:
        """Not even the owner, whom no policy binds, can point a row at another tenant's."""
        if "client_id" not in table.columns or table.name in SYSTEM_TABLES:
            return
        for column, parent in parents_of(table).items():
            if "client_id" not in parent.columns:
                continue
            target = self._row(parent, FOREIGN)["id"]
            statement = f"update {table.name} set {column} = {target} where client_id = {self.clients[OWN]}"
            with self._tried():
                try:
                    if self.connection.execute(statement.encode()).rowcount:
                        self.connection.execute("set constraints all immediate")
                        yield f"{table.name}: {column} can point at another tenant's row"
                except psycopg.errors.IntegrityError:
                    continue

    def _empties(self, table: Table) -> Iterator[str]:
        for login in (STAFF, PORTAL, SYSTEM):
            if self._as(login, f"truncate {table.name} cascade") is not _UNREAD:
                yield f"{table.name}: {login} can empty it, whatever the policies say"

    def _makes_tables(self) -> Iterator[str]:
        for login in (STAFF, PORTAL, SYSTEM):
            for kind in ("table", "temporary table"):
                if self._as(login, f"create {kind} fresh_of_login (id bigint)") is not _UNREAD:
                    yield f"{login} can create a {kind}"

    def _views(self) -> Iterator[str]:
        """Views are not in our models, so they are looked up; each must keep to the scope of its reader."""
        query = "select relname from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace"
        for (view,) in self.connection.execute(query).fetchall():
            for login in (STAFF, PORTAL):
                got = self._as(login, f"select count(*) from {view} where agency_id <> {self.agencies[OWN]}")
                if got is not _UNREAD and got[0]:
                    yield f"{view}: {login} reads {got[0]} rows of others through it"

    def _row(self, table: Table, code: str) -> dict[str, Any]:
        """A row of that client, or of its agency where the table has no client."""
        where = self.own(table, PORTAL if "client_id" in table.columns else STAFF, code)
        cursor = self.connection.execute(f"select * from {table.name} where {where} limit 1".encode())
        row = cursor.fetchone()
        assert row is not None, f"{table.name} has no row of {code}, so nothing can be proved about it"
        assert cursor.description is not None
        return dict(zip([column.name for column in cursor.description], row, strict=True))

    def _insert(self, login: str, table: Table, row: dict[str, Any]) -> bool:
        """Whether the policy lets the row in; a unique or foreign key speaks only after it."""
        kept = {
            name: Jsonb(value) if isinstance(value, dict | list) and _is_json(table, name) else value
            for name, value in row.items()
            if name in table.c and _is_given(table, name) and name != "public_id"
        }
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table.name),
            sql.SQL(", ").join(map(sql.Identifier, kept)),
            sql.SQL(", ").join(sql.Placeholder() * len(kept)),
        )
        return bool(self._as(login, statement, list(kept.values()), tell=True))

    def _as(
        self, login: str, statement: Any, values: Any = None, *, scope: str | None = OWN, tell: bool = False
    ) -> Any:
        """What the statement gives a login: its first row or the count of rows, or _UNREAD when it may not.

        With `tell`, whether the policies let it through at all, whatever another rule says afterwards.
        """
        self.cells += 1
        ready = statement if isinstance(statement, sql.Composable) else statement.encode()
        with self._tried():
            settings = "" if scope is None else self._settings(scope)
            self.connection.execute(f"{settings} set local role {login}".encode())
            try:
                cursor = self.connection.execute(ready, values)
            except InsufficientPrivilege:
                return False if tell else _UNREAD
            except psycopg.Error:
                return True if tell else _UNREAD
            if tell:
                return bool(cursor.rowcount)
            return cursor.fetchone() if cursor.description else cursor.rowcount

    def _settings(self, code: str) -> str:
        agency, client = self.agencies[code], self.clients[code]
        return f"set local app.agency_id = '{agency}'; set local app.client_id = '{client}';"

    @contextmanager
    def _tried(self) -> Iterator[None]:
        """A savepoint that is always taken back, with the role and the settings."""
        self.connection.execute("savepoint tried")
        try:
            yield
        finally:
            self.connection.execute("rollback to savepoint tried")


def matrix_of(world: World, connection: psycopg.Connection[Any]) -> Matrix:
    """The matrix over the rows of the world."""
    agencies = {code: side_of(world.desk, code).agency_id for code in CLIENTS}
    return Matrix(connection, world.clients, agencies)


def _is_given(table: Table, name: str) -> bool:
    """Whether a statement gives the column its value; numbers and computed columns are the database's own."""
    return table.c[name].identity is None and table.c[name].computed is None


def _is_json(table: Table, column: str) -> bool:
    return "JSON" in str(table.c[column].type)
