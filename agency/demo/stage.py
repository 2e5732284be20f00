"""The simulator's stage hand: sets up sellers, accounts and webhooks, orders goods, and reads the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from agency.demo.world import CLIENTS, PracticeClient, bought_from, sellers


class Stage:
    """A simulator, reached by its URL only."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        # Its orders are given once: a kept connection might be hung up in the moment in which it is used again.
        fresh = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=url, timeout=timeout, limits=fresh, follow_redirects=False)

    def close(self) -> None:
        """Hangs up."""
        self._http.close()

    def is_up(self) -> bool:
        """True once the simulator answers."""
        try:
            return self._http.get("/_sim/health").status_code == 200
        except httpx.HTTPError:
            return False

    def set_up(
        self,
        web_url: str,
        settings: Mapping[str, Any],
        supplier_doors: Mapping[str, str],
        clients: Sequence[PracticeClient] = CLIENTS,
    ) -> None:
        """Peoples the world; `supplier_doors` maps a supplier's key to our webhook URL. Safe to repeat."""
        body = {
            "webhook_url": f"{web_url}/webhooks/tiktok",
            "redirect_url": f"{web_url}/connect/callback",
            "sellers": sellers(clients),
            "rest_accounts": [_rest_account(client, supplier_doors) for client in clients],
            "cj_accounts": [_cj_account(client, supplier_doors) for client in clients if client.cj_key],
            **settings,
        }
        self._post("/_sim/setup", body)

    def people(self, world: Mapping[str, Any]) -> None:
        """Takes up sellers, shops and accounts beside those that are there. Safe to repeat."""
        self._post("/_sim/setup", world)

    def order_one(self, shop_id: str, sku_id: str, key: str) -> None:
        """A buyer orders one unit, paid at once. Safe to repeat with the same `key`."""
        lines = [{"sku_id": sku_id, "quantity": 1}]
        self._post("/_sim/orders/one", {"shop_id": shop_id, "lines": lines, "key": key})

    def authorize(self, seller_id: str, state: str) -> str:
        """The seller opens our link and says yes; gives the one-time code that TikTok would send back."""
        answer = self._http.get(
            "/open/authorize", params={"service_id": "1", "state": state, "seller": seller_id}
        )
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return query["code"][0]

    def order(self, count: int, hours: float) -> None:
        """Lets `count` orders come over the next hours of shop time."""
        self._post("/_sim/orders", {"count": count, "over_shop_hours": hours})

    def turn(self, dials: Mapping[str, Any]) -> None:
        """Turns fault dials; {"preset": name} replaces them all."""
        self._post("/_sim/faults", dials)

    def jump(self, seconds: float) -> None:
        """Lets the vendors' shop clock leap ahead."""
        self._post("/_sim/clock", {"advance_seconds": seconds})

    def books(self) -> dict[str, Any]:
        """What really happened."""
        found: dict[str, Any] = self._http.get("/_sim/books").json()
        return found

    def summary(self) -> dict[str, Any]:
        """The same in numbers, cheaply."""
        found: dict[str, Any] = self._http.get("/_sim/summary").json()
        return found

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        answer = self._http.post(path, json=body)
        if answer.status_code != 200:
            raise RuntimeError(f"the simulator refused {path}: {answer.text[:300]}")


def webhook_secret(key: str) -> str:
    """The made-up secret of a supplier's webhooks."""
    return f"fake-webhook-secret-of-{key[-8:]}"


def _rest_account(client: PracticeClient, doors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "key": client.rest_key,
        "webhook_url": doors.get(client.rest_key, ""),
        "webhook_secret": webhook_secret(client.rest_key),
        "currency": client.currency,
        "idempotency": client.idempotency,
        "items": [
            {
                "sku": product.code,
                "title": product.name,
                "unit_price": product.cost,
                "shipping_price": "3.90",
                "available": 100000,
            }
            for product in bought_from(client, "api")
        ],
    }


def _cj_account(client: PracticeClient, doors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "api_key": client.cj_key,
        "open_id": f"70000{len(client.seller_id):04d}",
        "balance": "1000000.00",
        "webhook_url": doors.get(client.cj_key, ""),
        "items": [
            {
                "vid": f"V-{product.code}",
                "title": product.name,
                "price": product.cost,
                "available": 100000,
                "freight": "4.71",
            }
            for product in bought_from(client, "cj")
        ],
    }
