"""One world for many tests that change people: who there is is kept once and put back after each test."""

from __future__ import annotations

from tests.desk import Desk

_KEPT = ("agencies", "users", "memberships")
_WRITTEN = ("sessions", "invitations", "mails", "mail_links", "second_factors", "api_tokens", "audit_entries")


def keep_people(desk: Desk) -> None:
    """Copies who there is, once per world."""
    with desk.owner() as connection:
        connection.execute("create schema if not exists kept")
        for table in _KEPT:
            connection.execute(f"create table kept.{table} as table {table}")


def put_people_back(desk: Desk) -> None:
    """Everybody is again as they were, signed out, without invitations, mails and entries."""
    with desk.owner() as connection:
        # The order of foreign keys does not matter when everything that points goes too.
        connection.execute("set session_replication_role = replica")
        connection.execute("; ".join(f"delete from {table}" for table in (*_WRITTEN, *_KEPT)))
        for table in _KEPT:
            connection.execute(f"insert into {table} overriding system value select * from kept.{table}")
