"""Reads from outside, which may be repeated, and the answers of both reads and writes.

Addresses may carry secrets in their query and bodies may carry buyers' data, so neither ever enters a log
line or an exception text here: only a label such as "tiktok order_search" does. Writes that must not happen
twice go through `one_shot`.
"""

from __future__ import annotations

import logging
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from agency.domain.errors import OutsideError, Unavailable
from agency.fault_points import reach
from agency.integrations.outbound import Guard, GuardedSockets, NotCalled, split_target
from agency.integrations.wire import parse_json

Pace = Callable[[], None]  # waits until one more call of the account may be made
MAX_ANSWER = 20_000_000  # bytes; a statement page with 100 rows is below 1 MB
_REPEATS = 2
_FIRST_WAIT = 0.1
_OVERLOADED = 503
_KEPT_OPEN = 5.0  # seconds for which an idle connection waits for the next call
PUBLIC_ONLY = Guard()


def no_pace() -> None:
    """For calls that are too rare to be counted."""


class _WithoutAddresses(logging.Filter):
    """httpx logs each address at INFO; token exchanges carry the app secret in theirs."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


logging.getLogger("httpx").addFilter(_WithoutAddresses())
logging.getLogger("httpcore").setLevel(logging.WARNING)


@dataclass(frozen=True)
class RawAnswer:
    """A complete answer; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is anything else."""
        return parse_json(self.body)

    @property
    def retry_after(self) -> float | None:
        """The seconds of a Retry-After header; a date form or nonsense reads as None."""
        try:
            return max(0.0, min(float(self.headers.get("retry-after", "")), 86_400.0))
        except ValueError:
            return None


@dataclass(frozen=True)
class Ask:
    """One request; `label` is what may be shown of it. `before` waits until a try may be made, each try anew.

    One that is not `repeatable` (a login, a token exchange) gets a connection of its own: a kept one may be closed by
    the other side in the moment in which it is used again, and nobody could tell that from a lost answer.
    """

    method: str
    url: str = field(repr=False)
    label: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = True
    before: Pace = field(default=no_pace, repr=False)


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """The trusted authorities; loading them takes tens of milliseconds, so it happens once per process."""
    return httpx.create_ssl_context()


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over a pool that gets its sockets from the guard.

    httpx has no argument for this, so its pool is replaced; a release that keeps it elsewhere would connect past the
    guard, which `tests/integrations/test_outbound.py` would notice.
    """

    def __init__(self, guard: Guard, connections: int, kept: int) -> None:
        super().__init__(verify=tls_context(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(),
            max_connections=connections,
            max_keepalive_connections=kept,
            keepalive_expiry=_KEPT_OPEN,
            network_backend=GuardedSockets(guard),
        )


def _client(timeout: float, guard: Guard, connections: int, kept: int) -> httpx.Client:
    return httpx.Client(
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        transport=_GuardedTransport(guard, connections, kept),
    )


class ReadClient:
    """A pooled, thread-safe client for reads; calls only whom `guard` lets it and never follows a redirect."""

    def __init__(self, timeout: float = 10.0, guard: Guard = PUBLIC_ONLY, *, connections: int = 20) -> None:
        self.guard = guard
        self._pooled = _client(timeout, guard, connections, kept=connections)
        self._unpooled = _client(timeout, guard, connections, kept=0)

    def ask(self, ask: Ask) -> RawAnswer:
        """The answer, whatever its status; raises Unavailable when there is none.

        A refused connection, a connection that broke and a 503 are tried at most twice more when
        `ask.repeatable`. A timeout is not: the caller's turn has better things to do.
        """
        try:
            self.guard.check_target(*split_target(ask.url))
            return self._repeated(ask)
        except NotCalled as closed:
            raise closed.as_unavailable(ask.label) from None

    def _repeated(self, ask: Ask) -> RawAnswer:
        repeats = _REPEATS if ask.repeatable else 0
        for attempt in range(repeats + 1):
            if attempt:
                time.sleep(_FIRST_WAIT * 2 ** (attempt - 1))
            last = attempt == repeats
            ask.before()
            try:
                answer = self._once(ask)
            except (httpx.NetworkError, httpx.RemoteProtocolError) as broken:
                if last:
                    raise Unavailable(f"{ask.label}: no answer ({type(broken).__name__})") from None
                continue
            if answer.status != _OVERLOADED or last:
                return answer
        raise AssertionError("the loop always returns or raises")

    def _once(self, ask: Ask) -> RawAnswer:
        call = f"{ask.method} {ask.url.partition('?')[0]}"
        reach("before_ask", ask.label, call)
        answer = self._answer(ask)
        reach("after_ask", ask.label, call)
        return answer

    def _answer(self, ask: Ask) -> RawAnswer:
        try:
            client = self._pooled if ask.repeatable else self._unpooled
            with client.stream(ask.method, ask.url, headers=dict(ask.headers), content=ask.body) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER:
                        raise Unavailable(f"{ask.label}: the answer is larger than {MAX_ANSWER} bytes")
                headers = {name.lower(): value for name, value in response.headers.items()}
                return RawAnswer(response.status_code, headers, bytes(body))
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            raise
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            raise Unavailable(f"{ask.label}: no answer ({type(failed).__name__})") from None

    def close(self) -> None:
        """Closes all connections."""
        self._pooled.close()
        self._unpooled.close()


_shared: dict[tuple[int, float, Guard], ReadClient] = {}


def shared_reads(timeout: float, guard: Guard = PUBLIC_ONLY) -> ReadClient:
    """The pool of this process for this timeout and guard; a fork gets its own, since two processes cannot
    share a socket.
    """
    key = (os.getpid(), timeout, guard)
    if key not in _shared:
        _shared[key] = ReadClient(timeout, guard)
    return _shared[key]


@contextmanager
def readable(label: str) -> Iterator[None]:
    """Around the reading of an answer to a read: whatever it trips over becomes Unavailable, never a crash."""
    try:
        yield
    except OutsideError:
        raise
    except Exception as unreadable:  # a vendor may answer anything
        raise Unavailable(f"{label}: the answer could not be read ({type(unreadable).__name__})") from None
