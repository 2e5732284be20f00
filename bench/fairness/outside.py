"""The simulator of a fairness measurement: its sellers and suppliers, its rushes, its two clocks per order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agency.demo.stage import Stage

SKUS = 4
PER_CALL = 500


@dataclass(frozen=True)
class Stall:
    """A shop by its TikTok id, and the number of its client."""

    shop_id: str
    client: int

    def sku(self, number: int) -> str:
        """TikTok's id of one of its skus."""
        return f"27{self.shop_id[-8:]}{number:08d}"


def lay_out(shops: int, clients: int) -> list[Stall]:
    """The shops, dealt out to the clients; the first one will go viral."""
    return [Stall(f"749400000{number:010d}", number % clients) for number in range(shops)]


@dataclass(frozen=True)
class Timing:
    """One order: who sold it, when it was announced, when it was bought (None = not yet); machine seconds."""

    shop_id: str
    told: float
    bought: float | None


class Outside(Stage):
    """The simulator, reached by its URL only."""

    def __init__(self, url: str) -> None:
        super().__init__(url, timeout=60.0)
        self.url = url

    def open_stalls(self, web_url: str, stalls: Sequence[Stall], supplier_rate: float) -> None:
        """One seller and one supplier account per client."""
        clients = sorted({stall.client for stall in stalls})
        self.people(
            {
                "webhook_url": f"{web_url}/webhooks/tiktok",
                "redirect_url": f"{web_url}/connect/callback",
                "sellers": [_seller(client, stalls) for client in clients],
                "rest_accounts": [_account(client, supplier_rate) for client in clients],
            }
        )

    def hold(self, stall: Stall, count: int) -> None:
        """Builds orders that nobody sees yet."""
        for done in range(0, count, PER_CALL):
            body = {"shop_id": stall.shop_id, "count": min(PER_CALL, count - done)}
            self._post("/_sim/rush/hold", body)

    def release(self, stall: Stall, count: int, notices_per_second: float) -> None:
        """Places held orders now and announces them at that speed."""
        for done in range(0, count, PER_CALL):
            body = {"shop_id": stall.shop_id, "count": min(PER_CALL, count - done), "after": done}
            self._post("/_sim/rush/release", {**body, "notices_per_second": notices_per_second})

    def timings(self) -> list[Timing]:
        """Every order that was announced so far."""
        rows: Mapping[str, list[Any]] = self._http.get("/_sim/timings").json()["orders"]
        return [Timing(*row) for row in rows.values()]


def supplier_key(client: int) -> str:
    """The made-up key of a client's account."""
    return f"fake-rest-key-{client:04d}"


def supplier_sku(number: int) -> str:
    """What a supplier calls the item of a shop's sku."""
    return f"ITEM-{number}"


def _seller(client: int, stalls: Sequence[Stall]) -> dict[str, Any]:
    shops = [
        {
            "shop_id": stall.shop_id,
            "name": f"Shop {stall.shop_id[-4:]}",
            "products": [
                {
                    "product_id": "1" + stall.sku(number)[1:],
                    "product_name": f"Product {number}",
                    "sku_id": stall.sku(number),
                    "price": "29.00",
                }
                for number in range(SKUS)
            ],
        }
        for stall in stalls
        if stall.client == client
    ]
    return {"seller_id": f"seller-{client}", "name": f"Seller {client}", "region": "US", "shops": shops}


def _account(client: int, rate: float) -> dict[str, Any]:
    items = [
        {"sku": supplier_sku(number), "unit_price": "9.00", "shipping_price": "3.00", "available": 10_000_000}
        for number in range(SKUS)
    ]
    return {"key": supplier_key(client), "currency": "USD", "calls_per_second": rate, "items": items}
