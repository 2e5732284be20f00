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


SILENT = "nullif(current_setting('app.agency_id', true), '')::bigint"
FAULTS = {
    "a table without anything": "create table fresh (id bigint, agency_id bigint, client_id bigint)",
    "row-level security off": "alter table orders disable row level security",
    "row-level security not forced": "alter table orders no force row level security",
    "a policy dropped": "drop policy staff on orders",
    "a policy that lets everybody in": "alter policy staff on orders using (true) with check (true)",
    "a check that lets rows out": "alter policy staff on orders with check (true)",
    "the wrong column": (
        "alter policy portal on orders using (shop_id = current_setting('app.client_id')::bigint)"
        " with check (shop_id = current_setting('app.client_id')::bigint)"
    ),
    "a missing scope that hides instead of failing": (
        f"alter policy staff on orders using (agency_id = {SILENT}) with check (agency_id = {SILENT})"
    ),
    "a second policy": "create policy more on orders to shopfleet_staff using (client_id = 1)",
    "a policy for everybody": "create policy open on orders using (true)",
    "a policy for the portal on costs": "create policy portal on purchases to shopfleet_portal using (true)",
    "a nullable tenant": "alter table orders alter column client_id drop not null",
    "a parent without its tenant": (
        "alter table order_lines drop constraint fk_order_lines_order_id_client_id_agency_id;"
        "alter table order_lines add constraint plain foreign key (order_id) references orders (id)"
    ),
    "a parent without a foreign key": "alter table skus add column supplier_id bigint",
    "no index for the agency": "drop index ix_skus_agency_id",
    "no index for the client": "drop index ix_skus_client_id",
    "a view with its owner's rights": "create view all_orders as select * from orders",
    "a materialized view": "create materialized view all_orders as select * from orders",
    "a definer function for everybody": (
        "create function peek() returns bigint language sql security definer as 'select count(*) from orders'"
    ),
    "costs for the portal": "grant select on purchases to shopfleet_portal",
    "a portal that writes": "grant update on orders to shopfleet_portal",
    "contacts for the system login": "grant select on order_contacts to shopfleet_system",
    "one column too many for the system login": "grant select (name) on shops to shopfleet_system",
    "users for staff": "grant select on users to shopfleet_staff",
    "truncate": "grant truncate on orders to shopfleet_staff",
    "a grant to everybody": "grant select on orders to public",
    "a login that skips policies": "alter role shopfleet_staff bypassrls",
    "a superuser": "alter role shopfleet_portal superuser",
    "a login that owns a table": (
        "grant create on schema public to shopfleet_staff; alter table skus owner to shopfleet_staff"
    ),
    "a login that may become another": "grant shopfleet_staff to shopfleet_portal",
    "a login that may create tables": "grant create on schema public to shopfleet_portal",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(planted: psycopg.Connection[Any], fault: str) -> None:
    before = set(lint(planted))
    planted.execute(FAULTS[fault])
    assert set(lint(planted)) - before, f"the lint is blind for: {fault}"
