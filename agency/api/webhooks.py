"""Webhooks in: check the signature over the raw bytes, keep, wake the lane, answer 200. All work comes later.

    raw bytes -> size -> signature -> one statement (inbox row + lane) -> commit -> 200

TikTok expects 200 soon and repeats for days otherwise (Partner Center, "TikTok Shop Webhooks overview", 2025-12-03).
Bodies are never logged.
"""

from __future__ import annotations

import base64
import hashlib
import uuid

from flask import Blueprint, Response, request

from agency.domain.errors import Invalid, NotFound
from agency.integrations.tiktok.signing import verify_webhook
from agency.integrations.tiktok.webhooks import parse_webhook
from agency.services.inbox import Letter, Notification, record_letter, record_notification
from agency.web import ground, route, spend, system_session
from agency.web.permissions import More

_LIMITS: More = {"max_body": 64 * 1024, "limit": "webhook"}
MAX_HEADERS = 40
MAX_HEADER = 1024
# Deauthorisation, and the notice that an authorisation ends in 30 days.
_AUTHORIZATION_TYPES = (6, 7)
# Never needed to verify a letter, and not ours to keep.
_UNKEPT_HEADERS = frozenset({"cookie", "host", "authorization", "connection", "accept-encoding"})

blueprint = Blueprint("webhooks", __name__)


@route(blueprint, "/webhooks/tiktok", permission="public", methods=["POST"], **_LIMITS)
def tiktok() -> Response:
    """401 for a wrong signature, else 200: kept, repeated or stray, there is nothing that TikTok should send again."""
    raw = _read_body()
    settings = ground().settings
    signature = request.headers.get("Authorization", "")
    if not verify_webhook(settings.tiktok_app_key, settings.tiktok_app_secret, raw, signature):
        return Response(status=401)
    told = _notification(raw)
    spend("webhook_shop", told.shop_id)
    record_notification(system_session(), told)
    return Response(status=200)


@route(blueprint, "/webhooks/<kind>/<supplier_id>", permission="public", methods=["POST"], **_LIMITS)
def supplier(kind: str, supplier_id: str) -> Response:
    """200 when kept; the worker verifies it with the sealed secret. 404 for an address that we never gave out."""
    raw = _read_body()
    letter = Letter(
        kind=kind,
        supplier_id=_known_form(supplier_id),
        notification_id=hashlib.sha256(raw).hexdigest(),
        headers=_headers_to_keep(),
        raw=_as_text(raw),
    )
    spend("webhook_shop", letter.supplier_id)
    record_letter(system_session(), letter)
    return Response(status=200)


def _read_body() -> bytes:
    """The raw bytes; werkzeug answers 413 above the limit, also when no length was announced."""
    return request.get_data(cache=False)


def _notification(raw: bytes) -> Notification:
    try:
        event = parse_webhook(raw)
    except Invalid:
        # Signed, so it is TikTok's, but nothing we can read: kept for a person, since asking again would not help.
        digest = hashlib.sha256(raw).hexdigest()
        return Notification("", digest, "unreadable", "", {"base64": base64.b64encode(raw).decode()})
    return Notification(
        shop_id=event.shop_id,
        notification_id=event.notification_id,
        kind=event.kind,
        order_ref=event.order_id or "",
        payload=dict(event.data),
        authorization_changed=event.type in _AUTHORIZATION_TYPES,
    )


def _headers_to_keep() -> dict[str, str]:
    kept = {
        name.lower(): value[:MAX_HEADER]
        for name, value in request.headers
        if name.lower() not in _UNKEPT_HEADERS
    }
    return dict(list(kept.items())[:MAX_HEADERS])


def _known_form(public_id: str) -> str:
    try:
        return str(uuid.UUID(public_id))
    except ValueError:
        raise NotFound("Supplier") from None


def _as_text(raw: bytes) -> str:
    """The body as text that gives back the same bytes. Raises Invalid for what no JSON sender sends."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Invalid("body", "Send JSON as UTF-8 text.")
    return text
