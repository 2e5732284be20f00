"""The page of API tokens: made by ticking, shown once, revoked with one click; owners only."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from agency.clock import machine_now
from tests.desk import Desk
from tests.portal.browsing import Visitor, visit

PATH = "/settings/tokens"
_SECRET = re.compile(r"sf_[\w-]{43}")


def _make(visitor: Visitor, **fields: object) -> str:
    values = {"name": "Warehouse", "areas": ["orders:read"], "days": "30", "reach": "all", **fields}
    page = visitor.send(PATH, **values)
    assert page.status_code == 200, page.text
    (secret,) = set(_SECRET.findall(page.text))
    return secret


def _status(desk: Desk, secret: str, path: str = "/api/v1/orders") -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return desk.app.test_client().get(path, headers=headers).status_code


def test_an_owner_makes_a_token_sees_it_once_and_revokes_it(desk: Desk, owner: Visitor) -> None:
    assert "No API token yet" in owner.page(PATH)
    secret = _make(owner, name="<b>Books</b>")
    assert _status(desk, secret) == 200
    page = owner.page(PATH)
    assert secret not in page
    assert f"{secret[:7]}…" in page
    assert "&lt;b&gt;Books&lt;/b&gt;" in page
    assert "all clients" in page
    ends = machine_now() + timedelta(days=30)
    assert f"{ends.day} {ends:%b %Y}" in page
    found = re.search(rf'action="({PATH}/[0-9a-f-]+/revoke)"', page)
    assert found is not None
    assert "worth nothing" in owner.send(found.group(1)).text
    assert _status(desk, secret) == 401


def test_only_the_ticked_clients_are_the_tokens(desk: Desk, owner: Visitor) -> None:
    _make(owner, name="One client", reach="some", client_ids=[desk.ours.public["Kite"]])
    with desk.session() as session:
        ids = session.scalar(text("select client_ids from api_tokens where name = 'One client'"))
    assert ids == [desk.ours.clients["Kite"]]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Name is needed."),
        ({"areas": []}, "Choose at least one area."),
        ({"areas": ["team:write"]}, "There is no area team:write."),
        ({"reach": "some"}, "Choose at least one client, or all."),
        ({"days": "400"}, "A token lives 1 to 365 days."),
    ],
)
def test_a_bad_form_says_what_is_wrong_and_keeps_what_was_ticked(
    owner: Visitor, fields: dict[str, object], sentence: str
) -> None:
    values = {"name": "Warehouse", "areas": ["orders:read", "switches:write"], "days": "30", "reach": "all"}
    answer = owner.send(PATH, **values | fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    if "areas" not in fields:
        assert 'value="switches:write" checked' in answer.text


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_nobody_but_an_owner_opens_the_page(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    assert visitor.get(PATH).status_code == 403
    assert visitor.send(PATH, name="x", areas=["orders:read"], days="3", reach="all").status_code == 403


def test_making_one_needs_a_recent_proof(desk: Desk, owner: Visitor) -> None:
    with desk.system() as session:
        session.execute(text("update sessions set confirmed_at = now() - interval '11 minutes'"))
    answer = owner.send(PATH, name="x", areas=["orders:read"], days="3", reach="all")
    assert "Confirm that it is you" in answer.text
    assert not _SECRET.search(answer.text)
