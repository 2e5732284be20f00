"""Databases for tests: migrated once by the real migrations, then copied as a template for each module that asks."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass

import psycopg
from sqlalchemy.engine import make_url

from agency.extensions import Database
from migrations.run import upgrade
from tests.servers import start_test_servers

MASTER_KEY = "ZmFrZS1tYXN0ZXIta2V5LWZvci10ZXN0cy1vbmx5ISE="  # 32 obviously fake bytes
_counter = itertools.count(1)
_template: list[str] = []


@dataclass(frozen=True)
class TestDatabase:
    """A migrated database of its own; `owner_url` is the superuser's."""

    __test__ = False

    owner_url: str
    database: Database
    name: str


def database_url(base: str, name: str) -> str:
    """The same server, another database."""
    return make_url(base).set(database=name).render_as_string(hide_password=False)


def template_name() -> str:
    """The migrated template: TEST_TEMPLATE where another run has made it, else made here once."""
    if not _template:
        base, _redis = start_test_servers()
        template = os.environ.get("TEST_TEMPLATE") or f"shopfleet_template_{os.getpid()}"
        if "TEST_TEMPLATE" not in os.environ:
            _execute(base, f'create database "{template}"')
            upgrade(database_url(base, template), MASTER_KEY)
        _template.append(template)
    return _template[0]


def create_database(prefix: str = "t") -> TestDatabase:
    """A fresh copy of the migrated template."""
    base, _redis = start_test_servers()
    name = f"{prefix}_{os.getpid()}_{next(_counter)}"
    _execute(base, f'create database "{name}" template "{template_name()}"')
    url = database_url(base, name)
    _execute(url, "select settle_home()")  # a copy is at home nowhere until somebody vouches for it
    return TestDatabase(url, Database(url, MASTER_KEY), name)


def drop_database(made: TestDatabase) -> None:
    """Closes the pools and removes the database."""
    made.database.dispose()
    base, _redis = start_test_servers()
    _execute(base, f'drop database if exists "{made.name}" with (force)')


def _execute(base: str, statement: str) -> None:
    with psycopg.connect(
        base.replace("postgresql+psycopg://", "postgresql://"), autocommit=True
    ) as connection:
        connection.execute(statement)
