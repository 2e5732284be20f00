"""CJ's answer form, its tokens and its limit: what every CJ call passes through."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import wraps
from typing import Any
from uuid import uuid4

from flask import Response, request

from agency.simulator.book import Doc, dump
from agency.simulator.gate import this_world
from agency.simulator.world import World

CURRENCY = "USD"
_CHINA = timezone(timedelta(hours=8))
Answer = Callable[..., Any]


class CjError(Exception):
    """A refusal with CJ's code (page "ps-code", as of 2026)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class CjCall:
    """One authenticated CJ call."""

    world: World
    account: Doc
    body: Doc = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The account's API key."""
        return str(self.account["api_key"])

    def text(self, name: str) -> str:
        """A text of the body that must be there; raises CjError naming it."""
        value = self.body.get(name)
        if not isinstance(value, str | int) or str(value).strip() == "":
            raise CjError(1600300, f"Illegal parameter: {name} is required")
        return str(value)

    def save_account(self) -> None:
        """Keep the account's stock, balance and callbacks."""
        self.world.book.put("cj_account", self.key, self.account)


def cj_envelope(data: Any, code: int = 200, message: str = "Success") -> Response:
    """CJ's answer form; the HTTP status is 200 even for errors, except for the call limit."""
    body = {"code": code, "result": code == 200, "message": message, "data": data, "requestId": str(uuid4())}
    return Response(dump(body), status=429 if code == 1600200 else 200, mimetype="application/json")


def read_cj_body() -> Doc:
    """The body as a JSON object; raises CjError otherwise."""
    raw = request.get_data()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise CjError(1600300, "Illegal parameter: the body is not JSON") from None
    if not isinstance(body, dict):
        raise CjError(1600300, "Illegal parameter: the body must be an object")
    return body


def with_token(view: Answer) -> Callable[..., Response]:
    """Hand the view its call when the header CJ-Access-Token is good; the view returns `data`."""

    @wraps(view)
    def guarded() -> Response:
        world = this_world()
        try:
            token = world.book.find("cj_token", request.headers.get("CJ-Access-Token", ""))
            account = world.book.find("cj_account", token["api_key"]) if token else None
            if token is None or account is None or token["expires"] <= time.time():
                raise CjError(1600001, "Invalid API key or access token")
            _check_rate(world, account)
            return cj_envelope(view(CjCall(world, account, read_cj_body())))
        except CjError as error:
            return cj_envelope(None, error.code, error.message)

    return guarded


def _check_rate(world: World, account: Doc) -> None:
    limit = float(account.get("calls_per_second", 0))
    if not limit:
        return
    if not world.meter.let_through(f"cj|{account['open_id']}|all", limit):
        world.book.tally("rate_limit_violations")
        raise CjError(1600200, f"Too Many Requests, QPS limit is {limit:g} time/1second")


def cj_time(seconds: float | None) -> str | None:
    """CJ's date text (China time), or None."""
    if not seconds:
        return None
    return datetime.fromtimestamp(int(seconds), UTC).astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S")


def cj_moment(seconds: float) -> str:
    """CJ's date text with zone, as in the token answers."""
    return datetime.fromtimestamp(int(seconds), _CHINA).isoformat()
