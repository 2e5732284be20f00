"""The JSON writes: by role, by field, safe to repeat, and in the database when they say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from tests.desk import Desk, open_desk
from tests.desk_rows import add_item, add_order, add_sku

_BLOCKER = {"code": "cost_over_limit", "sentence": "Cost is over the limit.", "approvable": True}


@pytest.fixture(scope="module")
def made() -> Iterator[Desk]:
    with open_desk() as desk:
        yield desk


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    with made.session() as session:
        add_order(session, made.ours, number="577", stage="blocked", blockers=[_BLOCKER])
        add_sku(session, made.ours)
        add_item(session, made.ours)
    yield made
    made.clear()


def _writes(desk: Desk) -> dict[str, Any]:
    return {
        "/api/v1/orders/577/approve": {},
        "/api/v1/orders/577/decline": {"reason": "Too dear."},
        "/api/v1/switches": {"subject": "shop", "id": desk.ours.public["Luma Shop"], "buying": "stop"},
        "/api/v1/mappings": _mapping(desk),
    }


def _mapping(desk: Desk, **changes: Any) -> dict[str, Any]:
    known = {"shop_id": desk.ours.public["Luma Shop"], "supplier_item_id": desk.ours.public["item"]}
    return {"sku_id": "fake-sku-1", **known, **changes}


@pytest.mark.parametrize(
    ("person", "status"), [("viewer", 403), ("member", 403), ("", 401), ("stranger", 404)]
)
def test_who_may_not_write_changes_nothing(desk: Desk, person: str, status: int) -> None:
    web = desk.web(person)
    for path, body in _writes(desk).items():
        assert web.post(path, json=body).status_code == status, path
    with desk.session() as session:
        assert session.scalar(text("select count(*) from order_events")) == 0
        assert session.scalar(text("select count(*) from mappings")) == 0
        assert session.scalar(text("select count(*) from shops where buying_stopped_at is not null")) == 0


def test_an_approval_is_in_the_database_when_it_says_so(desk: Desk) -> None:
    answer = desk.web("operator").post("/api/v1/orders/577/approve", json={"codes": ["cost_over_limit"]})
    assert (answer.status_code, answer.json) == (200, {"status": "approved"})
    with desk.session() as session:
        assert session.scalar(text("select approved_codes from orders")) == ["cost_over_limit"]


def test_an_approval_of_nothing_is_a_conflict_and_not_a_success(desk: Desk) -> None:
    answer = desk.web("owner").post("/api/v1/orders/577/approve", json={"codes": ["something_else"]})
    assert answer.status_code == 409
    assert "Nothing of this order waits" in answer.json["detail"]


def test_a_declined_order_is_held(desk: Desk) -> None:
    assert desk.web("owner").post("/api/v1/orders/577/decline", json={"reason": "No."}).status_code == 200
    with desk.session() as session:
        assert session.scalar(text("select stage from orders")) == "held"


def test_a_mapping_sent_twice_is_one_mapping(desk: Desk) -> None:
    web = desk.web("owner")
    first, again = (
        web.post("/api/v1/mappings", json=_mapping(desk), headers={"Idempotency-Key": "fake"}) for _ in "ab"
    )
    assert first.json == again.json
    with desk.session() as session:
        assert session.scalar(text("select count(*) from mappings")) == 1


def test_a_switch_stops_and_starts(desk: Desk) -> None:
    web, stopped = (
        desk.web("owner"),
        text("select count(*) from agencies where buying_stopped_at is not null"),
    )
    for word, count in (("stop", 1), ("stop", 1), ("start", 0)):
        assert web.post("/api/v1/switches", json={"subject": "agency", "buying": word}).status_code == 200
        with desk.session() as session:
            assert session.scalar(stopped) == count


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1001}, "quantity"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"rank": 10}, "rank"),
        ({"price_cap_minor": 0}, "price_cap_minor"),
        ({"price_cap_minor": 10**30}, "price_cap_minor"),
        ({"shop_id": "nonsense"}, "shop_id"),
        ({"sku_id": ""}, "sku_id"),
        ({"sku": "x"}, "sku"),
        ({"sku_id": "a\0b"}, "sku_id"),
    ],
)
def test_a_bad_field_of_a_mapping_is_named_with_its_remedy(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    answer = desk.web("owner").post("/api/v1/mappings", json=_mapping(desk, **changes))
    assert (answer.status_code, answer.json["field"]) == (422, field)
    assert answer.json["fields"][field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"subject": "galaxy", "buying": "stop"}, "subject"),
        ({"subject": "agency"}, "buying"),
        ({"subject": "agency", "buying": "x"}, "buying"),
    ],
)
def test_a_bad_switch_is_named(desk: Desk, body: dict[str, Any], field: str) -> None:
    assert desk.web("owner").post("/api/v1/switches", json=body).json["field"] == field


@pytest.mark.parametrize("raw", ["{", "[]", '"text"', "null"])
def test_a_body_that_is_no_object_is_refused(desk: Desk, raw: str) -> None:
    answer = desk.web("owner").post("/api/v1/mappings", data=raw, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


def test_a_body_over_a_mebibyte_is_refused(desk: Desk) -> None:
    body = _mapping(desk, sku_id="x" * 1_100_000)
    assert desk.web("owner").post("/api/v1/mappings", json=body).status_code == 413
