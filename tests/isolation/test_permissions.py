"""The guard alone, with no service behind it that would refuse as well: each word for each kind of caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Blueprint, Flask

from agency.web import answer_failures, guard_requests, route
from agency.web.permissions import WORDS
from tests.isolation.callers import MAY, credentials
from tests.isolation.people import open_session
from tests.isolation.world import World

DOOR = "/api/v1/fake"  # API tokens are known below the JSON door only


def _view() -> Callable[[], str]:
    """A view of its own for each route, since a route writes its word on its view."""
    return lambda: "done"


@pytest.fixture(scope="module")
def bare(world: World) -> Flask:
    app = Flask("fake")
    app.config["MAX_CONTENT_LENGTH"] = 1024
    app.extensions.update(world.desk.app.extensions)
    blueprint = Blueprint("fake", "fake", url_prefix=DOOR)
    for word in WORDS:
        route(blueprint, f"/{word}", permission=word, methods=["GET", "POST"], endpoint=word)(_view())
    route(blueprint, "/fresh", permission="owner", methods=["POST"], fresh=True)(_view())
    app.register_blueprint(blueprint)
    guard_requests(app)
    answer_failures(app, [("", lambda failure: (failure.sentence, failure.status))])
    return app


def test_every_word_of_the_program_was_decided() -> None:
    assert set(WORDS) == set(MAY)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_guard_lets_through_who_may_and_nobody_else(
    world: World, bare: Flask, word: str, method: str
) -> None:
    for caller in world.callers:
        headers = credentials(caller, html=False) | {"Sec-Fetch-Site": "same-origin"}
        answer = bare.test_client(use_cookies=False).open(f"{DOOR}/{word}", method=method, headers=headers)
        here = caller.at(f"fake.{word}", word, html=False, reads=method == "GET")
        wanted = 200 if here.may(word) else 403 if here.role else 401
        assert answer.status_code == wanted, f"{method} with {word}: {caller} got {answer.status_code}"


@pytest.mark.parametrize(("changes", "wanted"), [({}, 200), ({"unconfirmed": True}, 403)])
def test_what_gives_power_asks_for_a_recent_proof(
    world: World, bare: Flask, changes: dict[str, Any], wanted: int
) -> None:
    token = open_session(world.connection, replace(world.people["owner"], name=f"fresh{wanted}"), **changes)
    headers = {"Authorization": f"Bearer {token}"}
    assert bare.test_client(use_cookies=False).post(f"{DOOR}/fresh", headers=headers).status_code == wanted
