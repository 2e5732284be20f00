"""Alive and ready are two questions with two answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.desk import Desk, open_desk


@pytest.fixture(scope="module")
def made() -> Iterator[Desk]:
    with open_desk() as desk:
        yield desk


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    yield made
    made.clear()


def _beat(desk: Desk, kind: str, seconds: int) -> None:
    with desk.system() as session:
        session.execute(
            text(
                "insert into heartbeats (name, kind, pid, started_at, seen_at) "
                "values (:name, :kind, 1, now(), now() - make_interval(secs => :seconds))"
            ),
            {"name": f"{kind}-{seconds}", "kind": kind, "seconds": seconds},
        )


def test_a_living_process_says_so_even_when_the_database_is_gone(desk: Desk) -> None:
    with desk.owner() as connection:
        connection.execute("alter role shopfleet_system nologin")
        try:
            desk.database.dispose()
            assert desk.web().get("/healthz").status_code == 200
            answer = desk.web().get("/readyz")
            assert answer.status_code == 503
            assert "database does not answer" in answer.json["reasons"][0]
        finally:
            connection.execute("alter role shopfleet_system login")


def test_ready_needs_a_dispatcher_a_worker_and_a_watcher_that_reported_lately(desk: Desk) -> None:
    assert len(desk.web().get("/readyz").json["reasons"]) == 3
    _beat(desk, "dispatcher", 1)
    _beat(desk, "watcher", 299)
    _beat(desk, "worker", 61)
    answer = desk.web().get("/readyz")
    assert (answer.status_code, len(answer.json["reasons"])) == (503, 1)
    _beat(desk, "worker", 2)
    assert desk.web().get("/readyz").json["status"] == "ready"


@pytest.mark.parametrize(
    "overdue", ["due_at = now() - interval '3 minutes'", "lease_until = now() - interval '3 minutes'"]
)
def test_a_lane_that_nobody_serves_makes_the_installation_not_ready(desk: Desk, overdue: str) -> None:
    _beat(desk, "dispatcher", 1)
    _beat(desk, "worker", 1)
    _beat(desk, "watcher", 1)
    desk.rewrite(f"update lanes set {overdue} where api = 'orders'")
    answer = desk.web().get("/readyz")
    assert answer.status_code == 503
    assert 179 < answer.json["oldest_due_lane_seconds"] < 200
    assert "Add workers" in answer.json["reasons"][0]
