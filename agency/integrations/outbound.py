"""The one gate to the outside: resolve once, check every address, connect to exactly the checked one.

    URL -> host allowed? -> name server, once -> every address public? -> connect to that address -> TLS for the name

A name that answers differently a second time (DNS rebinding) gains nothing, since there is no second time. Nothing here
reads a proxy from the environment or follows a redirect; what cannot be resolved is not called.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpcore

from agency.domain.errors import Unavailable
from agency.domain.outbound import (
    NOTHING_MORE,
    PORTS,
    REMEDY,
    Address,
    Allowance,
    is_public,
    plain_host,
    split_address,
    why_never,
)

BLOCKED_PAUSE = 300.0  # seconds until a blocked host is looked at again: only a person or its DNS can mend it


class NotCalled(Exception):
    """The gate stays closed; the text names the host and the remedy. Never leaves `agency.integrations`."""

    def __init__(self, sentence: str, pause: float | None = BLOCKED_PAUSE) -> None:
        super().__init__(sentence)
        self.pause = pause

    def as_unavailable(self, label: str) -> Unavailable:
        """The same in the words of the house: nothing happened there."""
        return Unavailable(f"{label}: {self}", self.pause)


@dataclass(frozen=True)
class Guard:
    """What one client of ours may call: `only` these hosts with their ports when given, else any public one."""

    allowance: Allowance = NOTHING_MORE
    only: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def to(cls, urls: Iterable[str], allowance: Allowance = NOTHING_MORE) -> Guard:
        """For the hosts of these addresses and no others."""
        return cls(allowance, frozenset(split_target(url)[1:] for url in urls))

    def check_target(self, scheme: str, host: str, port: int) -> None:
        """Raises NotCalled for a host, port or scheme that is never called, before anything is resolved."""
        if self.only and (host, port) not in self.only:
            raise NotCalled(f"{host}:{port} is not among the configured addresses, so it is not called.")
        if self.allowance.names_host(host, port):
            return
        problem = why_never(scheme, host, PORTS["https"] if self.only else port)
        if problem:
            raise NotCalled(f"{host} {problem}. {REMEDY}")

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, in the resolver's order. Raises NotCalled unless every one may be called."""
        plain = plain_host(host)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotCalled(
                f"{plain} was not found in DNS, so it is not called. Check the address.", None
            ) from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        listed = self.allowance.names_host(plain, port)
        if not addresses or not all(listed or self._may_be_called(text) for text in addresses):
            raise NotCalled(f"{plain} leads into a private network, which is not called. {REMEDY}")
        return addresses

    def _may_be_called(self, text: str) -> bool:
        try:
            address: Address = ip_address(text)
        except ValueError:
            return False
        return is_public(address) or self.allowance.holds(address)

    def open_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """A TCP connection to a checked address. Raises NotCalled, or OSError when none of them answers."""
        *others, last = self.addresses(host, port)
        for address in others:
            with contextlib.suppress(OSError):
                return _connected(address, port, timeout)
        return _connected(last, port, timeout)


def split_target(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address. Raises NotCalled when it has none."""
    try:
        return split_address(url)
    except ValueError:
        raise NotCalled("There is no address to call. Enter one that starts with https://.") from None


def _connected(address: str, port: int, timeout: float) -> socket.socket:
    made = socket.create_connection((address, port), timeout)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


class GuardedSockets(httpcore.NetworkBackend):
    """The pool's only way to a socket: httpcore asks for a name and gets a connection to its checked address.

    TLS comes on top in httpcore, for the name and not for the address.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects to the first checked address that answers. Raises NotCalled and httpcore's connect errors."""
        *others, last = self._guard.addresses(host, port)
        for address in others:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
        return self._sockets.connect_tcp(last, port, timeout, local_address, socket_options)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never: the outside has no path on this machine."""
        raise NotCalled(f"A socket on this machine is not called ({len(path)} characters).")
