"""Every row of the database as checksums, and the way back to how it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

# (table, tenant) -> checksum. The tenant is the client's id, or the row's own for clients and agencies, else 0.
Sums = Mapping[tuple[str, int], str]

# Columns and tables that reading may touch, with the reason. Nothing else may differ after a refused call.
TOUCHED = {"sessions": "last_seen_at", "api_tokens": "last_used_at"}  # when each was used last
LOGS: set[str] = set()


class Snapshot:
    """Keeps a copy of all tables; `sums` compares, `restore` goes back."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.columns = _columns(connection)
        copies = "".join(f"create table kept.{table} as select * from {table};" for table in self.columns)
        connection.execute(f"create schema kept; {copies}")
        self._query = " union all ".join(_sum_of(table, names) for table, names in self.columns.items())

    def sums(self) -> Sums:
        """The checksums now."""
        return {(row[0], row[1]): row[2] for row in self._connection.execute(self._query)}

    def run(self, statement: str) -> None:
        """Changes the world by hand, past every policy, trigger and foreign key."""
        with self._connection.transaction():
            self._connection.execute("set local session_replication_role = replica")
            self._connection.execute(statement.encode())

    def restore(self) -> None:
        """Puts the rows of every changed table back."""
        lost = ""
        for table, names in self.columns.items():
            every = ", ".join(names)
            lost += f"delete from {table}; insert into {table} ({every}) overriding system value "
            lost += f"select {every} from kept.{table};"
        self.run(lost)

    def rebase(self) -> None:
        """Makes the world as it is now the one to go back to."""
        self.run(
            "".join(
                f"delete from kept.{table}; insert into kept.{table} select * from {table};"
                for table in self.columns
            )
        )


def changed(before: Sums, after: Sums) -> set[tuple[str, int]]:
    """Which (table, tenant) differ."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _columns(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    rows = connection.execute(
        "select table_name, column_name from information_schema.columns join information_schema.tables"
        " using (table_schema, table_name) where table_schema = 'public' and table_type = 'BASE TABLE'"
        " and table_name <> 'alembic_version' and is_generated = 'NEVER' order by table_name, ordinal_position"
    )
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def _sum_of(table: str, columns: list[str]) -> str:
    if table in LOGS:
        return f"select '{table}', 0::bigint, ''"
    own = "id" if table in ("clients", "agencies") else "client_id" if "client_id" in columns else "0"
    row = f"(to_jsonb(t) - '{TOUCHED[table]}')::text" if table in TOUCHED else "t::text"
    return (
        f"select '{table}', coalesce({own}, 0)::bigint, md5(string_agg(md5({row}), '' order by md5({row})))"
        f" from {table} t group by 2"
    )
