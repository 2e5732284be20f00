"""What tests of several folders share: a migrated database per module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import TestDatabase, create_database, drop_database


@pytest.fixture(scope="module")
def own_database() -> Iterator[TestDatabase]:
    """A database of the module's own, copied from the migrated template."""
    made = create_database()
    yield made
    drop_database(made)
