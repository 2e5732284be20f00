"""A small TCP proxy in front of one vendor, whose wire can be cut: connections reset, or bytes that vanish."""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import suppress

_PIECE = 65_536
_LOOK_EVERY = 0.05


class CuttableWire:
    """Listens on 127.0.0.1 and passes everything on, until it is cut; `url` is where clients go instead."""

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        self.passed = 0  # bytes that came through, both ways
        self._state = "whole"
        self._closing = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *, silent: bool) -> None:
        """From now on nothing passes: `silent` swallows all bytes, else every connection is reset."""
        self._state = "silent" if silent else "refused"
        self.cuts += 1

    def mend(self) -> None:
        """New connections pass again. What was swallowed stays lost, and its connections are reset."""
        self._state = "whole"

    def close(self) -> None:
        """Hangs up for good."""
        self._closing.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._state == "refused":
                _reset(near)
                continue
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        """One connection, until either side ends it or the wire is cut."""
        lost = self._state == "silent"
        try:
            far = socket.create_connection(self._there, timeout=5)
        except OSError:
            _reset(near)
            return
        other = {near: far, far: near}
        try:
            while not self._closing.is_set():
                ready, _, _ = select.select((near, far), (), (), _LOOK_EVERY)
                if self._state == "refused" or (lost and self._state == "whole"):
                    break
                for side in ready:
                    piece = side.recv(_PIECE)
                    if not piece:
                        _hang_up(near, far)
                        return
                    if self._state == "silent":
                        lost = True
                    else:
                        self.passed += len(piece)
                        other[side].sendall(piece)
        except OSError:
            pass
        _reset(near)
        _reset(far)


def _hang_up(*sides: socket.socket) -> None:
    for side in sides:
        side.close()


def _reset(side: socket.socket) -> None:
    with suppress(OSError):
        # Linger 0 makes the kernel send a reset instead of a polite end.
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    side.close()
