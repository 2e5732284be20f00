"""Writes that must not happen twice: one connection, opened early, used once (design section 4, rule 2).

open() -> [worker commits SENDING] -> send()   -> RawAnswer | Unavailable | OutcomeUnknown
"""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from agency.domain.errors import OutcomeUnknown, OutsideError, Unavailable
from agency.fault_points import reach
from agency.integrations.http import MAX_ANSWER, PUBLIC_ONLY, RawAnswer, tls_context
from agency.integrations.outbound import Guard, NotCalled, split_target

T = TypeVar("T")

MAX_PAUSE = 1.0  # seconds between the commit of SENDING and the first byte
_CHUNK = 65_536


@dataclass(frozen=True)
class WriteRequest:
    """What one write puts on its connection; `target` is path and query."""

    method: str
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class OneShot:
    """One connection for one write: opened early, used once, never opened again."""

    def __init__(self, connection: http.client.HTTPConnection, label: str, timeout: float) -> None:
        self._connection = connection
        self._label = label
        self._timeout = timeout
        self._used = False

    @classmethod
    def open(cls, base_url: str, timeout: float, label: str = "write", guard: Guard = PUBLIC_ONLY) -> OneShot:
        """Opens the TCP (and TLS) connection; raises Unavailable when it cannot or must not. Nothing is sent yet."""
        try:
            scheme, host, port = split_target(base_url)
            guard.check_target(scheme, host, port)
            connection = _connection(scheme, host, port, timeout)
            reach("before_connect", label)
            connection.sock = _open_socket(guard, connection, timeout)
        except NotCalled as closed:
            raise closed.as_unavailable(label) from None
        except OSError as failed:
            raise Unavailable(f"{label}: no connection ({type(failed).__name__})") from None
        reach("after_connect", label)
        return cls(connection, label, timeout)

    def send(self, request: WriteRequest, reference: str, since: float) -> RawAnswer:
        """Writes the request exactly once and reads the answer, whatever its status.

        Raises Unavailable when the peer had hung up before anything was written, and OutcomeUnknown for
        everything that goes wrong from the first byte on. Also OutcomeUnknown, unsent, when more than
        MAX_PAUSE seconds passed since the commit of SENDING: whoever looks at that row may by now have
        decided that we are dead.
        """
        if self._used:
            raise OutcomeUnknown(reference, f"{self._label}: this connection was used before; not sent")
        self._used = True
        call = f"{request.method} {request.target.partition('?')[0]}"
        reach("before_send", self._label, call)
        if self._peer_hung_up():
            self.close()
            raise Unavailable(f"{self._label}: the peer closed the connection before anything was sent")
        pause = time.monotonic() - since
        if pause > MAX_PAUSE:
            self.close()
            raise OutcomeUnknown(reference, f"{self._label}: {pause:.1f} s passed since the commit; not sent")
        try:
            reach("sending", self._label, call)
            self._connection.request(request.method, request.target, request.body, dict(request.headers))
            reach("sent", self._label, call)
            answer = self._read(time.monotonic() + self._timeout)
            reach("after_answer", self._label, call)
            return answer
        except (OSError, http.client.HTTPException, ValueError) as failed:
            raise OutcomeUnknown(
                reference, f"{self._label}: no readable answer ({type(failed).__name__})"
            ) from None
        finally:
            self.close()

    def _peer_hung_up(self) -> bool:
        sock = self._connection.sock
        # TLS 1.3 peers send session tickets by themselves, so a readable TLS socket proves nothing.
        if sock is None or isinstance(self._connection, http.client.HTTPSConnection):
            return sock is None
        try:
            sock.setblocking(False)
            return sock.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            sock.settimeout(self._timeout)

    def _read(self, deadline: float) -> RawAnswer:
        response = self._connection.getresponse()
        body = bytearray()
        while chunk := response.read(_CHUNK):
            body += chunk
            if len(body) > MAX_ANSWER or time.monotonic() > deadline:
                raise ValueError("too long or too slow")
        if not _is_whole(response, len(body)):
            raise ValueError("cut short")
        return RawAnswer(response.status, {k.lower(): v for k, v in response.getheaders()}, bytes(body))

    def close(self) -> None:
        """Closes the connection; safe to call twice."""
        self._connection.close()


def _is_whole(response: http.client.HTTPResponse, received: int) -> bool:
    """http.client ends quietly when the peer closes inside the head, or inside a body of announced length."""
    if response.getheader("Transfer-Encoding") is not None:
        return True  # a cut chunk raises by itself
    announced = response.getheader("Content-Length")
    return received > 0 if announced is None else int(announced) == received


def _connection(scheme: str, host: str, port: int, timeout: float) -> http.client.HTTPConnection:
    """A connection without a socket, which cannot open one by itself."""
    if scheme == "https":
        made: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=timeout, context=tls_context()
        )
    else:
        made = http.client.HTTPConnection(host, port, timeout=timeout)
    made.auto_open = 0
    return made


def _open_socket(guard: Guard, connection: http.client.HTTPConnection, timeout: float) -> socket.socket:
    """The socket to a checked address, with TLS for the name."""
    plain = guard.open_socket(connection.host, connection.port, timeout)
    if not isinstance(connection, http.client.HTTPSConnection):
        return plain
    try:
        return tls_context().wrap_socket(plain, server_hostname=connection.host)
    except BaseException:
        plain.close()
        raise


@dataclass
class PreparedWrite(Generic[T]):
    """A write that an adapter has made ready: builds and signs at the moment of sending, then reads the
    answer.
    """

    shot: OneShot
    reference: str
    build: Callable[[], WriteRequest]
    read: Callable[[RawAnswer], T]

    def send(self, since: float) -> T:
        """See `agency.integrations.port.Prepared.send`."""
        answer = self.shot.send(self.build(), self.reference, since)
        try:
            return self.read(answer)
        except OutsideError:
            raise
        except Exception as unreadable:  # whatever trips our reading, the write may have happened
            detail = f"the answer could not be read ({type(unreadable).__name__})"
            # Not chained: the text of a parse error may quote the buyer's data.
            raise OutcomeUnknown(self.reference, detail) from None

    def close(self) -> None:
        """Gives the connection back."""
        self.shot.close()
