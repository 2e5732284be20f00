"""The audit log over JSON."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desk import Desk, open_desk

PATH = "/api/v1/audit"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


def test_an_owner_reads_what_was_done_in_the_own_agency(desk: Desk) -> None:
    desk.token("operator")
    desk.token("stranger")
    answer = desk.web("owner").get(PATH)
    assert [(row["who"], row["action"]) for row in answer.json["rows"]] == [
        ("Owner", "session.opened"),
        ("Operator", "session.opened"),
    ]
    assert answer.json["rows"][0]["sentence"] == "signed in"


def test_filters_are_checked_and_used(desk: Desk) -> None:
    web = desk.web("owner")
    assert web.get(f"{PATH}?action=order.").json["rows"] == []
    assert web.get(f"{PATH}?since=nonsense").status_code == 422
    assert web.get(f"{PATH}?since=2026-1-1").json["field"] == "since"
    assert web.get(f"{PATH}?client=nonsense").status_code == 404


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_others_are_refused(desk: Desk, person: str) -> None:
    assert desk.web(person).get(PATH).status_code == 403
