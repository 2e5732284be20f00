"""An application with exports of its own behind the real guard, for tests of downloads on their way."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

from flask import Blueprint, Flask, Response
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.web import end_requests, guard_requests, route, streamed_export
from tests.desk import Desk

PIECES = 10
GO_ON = Event()  # the slow export waits for it after its first half


def exports(desk: Desk) -> Flask:
    """/api/v1/orders/file, /slow, /refused, /writing for the team and /mine for everybody; area orders:read."""
    app = Flask("fake")
    app.extensions.update(desk.app.extensions)
    blueprint = Blueprint("orders", "fake", url_prefix="/api/v1/orders")
    for name, pieces in (("file", _pieces), ("slow", _slow), ("refused", _refusing), ("writing", _writing)):
        route(blueprint, f"/{name}", permission="read", endpoint=name)(
            lambda pieces=pieces: streamed_export("figures.csv", "text/csv", pieces, every=1)
        )
    route(blueprint, "/mine", permission="signed_in")(_mine)
    app.register_blueprint(blueprint)
    guard_requests(app)
    end_requests(app)
    return app


def _mine() -> Response:
    return streamed_export("mine.csv", "text/csv", _pieces, every=1)


def _pieces(session: Session) -> Iterator[bytes]:
    for number in range(PIECES):
        yield f"{number}:{session.scalar(text('select name from agencies'))}\n".encode()


def _slow(session: Session) -> Iterator[bytes]:
    for number, piece in enumerate(_pieces(session)):
        if number == PIECES // 2:
            assert GO_ON.wait(30)
        yield piece


def _refusing(_session: Session) -> Iterator[bytes]:
    raise Invalid("stage", "Choose another stage.")
    yield b""


def _writing(session: Session) -> Iterator[bytes]:
    session.execute(text("update agencies set name = 'changed'"))
    yield b"changed"
