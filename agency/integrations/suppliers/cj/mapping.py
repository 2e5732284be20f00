"""CJ's documents and our words, both ways. Pure. CJ charges US dollars and writes numbers or texts as it
likes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from agency.domain.addresses import Address, state_name
from agency.domain.errors import RefusalReason, Refused
from agency.domain.money import Money, parse_money
from agency.domain.purchasing import Package, Payable, PurchaseRequest, SupplierEvent, SupplierOrder
from agency.integrations.suppliers.line_refs import allot, join_refs
from agency.integrations.wire import rows, text

CURRENCY = "USD"
STATUSES = {
    "CREATED": "open",
    "IN_CART": "open",
    "UNPAID": "open",
    "UNSHIPPED": "paid",
    "SHIPPED": "shipped",
    "DELIVERED": "delivered",
    "CANCELLED": "cancelled",
}
PAID = ("paid", "shipped", "delivered")
# CJ wants the country's full name beside its code.
COUNTRIES = {
    "US": "United States", "GB": "United Kingdom", "DE": "Germany", "FR": "France", "IT": "Italy", "ES": "Spain",
    "IE": "Ireland", "MX": "Mexico", "BR": "Brazil", "JP": "Japan", "CA": "Canada", "PR": "Puerto Rico",
}  # fmt: skip
_DIALLING = {
    "US": "1",
    "CA": "1",
    "PR": "1",
    "GB": "44",
    "DE": "49",
    "FR": "33",
    "IT": "39",
    "ES": "34",
    "IE": "353",
}
# CJ's dates carry no zone; its servers run on China time.
_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class LastMile:
    """The carrier and number under which a parcel travels in its destination country."""

    carrier: str
    number: str


def order_body(request: PurchaseRequest, logistic_name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """createOrderV2 with payType 3: create only, so that the price can be checked before it is paid."""
    to = request.ship_to
    if to.country not in COUNTRIES:
        raise Refused(
            RefusalReason.ADDRESS_INVALID, f"country {to.country!r} is not in our table of CJ's country names"
        )
    return {
        "orderNumber": request.reference,
        "shippingZip": to.postal_code[:20],
        "shippingCountryCode": to.country,
        "shippingCountry": COUNTRIES[to.country],
        "shippingProvince": state_name(to.state) if to.country == "US" else to.state or to.city,
        "shippingCity": to.city,
        "shippingPhone": e164(to.phone or str(settings.get("fallback_phone") or ""), to.country),
        "shippingCustomerName": to.name,
        "shippingAddress": to.line1,
        "shippingAddress2": to.line2,
        "remark": request.note[:500],
        "payType": 3,
        "logisticName": logistic_name,
        "fromCountryCode": from_country(settings),
        "platform": str(settings.get("platform") or "shopify"),
        "shopLogisticsType": 2,
        "isSandbox": 1 if settings.get("sandbox") else 0,
        "products": [
            {"vid": line.supplier_sku, "quantity": line.quantity, "storeLineItemId": join_refs(line.line_ids)}
            for line in request.lines
        ],
    }


def from_country(settings: Mapping[str, Any]) -> str:
    """The warehouse country to ship from; the shelf nearest to the buyer is the only one that keeps a 2-day
    clock.
    """
    return str(settings.get("from_country") or "US")


def freight_body(
    products: Sequence[tuple[str, int]], to: Address, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """freightCalculate for some variants to an address."""
    return {
        "startCountryCode": from_country(settings),
        "endCountryCode": to.country,
        "zip": to.postal_code[:20],
        "products": [{"vid": vid, "quantity": quantity} for vid, quantity in products],
    }


def choose_freight(offers: Sequence[Mapping[str, Any]], preferred: Sequence[str]) -> tuple[str, Money] | None:
    """The shipping method to name in the order, letter for letter: the first preferred one, else the
    cheapest.
    """
    priced = [(text(offer, "logisticName"), _freight_price(offer)) for offer in offers]
    named = [(name, price) for name, price in priced if name and price is not None]
    for wish in preferred:
        for name, price in named:
            if name == wish:
                return name, price
    return min(named, key=lambda offer: (offer[1].amount, offer[0]), default=None)


def _freight_price(offer: Mapping[str, Any]) -> Money | None:
    total = offer.get("totalPostageFee")
    return money(offer.get("logisticPrice") if total is None else total)


def money(value: Any) -> Money | None:
    """An amount in US dollars; null is None."""
    return None if value in (None, "") else parse_money(str(value), CURRENCY)


def e164(phone: str, country: str) -> str:
    """A phone number as "+<country><number>"; empty stays empty and an unknown country's number goes as it
    is.
    """
    digits = re.sub(r"[^\d]", "", phone)
    if not digits:
        return ""
    code = _DIALLING.get(country, "")
    if "+" in phone or not code:
        return f"+{digits}"
    if code == "1":
        return f"+1{digits[-10:]}"
    return f"+{code}{digits.lstrip('0')}"


def to_created(data: Any, reference: str) -> SupplierOrder:
    """The answer to a creation; a stop hidden in a 200 shows as `needs_attention`. Raises ValueError for
    nonsense.
    """
    if not isinstance(data, dict) or not text(data, "orderId") or text(data, "orderNumber") != reference:
        raise ValueError("not the created order")
    status, raw_status = _status(data)
    return SupplierOrder(
        supplier_order_id=text(data, "orderId"),
        reference=reference,
        status=status,
        total=money(data.get("orderAmount")) or money(data.get("actualPayment")),
        paid=status in PAID,
        raw_status=raw_status,
        needs_attention=_stop(data),
        receipt={"shipment_order_id": text(data, "shipmentOrderId")},
    )


def _stop(data: Mapping[str, Any]) -> str:
    reasons = [text(row, "message") or text(row, "code") for row in rows(data, "interceptOrderReasons")]
    if data.get("logisticsMiss") is True:
        reasons.append("CJ found no shipping method for the order; it cannot be paid until one is set")
    return "; ".join(reasons)[:500]


def to_order(data: Any, last_mile: LastMile | None = None, *, hide_parcel: bool = False) -> SupplierOrder:
    """An order from getOrderDetail or the list. Raises ValueError for anything without an id.

    `hide_parcel` leaves the parcel out while only CJ's own number is known, which TikTok's carriers do not
    scan.
    """
    if not isinstance(data, dict) or not text(data, "orderId"):
        raise ValueError("not an order")
    status, raw_status = _status(data)
    return SupplierOrder(
        supplier_order_id=text(data, "orderId"),
        reference=text(data, "orderNum") or text(data, "orderNumber"),
        status=status,
        total=money(data.get("orderAmount")),
        paid=status in PAID,
        raw_status=raw_status,
        packages=() if hide_parcel else _packages(data, last_mile),
        needs_attention=_stop(data),
    )


def _status(data: Mapping[str, Any]) -> tuple[str, str]:
    raw_status = text(data, "orderStatus")
    return STATUSES.get(raw_status, "unknown"), raw_status


def _packages(data: Mapping[str, Any], last_mile: LastMile | None) -> tuple[Package, ...]:
    number = last_mile.number if last_mile else text(data, "trackNumber")
    if not number:
        return ()
    pieces: dict[str, int] = {}
    for product in rows(data, "productList"):
        ref = text(product, "storeLineItemId")
        pieces[ref] = pieces.get(ref, 0) + int(product.get("quantity") or 0)
    carrier = last_mile.carrier if last_mile else text(data, "trackingProvider") or text(data, "logisticName")
    shipped_at = moment(data.get("outWarehouseTime"))
    return (Package(text(data, "orderId"), carrier, number, shipped_at, allot(pieces, [pieces])[0]),)


def is_cj_packet(data: Mapping[str, Any]) -> bool:
    """True when the parcel travels under CJ's own line, whose number no local carrier knows."""
    return (
        text(data, "trackNumber").upper().startswith("CJP")
        or "CJPACKET" in text(data, "logisticName").upper()
    )


