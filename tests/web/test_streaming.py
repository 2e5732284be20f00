"""A download on its way: whole when all is well, broken off when the caller's access ends meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, IncompleteRead
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from agency.web import current_caller
from agency.web.streaming import AccessEnded, stream_rows
from tests.desk import Desk, open_desk
from tests.web.export_app import GO_ON, PIECES, exports


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


@pytest.fixture(scope="module")
def app(desk: Desk) -> Flask:
    return exports(desk)


def _begin(app: Flask, token: str, path: str = "/api/v1/orders/file") -> TestResponse:
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer


def _busy(desk: Desk) -> int:
    """Connections that still hold a transaction."""
    with desk.owner() as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and state like 'idle in transaction%'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _api_token(desk: Desk) -> str:
    body = {"name": "Books", "areas": ["orders:read"]}
    return str(desk.web("owner").post("/api/v1/tokens", json=body).json["secret"])


def _end_membership(desk: Desk, person: str) -> None:
    with desk.system() as session:
        session.execute(
            text(
                "update memberships set ended_at = now() where ended_at is null"
                " and user_id = (select id from users where email = :email)"
            ),
            {"email": f"{person}@example.test"},
        )


def _narrow(desk: Desk, person: str) -> None:
    with desk.system() as session:
        session.execute(
            text(
                "update memberships set client_ids = array[cast(:kite as bigint)] where ended_at is null"
                " and user_id = (select id from users where email = :email)"
            ),
            {"email": f"{person}@example.test", "kite": desk.ours.clients["Kite"]},
        )


@pytest.fixture(autouse=True)
def _as_it_was(desk: Desk) -> Iterator[None]:
    yield
    luma = desk.ours.clients["Luma"]
    with desk.owner() as connection:
        connection.execute("update memberships set ended_at = null")
        connection.execute("update memberships set client_ids = null where role in ('owner', 'viewer')")
        connection.execute(
            "update memberships set client_ids = array[%s::bigint] where role in ('operator', 'client_member')",
            (luma,),
        )


@pytest.mark.parametrize("kind", ["session", "token", "cookie"])
def test_a_stream_that_nothing_stops_is_whole_and_gives_its_session_back(
    desk: Desk, app: Flask, kind: str
) -> None:
    web = app.test_client()
    if kind == "cookie":
        web.set_cookie("shopfleet", desk.token("owner"))
    else:
        token = desk.token("owner") if kind == "session" else _api_token(desk)
        web.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    answer = web.get("/api/v1/orders/file", buffered=False)
    assert answer.headers["Content-Disposition"] == "attachment; filename=figures.csv"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data == b"".join(f"{number}:Harbor\n".encode() for number in range(PIECES))
    answer.close()
    assert _busy(desk) == 0


def _end_session(desk: Desk, token: str) -> None:
    assert desk.web().delete("/api/v1/sessions/current", headers=_bearer(token)).status_code == 204


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _disable(desk: Desk, _token: str) -> None:
    with desk.system() as session:
        session.execute(text("update users set disabled_at = now() where email = 'viewer@example.test'"))


ENDINGS: dict[str, Callable[[Desk, str], None]] = {
    "membership": lambda desk, _token: _end_membership(desk, "viewer"),
    "clients narrowed": lambda desk, _token: _narrow(desk, "viewer"),
    "session": _end_session,
    "person": _disable,
}


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_a_stream_breaks_when_the_access_of_a_person_ends(
    desk: Desk, app: Flask, ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = desk.token("viewer")
    answer = _begin(app, token)
    parts = answer.iter_encoded()
    assert [next(parts), next(parts)] == [b"0:Harbor\n", b"1:Harbor\n"]
    ENDINGS[ending](desk, token)
    try:
        with caplog.at_level(logging.WARNING), pytest.raises(AccessEnded):
            list(parts)
    finally:
        with desk.system() as session:
            session.execute(text("update users set disabled_at = null"))
    assert _busy(desk) == 0
    assert "a download was cut" in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize(
    "ending",
    [
        "update api_tokens set revoked_at = now()",
        "update api_tokens set expires_at = now() - interval '1 second'",
        "update memberships set ended_at = now() where role = 'owner'",
        "update memberships set role = 'viewer', client_ids = '{}' where role = 'owner'",
    ],
)
def test_a_stream_breaks_when_a_token_ends(desk: Desk, app: Flask, ending: str) -> None:
    parts = _begin(app, _api_token(desk)).iter_encoded()
    next(parts)
    with desk.owner() as connection:
        connection.execute("begin")
        owners = connection.execute("select id from memberships where role = 'owner'").fetchall()
        connection.execute(ending.encode())
        connection.execute("commit")
        try:
            with pytest.raises(AccessEnded):
                list(parts)
        finally:
            connection.execute(
                "update memberships set role = 'owner' where id = any(%s)", ([row[0] for row in owners],)
            )
    assert _busy(desk) == 0


def test_a_shop_owners_stream_breaks_too(desk: Desk, app: Flask) -> None:
    parts = _begin(app, desk.token("member"), "/api/v1/orders/mine").iter_encoded()
    next(parts)
    _end_membership(desk, "member")
    with pytest.raises(AccessEnded):
        list(parts)


def test_another_persons_end_does_not_touch_a_stream(desk: Desk, app: Flask) -> None:
    parts = _begin(app, desk.token("viewer")).iter_encoded()
    next(parts)
    _end_membership(desk, "operator")
    assert len(list(parts)) == PIECES - 1


def test_the_question_is_asked_by_count_or_by_time_and_is_no_use_of_the_session(
    desk: Desk, app: Flask
) -> None:
    token, now = desk.token("viewer"), [0.0]
    with app.test_request_context("/api/v1/orders/file", headers=_bearer(token)):
        current_caller()
        rare = stream_rows(iter([b"x"] * 9), every=1000, clock=lambda: now[0])
        often = stream_rows(iter([b"x"] * 9), every=3, clock=lambda: 0.0)
    with desk.system() as session:
        session.execute(text("update sessions set last_seen_at = now() - interval '11 hours'"))
    now[0] = 1.9
    assert next(rare) == b"x"
    now[0] = 4.0
    assert next(rare) == b"x"
    with desk.system() as session:
        assert session.scalar(text("select max(last_seen_at) < now() - interval '10 hours' from sessions"))
    _end_session(desk, token)
    assert [next(often), next(often)] == [b"x"] * 2
    with pytest.raises(AccessEnded):
        next(often)
    now[0] = 5.9
    assert next(rare) == b"x"
    now[0] = 6.0
    with pytest.raises(AccessEnded):
        next(rare)


def test_a_client_that_leaves_gives_the_session_back(desk: Desk, app: Flask) -> None:
    answer = app.test_client().get(
        "/api/v1/orders/file", headers=_bearer(desk.token("viewer")), buffered=False
    )
    assert _busy(desk) == 1
    answer.close()
    assert _busy(desk) == 0


def test_a_question_about_the_head_only_gives_the_session_back(desk: Desk, app: Flask) -> None:
    answer = app.test_client().head("/api/v1/orders/file", headers=_bearer(desk.token("viewer")))
    assert (answer.status_code, answer.data) == (200, b"")
    answer.close()
    assert _busy(desk) == 0


@pytest.mark.parametrize("path", ["refused", "writing"])
def test_what_fails_before_the_first_piece_is_an_ordinary_failure(desk: Desk, app: Flask, path: str) -> None:
    answer = app.test_client().get(f"/api/v1/orders/{path}", headers=_bearer(desk.token("owner")))
    assert answer.status_code == 500  # this application renders no failures
    assert _busy(desk) == 0
    with desk.session() as session:
        assert session.scalar(text("select name from agencies")) == "Harbor"


class _Http11(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Says nothing; the broken answer is what the test wants."""


@pytest.mark.parametrize("ends", [False, True])
def test_on_the_wire_a_broken_download_cannot_be_taken_for_a_whole_one(
    desk: Desk, app: Flask, ends: bool
) -> None:
    GO_ON.clear()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Http11)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    token = desk.token("viewer")
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", "/api/v1/orders/slow", headers=_bearer(token))
        answer = connection.getresponse()
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.readline() == b"0:Harbor\n"
        if ends:
            _end_session(desk, token)
        GO_ON.set()
        if ends:
            with pytest.raises(IncompleteRead):
                answer.read()
        else:
            assert answer.read().endswith(f"{PIECES - 1}:Harbor\n".encode())
    finally:
        GO_ON.set()
        connection.close()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_download_shows_one_moment_however_long_it_takes(desk: Desk, app: Flask) -> None:
    parts = _begin(app, desk.token("viewer")).iter_encoded()
    next(parts)
    with desk.owner() as connection:
        connection.execute("update agencies set name = 'Quay' where name = 'Harbor'")
        try:
            assert all(part.endswith(b":Harbor\n") for part in parts)
        finally:
            connection.execute("update agencies set name = 'Harbor' where name = 'Quay'")
