"""The same order and line rows written the plain ways: COPY, and one INSERT with many VALUES."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

Row = dict[str, Any]
_IDS = "select nextval(pg_get_serial_sequence('orders', 'id')) from generate_series(1, %s)"


@dataclass(frozen=True)
class Model:
    """An order and its lines as our import stored them; the plain ways write copies under other numbers."""

    order: Row
    lines: list[Row]


def read_model(connection: psycopg.Connection[Any], order_id: int) -> Model:
    """Reads a stored order; `id` and what the database fills in by itself are left out."""
    with connection.cursor(row_factory=dict_row) as cursor:
        order = cursor.execute("select * from orders where id = %s", (order_id,)).fetchone()
        lines = cursor.execute("select * from order_lines where order_id = %s", (order_id,)).fetchall()
    if order is None:
        raise LookupError(f"order {order_id}")
    return Model(_plain(order), [_plain(line) for line in lines])


def _plain(row: Mapping[str, Any]) -> Row:
    return {
        name: json.dumps(value) if isinstance(value, (dict, list)) else value
        for name, value in row.items()
        if name not in ("id", "created_at")
    }


def copy_batch(connection: psycopg.Connection[Any], model: Model, numbers: Sequence[str]) -> None:
    """Two COPYs and one commit; ids are drawn before, since COPY gives none back. The superuser's way: no isolation."""
    with connection.transaction(), connection.cursor() as cursor:
        ids = [row[0] for row in cursor.execute(_IDS, (len(numbers),)).fetchall()]
        orders = [{"id": own} | _order(model, number) for own, number in zip(ids, numbers, strict=True)]
        _copy(cursor, "orders", orders)
        _copy(cursor, "order_lines", _lines(model, list(zip(ids, numbers, strict=True))))


def insert_batch(
    connection: psycopg.Connection[Any], model: Model, numbers: Sequence[str], begin: str
) -> None:
    """Two INSERTs with many VALUES and one commit, after `begin`: on the staff login in its scope, as our import is."""
    with connection.cursor() as cursor:
        cursor.execute(begin.encode(), prepare=False)
        _insert(
            cursor, "orders", [_order(model, number) for number in numbers], " returning id, tiktok_order_id"
        )
        ids = [(row[0], row[1]) for row in cursor.fetchall()]
        _insert(cursor, "order_lines", _lines(model, ids), "")
        cursor.execute("commit")


def _order(model: Model, number: str) -> Row:
    return model.order | {"tiktok_order_id": number}


def _lines(model: Model, ids: Sequence[tuple[int, str]]) -> list[Row]:
    return [
        line | {"order_id": own, "tiktok_line_id": f"{number}{place}"}
        for own, number in ids
        for place, line in enumerate(model.lines)
    ]


def _columns(rows: Sequence[Row]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, rows[0]))


def _copy(cursor: psycopg.Cursor[Any], table: str, rows: Sequence[Row]) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), _columns(rows))
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def _insert(cursor: psycopg.Cursor[Any], table: str, rows: Sequence[Row], ending: str) -> None:
    places = ", ".join(["(" + ", ".join(["%s"] * len(rows[0])) + ")"] * len(rows))
    statement = sql.SQL("insert into {} ({}) values ").format(sql.Identifier(table), _columns(rows))
    values = [value for row in rows for value in row.values()]
    cursor.execute(statement + sql.SQL(places + ending), values)
