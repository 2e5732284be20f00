"""A migration that fills columns from older rows does so for a plain owner too, and leaves the walls standing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg import Connection, sql
from psycopg.rows import dict_row
from sqlalchemy import create_engine

from agency.extensions import sqlalchemy_url
from migrations.run import upgrade
from tests.databases import MASTER_KEY, database_url
from tests.house.source import ROOT
from tests.servers import postgres_url

NAME, OWNER = "rows_before_0025", "backfill_owner"
ENDS = "2027-01-01 00:00+00"
TOUCHED = ("shops", "authorizations", "suppliers", "supplier_consents", "clients")
STATES = ("pending", "active", "rejected", "revoked")


@pytest.fixture
def base() -> Iterator[str]:
    """A database at step 0024 whose tables belong to somebody whom row-level security binds."""
    server = postgres_url()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {NAME} with (force)")
        connection.execute(f"drop role if exists {OWNER}")
        connection.execute(f"create role {OWNER}")
        connection.execute(f"create database {NAME}")
    url = database_url(server, NAME)
    upgrade(url, MASTER_KEY)
    _migrate(url, command.downgrade, "0024")
    yield url
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {NAME} with (force)")
        connection.execute(f"drop role {OWNER}")


def _migrate(url: str, step: Any, revision: str, role: str = "") -> None:
    engine = create_engine(sqlalchemy_url(url))
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    with engine.begin() as connection:
        if role:
            connection.exec_driver_sql(f"set local role {role}")
        config.attributes["connection"] = connection
        step(config, revision)
    engine.dispose()


def _open(url: str) -> Connection[dict[str, Any]]:
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), row_factory=dict_row)


def _add(connection: Connection[dict[str, Any]], table: str, **values: Any) -> int:
    statement = sql.SQL("insert into {} ({}) values ({}) returning id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    found = connection.execute(statement, list(values.values())).fetchone()
    assert found is not None
    return int(found["id"])


def _give_away(connection: Connection[dict[str, Any]]) -> None:
    """All tables to the plain owner."""
    connection.execute(f"grant usage, create on schema public to {OWNER}")
    names = connection.execute(
        "select tablename as name from pg_tables where schemaname = 'public'"
    ).fetchall()
    for row in names:
        change = sql.SQL("alter table {} owner to {}")
        connection.execute(change.format(sql.Identifier(row["name"]), sql.Identifier(OWNER)))


def _fill(connection: Connection[dict[str, Any]]) -> None:
    """One shop per state of its grant; suppliers with, without and with a withdrawn consent; a client that left."""
    agency = _add(connection, "agencies", name="Harbor")
    here = {"agency_id": agency, "client_id": _client(connection, agency, "Luma")}
    gone = {"agency_id": agency, "client_id": _client(connection, agency, "Gone", left_at=ENDS)}
    for state in STATES:
        grant = _add(connection, "authorizations", **here, state=state, refresh_expires_at=ENDS)
        _add(
            connection, "shops", **here, authorization_id=grant, tiktok_shop_id=state, code=state, name=state,
            region="US", currency="USD", time_zone="UTC",
        )  # fmt: skip
    for name, kind, keys in (
        ("agreed", "rest", here), ("withdrawn", "cj", here), ("never", "manual", here), ("shelf", "stock", here),
        ("gone", "rest", gone),
    ):  # fmt: skip
        supplier = _add(connection, "suppliers", **keys, kind=kind, name=name, currency="USD")
        if name in ("agreed", "withdrawn"):
            _add(
                connection, "supplier_consents", **keys, supplier_id=supplier, text_version="fake-1", text="Fake.",
                given_by="user:1", given_by_name="Ana", given_at=ENDS,
                withdrawn_at=ENDS if name == "withdrawn" else None,
            )  # fmt: skip


def _client(connection: Connection[dict[str, Any]], agency: int, name: str, **more: Any) -> int:
    return _add(connection, "clients", agency_id=agency, name=name, currency="USD", time_zone="UTC", **more)


def test_what_clients_see_is_filled_from_rows_that_were_there_before(base: str) -> None:
    with _open(base) as connection:
        _fill(connection)
        _give_away(connection)
    _migrate(base, command.upgrade, "0025", OWNER)
    with _open(base) as connection:
        shops = connection.execute(
            "select name, access_lost, access_ends_at = %s as ends from shops", [ENDS]
        ).fetchall()
        asked = connection.execute(
            """select s.name, r.kind, r.asked_by, r.client_id = s.client_id as same from client_requests r
            join suppliers s on s.id = r.supplier_id order by s.name"""
        ).fetchall()
        open_walls = connection.execute(
            "select relname from pg_class where relname = any(%s) and not (relforcerowsecurity and relrowsecurity)",
            [[*TOUCHED, "client_requests", "month_links", "agency_logos"]],
        ).fetchall()
    assert {row["name"]: row["access_lost"] for row in shops} == {
        "pending": False, "active": False, "rejected": True, "revoked": True,
    }  # fmt: skip
    assert all(row["ends"] for row in shops)
    assert [tuple(row.values()) for row in asked] == [
        ("never", "consent", "rule:consent", True),
        ("withdrawn", "consent", "rule:consent", True),
    ]
    assert open_walls == []
