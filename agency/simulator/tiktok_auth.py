"""Authorisation: the link a seller follows, codes, tokens, and the shops of an authorisation."""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from agency.simulator.book import Doc
from agency.simulator.gate import ALL_SCOPES, Call, Refusal, envelope, signed, this_world
from agency.simulator.world import World

blueprint = Blueprint("tiktok_auth", __name__)

CODE_SECONDS = 30 * 60
ACCESS_SECONDS = 7 * 86_400
REFRESH_SECONDS = 365 * 86_400


@blueprint.get("/open/authorize")
@blueprint.get("/oauth/authorize")
def authorize() -> AnyResponse:
    """Send the seller who "clicks" back to the app; `seller` picks the seller and `deny=1` refuses."""
    world = this_world()
    target = str(world.settings["redirect_url"])
    if not target:
        return Response("The app has no redirect address: set redirect_url first.", status=400)
    if not (request.args.get("service_id") or request.args.get("app_key")):
        return Response(
            "service_id is missing: use the link that Partner Center shows for the app.", status=400
        )
    back = _refused() if request.args.get("deny") == "1" else _granted(world)
    if back is None:
        return Response("There is no such seller.", status=404)
    state = request.args.get("state")
    if state is not None:
        back["state"] = state
    joint = "&" if "?" in target else "?"
    return redirect(target + joint + urlencode(back), code=302)


def _refused() -> dict[str, str]:
    return {"code": "null", "error": "auth_denied"}


def _granted(world: World) -> dict[str, str] | None:
    sellers = world.book.every("seller")
    wanted = request.args.get("seller") or (sellers[0]["seller_id"] if sellers else "")
    if world.book.find("seller", wanted) is None:
        return None
    code = "TTP_" + secrets.token_urlsafe(48)
    world.book.put(
        "auth_code", code, {"seller_id": wanted, "expires": time.time() + CODE_SECONDS, "used": False}
    )
    return {"code": code}


@blueprint.get("/api/v2/token/get")
def exchange_code() -> Response:
    """Trade an authorisation code for tokens; unsigned, the body's code decides."""
    world = this_world()
    try:
        _check_app(world, "authorized_code")
        code = request.args.get("auth_code", "")
        known = world.book.find("auth_code", code)
        if known is None or known["used"] or known["expires"] <= time.time():
            raise Refusal(36009004, "Invalid auth_code: it works once, for 30 minutes")
        world.book.put("auth_code", code, {**known, "used": True})
        return envelope(0, "success", _issue(world, known["seller_id"]))
    except Refusal as refusal:
        return envelope(refusal.code, refusal.message, None, refusal.http)


@blueprint.get("/api/v2/token/refresh")
def refresh() -> Response:
    """Trade a refresh token for a new pair; the old refresh token dies unless a setting keeps it."""
    world = this_world()
    try:
        _check_app(world, "refresh_token")
        token = request.args.get("refresh_token", "")
        known = world.book.find("refresh_token", token)
        if known is None or known["dead"] or known["expires"] <= time.time():
            raise Refusal(36009004, "Invalid refresh_token: ask the seller to authorise again")
        if not world.settings["keep_refresh_alive"]:
            world.book.put("refresh_token", token, {**known, "dead": True})
        return envelope(0, "success", _issue(world, known["seller_id"]))
    except Refusal as refusal:
        return envelope(refusal.code, refusal.message, None, refusal.http)


def _check_app(world: World, grant: str) -> None:
    if request.args.get("app_key") != world.app_key:
        raise Refusal(36009004, "Invalid app_key")
    if request.args.get("app_secret") != world.app_secret:
        raise Refusal(36009004, "Invalid app_secret")
    if request.args.get("grant_type") != grant:
        raise Refusal(36009004, f"Invalid grant_type: send {grant}")


def _issue(world: World, seller_id: str) -> Doc:
    """Both `*_expire_in` are moments, not lengths, despite their names (authorization overview, 2025-12-03)."""
    seller = world.book.find("seller", seller_id) or {}
    scopes = seller.get("scopes", ALL_SCOPES)
    prefix = _prefix(seller["region"])
    access, renew = (prefix + secrets.token_urlsafe(90) for _ in range(2))
    now = time.time()
    live = {"seller_id": seller_id, "dead": False, "scopes": scopes}
    world.book.put("access_token", access, {**live, "expires": now + ACCESS_SECONDS})
    world.book.put("refresh_token", renew, {**live, "expires": now + REFRESH_SECONDS})
    return {
        "access_token": access,
        "access_token_expire_in": int(now + ACCESS_SECONDS),
        "refresh_token": renew,
        "refresh_token_expire_in": int(now + REFRESH_SECONDS),
        "open_id": seller["open_id"],
        "seller_name": seller["name"],
        "seller_base_region": seller["region"],
        "user_type": 0,
        "granted_scopes": scopes,
    }


def _prefix(region: str) -> str:
    return "TTP_" if region == "US" else "ROW_"


def kill_tokens(world: World, seller_id: str, what: str) -> int:
    """Let a seller's tokens die: "access" only, or "all" of the authorisation; returns how many died."""
    killed = 0
    for kind in ("access_token", "refresh_token") if what == "all" else ("access_token",):
        rows = world.book.sql("SELECT id FROM documents WHERE kind=?", kind)
        for row in rows:
            token = world.book.find(kind, row["id"]) or {}
            if token["seller_id"] == seller_id and not token["dead"]:
                world.book.put(kind, row["id"], {**token, "dead": True})
                killed += 1
    return killed


@blueprint.get("/authorization/202309/shops")
@signed("seller.authorization.info", cipher=False)
def authorized_shops(call: Call) -> Doc:
    """The shops that this authorisation covers, each with its cipher."""
    shops = [call.world.book.find("shop", shop_id) or {} for shop_id in call.seller["shop_ids"]]
    return {
        "shops": [
            {
                "id": shop["shop_id"],
                "name": shop["name"],
                "region": shop["region"],
                "seller_type": shop["seller_type"],
                "cipher": shop["cipher"],
                "code": shop["code"],
            }
            for shop in shops
        ]
    }
