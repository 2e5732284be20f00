"""A small world for tests of the doors: two agencies with clients, shops, people and orders, in a real database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.app import create_app
from agency.config import Settings
from agency.domain.scope import Scope
from agency.extensions import Database
from agency.models.clients import Client
from agency.models.lanes import Lane
from agency.models.shops import Authorization, Shop
from agency.models.tables import metadata
from agency.services.accounts import sign_in
from agency.services.memberships import Person, add_member, create_agency_with_owner
from agency.transaction import system_transaction, transaction
from tests.databases import MASTER_KEY, create_database, drop_database
from tests.servers import generous_limits, redis_url

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PASSWORD = "fake-password-1"
_WRITTEN = (
    "orders", "order_lines", "order_contacts", "order_events", "attentions", "skus", "suppliers",
    "supplier_secrets", "order_changes", "supplier_items", "mappings", "purchases", "purchase_lines", "parcels",
    "parcel_lines", "parcel_scans", "effects", "statements", "ledger_entries", "inbox_items", "inbox_strays",
    "heartbeats", "carrier_overrides", "provider_lists", "supplier_consents", "client_requests",
    "notification_choices", "month_links", "saved_views", "mails", "gauges", "read_cycles",
)  # fmt: skip


@dataclass
class Side:
    """One agency: its internal keys by name."""

    agency_id: int
    clients: dict[str, int] = field(default_factory=dict)
    shops: dict[str, int] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)

    def scope(self, **changes: Any) -> Scope:
        """An owner's scope, or what `changes` make of it."""
        values = {
            "login": "staff",
            "agency_id": self.agency_id,
            "actor": "user:1",
            "role": "owner",
            **changes,
        }
        return Scope(**values)

    def client_scope(self, client: str) -> Scope:
        """A client member's scope."""
        return self.scope(
            login="portal", client_id=self.clients[client], role="client_member", read_only=True
        )


@dataclass
class Desk:
    """The world and the application on top of it."""

    database: Database
    owner_url: str
    app: Flask
    ours: Side
    theirs: Side

    @contextmanager
    def session(self, scope: Scope | None = None) -> Iterator[Session]:
        """A transaction in our owner's scope, or in another one."""
        with transaction(self.database, scope or self.ours.scope()) as session:
            yield session

    @contextmanager
    def system(self) -> Iterator[Session]:
        """A transaction of the system login."""
        with system_transaction(self.database) as session:
            yield session

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection that owns the tables and sees everything; each statement is its own transaction."""
        with psycopg.connect(self.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
            yield connection

    def rewrite(self, statement: str, **values: Any) -> None:
        """Changes rows as no program of ours may: the triggers that guard moves and chains are off."""
        with self.owner() as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(statement, values)

    def clear(self) -> None:
        """Takes away what a test wrote; people, clients, shops and lanes stay, as they were at the beginning."""
        stopped = "buying_stopped_at = null, buying_stopped_by = null"
        read = "last_read_at = now(), read_error = '', read_failed_at = null, count_tiktok = null, count_ours = null"
        with self.owner() as connection:
            # The order of foreign keys does not matter when everything that points goes too.
            connection.execute("set session_replication_role = replica")
            connection.execute("; ".join(f"delete from {table}" for table in _WRITTEN))
            connection.execute("delete from lanes where supplier_id is not null")
            connection.execute(
                "update lanes set due_at = null, lease_until = null, failures = 0, problem = ''"
            )
            connection.execute(
                f"update shops set {read}, {stopped}, paused_at = null, access_lost = false, access_ends_at = null"
            )
            connection.execute("update authorizations set state = 'active', refresh_expires_at = null")
            connection.execute(f"update clients set {stopped}, share_costs = false, left_at = null")
            connection.execute(f"update agencies set {stopped}")

    def membership(self, person: str) -> str:
        """The public id of the person's role in our agency."""
        found = text(
            "select m.public_id from memberships m join users u on u.id = m.user_id where u.email = :email"
            " and m.agency_id = :agency_id"
        )
        with self.system() as session:
            values = {"email": f"{person}@example.test", "agency_id": self.ours.agency_id}
            return str(session.execute(found, values).scalar_one())

    def web(self, person: str = "") -> FlaskClient:
        """A client of the web application, signed in by bearer token as that person, or nobody."""
        client = self.app.test_client()
        if person:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.token(person)}"
        return client

    def token(self, person: str) -> str:
        """A session token of owner, operator, viewer, member (a client's) or stranger (the other agency's owner)."""
        with self.system() as session:
            return sign_in(session, f"{person}@example.test", PASSWORD)


