"""How an operation of the JSON door is registered: route, permission, input schema and answer in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_smorest import Blueprint  # type: ignore[import-untyped]
from marshmallow import Schema

from agency.web import route
from agency.web.permissions import View


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
    blueprint: Any, method: str, rule: str, *, permission: str, shapes: Shapes = Shapes(), fresh: bool = False
) -> Callable[[View], View]:
    """Registers a view that answers with a Response. What it takes is checked before it runs, as its first argument.

    `fresh` asks for a recent proof of who calls (`POST /api/v1/sessions/current/confirm`).
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
        route(blueprint, rule, permission=permission, methods=[method], fresh=fresh)(wrapped)
        return view

    return register


def _first_line(view: Callable[..., Any]) -> str:
    return (view.__doc__ or "").strip().partition("\n")[0]
