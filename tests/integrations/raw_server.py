"""A peer that misbehaves on the wire: it reads a whole request, writes it down, and then does as its script says."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

Script = Callable[[socket.socket, int], None]


class RawServer:
    """Serves each connection in turn; `requests` holds what arrived, `connections` how often somebody knocked."""

    def __init__(self, script: Script) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._script = script
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with peer, suppress(OSError):
                peer.settimeout(5)
                request = _read_request(peer)
                if request:
                    self.requests.append(request)
                    self._script(peer, len(self.requests))


def _read_request(peer: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = peer.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    wanted = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            wanted = int(line.split(b":")[1])
    while len(body) < wanted:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(status: str, body: bytes = b"", headers: str = "") -> bytes:
    """A complete HTTP answer."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\n{headers}\r\n"
    )
    return head.encode() + body


def say(answer: bytes) -> Script:
    """A script that always answers the same."""
    return lambda peer, _: peer.sendall(answer)


def reset(peer: socket.socket, _: int) -> None:
    """Hangs up with a reset instead of an answer."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
