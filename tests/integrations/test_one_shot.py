"""A write goes out once or not at all, and every doubt is told as one."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from agency.domain.errors import OutcomeUnknown, Refused, Unavailable
from agency.integrations.http import RawAnswer
from agency.integrations.one_shot import OneShot, PreparedWrite, WriteRequest
from tests.integrations.local import LOCAL
from tests.integrations.raw_server import RawServer, Script, reply, reset, say

Peer = Callable[[Script], RawServer]
WRITE = WriteRequest("POST", "/orders?key=fake-query-secret", {"X-Key": "fake-token"}, b'{"name":"Dana"}')


def send(server: RawServer, timeout: float = 2.0, since: float | None = None) -> RawAnswer:
    shot = OneShot.open(server.url, timeout, "test write", LOCAL)
    return shot.send(WRITE, "REF-1", time.monotonic() if since is None else since)


def hang(server_box: list[RawServer]) -> Script:
    return lambda _peer, _n: bool(server_box[0].over.wait(5)) and None


def test_a_write_reaches_the_peer_once_and_its_answer_comes_back(peer: Peer) -> None:
    server = peer(say(reply("201 Created", b'{"id":"SO-1"}', "Retry-After: 7\r\n")))

    answer = send(server)

    assert (answer.status, answer.json(), answer.retry_after) == (201, {"id": "SO-1"}, 7.0)
    assert len(server.requests) == 1
    assert server.requests[0].startswith(b"POST /orders?key=fake-query-secret HTTP/1.1\r\n")
    assert server.requests[0].endswith(b'{"name":"Dana"}')


def test_a_reset_after_the_request_is_an_unknown_outcome_and_is_not_tried_again(peer: Peer) -> None:
    server = peer(reset)

    with pytest.raises(OutcomeUnknown) as caught:
        send(server)

    assert caught.value.reference == "REF-1"
    assert (len(server.requests), server.connections) == (1, 1)


def test_a_peer_that_never_answers_is_an_unknown_outcome(peer: Peer) -> None:
    box: list[RawServer] = []
    server = peer(hang(box))
    box.append(server)

    with pytest.raises(OutcomeUnknown):
        send(server, timeout=0.2)

    assert (len(server.requests), server.connections) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply("200 OK", b'{"id":"SO-1"}')[:-4], id="body-cut"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="head-cut"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{'id'\r\n", id="chunks-cut"),
        pytest.param(b"not http at all\r\n\r\n", id="not-http"),
        pytest.param(b"", id="closed"),
    ],
)
def test_half_an_answer_is_an_unknown_outcome(peer: Peer, answer: bytes) -> None:
    server = peer(say(answer))

    with pytest.raises(OutcomeUnknown):
        send(server)

    assert len(server.requests) == 1


def test_a_redirect_is_handed_back_and_never_followed(peer: Peer) -> None:
    server = peer(say(reply("307 Temporary Redirect", b"", "Location: /elsewhere\r\n")))

    assert send(server).status == 307
    assert (len(server.requests), server.connections) == (1, 1)


def test_a_refused_connection_is_unavailable_before_anything_is_promised() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(Unavailable):
        OneShot.open(f"http://127.0.0.1:{port}", 0.5, guard=LOCAL)


def test_a_peer_that_hung_up_before_the_first_byte_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        shot = OneShot.open(f"http://127.0.0.1:{listener.getsockname()[1]}", 1.0, guard=LOCAL)
        accepted, _ = listener.accept()
        accepted.close()

        with pytest.raises(Unavailable):
            shot.send(WRITE, "REF-1", time.monotonic())


def test_more_than_a_second_after_the_commit_nothing_is_sent(peer: Peer) -> None:
    server = peer(say(reply("200 OK", b"{}")))

    with pytest.raises(OutcomeUnknown, match="not sent"):
        send(server, since=time.monotonic() - 1.2)

    assert server.requests == []


def test_a_connection_serves_one_write_only(peer: Peer) -> None:
    server = peer(say(reply("200 OK", b"{}")))
    shot = OneShot.open(server.url, 2.0, guard=LOCAL)
    shot.send(WRITE, "REF-1", time.monotonic())

    with pytest.raises(OutcomeUnknown, match="used before"):
        shot.send(WRITE, "REF-1", time.monotonic())

    assert len(server.requests) == 1


def test_closing_without_sending_leaves_the_peer_without_a_request(peer: Peer) -> None:
    server = peer(say(reply("200 OK", b"{}")))
    shot = OneShot.open(server.url, 2.0, guard=LOCAL)

    shot.close()
    shot.close()

    assert server.requests == []


@pytest.mark.parametrize("mistake", [KeyError("id"), ValueError("fake-buyer-name"), TypeError("x")])
def test_an_answer_that_our_reading_trips_over_is_an_unknown_outcome(peer: Peer, mistake: Exception) -> None:
    server = peer(say(reply("200 OK", b"{}")))

    def read(_: RawAnswer) -> None:
        raise mistake

    prepared = PreparedWrite(OneShot.open(server.url, 2.0, guard=LOCAL), "REF-1", lambda: WRITE, read)
    with pytest.raises(OutcomeUnknown) as caught:
        prepared.send(time.monotonic())

    assert "fake-buyer-name" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_clear_refusal_passes_through_a_prepared_write(peer: Peer) -> None:
    server = peer(say(reply("200 OK", b"{}")))

    def read(_: RawAnswer) -> None:
        raise Refused("out_of_stock", "none left")

    with pytest.raises(Refused):
        PreparedWrite(OneShot.open(server.url, 2.0, guard=LOCAL), "REF-1", lambda: WRITE, read).send(
            time.monotonic()
        )


def test_no_secret_shows_in_a_failed_writes_text_or_in_a_request_printed_by_mistake(peer: Peer) -> None:
    server = peer(reset)

    with pytest.raises(OutcomeUnknown) as caught:
        send(server)

    shown = f"{caught.value!r} {caught.value} {WRITE!r}"
    assert "fake-query-secret" not in shown
    assert "fake-token" not in shown
    assert "Dana" not in shown
