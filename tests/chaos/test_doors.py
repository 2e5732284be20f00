"""A door that closes throws out whoever is inside, wherever their call is, and opens again as before."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.chaos.doors import Door
from tests.chaos.waiting import until

CALL = b"GET /orders HTTP/1.1\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CALLERS, CLOSED = 8, 100


@pytest.fixture
def door() -> Iterator[Door]:
    """A door before a vendor that answers every call with the same words."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as vendor:
        threading.Thread(target=_answer_all, args=(vendor,), daemon=True).start()
        made = Door(vendor.getsockname()[1])
        yield made
        made.close()
        vendor.shutdown(socket.SHUT_RDWR)


def _answer_all(vendor: socket.socket) -> None:
    with suppress(OSError):
        while True:
            peer, _address = vendor.accept()
            threading.Thread(target=_answer, args=(peer,), daemon=True).start()


def _answer(peer: socket.socket) -> None:
    with peer, suppress(OSError):
        while peer.recv(1_000):
            peer.sendall(ANSWER)


def test_a_door_throws_out_whoever_is_inside_at_any_moment_of_a_call(door: Door) -> None:
    """A relay that ended in anything but a hang-up would fail this test as an exception of its thread."""
    over = threading.Event()
    answered = threading.Semaphore(0)

    def call_again_and_again() -> None:
        while not over.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", door.port), timeout=5) as caller:
                while not over.is_set():
                    caller.sendall(CALL)
                    if caller.recv(1_000) != ANSWER:
                        break
                    answered.release()

    callers = [threading.Thread(target=call_again_and_again) for _ in range(CALLERS)]
    for one in callers:
        one.start()
    try:
        for _ in range(CLOSED):
            assert answered.acquire(timeout=30)
            door.close()
            until(lambda: door.callers == 0, "nobody is left inside", every=0.001)
            door.open_again()
    finally:
        over.set()
        for one in callers:
            one.join(30)
    assert not any(one.is_alive() for one in callers)


def test_who_waits_for_nothing_inside_a_closed_door_is_thrown_out_too(door: Door) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=30) as caller:
        caller.sendall(CALL)
        assert caller.recv(1_000) == ANSWER
        door.close()
        with suppress(ConnectionResetError):
            assert caller.recv(1_000) == b""