@contextmanager
def open_desk(*, spread_ids: bool = False, **settings: Any) -> Iterator[Desk]:
    """Builds the world in a database of its own and drops it at the end.

    `spread_ids` gives every table numbers of its own, so that one table's id is never by chance another's.
    """
    made = create_database("desk")
    try:
        if spread_ids:
            _spread_ids(made.owner_url)
        app = create_app(make_settings(**settings), made.database)
        ours, theirs = _side(made.database, "Harbor", "owner"), _side(made.database, "Rival", "stranger")
        with system_transaction(made.database) as session:
            for person, role, clients in (
                ("operator", "operator", [ours.clients["Luma"]]),
                ("viewer", "viewer", None),
                ("member", "client_member", [ours.clients["Luma"]]),
            ):
                who = Person(f"{person}@example.test", person.capitalize(), PASSWORD)
                add_member(session, ours.agency_id, who, role, clients)
        yield Desk(made.database, made.owner_url, app, ours, theirs)
    finally:
        drop_database(made)


def _spread_ids(owner_url: str) -> None:
    numbered = [
        table.name
        for table in metadata.sorted_tables
        if "id" in table.columns and table.c.id.identity is not None and table.name != "users"
    ]
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        for place, table in enumerate(numbered, 1):
            connection.execute(f"alter table {table} alter column id restart with {place * 1000}".encode())


def make_settings(**changes: Any) -> Settings:
    """Settings of an application in tests: a shop clock that stands still at NOW."""
    epoch = datetime.now(UTC).isoformat()
    values: dict[str, Any] = {
        "data_dir": Path("unused"),
        "master_key": MASTER_KEY,
        "clock_origin": NOW,
        "clock_epoch": datetime.fromisoformat(epoch),
        "clock_rate": 0.001,
        "redis_url": redis_url(),
        "limits": generous_limits(),
    }
    return Settings(**values | changes)


def _side(database: Database, name: str, owner: str) -> Side:
    with system_transaction(database) as session:
        person = Person(f"{owner}@example.test", owner.capitalize(), PASSWORD)
        side = Side(create_agency_with_owner(session, name, person).agency_id)
    with transaction(database, side.scope()) as session:
        for client in ("Luma", "Kite"):
            _client(session, side, client, name)
    return side


def _client(session: Session, side: Side, client: str, agency: str) -> None:
    row = Client(agency_id=side.agency_id, name=client, currency="USD")
    session.add(row)
    session.flush()
    keys = {"agency_id": side.agency_id, "client_id": row.id}
    authorization = Authorization(**keys, state="active")
    session.add(authorization)
    session.flush()
    shop = Shop(
        **keys,
        authorization_id=authorization.id,
        tiktok_shop_id=f"fake-{agency}-{client}",
        code=f"{client[:2].upper()}{agency[:1]}",
        name=f"{client} Shop",
        region="US",
        currency="USD",
        time_zone="America/New_York",
        last_read_at=datetime.now(UTC),
    )
    session.add(shop)
    session.flush()
    for api in ("orders", "plan"):
        session.add(Lane(**keys, shop_id=shop.id, api=api))
    session.add(Lane(**keys, authorization_id=authorization.id, api="auth"))
    session.flush()
    session.refresh(row)
    session.refresh(shop)
    side.clients[client], side.shops[client] = row.id, shop.id
    side.public |= {client: str(row.public_id), f"{client} Shop": str(shop.public_id)}
