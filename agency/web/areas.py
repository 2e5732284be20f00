"""Areas of the JSON door: what an API token can be given, derived from the operations that are registered.

An area is a group of operations and a word: "orders:read", "approvals:write". Groups of which nothing has the
permission read or write (sign-in, the owner's own work, a client's pages) have no area, so no token opens them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask, current_app, request
from werkzeug.routing import Rule

from agency.domain.errors import Forbidden
from agency.domain.said import said
from agency.services.token_access import READ, WRITE
from agency.web.permissions import SAFE_METHODS, declared_now, permissions_of

API = "/api/v1/"
_WITH_AREA = ("read", "write")


@dataclass(frozen=True)
class AreaGroup:
    """A group of operations by its name, what it is about, and which of its areas exist."""

    name: str
    about: str
    areas: tuple[str, ...]

    @property
    def read(self) -> str:
        """The area for looking, empty when there is nothing to look at."""
        return next((area for area in self.areas if area.endswith(f":{READ}")), "")

    @property
    def write(self) -> str:
        """The area for changing, empty when there is nothing to change."""
        return next((area for area in self.areas if area.endswith(f":{WRITE}")), "")


def area_of(group: str, method: str) -> str:
    """The area that an operation of `group` with this method needs."""
    return f"{group}:{READ if method in SAFE_METHODS else WRITE}"


def area_groups(app: Flask | None = None) -> tuple[AreaGroup, ...]:
    """All groups with an area, by name."""
    app = app or current_app
    found: dict[str, set[str]] = {}
    for group, area in _registered(app):
        found.setdefault(group, set()).add(area)
    return tuple(
        AreaGroup(name, str(getattr(app.blueprints[name], "description", "")), tuple(sorted(areas)))
        for name, areas in sorted(found.items())
    )


def known_areas(app: Flask | None = None) -> frozenset[str]:
    """Every area that a token can be given."""
    return frozenset(area for group in area_groups(app) for area in group.areas)


def check_area(word: str, areas: frozenset[str]) -> None:
    """Raises Forbidden unless a token with these areas may use this request's route, whose permission is `word`."""
    if declared_now().open_to_tokens:
        return
    if word not in _WITH_AREA:
        raise Forbidden("An API token cannot do this. Sign in as a person.")
    needed = area_of(request.blueprint or "", request.method)
    if needed not in areas:
        raise Forbidden(
            said("This token does not have {needed}. Ask an owner for a token with that area.", needed=needed)
        )


def _registered(app: Flask) -> Iterator[tuple[str, str]]:
    words = permissions_of(app)
    for rule in app.url_map.iter_rules():
        group = _group(rule)
        if group and words.get(rule.endpoint) in _WITH_AREA:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield group, area_of(group, method)


def _group(rule: Rule) -> str:
    return rule.endpoint.rpartition(".")[0] if rule.rule.startswith(API) else ""
