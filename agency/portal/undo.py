"""Undo instead of "Are you sure?": ten minutes in which a reversible act can be taken back.

Any page can offer it. A service that does something reversible returns the `Step` that undoes it
(`services/undo_steps.py`; its inverse stands in `services/undoing.py`), and the view ends with

    return redirect(with_undo(url_for("portal.shops"), "paused", pause_shop(scope, session, shop_id)), 303)

The address then carries a word of `done.py` and a signed token; `frame.page` gives the template `done` and `undo`, and
`ui.toast(done, undo)` draws the sentence with its button, which posts to `/undo/<token>`. A page that answers the
form itself passes `undo_token(steps, back)` to that macro.

The token is signed with the caller's own session, and names person and agency: nobody else can use it, and it ends with
the session. It is worth nothing after ten minutes, and undoes nothing that has moved on since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from agency.domain.errors import Conflict
from agency.portal.blueprint import portal
from agency.portal.paths import own_path, with_word
from agency.services.undo_steps import Step, packed, unpacked
from agency.services.undoing import undo as undo_steps
from agency.web import current_scope, db_session, find_caller, route, session_token, shop_now

UNDO_SECONDS = 600
_LONGEST = 6000  # characters; an address of more would be refused at the door
_TOO_LATE = "This can be undone for ten minutes, in the browser in which you did it. Nothing was undone."


def with_undo(path: str, word: str, steps: Sequence[Step]) -> str:
    """`path` with the word of what was done and the token that undoes it; the word alone when nothing undoes it."""
    token = undo_token(steps, path)
    led = with_word(path, word)
    return f"{led}&undo={token}" if token else led


def undo_token(steps: Sequence[Step], back: str) -> str:
    """The token; empty for nothing, and for so much that no address could carry it. `back`: the page that follows."""
    if not steps:
        return ""
    scope = current_scope()
    token = str(_signer().dumps([scope.agency_id, scope.actor, packed(steps), back]))
    return token if len(token) <= _LONGEST else ""


def offered() -> str:
    """The token in this request's address, when it is the caller's own and still good; else empty."""
    token = request.args.get("undo", "")
    return token if token and _read(token) is not None else ""


@route(portal, "/undo/<token>", permission="write", methods=["POST"])
def undo(token: str) -> ResponseReturnValue:
    """Takes the act back. Raises Conflict when it is too late, or when something has moved on since."""
    found = _read(token)
    if found is None:
        raise Conflict(_TOO_LATE)
    steps, back = found
    undo_steps(current_scope(), db_session(), steps, shop_now())
    return redirect(with_word(own_path(back), "undone"), 303)


def _read(token: str) -> tuple[tuple[Step, ...], str] | None:
    caller = find_caller()
    if caller is None or not session_token() or len(token) > _LONGEST:
        return None
    try:
        parts: Any = _signer().loads(token, max_age=UNDO_SECONDS)
    except BadSignature:
        return None
    agency_id, actor, steps, back = parts
    if (agency_id, actor) != (caller.scope.agency_id, caller.scope.actor):
        return None
    return unpacked(steps), str(back)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(session_token(), salt="undo")
