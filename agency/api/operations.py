"""How an operation of the JSON door is registered: route, permission, input schema and answer in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Unpack

from flask_smorest import Blueprint  # type: ignore[import-untyped]
from marshmallow import Schema

from agency.web import area_of, route
from agency.web.permissions import More, View

ANY_AREA = "any"  # x-area of an operation that takes every API token


@dataclass(frozen=True)
class Shapes:
    """Schemas of an operation: JSON `body` or URL `query` in, `gives` out with its status."""

    gives: type[Schema] | None = None
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    status: int = 200


def group(name: str, prefix: str, description: str) -> Any:
    """A blueprint of the API; its name is the group under which the operations are described."""
    return Blueprint(name, __name__, url_prefix=prefix, description=description)


def operation(
    blueprint: Any,
    method: str,
    rule: str,
    *,
    permission: str,
    shapes: Shapes = Shapes(),
    **more: Unpack[More],
) -> Callable[[View], View]:
    """Registers a view that answers with a Response. What it takes is checked before it runs, as its first argument.

    `permission` and `more` as for `web.route`; without a `limit`, a signed-in operation spends the API's budgets.
    """

    def register(view: View) -> View:
        wrapped = view
        if shapes.body is not None:
            wrapped = blueprint.arguments(shapes.body)(wrapped)
        if shapes.query is not None:
            wrapped = blueprint.arguments(shapes.query, location="query")(wrapped)
        wrapped = blueprint.alt_response(shapes.status, schema=shapes.gives, description=_first_line(view))(
            wrapped
        )
        if permission == "public":
            wrapped = blueprint.doc(security=[])(wrapped)
        elif more.get("open_to_tokens") or permission in ("read", "write"):
            area = ANY_AREA if more.get("open_to_tokens") else area_of(blueprint.name, method)
            wrapped = blueprint.doc(**{"x-area": area})(wrapped)
        more.setdefault("limit", "" if permission == "public" else "api")
        route(blueprint, rule, permission=permission, methods=[method], **more)(wrapped)
        return view

    return register


def _first_line(view: Callable[..., Any]) -> str:
    return (view.__doc__ or "").strip().partition("\n")[0]
