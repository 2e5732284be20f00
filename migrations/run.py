"""`upgrade(owner_url, master_keys)`: creates the logins, then brings the schema to its head. Safe to repeat."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL

from agency.extensions import LOGINS, login_name, login_passwords, sqlalchemy_url

# One statement that runs away must not hold everybody up. Pages of a client are small; an import of a worker is not.
LONGEST_STATEMENT = {"staff": "60s", "portal": "10s", "system": "30s"}
REQUIRED_POSTGRES = 150000  # unique NULLS handling, security_invoker views and MERGE are those of 15

_SAID = "The password follows from master key "


class WrongDatabase(RuntimeError):
    """The server cannot be used; the message says why and what would help."""


def upgrade(owner_url: str, master_keys: str) -> None:
    """Raises WrongDatabase for a server older than 15."""
    engine = create_engine(sqlalchemy_url(owner_url))
    with engine.begin() as connection:
        version = int(connection.execute(text("show server_version_num")).scalar_one())
        if version < REQUIRED_POSTGRES:
            raise WrongDatabase(f"PostgreSQL 15 or newer is required; this server is {version // 10000}.")
        # One upgrade at a time, also across hosts.
        connection.execute(text("select pg_advisory_xact_lock(748201)"))
        _ensure_logins(connection, engine.url, master_keys)
        command.upgrade(_config(connection), "head")
    engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def _ensure_logins(connection: Connection, url: URL, master_keys: str) -> None:
    for login in LOGINS:
        name, passwords = login_name(login), login_passwords(master_keys, login)
        found = connection.execute(
            text("select shobj_description(oid, 'pg_authid') as said from pg_roles where rolname = :name"),
            {"name": name},
        ).one_or_none()
        verb = "alter" if found else "create"
        key = _key_of_password(list(passwords), found.said or "" if found else None)
        # Names and hex digests of ours only; DDL takes no parameters.
        connection.execute(text(f"{verb} role {name} login password '{passwords[key]}'"))
        connection.execute(text(f"comment on role {name} is '{_SAID}{key}'"))
        connection.execute(text(f"grant connect on database {_quoted(url.database or '')} to {name}"))
        connection.execute(text(f"grant usage on schema public to {name}"))
        connection.execute(text(f"alter role {name} set statement_timeout = '{LONGEST_STATEMENT[login]}'"))
    connection.execute(text(f"revoke temporary on database {_quoted(url.database or '')} from public"))
    connection.execute(text("revoke create on schema public from public"))


def _key_of_password(known: list[str], said: str | None) -> str:
    """Whose password a login gets: that of the key it has now, as long as this one is known, so that processes with
    the former settings still come in (ADR 20). A login that says nothing is new, or from before there were several.
    """
    if said is None:
        return known[0]
    return next((key for key in known if said == f"{_SAID}{key}"), known[-1])


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
