"""Public ids as readers send them: text that may be anything, until it is known to be a UUID."""

from __future__ import annotations

import uuid

from agency.domain.errors import NotFound


def as_public_id(text: str, what: str) -> uuid.UUID:
    """The id in this text. Raises NotFound for text of another form, exactly as for an id that does not exist."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(what) from None
