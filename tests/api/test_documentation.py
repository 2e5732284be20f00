"""The API describes itself: a valid OpenAPI 3.1 document with every operation in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openapi_spec_validator import validate

from agency.web import permissions_of
from tests.desk import Desk, open_desk


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


def test_the_document_is_valid_openapi_3_1(desk: Desk) -> None:
    document = desk.web().get("/api/docs/openapi.json").json
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_every_route_of_the_api_is_described(desk: Desk) -> None:
    described = desk.web().get("/api/docs/openapi.json").json["paths"]
    for rule in desk.app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1"):
            path = rule.rule.replace("<", "{").replace(">", "}")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                operation = described[path][method.lower()]
                assert operation["summary"], path
                assert any(code.startswith("2") for code in operation["responses"]), path


def test_the_page_lists_every_operation_and_loads_nothing_from_elsewhere(desk: Desk) -> None:
    page = desk.web().get("/api/docs").get_data(as_text=True)
    document = desk.web().get("/api/docs/openapi.json").json
    assert all(path in page.replace("&lt;", "<") for path in document["paths"])
    assert "<script" not in page
    assert "//" not in page.replace("<!doctype html>", "")


def test_only_sign_in_and_the_description_itself_are_public(desk: Desk) -> None:
    public = {
        name
        for name, word in permissions_of(desk.app).items()
        if word == "public" and not name.startswith("portal.")
    }
    assert public == {
        "webhooks.tiktok", "webhooks.supplier", "health.alive", "health.ready", "metrics.metrics",
        "sessions.open_session",
        "documentation.show_document", "documentation.show_page",
    }  # fmt: skip
