"""Our REST contract's documents and our words, both ways. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agency.domain.addresses import Address
from agency.domain.money import Money, parse_money, plain_amount
from agency.domain.purchasing import Package, PurchaseRequest, Quote, SupplierEvent, SupplierOrder
from agency.integrations.suppliers.line_refs import allot, join_refs
from agency.integrations.wire import rows, text

# The contract invoices an order when it accepts it, so an accepted order counts as paid.
STATUSES = {
    "accepted": "paid",
    "processing": "paid",
    "partially_shipped": "shipped",
    "shipped": "shipped",
    "delivered": "delivered",
    "cancelled": "cancelled",
}
_UNKNOWN = "unknown"
_NOT_PAID = ("cancelled", "open", _UNKNOWN)


def order_body(request: PurchaseRequest, currency: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The order as sent; the same request always gives the same body, which the idempotency key relies on."""
    body: dict[str, Any] = {
        "reference": request.reference,
        "currency": currency,
        "max_total": plain_amount(request.max_total),
        "ship_to": _ship_to(request.ship_to),
        "lines": [
            {
                "line_ref": join_refs(line.line_ids),
                "sku": line.supplier_sku,
                "quantity": line.quantity,
                "expected_unit_price": plain_amount(line.unit_cost),
            }
            for line in request.lines
        ],
        "shipping_service": str(settings.get("shipping_service") or "standard"),
        "packing_slip": {"blind": True, "brand": str(settings.get("brand") or "")},
    }
    if request.note:
        body["note"] = request.note
    return body


def _ship_to(address: Address) -> dict[str, str]:
    return {
        "name": address.name,
        "address1": address.line1,
        "address2": address.line2,
        "city": address.city,
        "state": address.state,
        "postal_code": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }


def to_order(document: Any, currency: str, status_map: Mapping[str, str]) -> SupplierOrder:
    """An order as the supplier tells it. Raises ValueError for anything but an order with an id."""
    if not isinstance(document, dict) or not text(document, "id") or document.get("error"):
        raise ValueError("not an order")
    raw_status = text(document, "status")
    status = status_map.get(raw_status, _UNKNOWN)
    return SupplierOrder(
        supplier_order_id=text(document, "id"),
        reference=text(document, "reference"),
        status=status,
        total=_money(document, "total", currency),
        paid=status not in _NOT_PAID,
        raw_status=raw_status,
        packages=_packages(document),
        needs_attention=text(document, "needs_attention"),
    )


def _money(document: Mapping[str, Any], key: str, currency: str) -> Money | None:
    value = document.get(key)
    return None if value in (None, "") else parse_money(str(value), text(document, "currency") or currency)


def _packages(document: Mapping[str, Any]) -> tuple[Package, ...]:
    found = rows(document, "packages")
    shares = allot(_pieces(rows(document, "lines")), [_pieces(rows(row, "lines")) for row in found])
    return tuple(
        Package(
            package_id=text(row, "package_id"),
            carrier=text(row, "carrier"),
            tracking_number=text(row, "tracking_number"),
            shipped_at=_moment(row.get("shipped_at")),
            line_refs=share,
            postal_code=text(row, "postal_code"),
        )
        for row, share in zip(found, shares, strict=True)
    )


def _pieces(lines: list[dict[str, Any]]) -> dict[str, int]:
    pieces: dict[str, int] = {}
    for line in lines:
        ref = text(line, "line_ref")
        pieces[ref] = pieces.get(ref, 0) + int(line.get("quantity") or 0)
    return pieces


def _moment(value: Any) -> datetime | None:
    """An ISO moment; one without a zone says nothing certain and is left out."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def to_quote(document: Any, sku: str, currency: str) -> Quote:
    """Stock and price of one item. Raises ValueError without a price."""
    unit_cost = _money(document, "unit_price", currency) if isinstance(document, dict) else None
    if unit_cost is None:
        raise ValueError("an item without a price")
    available = document.get("available")
    return Quote(
        supplier_sku=sku,
        unit_cost=unit_cost,
        available=None if available is None else int(available),
        shipping=_money(document, "shipping_price", currency),
        title=text(document, "title"),
    )


def to_event(document: Mapping[str, Any], fallback_id: str) -> SupplierEvent:
    """Which order a bell is about."""
    return SupplierEvent(
        event_id=text(document, "event_id") or fallback_id,
        reference=text(document, "reference"),
        supplier_order_id=text(document, "id"),
    )
