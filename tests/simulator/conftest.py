"""A small played world and a client that signs its calls by an algorithm written apart from the simulator's."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from agency.simulator.app import SimulatorApp, create_app

KEY, SECRET = "fake-app-key", "fake-app-secret"
MUG = {
    "product_id": "1001",
    "product_name": "Mug",
    "sku_id": "2001",
    "sku_name": "Blue",
    "seller_sku": "MUG-BLUE",
}
RUG = {
    "product_id": "1002",
    "product_name": "Rug",
    "sku_id": "2002",
    "sku_name": "Grey",
    "seller_sku": "RUG-GREY",
}
SETUP: dict[str, Any] = {
    "redirect_url": "http://app.example.test/callback",
    "seed": 7,
    "sellers": [
        {
            "seller_id": "s1",
            "name": "Seller One",
            "region": "US",
            "shops": [
                {
                    "shop_id": "7494000000000000001",
                    "region": "US",
                    "currency": "USD",
                    "products": [{**MUG, "price": "19.99"}, {**RUG, "price": "42.50"}],
                },
                {
                    "shop_id": "7494000000000000002",
                    "region": "US",
                    "currency": "USD",
                    "products": [{**MUG, "price": "9.99"}],
                },
            ],
        },
        {
            "seller_id": "s2",
            "region": "GB",
            "shops": [
                {
                    "shop_id": "7494000000000000003",
                    "region": "GB",
                    "currency": "GBP",
                    "products": [{**MUG, "price": "12.00"}],
                }
            ],
        },
    ],
    "rest_accounts": [
        {
            "key": "fake-rest-key-a",
            "currency": "USD",
            "idempotency": "key",
            "items": [
                {
                    "sku": "MUG",
                    "title": "Mug",
                    "unit_price": "4.20",
                    "shipping_price": "4.71",
                    "available": 50,
                },
                {
                    "sku": "RUG",
                    "title": "Rug",
                    "unit_price": "11.00",
                    "shipping_price": "6.00",
                    "available": 2,
                },
            ],
        },
        {
            "key": "fake-rest-key-b",
            "currency": "USD",
            "idempotency": "reference_only",
            "items": [{"sku": "MUG", "unit_price": "4.20", "shipping_price": "0", "available": 50}],
        },
        {
            "key": "fake-rest-key-c",
            "currency": "USD",
            "idempotency": "none",
            "items": [{"sku": "MUG", "unit_price": "4.20", "shipping_price": "0", "available": 50}],
        },
    ],
    "cj_accounts": [
        {
            "api_key": "fake-cj-key",
            "open_id": 700012345,
            "balance": "100.00",
            "items": [{"vid": "V-1", "title": "Mug", "price": "4.20", "available": 9, "freight": "4.00"}],
        }
    ],
}
SHOP = "7494000000000000001"
SHOP_GB = "7494000000000000003"
UPS, ROYAL_MAIL = "7117859084333745966", "7390000000000000101"
HOUR, DAY = 3600, 86_400


def sign(path: str, query: dict[str, str], body: str) -> str:
    joined = "".join(name + query[name] for name in sorted(query) if name not in ("sign", "access_token"))
    text = SECRET + path + joined + body + SECRET
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


class Stage:
    """The simulator without a network: direct calls, and control of its time."""

    def __init__(self, app: SimulatorApp) -> None:
        self.app = app
        self.http = app.test_client()
        self.ciphers: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def sim(self, path: str, **body: Any) -> Any:
        answer = self.http.post("/_sim" + path, json=body)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def books(self) -> Any:
        return self.http.get("/_sim/books").get_json()

    def advance(self, seconds: float) -> None:
        self.sim("/clock", advance_seconds=seconds)
        self.sim("/tick")

    def authorise(self, seller: str) -> str:
        back = self.http.get(f"/open/authorize?service_id=1&state=x&seller={seller}").headers["Location"]
        code = back.split("code=")[1].split("&")[0]
        query = {"app_key": KEY, "app_secret": SECRET, "auth_code": code, "grant_type": "authorized_code"}
        found = self.http.get("/api/v2/token/get", query_string=query).get_json()
        assert found["code"] == 0
        self.tokens[seller] = found["data"]["access_token"]
        return self.tokens[seller]

    def call(self, method: str, path: str, *, shop: str = SHOP, body: Any = None, **query: str) -> Any:
        """A signed call; returns the parsed answer with its HTTP status under "http"."""
        answer = self.raw(method, path, shop=shop, body=body, query=query)
        return {**answer.get_json(), "http": answer.status_code}

    def raw(self, method: str, path: str, *, shop: str, body: Any, query: dict[str, str]) -> Any:
        seller = "s2" if shop == SHOP_GB else "s1"
        parts = {"app_key": KEY, "timestamp": str(int(time.time())), **query}
        if shop:
            parts.setdefault("shop_cipher", self.ciphers[shop])
        text = "" if body is None else json.dumps(body)
        parts["sign"] = parts.get("sign") or sign(path, parts, text)
        headers = {"x-tts-access-token": self.tokens[seller], "content-type": "application/json"}
        return self.http.open(f"{path}?{urlencode(parts)}", method=method, data=text, headers=headers)

    def order(self, order_id: str, shop: str = SHOP) -> Any:
        return self.call("GET", "/order/202507/orders", shop=shop, ids=order_id)["data"]["orders"][0]

    def place(self, *, shop: str = SHOP, lines: Any = None, **more: Any) -> Any:
        return self.sim(
            "/orders/one", shop_id=shop, lines=lines or [{"sku_id": "2001", "quantity": 2}], **more
        )

    def rest(self, method: str, path: str, *, account: str = "a", body: Any = None, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer fake-rest-key-{account}"}
        if key:
            headers["Idempotency-Key"] = key
        return self.http.open("/suppliers/rest" + path, method=method, json=body, headers=headers)

    def buy(self, placed: Any, reference: str = "TS-1", quantity: int = 2) -> Any:
        """Buy an order's mugs from the REST supplier."""
        answer = self.rest("POST", "/orders", body=purchase(placed, reference, quantity), key=reference)
        assert answer.status_code == 201, answer.get_json()
        return answer.get_json()

    def shipped_purchase(self, placed: Any, reference: str = "TS-1") -> Any:
        """Buy, and let the supplier ship."""
        bought = self.buy(placed, reference)
        self.advance(21 * HOUR)
        return self.rest("GET", f"/orders/{bought['id']}").get_json()


def purchase(placed: Any, reference: str = "TS-1", quantity: int = 2, **more: Any) -> dict[str, Any]:
    address = {"name": "Dana Sample", "address1": "1 Alder Ln", "city": "Tacoma", "postal_code": "98402"}
    return {
        "reference": reference,
        "currency": "USD",
        "max_total": "50.00",
        "ship_to": {**address, "state": "WA", "country": "US"},
        "lines": [{"line_ref": placed["line_ids"][0], "sku": "MUG", "quantity": quantity}],
        **more,
    }


@pytest.fixture
def state(tmp_path: Path) -> str:
    return str(tmp_path / "world.sqlite")


@pytest.fixture
def stage(state: str) -> Iterator[Stage]:
    app = create_app(state, KEY, SECRET)
    made = Stage(app)
    made.ciphers = made.sim("/setup", **SETUP)["shops"]
    made.authorise("s1")
    made.authorise("s2")
    yield made
    app.world.book.close()
