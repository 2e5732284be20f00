"""Signatures as the vendors make and check them, written apart from the program that is being watched."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence


def request_sign(
    secret: str, path: str, query: Sequence[tuple[str, str]], content_type: str, body: bytes
) -> str:
    """The sign of an Open API call: partner.tiktokshop.com "sign your API request", as of 2025-12-03.

    The query values are the decoded ones; the body counts byte for byte unless the call is multipart.
    """
    signed = "".join(key + value for key, value in sorted(query) if key not in ("sign", "access_token"))
    text = secret.encode() + path.encode() + signed.encode()
    if not content_type.startswith("multipart/form-data"):
        text += body
    return _hex(secret, text + secret.encode())


def webhook_sign(app_key: str, secret: str, body: bytes) -> str:
    """The Authorization header of a TikTok webhook ("TikTok Shop webhooks overview", copy of 2025-12-03)."""
    return _hex(secret, app_key.encode() + body)


def rest_sign(secret: str, timestamp: str, body: bytes) -> str:
    """The X-Supplier-Signature header of a generic REST supplier."""
    return _hex(secret, timestamp.encode() + b"." + body)


def cj_sign(open_id: str, body: bytes) -> str:
    """The `sign` header of a CJ webhook: Base64 of the HMAC keyed with the account's openId."""
    return base64.b64encode(hmac.new(open_id.encode(), body, hashlib.sha256).digest()).decode()


def same(left: str, right: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def _hex(key: str, text: bytes) -> str:
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
