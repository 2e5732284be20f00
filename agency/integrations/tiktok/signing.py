"""TikTok's signatures: of our requests, and of the webhooks that TikTok sends us.

Source: Partner Center, "Sign your API request" and "TikTok Shop Webhooks overview" (copy of 2025-12-03). The
digest in the curl line of that page does not belong to its inputs; the one in its list of steps does.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote, urlencode

_NEVER_SIGNED = frozenset({"sign", "access_token", "x-tts-access-token"})
_MULTIPART = "multipart/form-data"


def _digest(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def sign_request(
    app_secret: str,
    path: str,
    query: Mapping[str, str],
    body: bytes | None = None,
    content_type: str = "application/json",
) -> str:
    """The `sign` value in lower-case hex (upper case is refused).

    `query` holds decoded values; `body` the very bytes to be sent, which a multipart request leaves out.
    """
    pairs = "".join(key + query[key] for key in sorted(query) if key not in _NEVER_SIGNED)
    signed_body = b"" if body is None or content_type.lower().startswith(_MULTIPART) else body
    message = app_secret.encode() + path.encode() + pairs.encode() + signed_body + app_secret.encode()
    return _digest(app_secret, message)


def encode_query(query: Mapping[str, str]) -> str:
    """The query as sent: every reserved character percent-encoded, since page tokens contain "+", "/" and
    "=".
    """
    return urlencode(query, quote_via=quote, safe="")


def webhook_signature(app_key: str, app_secret: str, raw: bytes) -> str:
    """What TikTok puts into `Authorization` for these raw bytes, in lower-case hex."""
    return _digest(app_secret, app_key.encode() + raw)


def verify_webhook(app_key: str, app_secret: str, raw: bytes, authorization: str) -> bool:
    """True when the header belongs to exactly these bytes; never parse and dump the body before asking this."""
    expected = webhook_signature(app_key, app_secret, raw)
    # Compared as bytes: compare_digest refuses text that is not ASCII, and a stranger may send any.
    return hmac.compare_digest(expected.encode(), authorization.strip().encode("utf-8", "replace"))
