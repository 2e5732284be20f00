"""The wire between client and vendor: hangs, drops, errors and half answers, before or after the deed."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from agency.simulator.world import World

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

_SUPPLIERS = "/suppliers/"
_AUTH = ("/open/", "/oauth/", "/api/v2/")


class Dropped(ConnectionError):
    """The connection was cut on purpose; the client gets no answer, or half of one."""


class FaultyWire:
    """WSGI middleware that throws the dials for every call to a vendor; the control paths are never touched."""

    def __init__(self, app: Wsgi, world: World) -> None:
        self._app = app
        self._world = world

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith("/_sim") or not self._world.faults.dials:
            return self._app(environ, start_response)
        prefix = "auth_" if path.startswith(_AUTH) else ""
        self._before(environ, path, prefix)
        early = self._instead(path, prefix, str(environ.get("REQUEST_METHOD", "")))
        if early is not None:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _say(start_response, *early)
        return self._after(environ, start_response, path, prefix)

    def _fires(self, dial: str, environ_path: str, method: str) -> bool:
        return self._world.faults.fires(dial, path=environ_path, method=method)

    def _before(self, environ: Environ, path: str, prefix: str) -> None:
        method = str(environ.get("REQUEST_METHOD", ""))
        if not prefix and self._fires("slow", path, method):
            time.sleep(self._world.faults.seconds(0.1, 0.6))
        if self._fires(prefix + "timeout_before", path, method):
            time.sleep(self._world.faults.seconds(0.1, float(self._world.settings["hang_seconds"])))
            drop(environ)

    def _instead(
        self, path: str, prefix: str, method: str
    ) -> tuple[int, bytes, list[tuple[str, str]]] | None:
        if self._fires(prefix + "http_500_before", path, method):
            return 500, broken(path), []
        if prefix:
            return None
        if self._fires("http_429", path, method):
            return 429, too_many(path), [("Retry-After", "1")]
        if path.startswith(_SUPPLIERS) and self._fires("supplier_nonsense", path, method):
            return 200, self._nonsense(), [("Content-Type", "text/html")]
        return None

    def _nonsense(self) -> bytes:
        if self._world.faults.seconds(0, 1) < 0.5:
            return b"<html><body>Be right back</body></html>"
        return b'{"error":"temporarily unavailable","code":500}'

    def _after(
        self, environ: Environ, start_response: StartResponse, path: str, prefix: str
    ) -> Iterable[bytes]:
        method = str(environ.get("REQUEST_METHOD", ""))
        told: list[Any] = []
        body = b"".join(self._app(environ, lambda *args: told.extend(args[:2])))
        if self._fires(prefix + "timeout_after", path, method):
            drop(environ)
        if self._fires(prefix + "http_500_after", path, method):
            return _say(start_response, 500, broken(path), [])
        start_response(*told)
        if not prefix and self._fires("cut_answer", path, method):
            return _half(environ, body)
        return [body]


def _half(environ: Environ, body: bytes) -> Iterable[bytes]:
    yield body[: len(body) // 2]
    drop(environ)


def drop(environ: Environ) -> None:
    """Cut the client's connection without a word; always raises Dropped."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        # Linger 0 makes the kernel send a reset instead of a polite end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with suppress(OSError):  # the client may have been quicker
            connection.shutdown(socket.SHUT_RDWR)
    raise Dropped("cut on purpose")


def _say(
    start_response: StartResponse, status: int, body: bytes, headers: list[tuple[str, str]]
) -> Iterable[bytes]:
    if not any(name == "Content-Type" for name, _ in headers):
        headers = [*headers, ("Content-Type", "application/json")]
    words = {200: "OK", 429: "Too Many Requests", 500: "Internal Server Error"}
    start_response(f"{status} {words[status]}", [*headers, ("Content-Length", str(len(body)))])
    return [body]


def broken(path: str) -> bytes:
    if path.startswith(_SUPPLIERS):
        return b'{"error":{"code":"internal","message":"Something broke."}}'
    return json.dumps(
        {"code": 36009003, "message": "Internal error", "request_id": "", "data": None}
    ).encode()


def too_many(path: str) -> bytes:
    if path.startswith("/suppliers/cj/"):
        body: Any = {
            "code": 1600200,
            "result": False,
            "message": "Too Many Requests",
            "data": None,
            "requestId": "",
        }
    elif path.startswith(_SUPPLIERS):
        body = {"error": {"code": "rate_limited", "message": "Too many requests."}}
    else:
        body = {"code": 36009002, "message": "Too many requests", "request_id": "", "data": None}
    return json.dumps(body).encode()
