"""The matrix of tables finds nothing in the sound database, and each fault that we plant in it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Table

from migrations.run import upgrade
from tests.databases import MASTER_KEY
from tests.isolation import figures
from tests.isolation.catalogue import SYSTEM_GRANTS
from tests.isolation.faults import FAULTS, faults_of
from tests.isolation.matrix import TABLES, Matrix, matrix_of
from tests.isolation.world import World


@pytest.fixture(scope="module")
def matrix(world: World) -> Iterator[Matrix]:
    # Rights on the database itself are not copied from a template.
    upgrade(world.desk.owner_url, MASTER_KEY)
    with psycopg.connect(world.desk.owner_url.replace("+psycopg", "")) as connection:
        yield matrix_of(world, connection)


@pytest.fixture
def planted(matrix: Matrix) -> Iterator[Matrix]:
    """A transaction that ends with a rollback, so that a fault never stays."""
    matrix.connection.rollback()
    yield matrix
    matrix.connection.rollback()


def test_no_login_gets_what_it_must_not(planted: Matrix) -> None:
    planted.cells = 0
    assert planted.leaks() == []
    figures.add("table_cells", planted.cells)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_opens_a_wall_is_felt(planted: Matrix, name: str) -> None:
    fault = FAULTS[name]
    figures.add("mutants")
    planted.connection.execute(fault.sql.encode())
    felt = planted.leaks()
    assert felt or fault.reads_the_same, f"{name}: no cell of table x login x operation notices it"
    assert not (felt and fault.reads_the_same), f"{name}: it is felt, whatever its reason says"
    figures.add("mutants_caught")


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_same_faults_are_felt_at_every_table(planted: Matrix, table: Table) -> None:
    for name, statement in faults_of(table).items():
        if "*" in SYSTEM_GRANTS.get(table.name, {}).get("SELECT", set()) and name.endswith(
            "system reads all"
        ):
            continue
        figures.add("table_mutants")
        planted.connection.rollback()
        planted.connection.execute(statement.encode())
        assert planted.leaks([table]), name
        figures.add("table_mutants_caught")