def to_last_mile(tracks: Any) -> LastMile | None:
    """The local carrier and number of a parcel, once CJ knows them."""
    for row in tracks if isinstance(tracks, list) else []:
        if isinstance(row, dict) and text(row, "lastMileCarrier") and text(row, "lastTrackNumber"):
            return LastMile(text(row, "lastMileCarrier"), text(row, "lastTrackNumber"))
    return None


def stock_of(found: Any, country: str, *, count_factory: bool) -> int | None:
    """Pieces on the shelf in a country; factory stock counts only when asked for. None = CJ does not say."""
    if not isinstance(found, list):
        return None
    here = [row for row in found if isinstance(row, dict) and text(row, "countryCode") == country]
    names = ("totalInventoryNum",) if count_factory else ("cjInventoryNum", "storageNum")
    return sum(int(next((row[name] for name in names if row.get(name) is not None), 0)) for row in here)


def to_payable(shipment_order_id: str, data: Mapping[str, Any]) -> Payable:
    """What CJ will charge for a parent order. Raises ValueError without a price or a payment id."""
    information = data.get("paymentInformation")
    shown = information.get("actualPayment") if isinstance(information, dict) else None
    total, pay_id = money(data.get("orderMoney") if shown is None else shown), text(data, "payId")
    if total is None or not pay_id:
        raise ValueError("a parent order without price or payment id")
    return Payable(total, {"shipmentOrderId": shipment_order_id, "payId": pay_id})


def moment(value: Any) -> datetime | None:
    """CJ's "YYYY-MM-DD hh:mm:ss" as an aware moment."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=_CHINA)


def to_event(document: Mapping[str, Any], fallback_id: str) -> SupplierEvent:
    """Which order a bell is about; ORDER, LOGISTIC and ORDERSPLIT name it differently, other topics not at
    all.
    """
    params = document.get("params")
    params = params if isinstance(params, dict) else {}
    names = params.get("storeOrderNumbers")
    listed = str(names[0]) if isinstance(names, list) and names else ""
    ids = (text(params, name) for name in ("cjOrderId", "orderId", "originalOrderId"))
    return SupplierEvent(
        event_id=text(document, "messageId") or fallback_id,
        reference=text(params, "orderNumber") or listed,
        supplier_order_id=next((found for found in ids if found), ""),
    )
