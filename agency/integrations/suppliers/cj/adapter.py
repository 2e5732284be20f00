"""The supplier port for CJ Dropshipping: create, fix the price, pay, look up, cancel.

Settings: `from_country` ("US"), `preferred_logistics` (names), `platform` ("shopify"), `fallback_phone`,
`sandbox`, `count_factory_stock`, `accept_cj_packet`, `quarantine_s` (900). Credentials: `api_key`, or
`access_token` + `open_id`. Source: developers.cjdropshipping.com API 2.0 as of 2026-11-22.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from agency.domain.addresses import Address
from agency.domain.effects import VendorMemory, read_quarantine
from agency.domain.errors import Invalid, RefusalReason, Refused, Unavailable
from agency.domain.money import Money
from agency.domain.purchasing import Payable, PurchaseRequest, Quote, SupplierEvent, SupplierOrder
from agency.integrations.http import readable
from agency.integrations.one_shot import PreparedWrite
from agency.integrations.suppliers.cj import mapping
from agency.integrations.suppliers.cj.client import CjClient
from agency.integrations.suppliers.cj.codes import NOT_FOUND_HERE
from agency.integrations.suppliers.port import SupplierConnection
from agency.integrations.wire import parse_json, rows, text

_ORDER = "/shopping/order"
_PAGE = 100
_MAX_PAGES = 100


class CjSupplier:
    """One CJ account."""

    pays_separately = True

    def __init__(self, connection: SupplierConnection) -> None:
        self._settings = connection.settings
        self._credentials = connection.credentials
        self._client = CjClient(connection)

    @property
    def memory(self) -> VendorMemory:
        """CJ takes a repeated order number (seen live 2026-08-23), but finds orders by it."""
        quarantine = read_quarantine(self._settings)
        return VendorMemory(dedupes_by_key=False, finds_by_reference=True, quarantine=quarantine)

    def session_credentials(self) -> dict[str, str]:
        """The present login, to be kept sealed beside the API key: CJ allows one login per 5 minutes."""
        return self._client.session()

    def quote(self, supplier_skus: Sequence[str], ship_to: Address | None) -> dict[str, Quote]:
        """Price, shelf stock in the warehouse country, and freight for one piece; unknown variants are
        absent.
        """
        found: dict[str, Quote] = {}
        for vid in dict.fromkeys(supplier_skus):
            try:
                found[vid] = self._quote(vid, ship_to)
            except Refused as refused:
                if refused.reason != RefusalReason.SKU_GONE:
                    raise
        return found

    def _quote(self, vid: str, ship_to: Address | None) -> Quote:
        variant = self._client.read("/product/variant/queryByVid", {"vid": vid})
        stock = self._client.read("/product/stock/queryByVid", {"vid": vid})
        shipping = self._freight([(vid, 1)], ship_to)[1] if ship_to else None
        with readable("cj queryByVid"):
            unit_cost = mapping.money(variant.get("variantSellPrice"))
            if unit_cost is None:
                raise ValueError("a variant without a price")
            return Quote(
                supplier_sku=vid,
                unit_cost=unit_cost,
                available=mapping.stock_of(
                    stock,
                    mapping.from_country(self._settings),
                    count_factory=bool(self._settings.get("count_factory_stock")),
                ),
                shipping=shipping,
                title=text(variant, "variantNameEn"),
            )

    def _freight(self, products: Sequence[tuple[str, int]], ship_to: Address) -> tuple[str, Money]:
        """The shipping method and its price; raises Refused(NO_SHIPPING) when CJ offers none."""
        body = mapping.freight_body(products, ship_to, self._settings)
        offers = self._client.step("/logistic/freightCalculate", body)
        with readable("cj freightCalculate"):
            preferred = [str(name) for name in self._settings.get("preferred_logistics") or ()]
            chosen = mapping.choose_freight([row for row in offers or [] if isinstance(row, dict)], preferred)
        if chosen is None:
            raise Refused(
                RefusalReason.NO_SHIPPING, "CJ offers no shipping method for this address and these items"
            )
        return chosen

    def prepare_place(self, request: PurchaseRequest) -> PreparedWrite[SupplierOrder]:
        """The unpaid order. Chooses the shipping method first, so it may raise Refused before anything is
        sent.
        """
        products = [(line.supplier_sku, line.quantity) for line in request.lines]
        body = mapping.order_body(request, self._freight(products, request.ship_to)[0], self._settings)
        path = f"{_ORDER}/createOrderV2"
        return self._client.prepare(
            "POST", path, body, request.reference, lambda data: mapping.to_created(data, request.reference)
        )

    def find(self, reference: str) -> SupplierOrder | None:
        """The order with our number. CJ may hold several, so the detail is compared with the newest of each
        list.
        """
        detail = self._detail(reference)
        orders = {order.supplier_order_id: order for order in self._newest() if order.reference == reference}
        if detail is not None and detail.reference == reference:
            orders[detail.supplier_order_id] = detail
        live = [order for order in orders.values() if order.status != "cancelled"]
        if not live:
            return next(iter(orders.values()), None)
        # A paid one is the purchase; its unpaid twin costs nothing and can be deleted.
        first = max(live, key=lambda order: (order.paid, order.supplier_order_id))
        if len(live) == 1:
            return first
        return replace(first, needs_attention=f"{len(live)} CJ orders carry the number {reference}")

    def payable(self, supplier_order_id: str) -> Payable:
        """Cart, confirmation and parent order; repeating it only gives a new payment id.

        Raises Refused(ALREADY_DONE) for a paid order and Refused(NEEDS_ATTENTION) for one that CJ holds back.
        """
        ids = {"cjOrderIdList": [supplier_order_id]}
        try:
            self._unstopped(self._client.step(f"{_ORDER}/addCart", ids))
            confirmed = self._unstopped(self._client.step(f"{_ORDER}/addCartConfirm", ids))
            shipment = text(confirmed, "shipmentsId")
            if not shipment:
                raise Refused(RefusalReason.NEEDS_ATTENTION, "CJ confirmed the cart without a shipment order")
            body = {"shipmentOrderId": shipment}
            parent = self._unstopped(self._client.step(f"{_ORDER}/saveGenerateParentOrder", body))
        except Refused as refused:
            raise self._or_paid(supplier_order_id, refused) from None
        with readable("cj saveGenerateParentOrder"):
            return mapping.to_payable(shipment, parent)

    def _unstopped(self, data: Any) -> dict[str, Any]:
        """The step's data; raises Refused when CJ answers 200 but names the order as stopped."""
        if not isinstance(data, dict):
            raise Unavailable("cj cart: the answer could not be read")
        stopped = any(
            data.get(name) for name in ("interceptOrders", "unMatchOrderCodes", "unMatchProductCodes")
        )
        if stopped or data.get("submitSuccess") is False:
            raise Refused(
                RefusalReason.NEEDS_ATTENTION, "CJ holds the order back; look at it in CJ's order list"
            )
        return data

    def _or_paid(self, supplier_order_id: str, refused: Refused) -> Refused:
        order = self._detail(supplier_order_id)
        if order is not None and order.paid:
            return Refused(RefusalReason.ALREADY_DONE, "CJ shows the order as paid", refused.code)
        return refused

    def prepare_pay(
        self, supplier_order_id: str, payable: Payable, reference: str
    ) -> PreparedWrite[SupplierOrder]:
        """The payment of exactly this parent order from the account's balance."""

        def read(data: Any) -> SupplierOrder:
            if data is False:
                raise ValueError("neither yes nor no")
            return SupplierOrder(supplier_order_id, reference, "paid", payable.total, paid=True)

        return self._client.prepare(
            "POST", "/shopping/pay/payBalanceV2", dict(payable.handle), reference, read
        )

    def statuses(self, supplier_order_ids: Sequence[str]) -> dict[str, SupplierOrder]:
        """The present state of each order, with the local carrier's number in place of CJ's own."""
        found = {order_id: self._detail(order_id) for order_id in supplier_order_ids}
        return {order_id: order for order_id, order in found.items() if order is not None}

    def prepare_cancel(self, supplier_order_id: str, reference: str) -> PreparedWrite[SupplierOrder]:
        """Deletes an unpaid order; raises Refused(TOO_LATE) for a paid one, which only a dispute on CJ's site
        undoes.
        """
        order = self._detail(supplier_order_id)
        if order is None:
            raise Refused(RefusalReason.ORDER_GONE, "CJ does not know this order")
        if order.paid:
            raise Refused(
                RefusalReason.TOO_LATE, "CJ takes a paid order back by dispute only; open one on its site"
            )
        path = f"{_ORDER}/deleteOrder?orderId={supplier_order_id}"

        def read(_data: Any) -> SupplierOrder:
            return replace(order, status="cancelled", raw_status="", packages=())

        return self._client.prepare("DELETE", path, None, f"{reference}-cancel", read)

    def list_recent(self, since: datetime) -> list[SupplierOrder]:
        """Every order created since a moment, over all states. CJ lists the newest first."""
        return [order for status in mapping.STATUSES for order in self._listed(status, since)]

    def _newest(self) -> list[SupplierOrder]:
        return [order for status in mapping.STATUSES for order in self._page(status, 1)[0]]

    def _listed(self, status: str, since: datetime) -> list[SupplierOrder]:
        found: list[SupplierOrder] = []
        for number in range(1, _MAX_PAGES + 1):
            orders, dates = self._page(status, number)
            found += [order for order, at in zip(orders, dates, strict=True) if at is None or at >= since]
            if len(orders) < _PAGE or any(at is not None and at < since for at in dates):
                return found
        raise Unavailable("cj list: the pages do not end")

    def _page(self, status: str, number: int) -> tuple[list[SupplierOrder], list[datetime | None]]:
        query = {"pageNum": str(number), "pageSize": str(_PAGE), "status": status}
        data = self._client.read(f"{_ORDER}/list", query)
        if not isinstance(data, dict) or not isinstance(data.get("list"), list):
            raise Unavailable("cj list: the answer holds no list")
        with readable("cj list"):
            found = rows(data, "list")
            return [mapping.to_order(row) for row in found], [
                mapping.moment(row.get("createDate")) for row in found
            ]

    def _detail(self, key: str) -> SupplierOrder | None:
        """By CJ's id or our number; None only for CJ's own "not found"."""
        try:
            data = self._client.read(f"{_ORDER}/getOrderDetail", {"orderId": key})
        except Refused as refused:
            if refused.code in NOT_FOUND_HERE:
                return None
            raise
        with readable("cj getOrderDetail"):
            last_mile, hide = self._last_mile(data)
            return mapping.to_order(data, last_mile, hide_parcel=hide)

    def _last_mile(self, data: Mapping[str, Any]) -> tuple[mapping.LastMile | None, bool]:
        """The local carrier's number, and whether the parcel must be kept back until there is one."""
        number = text(data, "trackNumber")
        if not number or not mapping.is_cj_packet(data):
            return None, False
        last_mile = mapping.to_last_mile(self._client.read("/logistic/trackInfo", {"trackNumber": number}))
        return last_mile, last_mile is None and not self._settings.get("accept_cj_packet")

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """True when `sign` is Base64(HMAC-SHA256(openId, raw)); CJ signs no time, so replays are told by
        event id.
        """
        given = next((value for name, value in headers.items() if name.lower() == "sign"), "")
        open_id = self._credentials.get("open_id") or self._client.token().open_id
        if not open_id or not given:
            return False
        expected = base64.b64encode(hmac.new(open_id.encode(), raw, hashlib.sha256).digest())
        return hmac.compare_digest(expected, given.strip().encode("utf-8", "replace"))

    def parse_webhook(self, raw: bytes) -> SupplierEvent:
        """Which order the bell is about; raises Invalid for a body that cannot be read."""
        try:
            document = parse_json(raw)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Invalid("body", "The body must be one JSON object as CJ sends it.")
        return mapping.to_event(document, hashlib.sha256(raw).hexdigest())
