"""The API does what its own description says, for requests that nobody would write by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from schemathesis.openapi import from_wsgi
from schemathesis.specs.openapi.schemas import OpenApiSchema

from agency.app import create_app
from agency.config import Settings
from agency.extensions import Database
from tests.databases import MASTER_KEY
from tests.desk import Desk, open_desk
from tests.desk_rows import add_attention, add_order

_DOCUMENT = "/api/docs/openapi.json"


def _operations() -> list[tuple[str, str]]:
    """Every operation that the API describes, read from an application that never connects anywhere."""
    unconnected = Database("postgresql://nobody@127.0.0.1:1/nothing", MASTER_KEY)
    settings = Settings(data_dir=Path("unused"), master_key=MASTER_KEY, redis_url="redis://127.0.0.1:1/0")
    app = create_app(settings, unconnected)
    document = app.test_client().get(_DOCUMENT).json
    return [
        (path, method) for path, item in document["paths"].items() for method in item if method in _METHODS
    ]


_METHODS = ("get", "post", "put", "patch", "delete")


def _leave_out_what_no_schema_can_say(case: Any) -> None:
    """A cursor is only what a page before gave out, and a first day lies before the last one. Both have own tests."""
    if isinstance(case.query, dict):
        case.query.pop("after", None)
        if "until" in case.query:
            case.query.pop("since", None)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.session() as session:
            add_order(session, made.ours, number="577000000000000001")
            add_attention(session, made.ours)
        yield made


@pytest.fixture(scope="module")
def described(desk: Desk) -> OpenApiSchema:
    return from_wsgi(_DOCUMENT, desk.app)


@pytest.mark.parametrize("person", ["owner", "member"])
@pytest.mark.parametrize(("path", "method"), _operations())
def test_every_answer_is_one_that_the_description_names(
    desk: Desk, described: Any, path: str, method: str, person: str
) -> None:
    operation = described[path][method]
    token = desk.token(person)

    @given(case=operation.as_strategy())
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def explore(case: Any) -> None:
        _leave_out_what_no_schema_can_say(case)
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"})

    explore()
