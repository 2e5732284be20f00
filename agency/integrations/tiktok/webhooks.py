"""What TikTok rings about: its numbered event types in our words. A bell only; the order is read again before
we act.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agency.domain.errors import Invalid
from agency.integrations.wire import from_unix, parse_json, rows

# Partner Center, webhook pages (copy of 2025-12-03) and changelog to 2026-08.
KINDS: dict[int, str] = {
    1: "order_status",
    2: "reverse_status",
    3: "address_changed",
    4: "package_changed",
    5: "product_status",
    6: "deauthorized",
    7: "authorization_ending",
    11: "cancellation",
    12: "return",
    13: "conversation_new",
    14: "message_new",
    15: "product_changed",
    16: "product_created",
    18: "product_category_changed",
    27: "inventory_status",
    33: "affiliate_message",
    36: "invoice_status",
    37: "product_audit",
    39: "promotion_status",
    50: "sku_status",
    63: "promotion_changed",
    64: "after_sales_status",
    65: "rma_status",
    66: "appeal_done",
    67: "refund_done",
    71: "inventory_changed",
}
_ID_ENDINGS = ("_id", "_ids", "_id_list")
_MAX_TEXT = 128


@dataclass(frozen=True)
class WebhookEvent:
    """One notification. `notification_id` is TikTok's, or a hash of the raw bytes where TikTok sends none."""

    type: int
    kind: str
    notification_id: str
    shop_id: str
    timestamp: datetime | None
    order_id: str | None
    data: Mapping[str, Any] = field(default_factory=dict)


def parse_webhook(raw: bytes) -> WebhookEvent:
    """The event in these bytes; an unknown type is kept as "unknown:<n>".

    Raises Invalid when the body is not a JSON object, has no numeric type, or holds numbers or ids no one
    could mean.
    """
    try:
        body = parse_json(raw)
    except ValueError:
        raise Invalid(
            "body", "The body is not JSON that can be kept; send TikTok's bytes unchanged."
        ) from None
    if not isinstance(body, dict):
        raise Invalid("body", "The body must be one JSON object.")
    number = _type_of(body)
    data = _ids_as_text(body.get("data")) if isinstance(body.get("data"), dict) else {}
    return WebhookEvent(
        type=number,
        kind=KINDS.get(number, f"unknown:{number}"),
        notification_id=_short(body, "tts_notification_id") or hashlib.sha256(raw).hexdigest(),
        shop_id=_short(body, "shop_id"),
        timestamp=from_unix(body.get("timestamp")),
        order_id=_order_id(data),
        data=data,
    )


def _type_of(body: Mapping[str, Any]) -> int:
    number = body.get("type")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 1_000_000:
        raise Invalid("type", "The event type must be a small whole number.")
    return number


def _short(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool) or len(str(value)) > _MAX_TEXT:
        raise Invalid(key, f"{key} must be text of at most {_MAX_TEXT} characters.")
    return str(value)


def _order_id(data: Mapping[str, Any]) -> str | None:
    """The order an event is about: named itself, by the first package, or by the first refunded line."""
    if order_id := _short(data, "order_id"):
        return order_id
    for package in rows(data, "package_list"):
        orders = package.get("order_id_list")
        if isinstance(orders, list) and orders:
            return str(orders[0])
    return next((_short(line, "main_order_id") for line in rows(data, "line_items")), "") or None


def _ids_as_text(value: Any, key: str = "") -> Any:
    """Types 5 and 71 send ids as numbers beyond 2^53, which no browser can hold: ids become text at any
    depth.
    """
    if isinstance(value, dict):
        return {name: _ids_as_text(item, str(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_ids_as_text(item, key) for item in value]
    is_id = key == "id" or key.endswith(_ID_ENDINGS)
    return str(value) if is_id and isinstance(value, int) and not isinstance(value, bool) else value
