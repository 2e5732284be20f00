"""The logins' passwords while the master key changes, on a server that asks for them: nobody is cut off half-way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from agency.embedded import start_postgres
from agency.extensions import LOGINS, Database, login_name
from migrations.run import upgrade
from tests.sealed_rows import BOTH, NEW_ID, NEW_KEY, OLD_ID, OLD_KEY


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that asks our logins for their passwords and trusts its owner."""
    postgres = start_postgres(tmp_path_factory.mktemp("scram"), fast=True)
    rules = "".join(f"local all {login_name(login)} scram-sha-256\n" for login in LOGINS)
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        (path,) = owner.execute("show hba_file").fetchone() or ("",)
        hba = Path(path)
        hba.write_text(rules + hba.read_text())
        owner.execute("select pg_reload_conf()")
    yield postgres.url
    postgres.stop()


@pytest.fixture
def fresh(server: str) -> str:
    """The logins as if they had never been."""
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute("drop schema public cascade; create schema public")
        for login in map(login_name, LOGINS):
            if owner.execute("select 1 from pg_roles where rolname = %s", (login,)).fetchone():
                owner.execute(f"drop owned by {login}; drop role {login}")
    return server


def _comes_in(server: str, keys: str) -> bool:
    database = Database(server, keys)
    try:
        with database.system_session() as session:
            session.execute(text("select 1"))
    except OperationalError:
        return False
    finally:
        database.dispose()
    return True


def _said(server: str) -> set[str]:
    with psycopg.connect(server) as owner:
        rows = owner.execute(
            "select shobj_description(oid, 'pg_authid') from pg_roles where rolname like 'shopfleet%'"
        ).fetchall()
    return {str(said).rsplit(maxsplit=1)[-1] for (said,) in rows}


def test_the_server_asks_for_passwords(fresh: str) -> None:
    upgrade(fresh, OLD_KEY)
    assert _comes_in(fresh, OLD_KEY)
    assert not _comes_in(fresh, NEW_KEY)


def test_the_old_password_stays_as_long_as_the_old_key_is_configured(fresh: str) -> None:
    upgrade(fresh, OLD_KEY)
    for keys in (f"{OLD_KEY},{NEW_KEY}", BOTH):
        upgrade(fresh, keys)
        assert _said(fresh) == {OLD_ID}
        assert [_comes_in(fresh, each) for each in (OLD_KEY, keys)] == [True, True]


def test_when_the_old_key_leaves_who_still_knows_both_comes_in(fresh: str) -> None:
    upgrade(fresh, OLD_KEY)
    upgrade(fresh, BOTH)
    running = Database(fresh, BOTH)
    with running.system_session() as session:
        session.execute(text("select 1"))
    upgrade(fresh, NEW_KEY)
    assert _said(fresh) == {NEW_ID}
    running.dispose()  # its connections end; the next ones need the other password
    with running.system_session() as session:
        session.execute(text("select 1"))
    running.dispose()
    assert [_comes_in(fresh, each) for each in (OLD_KEY, NEW_KEY)] == [False, True]


def test_logins_from_before_this_was_written_down_keep_the_oldest_key(fresh: str) -> None:
    upgrade(fresh, OLD_KEY)
    with psycopg.connect(fresh, autocommit=True) as owner:
        for login in map(login_name, LOGINS):
            owner.execute(f"comment on role {login} is null")
    upgrade(fresh, BOTH)
    assert _said(fresh) == {OLD_ID}
    assert _comes_in(fresh, OLD_KEY)


def test_no_known_password_is_one_clear_failure(fresh: str) -> None:
    upgrade(fresh, OLD_KEY)
    third = "dGhpcmQtZmFrZS1tYXN0ZXIta2V5LTMyLWJ5dGVzISE="
    assert not _comes_in(fresh, f"{NEW_KEY},{third}")


def test_no_statement_of_a_login_runs_for_ever(server: str, fresh: str) -> None:
    upgrade(fresh, OLD_KEY)
    database = Database(fresh, OLD_KEY)
    with database.system_session() as session:
        assert session.execute(text("show statement_timeout")).scalar_one() == "30s"
    database.dispose()
    with psycopg.connect(server) as owner:
        rows = owner.execute(
            "select rolname, rolconfig from pg_roles where rolname = any(%s)", [[*map(login_name, LOGINS)]]
        )
        assert all(
            any("statement_timeout=" in said for said in config or []) for _name, config in rows.fetchall()
        )
