"""One tenant never sees, changes, adds to or points at another's rows: every table and every login."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import (
    Connection,
    Engine,
    Table,
    and_,
    create_engine,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.extensions import ScopeMissing, login_url, sqlalchemy_url
from agency.services.memberships import Person, create_agency_with_owner
from agency.transaction import system_transaction, transaction
from tests.databases import MASTER_KEY, TestDatabase
from tests.isolation.catalogue import PORTAL_TABLES
from tests.worlds import TENANT_TABLES, Tenant, fill, parents_of

BY_TABLE = pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)


@dataclass
class FullHouse:
    """Two agencies of two clients each, every table filled for each client."""

    made: TestDatabase
    owner: Engine
    tenants: list[Tenant]  # ours, our sister client, and two of another agency

    @property
    def ours(self) -> Tenant:
        return self.tenants[0]

    @property
    def sister(self) -> Tenant:
        return self.tenants[1]

    @property
    def stranger(self) -> Tenant:
        return self.tenants[2]

    def staff(self, tenant: Tenant | None = None) -> Scope:
        return Scope("staff", (tenant or self.ours).agency_id, "user:1", "owner")

    def portal(self, tenant: Tenant | None = None) -> Scope:
        who = tenant or self.ours
        return Scope(
            "portal", who.agency_id, "user:2", "client_member", client_id=who.client_id, read_only=True
        )


@pytest.fixture(scope="module")
def house(own_database: TestDatabase) -> Iterator[FullHouse]:
    made = own_database
    owner = create_engine(sqlalchemy_url(made.owner_url))
    tenants = []
    with owner.begin() as connection:
        for agency in ("Harbor", "Rival"):
            with system_transaction(made.database) as session:
                person = Person(f"{agency.lower()}@example.test", agency, "fake-password-1")
                agency_id = create_agency_with_owner(session, agency, person).agency_id
            for name in ("Luma", "Kite"):
                tenants.append(fill(connection, agency_id, _add_client(connection, agency_id, name)))
    yield FullHouse(made, owner, tenants)
    owner.dispose()


def _add_client(connection: Connection, agency_id: int, name: str) -> int:
    query = text(
        "insert into clients (agency_id, name, currency) values (:agency, :name, 'USD') returning id"
    )
    client_id: int = connection.execute(query, {"agency": agency_id, "name": name}).scalar_one()
    return client_id


def at(table: Table, tenant: Tenant) -> Any:
    """The condition that picks a tenant's row by its key."""
    return and_(*(table.c[name] == value for name, value in tenant.key(table).items()))


def untouched(table: Table) -> dict[str, Any]:
    """An update that changes nothing, to see whether a row could be changed."""
    return {"client_id": table.c.client_id}


def is_written(table: Table, name: str) -> bool:
    """Columns that a statement may fill; the database makes the others by itself."""
    return table.c[name].identity is None and table.c[name].computed is None


def is_refused(error: DBAPIError) -> bool:
    """Refused by a missing grant or by a policy."""
    return isinstance(error.orig, InsufficientPrivilege)


def try_to(session: Session, statement: Any) -> int | None:
    """How many rows a statement changed; None when the login may not do that to this table at all."""
    try:
        with session.begin_nested():
            return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]
    except ProgrammingError as error:
        if not is_refused(error):
            raise
        return None


@BY_TABLE
def test_staff_sees_its_own_agencys_rows_and_no_other(house: FullHouse, table: Table) -> None:
    with transaction(house.made.database, house.staff()) as session:
        seen = {tuple(row) for row in session.execute(select(table.c.agency_id, table.c.client_id))}
        assert seen == {(tenant.agency_id, tenant.client_id) for tenant in (house.ours, house.sister)}
        assert session.execute(select(table.c.client_id).where(at(table, house.stranger))).all() == []
        assert session.scalar(select(func.count()).select_from(table)) == 2


@BY_TABLE
def test_a_client_sees_its_own_rows_or_is_refused_the_whole_table(house: FullHouse, table: Table) -> None:
    with house.made.database.session(house.portal()) as session:
        if table.name not in PORTAL_TABLES:
            with pytest.raises(ProgrammingError, match="permission denied"):
                session.execute(select(table.c.client_id))
            return
        seen = [row.client_id for row in session.execute(select(table.c.client_id))]
        assert set(seen) <= {house.ours.client_id}
        if table.name != "ledger_entries":  # its rows are narrowed further; see the ledger's own test
            assert seen == [house.ours.client_id]
        for tenant in house.tenants[1:]:
            assert session.execute(select(table.c.client_id).where(at(table, tenant))).all() == []


@BY_TABLE
def test_staff_can_change_no_row_of_another_agency(house: FullHouse, table: Table) -> None:
    with house.made.database.session(house.staff()) as session:
        own = try_to(session, update(table).values(untouched(table)).where(at(table, house.ours)))
        foreign = try_to(session, update(table).values(untouched(table)).where(at(table, house.stranger)))
        deleted = try_to(session, delete(table).where(at(table, house.stranger)))
    assert (own, foreign) in ((1, 0), (None, None)), "either nothing may be changed here, or only the own row"
    assert deleted in (0, None)


