"""Asking a route: filled from the registry with one client's objects, sent as one caller, its answer comparable."""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

from flask import Flask
from marshmallow import Schema, fields, validate
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from agency.web import permissions_of
from tests.isolation import figures
from tests.isolation.callers import Caller, credentials
from tests.isolation.routes import FILLS, Plan, decided, plan_of
from tests.isolation.world import World

SAFE = {"GET", "HEAD", "OPTIONS"}
# Not compared between two answers: the time, and how often the caller has called.
_UNTOLD = ("date", "ratelimit")
_FORM_TOKEN = re.compile(r'(name="form_token" value=")[^"]+')


class Unfilled(AssertionError):
    """A route that the registry cannot fill."""


@dataclass(frozen=True)
class Route:
    """One method of one rule."""

    method: str
    rule: str
    endpoint: str
    permission: str  # as it was decided
    declared: str  # as the program says
    values: Mapping[tuple[str, str], Any]  # ("url" | "query" | "body", name) -> value, or "@kind" for an id
    as_form: bool

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    def seen_by(self, caller: Caller) -> Caller:
        """What the caller is at this route."""
        return caller.at(self.endpoint, self.permission, html=self.html, reads=self.method in SAFE)

    @property
    def plan(self) -> Plan:
        return plan_of(self.endpoint)

    @property
    def html(self) -> bool:
        return not self.rule.startswith(("/api/", "/webhooks/"))

    @property
    def writes(self) -> bool:
        return self.method not in SAFE or self.endpoint == "portal.finish_connection"

    @property
    def shows_rows(self) -> bool:
        """Whether a rightful reader must find something of its clients in the answer."""
        return not self.plan.no_rows and self.permission in ("read", "client")

    @property
    def places(self) -> list[tuple[str, str]]:
        """Where it takes an id."""
        return [place for place, value in self.values.items() if str(value).startswith("@")]


