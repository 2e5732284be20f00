"""Notes of the team on an order: events of its timeline, so they stand in its chain and are only ever added to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.approvals import get_order
from agency.services.timeline import record_event

LONGEST_NOTE = 1000  # characters


def add_note(scope: Scope, session: Session, number: str, words: str, now: datetime) -> None:
    """Writes a note that only the team reads; it cannot be changed, only followed by another. `now` is shop time.

    Raises Forbidden, NotFound, and Invalid for an empty or too long one.
    """
    scope.require_write()
    note = "\n".join(line.rstrip() for line in words.strip().splitlines())
    if not note:
        raise Invalid("text", "Write a note first.")
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            "text",
            said("Use at most {most} characters; add a second note for the rest.", most=LONGEST_NOTE),
        )
    record_event(scope, session, get_order(scope, session, number), "note", {"text": note}, now)
