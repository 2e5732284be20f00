"""Forms that a limit refuses are shown again with what was typed, instead of a page without a way on."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from agency.web import Failure

_STATUSES = (429, 503)  # a limit is used up, or cannot be counted
_FORMS: dict[str, Callable[[str], str]] = {}


def keeps_form(endpoint: str, draw: Callable[[str], str]) -> None:
    """Has `draw(problem)` show the form of this endpoint when a limit refuses what it sent."""
    _FORMS[endpoint] = draw


def kept_form(failure: Failure) -> str | None:
    """The form that was sent, with the failure's sentence; None for a page that keeps none."""
    draw = _FORMS.get(request.endpoint or "") if failure.status in _STATUSES else None
    return draw(failure.sentence) if draw else None
