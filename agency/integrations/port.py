"""The shape of a write that may happen only once: prepared first, sent after the worker's commit."""

from __future__ import annotations

from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Prepared(Protocol[T_co]):
    """A write with its connection already open. Life: prepare -> worker commits SENDING -> send -> close."""

    def send(self, since: float) -> T_co:
        """Writes the request once; `since` is `time.monotonic()` taken directly before the commit of SENDING.

        Raises Refused or Unavailable (nothing was created), CredentialsRejected (nothing was created),
        OutcomeUnknown for everything else, also unsent when more than a second has passed since `since`.
        """
        ...

    def close(self) -> None:
        """Gives the connection back; safe to call twice and without a send."""
        ...
