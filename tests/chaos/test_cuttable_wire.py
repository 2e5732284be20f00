"""The wire that can be cut: passes bytes both ways, resets when it is cut, and swallows when it falls silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest

from tests.chaos.storm.cuttable import CuttableWire


@pytest.fixture
def vendor() -> Iterator[tuple[socket.socket, list[bytes]]]:
    """Somebody who answers everything with the same bytes, and remembers what came."""
    listener, heard = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with closing(caller), suppress(OSError):
                while piece := caller.recv(100):
                    heard.append(piece)
                    caller.sendall(b"yes " + piece)

    threading.Thread(target=serve, daemon=True).start()
    yield listener, heard
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def wire(vendor: tuple[socket.socket, list[bytes]]) -> Iterator[CuttableWire]:
    made = CuttableWire("127.0.0.1", vendor[0].getsockname()[1])
    yield made
    made.close()


def call(wire: CuttableWire) -> socket.socket:
    """A connection of a client, who waits at most this long for an answer."""
    return socket.create_connection(("127.0.0.1", urlsplit(wire.url).port or 0), timeout=10)


def test_a_whole_wire_passes_everything_on(wire: CuttableWire) -> None:
    with closing(call(wire)) as client:
        for word in (b"one", b"two"):
            client.sendall(word)
            assert client.recv(100) == b"yes " + word
    assert wire.passed == 2 * len("one" + "yes one")


def test_a_refusing_wire_resets_who_is_on_it_and_who_comes(
    wire: CuttableWire, vendor: tuple[socket.socket, list[bytes]]
) -> None:
    with closing(call(wire)) as client:
        client.sendall(b"before")
        assert client.recv(100)
        wire.cut(silent=False)
        with pytest.raises(ConnectionResetError):
            client.recv(100)
    with pytest.raises(ConnectionResetError), closing(call(wire)) as late:
        late.recv(100)
    assert vendor[1] == [b"before"]


def test_a_silent_wire_swallows_and_what_it_swallowed_stays_lost(
    wire: CuttableWire, vendor: tuple[socket.socket, list[bytes]]
) -> None:
    wire.cut(silent=True)
    with closing(call(wire)) as client:
        client.sendall(b"lost")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(100)
        wire.mend()
        client.settimeout(10)
        with pytest.raises(ConnectionResetError):
            client.recv(100)
    with closing(call(wire)) as client:
        client.sendall(b"after")
        assert client.recv(100) == b"yes after"
    assert vendor[1] == [b"after"]
