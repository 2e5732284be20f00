"""The migrated database holds every tenant apart, and the lint that says so finds each fault that we plant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import namedtuple_row
from sqlalchemy.engine import make_url

from agency.models.tables import metadata
from migrations.run import upgrade
from tests.databases import MASTER_KEY, TestDatabase
from tests.isolation.catalogue import AGENCY_TABLES, PORTAL_TABLES, SYSTEM_TABLES, lint, tenant_tables
from tests.isolation.faults import FAULTS


@pytest.fixture(scope="module")
def connection(own_database: TestDatabase) -> Iterator[psycopg.Connection[Any]]:
    upgrade(
        own_database.owner_url, MASTER_KEY
    )  # rights on the database itself are not copied from a template
    url = make_url(own_database.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, row_factory=namedtuple_row) as opened:
        yield opened


@pytest.fixture
def planted(connection: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that ends with a rollback, so that a fault never stays."""
    connection.rollback()
    yield connection
    connection.rollback()


def test_the_migrated_database_has_no_findings(connection: psycopg.Connection[Any]) -> None:
    assert lint(connection) == []


def test_every_table_of_the_models_is_looked_at(connection: psycopg.Connection[Any]) -> None:
    looked_at = {*tenant_tables(connection), *SYSTEM_TABLES, *AGENCY_TABLES, "agencies", "clients"}
    assert looked_at == set(metadata.tables)


def test_the_clients_login_reaches_no_secret_no_buyer_and_no_cost() -> None:
    forbidden = {
        "authorizations", "connect_requests", "shop_secrets", "suppliers", "supplier_secrets", "supplier_items",
        "mappings", "carrier_overrides", "order_contacts", "order_events", "purchases", "purchase_lines", "effects",
        "inbox_items", "client_keys", "lanes", "attentions", "supplier_consents", "audit_entries", "api_tokens",
        "invitations",
    }  # fmt: skip
    assert forbidden <= set(metadata.tables)
    assert not forbidden & PORTAL_TABLES


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(planted: psycopg.Connection[Any], fault: str) -> None:
    before = set(lint(planted))
    planted.execute(FAULTS[fault].sql)
    assert set(lint(planted)) - before, f"the lint is blind for: {fault}"
