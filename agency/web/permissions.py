"""Every route says who may use it where it is registered; the application refuses to start with one that does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar, Unpack

from flask import Blueprint, Flask, current_app, request

from agency.domain.errors import Forbidden
from agency.domain.scope import STAFF_ROLES, Scope
from agency.web.limits import LIMITS

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed_in"
WORDS = (PUBLIC, SIGNED_IN, "read", "write", "owner", "client")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BY_ITSELF = "X-Live"  # sent by an open page that nobody has touched (static/live.js)
_DECLARED = "shopfleet_route"
UPLOAD = 10 * 1024 * 1024  # bytes; for routes that take a file


class UndeclaredRoute(RuntimeError):
    """A route without a permission: a mistake of ours, found at start."""


class More(TypedDict, total=False):
    """What a route may declare beside its permission.

    `writes_on_get` is for the one link that leads back from TikTok's consent page; its `state` guards it. `fresh` asks
    for a proof of who one is within the last minutes: what shows a secret, moves money or gives power. `max_body` is
    the most bytes that the route takes, 0 = the application's usual limit. `open_to_tokens` lets API tokens in without
    an area (`web.areas`): for what tells a program who it is. `limit` is a word of `web.limits`, whose budgets each
    request spends. `while_viewing` lets a signed-in route work while a team member views as a client: stopping, signing
    out. `passive` requests come by themselves from an open page: they are no use of the session and keep none alive.
    """

    writes_on_get: bool
    fresh: bool
    max_body: int
    open_to_tokens: bool
    limit: str
    while_viewing: bool
    passive: bool


@dataclass(frozen=True)
class Declared:
    """What a route declares; see `route` and `More`."""

    permission: str = ""
    writes_on_get: bool = False
    fresh: bool = False
    max_body: int = 0
    open_to_tokens: bool = False
    limit: str = ""
    while_viewing: bool = False
    passive: bool = False


def route(
    blueprint: Blueprint,
    rule: str,
    *,
    permission: str,
    methods: Sequence[str] = ("GET",),
    endpoint: str | None = None,
    **more: Unpack[More],
) -> Callable[[View], View]:
    """Registers a view: `permission` is one of public, signed_in, read, write, owner (staff roles) or client.

    Raises UndeclaredRoute for any other word, and for a limit that there is not.
    """
    if permission not in WORDS:
        raise UndeclaredRoute(f"{rule}: permission must be one of {', '.join(WORDS)}, not {permission!r}")

    declared = Declared(permission, **more)
    if declared.limit and declared.limit not in LIMITS:
        raise UndeclaredRoute(f"{rule}: there is no limit named {declared.limit!r} in agency.web.limits")

    def register(view: View) -> View:
        setattr(view, _DECLARED, declared)
        blueprint.route(rule, methods=list(methods), endpoint=endpoint)(view)
        return view

    return register


def permissions_of(app: Flask) -> dict[str, str]:
    """Endpoint -> permission; empty text = undeclared. Static files are public."""
    return {endpoint: _declared(endpoint, view).permission for endpoint, view in app.view_functions.items()}


def require_permissions(app: Flask) -> None:
    """Raises UndeclaredRoute, naming the routes that declare no permission."""
    missing = sorted(endpoint for endpoint, word in permissions_of(app).items() if not word)
    if missing:
        raise UndeclaredRoute(f"Register with agency.web.route and a permission: {', '.join(missing)}")


def declared_now() -> Declared:
    """What this request's route declares; an empty permission for a URL that leads nowhere."""
    endpoint = request.endpoint
    return _declared(endpoint, current_app.view_functions[endpoint]) if endpoint else Declared()


def writes_now() -> bool:
    """True when this request may write: an unsafe method, or a route that says so."""
    return request.method not in SAFE_METHODS or declared_now().writes_on_get


def is_use() -> bool:
    """False when the page asks by itself: a passive route, or a page that reads its own address again."""
    return not declared_now().passive and BY_ITSELF not in request.headers


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


def _declared(endpoint: str, view: Callable[..., Any]) -> Declared:
    if endpoint == "static" or endpoint.endswith(".static"):
        return Declared(PUBLIC)
    found: Declared = getattr(view, _DECLARED, Declared())
    return found
