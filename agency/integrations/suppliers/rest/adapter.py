"""The supplier port for our own REST contract.

Settings: `idempotency` "key" (default) | "reference_only" | "none", `quarantine_s` (900), `paths`,
`status_map`, `shipping_service`, `brand`, `webhook_window_s`. Credentials: `api_key`, `webhook_secret`.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from agency.domain.addresses import Address
from agency.domain.effects import VendorMemory, read_quarantine
from agency.domain.errors import Invalid, RefusalReason, Refused, Unavailable
from agency.domain.purchasing import Payable, PurchaseRequest, Quote, SupplierEvent, SupplierOrder
from agency.integrations.http import readable
from agency.integrations.one_shot import PreparedWrite
from agency.integrations.suppliers.port import SupplierConnection
from agency.integrations.suppliers.rest import mapping
from agency.integrations.suppliers.rest.client import RestClient
from agency.integrations.wire import parse_json, rows, text

_MEMORIES = {"key": (True, True), "reference_only": (False, True), "none": (False, False)}
# A bell may wait in the inbox through an outage before it is verified, and it only makes us read; so a day is
# enough.
_WEBHOOK_WINDOW = 86_400


class RestSupplier:
    """One account at a supplier that speaks our contract."""

    pays_separately = False

    def __init__(self, connection: SupplierConnection) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = RestClient(connection)
        self._statuses = {**mapping.STATUSES, **dict(self._settings.get("status_map") or {})}

    @property
    def memory(self) -> VendorMemory:
        """What this supplier remembers, by its `idempotency` setting."""
        dedupes, finds = _MEMORIES[str(self._settings.get("idempotency") or "key")]
        quarantine = read_quarantine(self._settings)
        return VendorMemory(dedupes_by_key=dedupes, finds_by_reference=finds, quarantine=quarantine)

    def session_credentials(self) -> dict[str, str]:
        """Nothing: the key is all there is."""
        return {}

    def quote(self, supplier_skus: Sequence[str], ship_to: Address | None) -> dict[str, Quote]:
        """Stock and price of each item; one that the supplier does not know is absent."""
        quotes: dict[str, Quote] = {}
        for sku in dict.fromkeys(supplier_skus):
            try:
                document = self._client.read("item", {"sku": sku})
            except Refused as refused:
                if refused.reason != RefusalReason.SKU_GONE:
                    raise
                continue
            with readable("rest supplier item"):
                quotes[sku] = mapping.to_quote(document, sku, self._connection.currency)
        return quotes

    def prepare_place(self, request: PurchaseRequest) -> PreparedWrite[SupplierOrder]:
        """The order under our reference, which is the idempotency key too."""
        body = mapping.order_body(request, self._connection.currency, self._settings)

        def read(document: Any) -> SupplierOrder:
            order = self._order(document)
            if order.reference != request.reference:
                raise ValueError("the answer is about another order")
            return order

        return self._client.prepare("orders", {}, body, request.reference, read)

    def find(self, reference: str) -> SupplierOrder | None:
        """The order with our reference; None only for a well-formed empty answer."""
        found = [order for order in self._list({"reference": reference}) if order.reference == reference]
        if not found:
            return None
        live = [order for order in found if order.status != "cancelled"]
        first = (live or found)[0]
        return (
            first if len(live) < 2 else _marked(first, f"{len(live)} orders carry the reference {reference}")
        )

    def payable(self, supplier_order_id: str) -> Payable:
        """Never asked: this contract invoices with the order. Raises Refused."""
        raise Refused(
            RefusalReason.WRONG_KIND, "this supplier invoices with the order; there is nothing to pay apart"
        )

    def prepare_pay(
        self, supplier_order_id: str, payable: Payable, reference: str
    ) -> PreparedWrite[SupplierOrder]:
        """Never asked: see `payable`. Raises Refused."""
        raise Refused(
            RefusalReason.WRONG_KIND, "this supplier invoices with the order; there is nothing to pay apart"
        )

    def statuses(self, supplier_order_ids: Sequence[str]) -> dict[str, SupplierOrder]:
        """The present state of these orders; one that the supplier does not know is absent."""
        found: dict[str, SupplierOrder] = {}
        for order_id in supplier_order_ids:
            try:
                document = self._client.read("order", {"id": order_id})
            except Refused as refused:
                if refused.reason != RefusalReason.ORDER_GONE:
                    raise
                continue
            with readable("rest supplier order"):
                found[order_id] = self._order(document)
        return found

    def prepare_cancel(self, supplier_order_id: str, reference: str) -> PreparedWrite[SupplierOrder]:
        """The cancellation; sending raises Refused(TOO_LATE) when the goods are on their way."""
        return self._client.prepare(
            "cancel", {"id": supplier_order_id}, {"reference": reference}, f"{reference}-cancel", self._order
        )

    def list_recent(self, since: datetime) -> list[SupplierOrder]:
        """Every order of this account created since a moment."""
        return self._list({"created_since": since.isoformat()})

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """True when `X-Supplier-Signature` is the hex HMAC-SHA256 of "<timestamp>.<raw>" with a recent
        timestamp.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        stamp, given = lower.get("x-supplier-timestamp", ""), lower.get("x-supplier-signature", "")
        secret = self._connection.credentials.get("webhook_secret", "")
        if not secret or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            return False
        window = float(self._settings.get("webhook_window_s", _WEBHOOK_WINDOW))
        expected = hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(expected.encode(), given.strip().lower().encode("utf-8", "replace"))
        return genuine and abs(time.time() - int(stamp)) <= window

    def parse_webhook(self, raw: bytes) -> SupplierEvent:
        """Which order the bell is about; raises Invalid for a body that cannot be read."""
        try:
            document = parse_json(raw)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Invalid("body", "The body must be one JSON object with event_id, id and reference.")
        return mapping.to_event(document, hashlib.sha256(raw).hexdigest())

    def _list(self, query: Mapping[str, str]) -> list[SupplierOrder]:
        """All pages of a list. An answer that is no list is "could not read", never "nothing there"."""
        found: list[SupplierOrder] = []
        page = dict(query)
        for _ in range(200):
            document = self._client.read("orders", {}, page)
            if not isinstance(document, dict) or not isinstance(document.get("orders"), list):
                raise Unavailable("rest supplier orders: the answer holds no list of orders")
            with readable("rest supplier orders"):
                found += [self._order(row) for row in rows(document, "orders")]
            cursor = text(document, "next_cursor")
            if not cursor:
                return found
            page["cursor"] = cursor
        raise Unavailable("rest supplier orders: the pages do not end")

    def _order(self, document: Any) -> SupplierOrder:
        return mapping.to_order(document, self._connection.currency, self._statuses)


def _marked(order: SupplierOrder, why: str) -> SupplierOrder:
    return replace(order, needs_attention=why)
