"""One's own account: open to everybody signed in, in the frame of the team or of a client."""

from __future__ import annotations

import pytest

from tests.desk import Desk
from tests.portal.browsing import visit


@pytest.mark.parametrize("person", ["owner", "operator", "viewer", "member"])
def test_everybody_finds_their_own_account(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    page = visitor.page("/account")
    assert f"{person}@example.test" in page
    home = visitor.web.get("/", follow_redirects=True).text
    assert 'href="/account"' in home
