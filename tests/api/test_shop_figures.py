"""Health as JSON: the figures of the page, for those who may see the shop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desk import Desk, open_desk
from tests.health_rows import fill_health


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            fill_health(session, opened.ours)
        yield opened


def test_the_figures_are_those_of_the_rows_with_both_limits(desk: Desk) -> None:
    body = desk.web("owner").get("/api/v1/health").get_json()
    assert [(shop["name"], shop["state"]) for shop in body["shops"]] == [
        ("Luma Shop", "over"),
        ("Kite Shop", "good"),
    ]
    assert body["days"] == 30
    late = body["shops"][0]["figures"][0]
    assert late == {
        "metric": "late_dispatch_rate", "counted": 3, "base": 40, "basis_points": 750, "limit_basis_points": 400,
        "enforced_basis_points": 1000, "left": 0, "state": "over",
    }  # fmt: skip


def test_others_see_their_own_shops_only(desk: Desk) -> None:
    for person, shops in (("operator", ["Luma Shop"]), ("stranger", ["Kite Shop", "Luma Shop"])):
        body = desk.web(person).get("/api/v1/health?days=7").get_json()
        assert sorted(shop["name"] for shop in body["shops"]) == shops
    assert all(figure["base"] == 0 for shop in body["shops"] for figure in shop["figures"])
    assert desk.web("member").get("/api/v1/health").status_code == 403


def test_another_period_is_refused(desk: Desk) -> None:
    assert desk.web("owner").get("/api/v1/health?days=8").status_code == 422
