"""The migrations: one straight numbered road from nothing to what the models say, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect

from agency.extensions import sqlalchemy_url
from agency.models.tables import metadata
from migrations.run import upgrade
from tests.databases import MASTER_KEY, TestDatabase, database_url
from tests.house.source import ROOT
from tests.servers import postgres_url

VERSIONS = ROOT / "migrations" / "versions"


@pytest.fixture(scope="module")
def engine(own_database: TestDatabase) -> Iterator[Engine]:
    engine = create_engine(sqlalchemy_url(own_database.owner_url))
    yield engine
    engine.dispose()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config


def test_there_is_one_head_and_the_steps_are_numbered_without_a_gap() -> None:
    steps = list(ScriptDirectory.from_config(_config()).walk_revisions())
    assert [step.revision for step in reversed(steps)] == [f"{n:04d}" for n in range(1, len(steps) + 1)]
    assert all(step.down_revision in (None, f"{int(step.revision) - 1:04d}") for step in steps)
    names = [path.name for path in sorted(VERSIONS.glob("[0-9]*.py"))]
    assert len(names) == len(steps)
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name) for name in names)


def test_the_migrated_schema_is_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_constraints_and_indexes_are_those_of_the_models(engine: Engine) -> None:
    """Alembic compares neither checks nor partial indexes, so both schemas are read back as PostgreSQL prints them."""
    with engine.connect() as connection:
        migrated = _constraints_and_indexes(connection)
        for table in reversed(metadata.sorted_tables):
            table.drop(connection)
        metadata.create_all(connection)
        modelled = _constraints_and_indexes(connection)
        connection.rollback()
    assert sorted(migrated - modelled) == []
    assert sorted(modelled - migrated) == []


def test_a_difference_between_models_and_schema_would_be_found(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("alter table skus drop column product_name")
        found = compare_metadata(MigrationContext.configure(connection), metadata)
        connection.rollback()
    assert [difference[0] for difference in found] == ["add_column"]


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    upgrade(engine.url.render_as_string(hide_password=False), MASTER_KEY)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_heads() == (max(_numbers()),)


def test_going_down_leaves_no_table_and_up_again_works() -> None:
    base = postgres_url()
    name = "down_and_up"
    with psycopg.connect(base, autocommit=True) as server:
        server.execute(f"drop database if exists {name} with (force)")
        server.execute(f"create database {name}")
    engine = create_engine(sqlalchemy_url(database_url(base, name)))
    upgrade(database_url(base, name), MASTER_KEY)
    with engine.begin() as connection:
        command.downgrade(_config(connection), "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        command.upgrade(_config(connection), "head")
        assert set(inspect(connection).get_table_names()) == {"alembic_version", *metadata.tables}
    engine.dispose()
    with psycopg.connect(base, autocommit=True) as server:
        server.execute(f"drop database {name} with (force)")


def _numbers() -> list[str]:
    return [path.name[:4] for path in VERSIONS.glob("[0-9]*.py")]


def _constraints_and_indexes(connection: Connection) -> set[str]:
    constraints = connection.exec_driver_sql(
        "select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint"
        " where conrelid <> 0 and connamespace = 'public'::regnamespace and conrelid <> 'alembic_version'::regclass"
    )
    indexes = connection.exec_driver_sql(
        "select indexdef from pg_indexes where schemaname = 'public' and tablename <> 'alembic_version'"
    )
    return {row[0] for row in [*constraints, *indexes]}
