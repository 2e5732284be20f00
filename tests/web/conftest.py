"""A desk of limits for the tests that use them up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desk import Desk, open_desk
from tests.servers import generous_limits
from tests.web.limited import SMALL, budgets_of


@pytest.fixture(scope="module")
def limited() -> Iterator[Desk]:
    """A desk whose limits are quickly used up."""
    with open_desk(limits=generous_limits() | SMALL) as opened:
        yield opened


@pytest.fixture
def desk(limited: Desk) -> Desk:
    """The same, with nothing used up and nobody signed in."""
    budgets_of(limited.app).forget_all()
    with limited.owner() as connection:
        connection.execute("delete from sessions; delete from mails; delete from audit_entries")
    return limited
