"""An order as TikTok writes it, in our words. Pure; unknown codes are kept and flagged, never guessed.

Source of the fields: Orders API 202507/202309 (Partner Center, copy of 2025-12-03; model of 2026-10).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agency.domain.addresses import Address, is_masked
from agency.domain.money import EXPONENTS, Money, UnreadableAmount
from agency.domain.orders import STATUSES, LineSnapshot, OrderPage, OrderSnapshot
from agency.integrations.tiktok.mapping import amount
from agency.integrations.wire import from_unix, rows, text

# The webhooks' word for the API's.
_STATUS_ALIASES = {"CANCEL": "CANCELLED"}
_KNOWN: dict[str, frozenset[str]] = {
    "order_type": frozenset({
        "NORMAL", "ZERO_LOTTERY", "AUCTION", "PRE_ORDER", "MADE_TO_ORDER", "BACK_ORDER", "VIRTUAL_ORDER",
    }),
    "fulfillment_type": frozenset({"FULFILLMENT_BY_SELLER", "FULFILLMENT_BY_TIKTOK"}),
    "shipping_type": frozenset({"SELLER", "TIKTOK", "TIKTOK_DIGITAL", "IN-STORE PICKUP"}),
}  # fmt: skip
_DEADLINES = {
    "rts_sla": "rts_sla_time",
    "tts_sla": "tts_sla_time",
    "shipping_due": "shipping_due_time",
    "collection_due": "collection_due_time",
    "delivery_sla": "delivery_sla_time",
    "delivery_due": "delivery_due_time",
}
# Who the buyer is stays in the sealed contact; the kept document goes without.
_BUYER_FIELDS = frozenset({
    "recipient_address", "buyer_email", "buyer_nickname", "buyer_message", "user_id", "buyer_uid", "cpf", "cpf_name",
})  # fmt: skip


def to_order_page(data: Mapping[str, Any]) -> OrderPage:
    """One page of an order search. An answer without a count could not be read: it is never a page of nothing."""
    orders = tuple(to_order(row) for row in rows(data, "orders"))
    return OrderPage(orders, text(data, "next_page_token"), int(data["total_count"]))


def to_order(row: Mapping[str, Any]) -> OrderSnapshot:
    """One order. Raises ValueError when it has no id or no time of creation; everything else has a place."""
    unknown: dict[str, str] = {}
    order_id, created_at = text(row, "id"), from_unix(row.get("create_time"))
    updated_at = from_unix(row.get("update_time")) or created_at
    if not order_id or updated_at is None:
        raise ValueError("an order without id or times")
    status = _status(row, unknown)
    payment = row.get("payment")
    money = _Amounts(payment if isinstance(payment, dict) else {}, unknown)
    address = to_address(row.get("recipient_address"))
    return OrderSnapshot(
        order_id=order_id,
        status=status,
        currency=money.currency,
        total=money.read("total_amount"),
        subtotal=money.read("sub_total"),
        shipping_fee=money.read("shipping_fee"),
        tax=money.read("tax"),
        platform_discount=money.read("platform_discount"),
        seller_discount=money.read("seller_discount"),
        created_at=created_at or updated_at,
        updated_at=updated_at,
        lines=tuple(_line(line, money) for line in rows(row, "line_items")),
        address=address,
        address_masked=address is None or is_masked(address, status),
        buyer_note=bool(row.get("buyer_message")),
        deadlines=_deadlines(row),
        **_times(row),
        **_kind(row, unknown),
        **_flags(row),
        unknown=unknown,
        raw={key: value for key, value in row.items() if key not in _BUYER_FIELDS},
    )


class _Amounts:
    """Reads the amounts of one order in its currency; what cannot be read is zero and flagged."""

    def __init__(self, payment: Mapping[str, Any], unknown: dict[str, str]) -> None:
        self._payment = payment
        self._unknown = unknown
        self.currency = text(payment, "currency")
        if self.currency not in EXPONENTS:
            unknown["currency"] = self.currency

    def read(self, key: str) -> Money:
        return self.of(self._payment.get(key), key)

    def of(self, value: Any, key: str) -> Money:
        try:
            return amount(value, self.currency)
        except UnreadableAmount:
            self._unknown[key] = str(value)[:80]
            return amount("0", self.currency)


def _status(row: Mapping[str, Any], unknown: dict[str, str]) -> str:
    word = text(row, "status")
    status = _STATUS_ALIASES.get(word, word)
    if status not in STATUSES:
        unknown["status"] = status
    return status


def _kind(row: Mapping[str, Any], unknown: dict[str, str]) -> dict[str, Any]:
    kind = {name: text(row, name) for name in _KNOWN}
    # Only the order type has a default: an order whose shipper is not named must not be bought.
    kind["order_type"] = kind["order_type"] or "NORMAL"
    unknown.update({name: word for name, word in kind.items() if word not in _KNOWN[name]})
    return kind


def _times(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "paid_at": from_unix(row.get("paid_time")),
        "rts_at": from_unix(row.get("rts_time")),
        "collected_at": from_unix(row.get("collection_time")),
        "delivered_at": from_unix(row.get("delivery_time")),
        "cancelled_at": from_unix(row.get("cancel_time")),
        "release_at": from_unix(row.get("release_date")),
        "handling_days": _handling_days(row.get("handling_duration")),
    }


def _handling_days(duration: Any) -> int | None:
    days = str(duration.get("days") or "") if isinstance(duration, dict) else ""
    return int(days) if days.isascii() and days.isdigit() and len(days) <= 3 else None


def _deadlines(row: Mapping[str, Any]) -> dict[str, datetime]:
    """The six deadlines, each under its own word; 0 and missing ones are absent and never stand in for each
    other.
    """
    found = {kind: from_unix(row.get(name)) for kind, name in _DEADLINES.items()}
    return {kind: at for kind, at in found.items() if at is not None}


def _flags(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "delivery_option_id": text(row, "delivery_option_id"),
        "delivery_option_name": text(row, "delivery_option_name"),
        "is_sample": bool(row.get("is_sample_order")),
        # An exchange order is a replacement too: nothing is earned and the supplier must be paid again.
        "is_replacement": bool(row.get("is_replacement_order") or row.get("is_exchange_order")),
        "is_cancel_requested": bool(row.get("is_buyer_request_cancel")),
        "has_updated_address": bool(row.get("has_updated_recipient_address")),
        "cancel_reason": text(row, "cancel_reason"),
        "cancelled_by": text(row, "cancellation_initiator"),
    }


def _line(line: Mapping[str, Any], money: _Amounts) -> LineSnapshot:
    taxes = [money.of(tax.get("tax_amount"), "tax_amount").amount for tax in rows(line, "item_tax")]
    return LineSnapshot(
        line_id=text(line, "id"),
        sku_id=text(line, "sku_id"),
        product_id=text(line, "product_id"),
        product_name=text(line, "product_name"),
        sku_name=text(line, "sku_name"),
        seller_sku=text(line, "seller_sku"),
        sale_price=money.of(line.get("sale_price"), "sale_price"),
        seller_discount=money.of(line.get("seller_discount"), "seller_discount"),
        platform_discount=money.of(line.get("platform_discount"), "platform_discount"),
        tax=Money(sum(taxes), money.currency),
        display_status=text(line, "display_status"),
        package_id=text(line, "package_id"),
        tracking_number=text(line, "tracking_number"),
        provider_id=text(line, "shipping_provider_id"),
    )


def to_address(found: Any) -> Address | None:
    """The recipient; state and city come from the district list (L1, L3), not from fields of their own."""
    if not isinstance(found, dict) or not found:
        return None
    districts = {text(row, "address_level"): row for row in rows(found, "district_info")}
    state, city = districts.get("L1", {}), districts.get("L3", {})
    return Address(
        name=text(found, "name"),
        phone=text(found, "phone_number"),
        line1=text(found, "address_line1") or text(found, "address_detail"),
        line2=text(found, "address_line2"),
        city=text(city, "address_name") or text(found, "post_town"),
        state=text(state, "iso_code") or text(state, "address_name"),
        postal_code=text(found, "postal_code"),
        country=text(found, "region_code"),
    )
