"""One world for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desk import Desk, open_desk
from tests.portal.browsing import Visitor, visit


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Two agencies, two clients each, and the application."""
    with open_desk() as opened:
        yield opened


@pytest.fixture
def owner(desk: Desk) -> Visitor:
    """Our agency's owner, signed in."""
    return visit(desk, "owner")
