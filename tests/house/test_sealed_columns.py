"""The registry of sealed columns: every column whose name says sealed is in it, once, on the right list."""

from __future__ import annotations

import psycopg
from sqlalchemy import LargeBinary

from agency.models.tables import metadata
from agency.services.sealed_columns import CLIENT_COLUMNS, SYSTEM_COLUMNS
from tests.databases import TestDatabase

REGISTERED = [*CLIENT_COLUMNS, *SYSTEM_COLUMNS]


def test_every_column_that_is_named_sealed_is_registered_once() -> None:
    named = sorted(
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.startswith("sealed_")
    )
    assert sorted(map(str, REGISTERED)) == named
    assert len(named) >= 7


def test_a_sealed_column_holds_bytes() -> None:
    assert all(isinstance(sealed.column.type, LargeBinary) for sealed in REGISTERED)


def test_what_belongs_to_a_client_is_sealed_under_its_key_and_nothing_else_is() -> None:
    assert all("client_id" in sealed.table.c for sealed in CLIENT_COLUMNS)
    assert all(sealed.login == "staff" for sealed in CLIENT_COLUMNS)
    assert not [str(sealed) for sealed in SYSTEM_COLUMNS if not _may_lack_a_client(sealed.table.c)]


def test_a_place_names_table_and_column_and_changes_with_the_row() -> None:
    for sealed in REGISTERED:
        count = len(sealed.named_by or sealed.key)
        first, second = sealed.place(*["1"] * count), sealed.place(*["2"] * count)
        assert first.startswith(f"{sealed}:")
        assert first != second
    assert len({sealed.place(*["1"] * len(sealed.named_by or sealed.key)) for sealed in REGISTERED}) == len(
        REGISTERED
    )


def _may_lack_a_client(columns: object) -> bool:
    client = getattr(columns, "client_id", None)
    return client is None or client.nullable


def test_the_login_that_seals_again_may_read_and_update_the_column(own_database: TestDatabase) -> None:
    asked = "select has_column_privilege(%s, %s, %s, 'select'), has_column_privilege(%s, %s, %s, 'update')"
    with psycopg.connect(own_database.owner_url.replace("+psycopg", "")) as connection:
        for sealed in REGISTERED:
            column = (f"shopfleet_{sealed.login}", sealed.table.name, sealed.name)
            assert connection.execute(asked, column * 2).fetchone() == (True, True), str(sealed)
