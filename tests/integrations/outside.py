"""Starts the simulator with one US shop, one GB shop, a REST account of each kind and a CJ account."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from agency.domain.addresses import Address
from agency.integrations.http import shared_reads
from agency.integrations.suppliers.port import SupplierConnection, SupplierPort
from agency.integrations.suppliers.registry import open_supplier
from agency.integrations.tiktok.adapter import TikTokAdapter
from agency.integrations.tiktok.auth import TikTokAuth
from agency.simulator.server import RunningSimulator, start
from tests.integrations.local import HERE, LOCAL

APP_KEY, APP_SECRET = "fake-key", "fake-app-secret-9f"
US_SHOP, GB_SHOP = "7494000000000000001", "7494000000000000002"
US_OPTION = "7091146663229600001"
UPS = "7117859084333745966"
REST_KEYS = {"key": "fake-rest-key-a", "reference_only": "fake-rest-key-b", "none": "fake-rest-key-c"}
CJ_KEY, CJ_OPEN_ID = "CJ0000001@api@fake", "700012345"
WEBHOOK_SECRET = "fake-webhook-secret"
BUYER = Address(
    name="Dana Example",
    phone="(+1)2535550147",
    line1="4127 Alder Ln",
    line2="Apt 6",
    city="Tacoma",
    state="WA",
    postal_code="98402",
    country="US",
)
TIMEOUT = 2.0


@dataclass
class Outside:
    """The running world and what is needed to speak with it."""

    running: RunningSimulator
    auth: TikTokAuth
    token: str
    refresh_token: str
    ciphers: dict[str, str]

    def stop(self) -> None:
        self.running.stop()

    def tell(self, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = httpx.post(f"{self.running.url}/_sim/{what}", json=body or {}, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def books(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.running.url}/_sim/books", timeout=10).json())

    def shop(self, shop_id: str = US_SHOP, token: str = "") -> TikTokAdapter:
        return TikTokAdapter(
            self.running.url,
            APP_KEY,
            APP_SECRET,
            token or self.token,
            self.ciphers[shop_id],
            TIMEOUT,
            shared_reads(TIMEOUT, LOCAL),
        )

    def order(
        self, status: str = "AWAITING_SHIPMENT", quantity: int = 1, **more: Any
    ) -> tuple[str, list[str]]:
        lines = [{"sku_id": "2729000000000000001", "quantity": quantity}]
        made = self.tell("orders/one", {"shop_id": US_SHOP, "lines": lines, "status": status, **more})
        return str(made["order_id"]), [str(line) for line in made["line_ids"]]

    def number_for(self, order_id: str, line_ids: list[str]) -> str:
        wish = {"order_id": order_id, "line_ids": line_ids, "carrier": "ups"}
        return str(self.tell("parcels", wish)["tracking_number"])

    def rest(self, idempotency: str = "key", **settings: Any) -> SupplierPort:
        credentials = {"api_key": REST_KEYS[idempotency], "webhook_secret": WEBHOOK_SECRET}
        more = {"idempotency": idempotency, **settings}
        url = f"{self.running.url}/suppliers/rest"
        return open_supplier(SupplierConnection("rest", url, "USD", more, credentials, TIMEOUT, HERE))

    def cj(self, **settings: Any) -> SupplierPort:
        url = f"{self.running.url}/suppliers/cj/api2.0/v1"
        credentials = {"api_key": CJ_KEY, "open_id": CJ_OPEN_ID}
        return open_supplier(SupplierConnection("cj", url, "USD", settings, credentials, TIMEOUT, HERE))


def start_outside(state: str) -> Outside:
    """Peoples a fresh world and walks through the authorisation once, as a seller and our door would."""
    running = start(state, app_key=APP_KEY, app_secret=APP_SECRET)
    httpx.post(f"{running.url}/_sim/setup", json=_setup(), timeout=10).raise_for_status()
    auth = TikTokAuth(
        running.url, running.url, APP_KEY, APP_SECRET, TIMEOUT, client=shared_reads(TIMEOUT, LOCAL)
    )
    consent = httpx.get(auth.authorize_url("fake-service", "state-1"), follow_redirects=False, timeout=10)
    code = parse_qs(urlsplit(consent.headers["location"]).query)["code"][0]
    pair = auth.exchange(code)
    ciphers = {shop.shop_id: shop.cipher for shop in auth.shops(pair.access_token)}
    return Outside(running, auth, pair.access_token, pair.refresh_token, ciphers)


_PRODUCT = {
    "product_id": "1729000000000000001",
    "product_name": "Travel mug",
    "sku_id": "2729000000000000001",
    "sku_name": "Black",
    "seller_sku": "MUG-BLK",
    "price": "19.99",
}
_REST_ITEM = {
    "sku": "MUG-BLK",
    "title": "Mug",
    "unit_price": "4.20",
    "shipping_price": "4.71",
    "available": 900,
}
_CJ_ITEM = {"vid": "V-1001-BLK", "title": "Mug", "price": "4.20", "available": 500, "freight": "4.71"}


def _setup() -> dict[str, Any]:
    regions = {US_SHOP: ("US", "USD"), GB_SHOP: ("GB", "GBP")}
    shops = [
        {
            "shop_id": shop_id,
            "name": f"Fake {region} shop",
            "region": region,
            "currency": currency,
            "products": [_PRODUCT],
        }
        for shop_id, (region, currency) in regions.items()
    ]
    accounts = [
        {"key": key, "currency": "USD", "idempotency": kind, "items": [_REST_ITEM]}
        for kind, key in REST_KEYS.items()
    ]
    return {
        "redirect_url": "http://127.0.0.1:9/connect/callback",
        "seed": 7,
        "settle_days": 7,
        "faults": "none",
        "sellers": [{"seller_id": "fake-seller", "name": "Fake seller", "region": "US", "shops": shops}],
        "rest_accounts": accounts,
        "cj_accounts": [{"api_key": CJ_KEY, "open_id": CJ_OPEN_ID, "balance": "500.00", "items": [_CJ_ITEM]}],
    }


def now() -> float:
    """The moment that a worker takes directly before its commit of SENDING."""
    return time.monotonic()
