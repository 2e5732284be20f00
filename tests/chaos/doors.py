"""Doors between us and one vendor: each call passes through, until the test wants one to be met by bad luck.

A door relays bytes to the simulator. For the next call that fits, it can lose the answer after the vendor acted, cut
it in the middle, turn it into a 500, or say 429 without asking; or it closes for a moment and refuses connections.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from agency.demo.cast import Cast
from agency.simulator.wire import broken, too_many
from tests.chaos.people import House

LOST, CUT, ERROR, BUSY, REFUSED = (
    "lose the answer after the vendor acted",
    "cut the answer in the middle",
    "500 after the vendor acted",
    "429",
    "refuse the connection",
)
BAD_LUCK = (LOST, CUT, ERROR, BUSY, REFUSED)
_WORDS = {500: "Internal Server Error", 429: "Too Many Requests"}


@dataclass
class Planned:
    """What shall happen to the next call that fits; `done` once it has."""

    act: str
    call: str  # "METHOD /path"
    mark: str = ""  # what the query must hold
    done: threading.Event = field(default_factory=threading.Event)


class Door:
    """One vendor's address; threads of this process relay every connection."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._lock = threading.Lock()
        self._planned: list[Planned] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._listen, args=(self._listener,), daemon=True).start()

    def plan(self, act: str, call: str, mark: str = "") -> Planned:
        """Has bad luck meet the next call that fits."""
        made = Planned(act, call, mark)
        with self._lock:
            self._planned.append(made)
        return made

    @property
    def callers(self) -> int:
        """How many are inside."""
        with self._lock:
            return len(self._open)

    def close(self) -> None:
        """Nobody gets in, and who is inside is thrown out."""
        # A listener that is being waited on keeps its port until the waiting ends; shutdown ends it.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._listener.close()
            for caller in self._open:
                _shut(caller)

    def open_again(self) -> None:
        """Open as before, at the same address; one that is open stays so."""
        if self._listener.fileno() >= 0:
            return
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self._listen, args=(self._listener,), daemon=True).start()

    # --- relaying --------------------------------------------------------------------------------------------------

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                caller, _address = listener.accept()
            except OSError:
                return
            with self._lock:
                if listener.fileno() < 0:  # closed since
                    caller.close()
                    return
                self._open.add(caller)
            threading.Thread(target=self._relay, args=(caller,), daemon=True).start()

    def _relay(self, caller: socket.socket) -> None:
        """Nobody else closes its sockets: a number that was given back might be another connection's by then."""
        try:
            with socket.create_connection(("127.0.0.1", self._behind)) as vendor:
                caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                vendor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self._one_call(caller, vendor):
                    pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.remove(caller)
                caller.close()

    def _one_call(self, caller: socket.socket, vendor: socket.socket) -> bool:
        # A vendor that hangs up an idle connection is passed on at once: that is our fence against a frozen process.
        idle, _write, _bad = select.select([caller, vendor], [], [])
        asked = _read_message(caller) if vendor not in idle else b""
        if not asked:
            return False
        planned = self._luck_of(asked)
        if planned is not None and planned.act == BUSY:
            planned.done.set()
            caller.sendall(_canned(429, too_many(_path(asked)), "Retry-After: 1\r\n"))
            return True
        vendor.sendall(asked)
        answer = _read_message(vendor)
        if planned is None:
            caller.sendall(answer)
            return bool(answer)
        planned.done.set()
        if planned.act == ERROR:
            caller.sendall(_canned(500, broken(_path(asked))))
            return True
        if planned.act == CUT:
            caller.sendall(answer[: len(answer) - max(1, len(answer.partition(b"\r\n\r\n")[2]) // 2)])
            caller.shutdown(socket.SHUT_WR)
            return False
        _shut(caller)
        return False

    def _luck_of(self, asked: bytes) -> Planned | None:
        words = asked.split(b"\r\n", 1)[0].decode("latin-1").split()
        path, _mark, query = words[1].partition("?")
        call = f"{words[0]} {path}"
        with self._lock:
            fits = (one for one in self._planned if one.call == call and one.mark in query)
            found = next(fits, None)
            if found is not None:
                self._planned.remove(found)
        return found


def _read_message(peer: socket.socket) -> bytes:
    """One HTTP message, head and body; empty when the peer has hung up before it."""
    read = bytearray()
    while b"\r\n\r\n" not in read:
        more = peer.recv(65_536)
        if not more:
            return b""
        read += more
    head, _end, _body = bytes(read).partition(b"\r\n\r\n")
    whole = len(head) + 4 + _length(head)
    while len(read) < whole:
        more = peer.recv(65_536)
        if not more:
            return b""
        read += more
    return bytes(read)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _path(asked: bytes) -> str:
    return asked.split(b" ", 2)[1].decode("latin-1")


def _canned(status: int, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} {_WORDS[status]}\r\nContent-Type: application/json\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _shut(peer: socket.socket) -> None:
    """Ends what is said and heard; once it is closed, a reset follows instead of a polite end."""
    with suppress(OSError):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Doors:
    """TikTok's door and one for each house's supplier."""

    tiktok: Door
    suppliers: Mapping[int, Door]  # by the number of the house

    @classmethod
    def before(cls, cast: Cast, houses: Sequence[House]) -> Doors:
        """Doors before the simulator of a town."""
        port = int(cast.simulator_url.rsplit(":", 1)[1])
        return cls(Door(port), {house.number: Door(port) for house in houses})

    def close(self) -> None:
        """Closes every door for good."""
        for door in (self.tiktok, *self.suppliers.values()):
            door.close()

    def environment(self) -> dict[str, str]:
        """Where our programs find TikTok."""
        return {"TIKTOK_API_URL": self.tiktok.url, "TIKTOK_AUTH_URL": self.tiktok.url}

    def of_houses(self) -> dict[int, str]:
        """Where each house's supplier is reached."""
        return {number: door.url for number, door in self.suppliers.items()}