@BY_TABLE
def test_staff_can_add_no_row_to_another_agency_or_move_one_there(house: FullHouse, table: Table) -> None:
    foreign = {
        name: value
        for name, value in house.stranger.rows[table.name].items()
        if is_written(table, name) and table.c[name].unique is not True
    }
    keys = {"agency_id": house.stranger.agency_id, "client_id": house.stranger.client_id}
    # Inline: RETURNING would ask the reading half of the policy, and this is about the writing half.
    for statement in (
        insert(table).inline().values(foreign),
        update(table).values(keys).where(at(table, house.ours)),
    ):
        with house.made.database.session(house.staff()) as session:
            with pytest.raises(DBAPIError) as refused:
                session.execute(statement)
            assert is_refused(refused.value)


@BY_TABLE
def test_no_row_can_point_at_another_tenants_row(house: FullHouse, table: Table) -> None:
    """Not even the owner's login, which no policy binds: the composite keys refuse it."""
    for column in parents_of(table):
        own = house.ours.rows[table.name][column]
        with house.owner.begin() as connection:
            result = connection.execute(update(table).values({column: own}).where(at(table, house.ours)))
            assert result.rowcount == 1
        for other in (house.sister, house.stranger):
            foreign = other.rows[table.name][column]
            if foreign is None:
                continue
            with house.owner.connect() as connection:
                # Out of the way first, or a unique key would speak before the foreign key.
                with suppress(IntegrityError), connection.begin_nested():
                    connection.execute(delete(table).where(at(table, other)))
                # And what guards the moves of a row refuses the change as well; here the keys alone must do.
                connection.execute(text(f"alter table {table.name} disable trigger user"))
                with pytest.raises(IntegrityError, match="foreign key"):
                    connection.execute(update(table).values({column: foreign}).where(at(table, house.ours)))


@BY_TABLE
def test_a_client_can_write_nothing(house: FullHouse, table: Table) -> None:
    """Twice over: the transaction is read-only, and the login has no grant, should somebody begin another one."""
    added = {name: value for name, value in house.ours.rows[table.name].items() if is_written(table, name)}
    statements = (update(table).values(untouched(table)), delete(table), insert(table).values(added))
    for statement in statements:
        with house.made.database.session(house.portal()) as session, pytest.raises(DBAPIError):
            session.execute(statement)
    login = create_engine(login_url(house.made.owner_url, "portal", MASTER_KEY))
    with login.connect() as connection:
        for statement in statements:
            connection.execute(text(f"set local app.agency_id = '{house.ours.agency_id}'"))
            connection.execute(text(f"set local app.client_id = '{house.ours.client_id}'"))
            with pytest.raises(ProgrammingError) as refused:
                connection.execute(statement)
            assert is_refused(refused.value)
            connection.rollback()
    login.dispose()


@BY_TABLE
@pytest.mark.parametrize("login", ["staff", "portal"])
def test_without_a_scope_a_read_fails_loudly(house: FullHouse, table: Table, login: str) -> None:
    engine = create_engine(login_url(house.made.owner_url, login, MASTER_KEY))
    with engine.connect() as connection:
        with pytest.raises(DBAPIError):
            connection.execute(select(table.c.client_id)).all()
        connection.rollback()
        # A pooled connection that had a scope before remembers an empty setting, which is no number.
        connection.execute(text("set local app.agency_id = '1'; set local app.client_id = '1'"))
        connection.rollback()
        with pytest.raises(DBAPIError):
            connection.execute(select(table.c.client_id)).all()
    engine.dispose()


def test_a_transaction_without_a_scope_cannot_start(house: FullHouse) -> None:
    engine = house.made.database._engines["staff"]
    with pytest.raises(ScopeMissing), engine.connect() as connection:
        connection.execute(text("select 1"))


def test_the_system_login_sees_ids_and_no_tenant_data(house: FullHouse) -> None:
    for query in (
        "select name from shops",
        "select * from orders",
        "select sealed_address from order_contacts",
    ):
        with house.made.database.system_session() as session:
            refused = pytest.raises(ProgrammingError, match="permission denied")
            with refused:
                session.execute(text(query))
    with house.made.database.system_session() as session:
        assert session.execute(text("select count(*) from shops")).scalar_one() == 4


def test_a_login_cannot_become_another_one(house: FullHouse) -> None:
    for login in ("staff", "portal", "system"):
        engine = create_engine(login_url(house.made.owner_url, login, MASTER_KEY))
        for other in ("shopfleet_staff", "shopfleet_portal", "shopfleet_system", "postgres"):
            if other != f"shopfleet_{login}":
                with engine.connect() as connection, pytest.raises(DBAPIError):
                    connection.execute(text(f"set role {other}"))
        engine.dispose()


def test_a_pooled_connection_forgets_its_scope(house: FullHouse) -> None:
    """A setting that outlived its transaction would wait for whoever comes next."""
    for scope in (house.staff(), house.portal()):
        with house.made.database.session(scope) as session:
            session.execute(text("select 1"))
            session.commit()  # a rollback would take any setting back
        pooled = house.made.database._engines[scope.login].raw_connection()
        row = pooled.cursor().execute("select current_setting('app.agency_id', true)").fetchone()
        pooled.close()
        assert row[0] in (None, "")


def test_a_client_reads_in_a_transaction_that_cannot_write(house: FullHouse) -> None:
    """Whatever the scope says about reading only: the login alone is enough."""
    for scope in (house.portal(), replace(house.portal(), read_only=False)):
        with house.made.database.session(scope) as session:
            assert session.scalar(text("show transaction_read_only")) == "on"
