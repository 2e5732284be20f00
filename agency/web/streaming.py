"""Answers that go on for long: their own read-only session, and an end as soon as the caller's access ends.

A request's session is closed when the view returns, before the first byte of a stream goes out. A stream therefore has
a session of its own, in the caller's scope, on one snapshot; it is closed when the stream ends, breaks or is left.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from flask import Response
from sqlalchemy.orm import Session

from agency.web.ground import ground
from agency.web.requests import current_scope, still_calling

EVERY_CHUNKS = 8
EVERY_SECONDS = 2.0
_LOG = logging.getLogger(__name__)


class AccessEnded(Exception):
    """The caller's membership, session or token ended, or changed, while an answer was on its way.

    Raised inside the stream on purpose: the server cuts the connection without the mark of a proper end, so that no
    program takes half a file for a whole one.
    """


def stream_rows(
    chunks: Iterator[bytes], *, every: int = EVERY_CHUNKS, clock: Callable[[], float] = time.monotonic
) -> Iterator[bytes]:
    """The chunks, for as long as the present caller may see them: asked anew each `every` chunks or two seconds.

    Call it inside the request; it may be read after that. Raises AccessEnded while it is read. A change of rights or
    of the workspace ends it too, since what was begun belongs to the former scope.
    """
    return _watched(chunks, still_calling(), current_scope().actor, every, clock)


def streamed_export(
    file_name: str, mimetype: str, chunks: Callable[[Session], Iterator[bytes]], *, every: int = EVERY_CHUNKS
) -> Response:
    """A download of whatever `chunks` reads, at once for the first chunk, then as the caller takes it.

    `chunks` is given a read-only session in the caller's scope and must use no other. What it raises before its first
    chunk is answered as an ordinary failure.
    """
    session = ground().database.session(replace(current_scope(), read_only=True), snapshot=True)
    try:
        rows = stream_rows(chunks(session), every=every)
        first = next(rows, b"")
    except BaseException:
        session.close()
        raise
    response = Response(_Stream(chain((first,), rows), session), mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


class _Stream:
    """Chunks and their session. The server closes it in every case, also when nothing was read (HEAD)."""

    def __init__(self, chunks: Iterator[bytes], session: Session) -> None:
        self._chunks, self._session = chunks, session

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives the session back; closing twice does nothing."""
        self._session.close()


def _watched(
    chunks: Iterator[bytes],
    still_live: Callable[[], bool],
    actor: str,
    every: int,
    clock: Callable[[], float],
) -> Iterator[bytes]:
    asked_at = clock()
    for number, chunk in enumerate(chunks, 1):
        if number % every == 0 or clock() - asked_at >= EVERY_SECONDS:
            if not still_live():
                _LOG.warning("a download was cut, since the caller's access ended", extra={"actor": actor})
                raise AccessEnded
            asked_at = clock()
        yield chunk
