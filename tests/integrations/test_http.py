"""Reads may be repeated, within reason, and never tell a secret."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from agency.domain.errors import Unavailable
from agency.integrations.http import Ask, ReadClient, readable, shared_reads
from tests.integrations.local import LOCAL
from tests.integrations.raw_server import RawServer, Script, reply, reset, say

Peer = Callable[[Script], RawServer]
OK = reply("200 OK", b'{"ok":true}')
BUSY = reply("503 Service Unavailable", b"", "Retry-After: 3\r\n")


@pytest.fixture
def reads() -> Iterator[ReadClient]:
    client = ReadClient(10.0, LOCAL)
    yield client
    client.close()


def in_turn(*answers: bytes) -> Script:
    return lambda sock, n: sock.sendall(answers[min(n, len(answers)) - 1])


def test_a_busy_peer_is_asked_twice_more(peer: Peer, reads: ReadClient) -> None:
    server = peer(in_turn(BUSY, BUSY, OK))

    assert reads.ask(Ask("GET", server.url, "test read")).json() == {"ok": True}
    assert len(server.requests) == 3


def test_after_three_busy_answers_the_last_one_is_handed_back(peer: Peer, reads: ReadClient) -> None:
    server = peer(say(BUSY))

    answer = reads.ask(Ask("GET", server.url, "test read"))

    assert (answer.status, answer.retry_after, len(server.requests)) == (503, 3.0, 3)


def test_a_broken_connection_is_asked_again(peer: Peer, reads: ReadClient) -> None:
    def script(sock: socket.socket, n: int) -> None:
        reset(sock, n) if n == 1 else sock.sendall(OK)

    server = peer(script)

    assert reads.ask(Ask("GET", server.url, "test read")).status == 200


def test_a_question_that_is_not_repeatable_is_asked_once(peer: Peer, reads: ReadClient) -> None:
    server = peer(reset)

    with pytest.raises(Unavailable):
        reads.ask(Ask("GET", server.url, "test read", repeatable=False))

    assert len(server.requests) == 1


def test_a_question_that_is_not_repeatable_never_meets_a_connection_that_is_about_to_close(
    peer: Peer, reads: ReadClient
) -> None:
    hung_up = threading.Event()

    def hang_up_on_the_next_question(kept: socket.socket) -> None:
        with kept:
            kept.recv(65536)
        hung_up.set()

    def script(sock: socket.socket, n: int) -> None:
        if n == 1:  # a copy of the socket keeps the connection open until the client uses it again
            threading.Thread(target=hang_up_on_the_next_question, args=[sock.dup()], daemon=True).start()
        sock.sendall(OK)

    server = peer(script)
    reads.ask(Ask("GET", server.url, "test read"))

    assert reads.ask(Ask("GET", server.url, "test read", repeatable=False)).status == 200
    assert server.connections == 2
    reads.close()
    assert hung_up.wait(5)


def test_a_cut_answer_and_a_timeout_are_unavailable(peer: Peer) -> None:
    cut, slow = peer(say(OK[:-3])), peer(lambda sock, _: bool(sock.recv(1)) and None)
    client = ReadClient(0.2, LOCAL)

    for server in (cut, slow):
        with pytest.raises(Unavailable):
            client.ask(Ask("GET", server.url, "test read"))

    assert len(slow.requests) == 1
    client.close()


def test_a_redirect_is_handed_back(peer: Peer, reads: ReadClient) -> None:
    server = peer(say(reply("302 Found", b"", "Location: /elsewhere\r\n")))

    assert reads.ask(Ask("GET", server.url, "test read")).status == 302
    assert len(server.requests) == 1


def test_an_unreadable_document_of_a_read_is_unavailable() -> None:
    with pytest.raises(Unavailable) as caught, readable("test read"):
        raise KeyError("fake-buyer-name")

    assert "fake-buyer-name" not in str(caught.value)


def test_the_pool_is_shared_within_a_process() -> None:
    assert shared_reads(3.5) is shared_reads(3.5)
    assert shared_reads(3.5) is not shared_reads(4.5)
    assert shared_reads(3.5, LOCAL) is not shared_reads(3.5)


def test_neither_log_nor_error_shows_the_query_or_the_headers(
    peer: Peer, reads: ReadClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    good, bad = peer(say(OK)), peer(reset)
    secret = "?app_secret=fake-query-secret"

    asked = Ask("GET", good.url + secret, "test read", {"x-token": "fake-header-secret"})
    reads.ask(asked)
    with pytest.raises(Unavailable) as caught:
        reads.ask(Ask("GET", bad.url + secret, "test read", repeatable=False))

    shown = f"{caplog.text} {caught.value} {caught.value!r} {asked!r}"
    assert "fake-query-secret" not in shown
    assert "fake-header-secret" not in shown
