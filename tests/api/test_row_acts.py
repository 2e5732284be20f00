"""Snooze and assign over JSON: row by row, with a sentence for what could not be done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_attention, add_order


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        yield opened


@pytest.fixture
def rows(desk: Desk) -> Iterator[list[str]]:
    """A row with a clock, and one on which the machine works."""
    with desk.session() as session:
        order = add_order(session, desk.ours, due_at=NOW + timedelta(hours=5))
        row = add_attention(session, desk.ours, kind="ship_warning", order_id=order.id)
        session.refresh(row)
        made = [str(row.public_id), add_order(session, desk.ours).tiktok_order_id]
    yield made
    desk.clear()


def test_rows_are_snoozed_one_by_one(desk: Desk, rows: list[str]) -> None:
    body = {"rows": rows, "until": "2026-11-23T13:00:00Z"}
    answer = desk.web("owner").post("/api/v1/worklist/snooze", json=body)
    assert answer.status_code == 200
    assert [(one["row"], one["outcome"]) for one in answer.json["rows"]] == [
        (rows[0], "done"),
        (rows[1], "failed"),
    ]
    web = desk.web("owner")
    listed = web.get("/api/v1/worklist?snoozed=yes").json
    assert [row["id"] for row in listed["rows"]] == [rows[0]]
    assert listed["rows"][0]["snoozed_until"] == "2026-11-23T13:00:00Z"
    assert web.get("/api/v1/worklist").json["snoozed"] == 1


def test_rows_go_to_a_membership_and_back_to_nobody(desk: Desk, rows: list[str]) -> None:
    member = desk.membership("operator")
    web = desk.web("owner")
    for owner, count in ((member, 1), (None, 0)):
        answer = web.post("/api/v1/worklist/assign", json={"rows": rows[:1], "owner": owner})
        assert answer.json["rows"][0]["outcome"] == "done"
        assert desk.web("operator").get("/api/v1/worklist").json["mine"] == count


@pytest.mark.parametrize(
    "body",
    [
        {"rows": [], "until": "2026-11-23T13:00:00Z"},
        {"rows": ["577"], "until": "2026-11-23T13:00:00"},
        {"rows": ["a b"], "until": "2026-11-23T13:00:00Z"},
    ],
)
def test_what_cannot_be_meant_is_a_422(desk: Desk, body: dict[str, object]) -> None:
    assert desk.web("owner").post("/api/v1/worklist/snooze", json=body).status_code == 422


def test_a_time_that_is_over_is_a_422(desk: Desk, rows: list[str]) -> None:
    body = {"rows": rows[:1], "until": "2026-11-22T13:00:00Z"}
    assert desk.web("owner").post("/api/v1/worklist/snooze", json=body).json["field"] == "until"


def test_rows_that_are_not_there_are_a_404_and_viewers_may_only_look(desk: Desk, rows: list[str]) -> None:
    body = {"rows": rows, "until": "2026-11-23T13:00:00Z"}
    assert desk.web("stranger").post("/api/v1/worklist/snooze", json=body).status_code == 404
    assert desk.web("viewer").post("/api/v1/worklist/snooze", json=body).status_code == 403
