"""The gate of TikTok's Open API: key, time, signature, token, scope, shop cipher and rate, in that order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import uuid4

from flask import Response, current_app, request

from agency.simulator.book import Doc, dump
from agency.simulator.signing import request_sign, same
from agency.simulator.world import World

ALL_SCOPES = [
    "seller.authorization.info",
    "seller.shop.info",
    "seller.order.info",
    "seller.fulfillment.basic",
    "seller.fulfillment.package.write",
    "seller.logistics",
    "seller.return_refund.basic",
    "seller.finance.info",
    "seller.product.basic",
]
# "Common parameters" page: a timestamp may be five minutes old and thirty seconds ahead.
OLDEST, NEWEST = 300, 30
Answer = Callable[..., Doc]


class Refusal(Exception):
    """A refusal with TikTok's code; `http` is the status under which the code has been seen."""

    def __init__(self, code: int, message: str, http: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http = http


@dataclass
class Call:
    """One call that came through the gate."""

    world: World
    shop: Doc
    seller: Doc
    query: dict[str, str]
    body: Doc = field(default_factory=dict)

    @property
    def shop_id(self) -> str:
        """The shop that the cipher named."""
        return str(self.shop["shop_id"])

    @property
    def currency(self) -> str:
        """The shop's currency."""
        return str(self.shop["currency"])


def this_world() -> World:
    """The world of the app that serves the present request."""
    return cast(World, current_app.extensions["world"])


def envelope(code: int, message: str, data: Any, http: int = 200) -> Response:
    """TikTok's answer form."""
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    body = {"code": code, "message": message, "request_id": stamp + uuid4().hex[:18].upper(), "data": data}
    # A bucket fills up again within a second.
    headers = {"Retry-After": "1"} if http == 429 else None
    return Response(dump(body), status=http, headers=headers, mimetype="application/json")


def signed(scope: str, *, cipher: bool = True) -> Callable[[Answer], Callable[..., Response]]:
    """Let a view be reached only by a proper call; the view returns the `data` of the answer."""

    def wrap(view: Answer) -> Callable[..., Response]:
        @wraps(view)
        def guarded(**path_parts: str) -> Response:
            world = this_world()
            try:
                call = _enter(world, scope, cipher)
                return envelope(0, "Success", view(call, **path_parts))
            except Refusal as refusal:
                return envelope(refusal.code, refusal.message, None, refusal.http)

        return guarded

    return wrap


def _enter(world: World, scope: str, cipher: bool) -> Call:
    pairs = parse_qsl(request.query_string.decode(), keep_blank_values=True)
    query = dict(pairs)
    _check_key_and_time(world, query)
    _check_sign(world, query, pairs)
    seller = _check_token(world, scope)
    shop = _check_cipher(world, query, seller) if cipher else _no_cipher(query)
    _check_rate(world, str(shop.get("shop_id", seller["seller_id"])))
    return Call(world, shop, seller, query, _read_body())


def _check_key_and_time(world: World, query: dict[str, str]) -> None:
    if query.get("app_key") != world.app_key:
        raise Refusal(36009004, "Invalid app_key: send the key of your app as app_key", 400)
    stamp = query.get("timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) == 10):
        raise Refusal(36009004, "Invalid timestamp: send Unix seconds as ten digits", 400)
    age = time.time() - int(stamp)
    if age > OLDEST or age < -NEWEST:
        world.book.tally("stale_timestamps")
        raise Refusal(36009004, "Invalid timestamp: take it at the moment of sending", 400)


def _check_sign(world: World, query: dict[str, str], pairs: list[tuple[str, str]]) -> None:
    given = query.get("sign", "")
    if not given:
        raise Refusal(36009004, "Missing parameter: sign", 400)
    wanted = request_sign(
        world.app_secret, request.path, pairs, request.content_type or "", request.get_data()
    )
    if not same(given, wanted):
        world.book.tally("signature_failures")
        raise Refusal(106001, "Invalid credentials: sign does not match the request", 401)


def _check_token(world: World, scope: str) -> Doc:
    token = request.headers.get("x-tts-access-token", "")
    if not token:
        raise Refusal(36009004, "Invalid token: the header x-tts-access-token is missing", 400)
    known = world.book.find("access_token", token)
    if known is None:
        raise Refusal(36009004, "Invalid token: x-tts-access-token is not known", 400)
    if known["dead"] or known["expires"] <= time.time():
        raise Refusal(105002, "Expired credentials: refresh the access token", 401)
    if scope not in known["scopes"]:
        raise Refusal(105005, f"Access denied: the scope {scope} was not granted", 401)
    seller = world.book.find("seller", known["seller_id"])
    if seller is None or not seller.get("active", True):
        raise Refusal(36009044, "The seller is inactive", 401)
    return seller


def _check_cipher(world: World, query: dict[str, str], seller: Doc) -> Doc:
    given = query.get("shop_cipher", "")
    if not given:
        raise Refusal(106013, "Missing identifier: shop_cipher", 400)
    found = world.book.find("cipher", given)
    if found is None or found["shop_id"] not in seller["shop_ids"]:
        raise Refusal(101000, "The shop_cipher does not belong to this access token", 401)
    shop = world.book.find("shop", found["shop_id"])
    if shop is None or not shop.get("active", True):
        raise Refusal(36009043, "The shop is inactive", 401)
    return shop


def _no_cipher(query: dict[str, str]) -> Doc:
    if "shop_cipher" in query:
        raise Refusal(36009004, "unexpected identifier: leave shop_cipher out of this call", 400)
    return {}


def _check_rate(world: World, who: str) -> None:
    """A bucket per shop and path family, as the rate limit page of 2025-12 has it (50 a second)."""
    family = "/".join(request.path.split("/")[:4])
    if not world.meter.let_through(f"tiktok|{who}|{family}", float(world.settings["calls_per_second"])):
        world.book.tally("rate_limit_violations")
        raise Refusal(36009002, "Too many requests: slow down", 429)


def _read_body() -> Doc:
    raw = request.get_data()
    if not raw:
        return {}
    if (request.mimetype or "") != "application/json":
        raise Refusal(36009022, "Invalid body type: send content-type application/json", 400)
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refusal(36009004, "Invalid body: it is not JSON", 400) from None
    if not isinstance(body, dict):
        raise Refusal(36009004, "Invalid body: send one JSON object", 400)
    return body


def whole_number(values: Doc | dict[str, str], name: str, default: int, low: int, high: int) -> int:
    """Read a bounded whole number of query or body; raises Refusal naming it."""
    given = values.get(name, default)
    try:
        number = int(str(given))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise Refusal(36009004, f"Invalid parameter: {name} must be a whole number from {low} to {high}", 400)
    return number


def needed_text(values: Doc, name: str) -> str:
    """Read a text that must be there; raises Refusal naming it."""
    given = values.get(name)
    if not isinstance(given, str) or not given.strip():
        raise Refusal(36009004, f"Missing parameter: {name}", 400)
    return given