@dataclass(frozen=True)
class Answer:
    """What came back, with the caller's own ids taken out, so that two answers can be compared."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...]
    sent: tuple[str, ...] = field(compare=False, default=())
    raw: str = field(compare=False, default="")


def list_routes(app: Flask) -> list[Route]:
    """Every method of every rule of the application."""
    words = permissions_of(app)
    return [
        _route(app, rule, method, words[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def send(
    world: World, caller: Caller, route: Route, codes: Mapping[tuple[str, str], str], **search: str
) -> Answer:
    """Sends the route as that caller; `codes` says whose object stands in each place (see `Route.places`)."""
    filled = {
        place: _fill_place(world, value, codes[place], caller) if place in codes else value
        for place, value in route.values.items()
    }
    url = {name: value for (where, name), value in filled.items() if where == "url"}
    query = {name: value for (where, name), value in filled.items() if where == "query"} | search
    body = {name: value for (where, name), value in filled.items() if where == "body"}
    headers = credentials(caller, route.html) | {"Sec-Fetch-Site": "same-origin"}
    if caller.cookie:
        headers["X-Form-Token"] = _form_token(caller.cookie)
    kind: dict[str, Any] = {"data": body} if route.as_form else {"json": body}
    response = world.desk.app.test_client(use_cookies=False).open(
        _path(route.rule, url), method=route.method, query_string=query, headers=headers,
        **(kind if route.method not in SAFE else {}),
    )  # fmt: skip
    ids = [value for place, value in filled.items() if place in codes]
    sent = tuple(str(value[0] if isinstance(value, list) else value) for value in ids) + tuple(
        search.values()
    )
    figures.add("route_cells")
    return _answer(response, sent)


def _fill_place(world: World, value: str, code: str, caller: Caller) -> Any:
    """The id; in a list where the route takes several."""
    found = world.id_of(code, value.lstrip("@"), caller)
    return [found] if value.startswith("@@") else found


def _route(app: Flask, rule: Rule, method: str, permission: str) -> Route:
    view, plan = app.view_functions[rule.endpoint], plan_of(rule.endpoint)
    values: dict[tuple[str, str], Any] = {}
    for name in rule.arguments:
        values["url", name] = plan.url.get(name) or _fill(rule, name)
    if method not in SAFE:
        body = _from_schema(view, rule) | plan.body
        values |= {("body", name): value for name, value in body.items()}
    values |= {("query", name): value for name, value in plan.query.items()}
    right = decided(method, rule.rule)
    return Route(
        method, rule.rule, rule.endpoint, right, permission, values, not rule.rule.startswith("/api/")
    )


def _fill(rule: Rule, name: str) -> Any:
    if name in FILLS:
        return FILLS[name]
    if name.endswith("_id"):
        return f"@{name.removesuffix('_id')}s"
    return f"?{name}"


def missing_fills(world: World, route: Route) -> Iterator[str]:
    """A sentence for everything of the route that the registry cannot fill."""
    for (where, name), value in route.values.items():
        kind = str(value).lstrip("@?")
        unknown = str(value).startswith("?") or (str(value).startswith("@") and not world.knows(kind))
        if unknown:
            yield (
                f"{route}: nobody knows what to put for the {where} field {name!r}. Add a line "
                f'"{route.endpoint}": Plan({where}={{"{name}": ...}}) to PLANS in tests/isolation/routes.py.'
            )


def _from_schema(view: Any, rule: Rule) -> dict[str, Any]:
    parameters = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    found: dict[str, Any] = {}
    for parameter in parameters:
        if parameter["in"] == "json":
            schema = parameter["schema"]
            found |= _example(schema() if isinstance(schema, type) else schema, rule)
    return found


def _example(schema: Schema, rule: Rule) -> dict[str, Any]:
    """A body with every needed field and every id."""
    example = {}
    for name, known in schema.load_fields.items():
        key = known.data_key or name
        if key in FILLS:
            example[key] = FILLS[key]
        elif isinstance(known, fields.UUID):
            example[key] = _fill(rule, key)
        elif known.required:
            example[key] = _sample(known, rule)
    return example


def _sample(known: fields.Field[Any], rule: Rule) -> Any:
    for rule_of_field in known.validators:
        if isinstance(rule_of_field, validate.OneOf):
            return next(choice for choice in rule_of_field.choices if choice)
    if isinstance(known, fields.Nested):
        return _example(known.schema, rule)
    if isinstance(known, fields.List):
        return [_sample(known.inner, rule)]
    samples: tuple[tuple[type, Any], ...] = ((fields.Boolean, True), (fields.Number, 1), (fields.Dict, {}))
    return next((value for kind, value in samples if isinstance(known, kind)), "fake")


def _path(rule: str, url: Mapping[str, Any]) -> str:
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda found: quote(str(url[found[1]]), safe=""), rule)


def _form_token(cookie: str) -> str:
    digest = hmac.new(cookie.encode(), b"form", hashlib.sha256).digest()
    return urlsafe_b64encode(bytes(len(digest)) + digest).decode().rstrip("=")  # under a mask of zeros


def _answer(response: TestResponse, sent: tuple[str, ...]) -> Answer:
    body = _text(response)
    headers = [(name, value) for name, value in response.headers if not name.lower().startswith(_UNTOLD)]
    raw = "\n".join([body, *(f"{name}: {value}" for name, value in response.headers)])
    figures.add("bytes_searched", len(raw))
    shown = tuple(sorted((name, _without(value, sent)) for name, value in headers))
    return Answer(response.status_code, _without(body, sent), shown, sent, raw)


def _text(response: TestResponse) -> str:
    """What a reader of the answer could read, also inside an archive."""
    if response.mimetype != "application/zip":
        return response.get_data(as_text=True)
    with ZipFile(BytesIO(response.get_data())) as archive:
        return "\n".join(f"{name}\n{archive.read(name).decode()}" for name in archive.namelist())


def _without(text: str, sent: tuple[str, ...]) -> str:
    for place, word in enumerate(sent):
        for written in {word, quote(word, safe=""), word.lower(), _undashed(word)}:
            text = text.replace(written, f"<{place}>")
    return _FORM_TOKEN.sub(r"\1...", text)  # looks different in every answer


def _undashed(word: str) -> str:
    try:
        return uuid.UUID(word).hex
    except ValueError:
        return word
