"""Every route says who may use it where it is registered; the application refuses to start with one that does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Blueprint, Flask, current_app, request

from agency.domain.errors import Forbidden
from agency.domain.scope import STAFF_ROLES, Scope
from agency.web.limits import LIMITS

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed_in"
WORDS = (PUBLIC, SIGNED_IN, "read", "write", "owner", "client")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_WORD = "shopfleet_permission"
_WRITES = "shopfleet_writes_on_get"
_FRESH = "shopfleet_fresh"
_LIMIT = "shopfleet_limit"


class UndeclaredRoute(RuntimeError):
    """A route without a permission: a mistake of ours, found at start."""


def route(
    blueprint: Blueprint,
    rule: str,
    *,
    permission: str,
    methods: Sequence[str] = ("GET",),
    endpoint: str | None = None,
    writes_on_get: bool = False,
    fresh: bool = False,
    limit: str = "",
) -> Callable[[View], View]:
    """Registers a view: `permission` is one of public, signed_in, read, write, owner (staff roles) or client.

    `writes_on_get` is for the one link that leads back from TikTok's consent page; its `state` guards it. `fresh` asks
    for a proof of who one is within the last minutes: what shows a secret, moves money or gives power.
    `limit` is a word of `web.limits`, whose budgets each request spends. Raises UndeclaredRoute for any other word.
    """
    if permission not in WORDS:
        raise UndeclaredRoute(f"{rule}: permission must be one of {', '.join(WORDS)}, not {permission!r}")

    if limit and limit not in LIMITS:
        raise UndeclaredRoute(f"{rule}: there is no limit named {limit!r} in agency.web.limits")

    def register(view: View) -> View:
        setattr(view, _WORD, permission)
        setattr(view, _WRITES, writes_on_get)
        setattr(view, _FRESH, fresh)
        setattr(view, _LIMIT, limit)
        blueprint.route(rule, methods=list(methods), endpoint=endpoint)(view)
        return view

    return register


def permissions_of(app: Flask) -> dict[str, str]:
    """Endpoint -> permission; empty text = undeclared. Static files are public."""
    return {endpoint: _word(endpoint, view) for endpoint, view in app.view_functions.items()}


def require_permissions(app: Flask) -> None:
    """Raises UndeclaredRoute, naming the routes that declare no permission."""
    missing = sorted(endpoint for endpoint, word in permissions_of(app).items() if not word)
    if missing:
        raise UndeclaredRoute(f"Register with agency.web.route and a permission: {', '.join(missing)}")


def permission_now() -> str:
    """The permission that this request's route declares; empty for a URL that leads nowhere."""
    endpoint = request.endpoint
    return _word(endpoint, current_app.view_functions[endpoint]) if endpoint else ""


def writes_now() -> bool:
    """True when this request may write: an unsafe method, or a route that says so."""
    if request.method not in SAFE_METHODS:
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, _WRITES, False))


def wants_fresh() -> bool:
    """True when this request's route asks for a recent proof of who calls."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, _FRESH, False))


def limit_now() -> str:
    """The limit that this request's route spends; empty for none."""
    view = current_app.view_functions.get(request.endpoint or "")
    return str(getattr(view, _LIMIT, ""))


def check_permission(word: str, scope: Scope) -> None:
    """Raises Forbidden unless `scope` has what `word` asks for."""
    if word in ("read", "write", "owner") and scope.role not in STAFF_ROLES:
        raise Forbidden("This belongs to the agency's team. Your own pages are under Overview and Orders.")
    if word == "client" and scope.login != "portal":
        raise Forbidden("These are the pages that a client sees. Open Today or Orders instead.")
    if word == "write":
        scope.require_write()
    if word == "owner":
        scope.require_owner()


def _word(endpoint: str, view: Callable[..., Any]) -> str:
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    return str(getattr(view, _WORD, ""))
