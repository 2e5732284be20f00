"""The guard alone, with no service behind it that would refuse as well: each word for each kind of caller."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask

from agency.web import answer_failures, guard_requests, route
from agency.web.permissions import WORDS
from tests.isolation.callers import MAY, credentials
from tests.isolation.world import World


@pytest.fixture(scope="module")
def bare(world: World) -> Flask:
    app = Flask("fake")
    app.extensions.update(world.desk.app.extensions)
    blueprint = Blueprint("fake", "fake")
    for word in WORDS:
        route(blueprint, f"/{word}", permission=word, methods=["GET", "POST"], endpoint=word)(lambda: "done")
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
        answer = bare.test_client(use_cookies=False).open(f"/{word}", method=method, headers=headers)
        wanted = 200 if caller.may(word) else 403 if caller.role else 401
        assert answer.status_code == wanted, f"{method} with {word}: {caller} got {answer.status_code}"
