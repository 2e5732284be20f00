"""A right that was taken away is gone at the very next request: in every tab, every browser and every program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.desk import Desk, open_desk
from tests.desk_rows import add_order
from tests.portal.browsing import Visitor, visit


@pytest.fixture(scope="module")
def made() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            add_order(session, opened.ours, "Luma", number="1001")
            add_order(session, opened.ours, "Kite", number="1002")
        yield opened


@dataclass
class Windows:
    """One person's open windows: two browsers, and a program that signed in with the password."""

    first: Visitor
    second: Visitor
    program: FlaskClient

    def see(self, number: str) -> list[int]:
        """What each of them gets for an order."""
        return [
            self.first.get(f"/orders/{number}").status_code,
            self.second.get(f"/orders/{number}").status_code,
            self.program.get(f"/api/v1/orders/{number}").status_code,
        ]

    def write(self) -> list[int]:
        """What each of them gets for an act (a form that was open already, and a call)."""
        forms = [browser.send("/orders/1001/act/hold", follow=False) for browser in (self.first, self.second)]
        call = self.program.post("/api/v1/orders/1001/decline", json={"reason": "fake"})
        return [*(form.status_code for form in forms), call.status_code]


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    yield made
    with made.owner() as connection:
        connection.execute("update memberships set ended_at = null; update users set disabled_at = null")
        connection.execute("update memberships set role = 'viewer', client_ids = null where role in ('viewer', 'owner')"
                           " and user_id = (select id from users where email = 'viewer@example.test')")  # fmt: skip


@pytest.fixture
def windows(desk: Desk) -> Windows:
    opened = Windows(visit(desk, "viewer"), visit(desk, "viewer"), desk.web("viewer"))
    assert opened.see("1001") == [200, 200, 200]
    assert opened.see("1002") == [200, 200, 200]
    return opened


VIEWER = "user_id = (select id from users where email = 'viewer@example.test')"


def _change(desk: Desk, change: str) -> None:
    with desk.owner() as connection:
        connection.execute(f"update memberships set {change} where {VIEWER}".encode())


def _everybody_out(desk: Desk) -> None:
    with desk.system() as session:
        session.execute(text(f"update sessions set revoked_at = now() where {VIEWER}"))


def _disable(desk: Desk) -> None:
    with desk.owner() as connection:
        connection.execute("update users set disabled_at = now() where email = 'viewer@example.test'")


@pytest.mark.parametrize(
    "end",
    [
        lambda desk: _change(desk, "ended_at = now()"),
        _everybody_out,
        _disable,
    ],
    ids=["membership", "sessions", "person"],
)
def test_an_ended_right_is_gone_in_every_window_at_the_next_request(
    desk: Desk, windows: Windows, end: Callable[[Desk], None]
) -> None:
    end(desk)
    assert windows.see("1001") == [303, 303, 401]
    assert windows.first.get("/orders/1001").location.startswith("/login")
    assert windows.first.get("/orders.csv").status_code == 303


def test_a_narrowed_membership_hides_the_other_client_in_every_window(desk: Desk, windows: Windows) -> None:
    _change(desk, f"client_ids = array[{desk.ours.clients['Luma']}]")
    assert windows.see("1002") == [404, 404, 404]
    assert windows.see("1001") == [200, 200, 200]
    _change(desk, "client_ids = '{}'")
    assert windows.see("1001") == [404, 404, 404]


def test_a_role_that_was_taken_away_writes_nothing_from_any_window(desk: Desk) -> None:
    _change(desk, "role = 'owner'")
    opened = Windows(visit(desk, "viewer"), visit(desk, "viewer"), desk.web("viewer"))
    assert opened.first.get("/clients").status_code == 200
    _change(desk, "role = 'viewer'")
    assert opened.first.get("/clients").status_code == 403
    assert opened.write() == [403, 403, 403]


def test_one_ended_session_leaves_the_other_windows_open(desk: Desk, windows: Windows) -> None:
    rows = windows.program.get("/api/v1/sessions").json["rows"]
    here = next(row for row in rows if row["is_this"])
    assert windows.program.delete(f"/api/v1/sessions/{here['session_id']}").status_code == 204
    assert windows.see("1001") == [200, 200, 401]


def test_an_api_session_ends_a_browser_and_nobody_elses(desk: Desk, windows: Windows) -> None:
    stranger = desk.web("owner").get("/api/v1/sessions").json["rows"]
    answer = windows.program.delete(f"/api/v1/sessions/{stranger[0]['session_id']}")
    unknown = windows.program.delete("/api/v1/sessions/5f2c1d4e-0000-4000-8000-000000000000")
    assert (answer.status_code, answer.json) == (unknown.status_code, unknown.json) == (404, unknown.json)
    rows = windows.program.get("/api/v1/sessions").json["rows"]
    for row in rows:
        if not row["is_this"]:
            assert windows.program.delete(f"/api/v1/sessions/{row['session_id']}").status_code == 204
    assert windows.see("1001") == [303, 303, 200]
