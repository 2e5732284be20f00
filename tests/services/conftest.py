"""The world that most tests of services begin with: made once a module, cleared after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.desk import Desk, open_desk


@pytest.fixture(scope="module")
def made() -> Iterator[Desk]:
    """Two agencies with clients, shops and people."""
    with open_desk() as opened:
        yield opened


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    """The same; what a test wrote is taken away again."""
    yield made
    made.clear()


@pytest.fixture
def session(desk: Desk) -> Iterator[Session]:
    """A transaction in our owner's scope that is never kept."""
    with desk.database.session(desk.ours.scope()) as opened:
        yield opened
        opened.rollback()
