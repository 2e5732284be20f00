"""What would undo an act: small steps that a signed token carries until somebody presses Undo. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agency.domain.errors import Invalid

WORDS = ("hold", "release", "snooze", "assign", "done", "asked", "stop", "start", "pause", "resume")


@dataclass(frozen=True)
class Step:
    """One act that was done: its word, the public ids (or order numbers) it touched, and what stood there before.

    `before` has one text per id, or is empty where the inverse needs none. `after` is what the act left behind: if
    something else stands there when Undo is pressed, somebody was faster.
    """

    word: str
    ids: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: str = ""


def as_mark(moment: datetime | None) -> str:
    """A moment as a step carries it, the same text for the same moment in every zone; empty for none."""
    return moment.astimezone(UTC).isoformat() if moment else ""


def packed(steps: Sequence[Step]) -> list[Any]:
    """The steps as plain lists for a token."""
    return [[step.word, list(step.ids), list(step.before), step.after] for step in steps]


def unpacked(parts: Any) -> tuple[Step, ...]:
    """The steps of a token of ours. Raises Invalid for anything else."""
    try:
        steps = tuple(
            Step(str(word), tuple(map(str, ids)), tuple(map(str, before)), str(after))
            for word, ids, before, after in parts
        )
    except (TypeError, ValueError):
        steps = ()
    if not steps or any(step.word not in WORDS for step in steps):
        raise Invalid("undo", "This cannot be undone any more.")
    return steps
