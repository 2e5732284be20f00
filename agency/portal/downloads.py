"""A download that goes out in pieces, on a read-only session of its own that ends with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from flask import Response
from sqlalchemy.orm import Session

from agency.web import current_scope, ground


def streamed_export(file_name: str, mimetype: str, chunks: Callable[[Session], Iterator[bytes]]) -> Response:
    """Answers with what `chunks` reads; the request's own session is closed before the first piece goes out."""
    session = ground().database.session(replace(current_scope(), read_only=True))

    def pieces() -> Iterator[bytes]:
        with session:
            yield from chunks(session)

    response = Response(pieces(), mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response
