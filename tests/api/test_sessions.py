"""Signing in over JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.desk import PASSWORD, Desk, open_desk

PATH = "/api/v1/sessions"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


def test_a_token_opens_the_door_until_it_is_given_back(desk: Desk) -> None:
    opened = desk.web().post(PATH, json={"email": "owner@example.test", "password": PASSWORD})
    assert opened.status_code == 201
    bearer = {"Authorization": f"Bearer {opened.json['token']}"}
    assert desk.web().get(f"{PATH}/current", headers=bearer).json["role"] == "owner"
    assert desk.web().delete(f"{PATH}/current", headers=bearer).status_code == 204
    assert desk.web().get(f"{PATH}/current", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"email": "owner@example.test", "password": "fake-wrong"}, 401, None),
        ({"email": "nobody@example.test", "password": PASSWORD}, 401, None),
        ({"email": "owner@example.test"}, 422, "password"),
        ({"email": 7, "password": PASSWORD}, 422, "email"),
        ({"email": "x" * 300, "password": PASSWORD}, 422, "email"),
        ({"email": "a@b", "password": "p", "admin": True}, 422, "admin"),
        ([], 422, "body"),
        (None, 422, "email"),
    ],
)
def test_a_bad_sign_in_names_what_is_wrong(desk: Desk, body: Any, status: int, field: str | None) -> None:
    answer = desk.web().post(PATH, json=body)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json.get("field") == field
    assert answer.json["status"] == status


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic abc", "Bearer \xe9"])
def test_a_token_that_is_none_asks_for_sign_in(desk: Desk, header: str) -> None:
    answer = desk.web().get("/api/v1/orders", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
