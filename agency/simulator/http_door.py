"""HTTP/1.1 with connections that stay open, as the vendors serve it; werkzeug's own handler closes each one."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from agency.simulator.wire import Dropped

log = logging.getLogger(__name__)


class KeptServer(ThreadedWSGIServer):
    """Remembers its open connections, so that stopping leaves nobody talking to a closed book."""

    request_queue_size = 512

    def __init__(self, host: str, port: int, app: Any) -> None:
        # Bound here, since werkzeug would print and leave the process when the port is taken.
        with socket.create_server((host, port), backlog=self.request_queue_size) as listener:
            super().__init__(host, port, app, handler=KeptHandler, fd=listener.fileno())
        self.open_connections: set[socket.socket] = set()

    def hang_up(self) -> None:
        """End every connection that is still open."""
        for connection in list(self.open_connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception("a request could not be served")


class KeptHandler(WSGIRequestHandler):
    """Reads a request whole, writes the answer in one piece, and keeps the connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: KeptServer

    def setup(self) -> None:
        """Register the connection."""
        super().setup()
        app: Any = self.server.app
        self.connection.settimeout(float(app.world.settings["idle_seconds"]))
        self.server.open_connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.open_connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def run_wsgi(self) -> None:
        """Serve one request of the connection."""
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        self.environ = environ
        if not environ.get("wsgi.input_terminated"):
            body = self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
        told: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            told[:] = [status, headers]
            return self.wfile.write

        try:
            parts = self.server.app(environ, start_response)
            try:
                self._write(told, parts)
            finally:
                getattr(parts, "close", bool)()
        except Dropped:
            self.close_connection = True

    def _write(self, told: list[Any], parts: Iterable[bytes]) -> None:
        begun = False
        for part in parts:
            self.wfile.write(part if begun else self._head(*told) + part)
            begun = True
        if not begun:
            self.wfile.write(self._head(*told))

    def _head(self, status: str, headers: list[tuple[str, str]]) -> bytes:
        if int(status[:3]) == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            self.close_connection = True
        lines = [f"HTTP/1.1 {status}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines.append("Connection: close" if self.close_connection else "Connection: keep-alive")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
