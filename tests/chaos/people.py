"""Who lives in a town: one agency, and as many clients as a test wants, each with its shops and one supplier.

The supplier's kind is what matters here: it knows our idempotency key again (`key`), finds orders by our reference
(`reference_only`), does neither (`none`), or takes payment as a step of its own and finds by reference (`cj`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from agency.clock import Clock
from agency.demo.stage import Stage
from agency.domain.outbound import read_allowance
from agency.domain.scope import Scope
from agency.extensions import Database
from agency.models.catalog import Sku, Supplier, SupplierItem
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services.catalog import NewSupplier, NewSupplierItem, add_supplier, add_supplier_item
from agency.services.connecting import accept_connection, request_connection
from agency.services.consents import record_consent
from agency.services.mappings import NewMapping, map_sku
from agency.services.memberships import Person, create_agency_with_owner
from agency.services.sealing import Keyring
from agency.transaction import system_transaction, transaction

VENDORS = ("key", "reference_only", "none", "cj")
PRICE, COST, SHIPPING = "30.00", 900, 300
WEBHOOK_SECRET = "fake-webhook-secret"
# The simulator works within milliseconds; its longest processing time is ours to say, and short.
SUPPLIER_SETTINGS = {"quarantine_s": 2, "calls_per_second": 500}


@dataclass(frozen=True)
class House:
    """A client with its shops; all their goods come from one supplier of the kind `vendor`."""

    number: int
    vendor: str
    shops: int = 1
    goods: int = 2

    @property
    def name(self) -> str:
        """The client's name."""
        return f"House {self.number}"

    def shop_id(self, shop: int = 0) -> str:
        """TikTok's id of its nth shop."""
        return f"7494{self.number:07d}{shop:08d}"

    def sku_id(self, shop: int = 0, good: int = 0) -> str:
        """TikTok's id of the nth good of its nth shop."""
        return f"2729{self.number:07d}{shop:04d}{good:04d}"

    def code(self, good: int) -> str:
        """The supplier's word for the nth good."""
        return f"V-G{self.number}-{good}" if self.vendor == "cj" else f"G{self.number}-{good}"

    @property
    def key(self) -> str:
        """The key of its account at the supplier."""
        return f"CJ{self.number}@api@fake-key" if self.vendor == "cj" else f"fake-rest-key-{self.number}"


def one_of_each() -> tuple[House, ...]:
    """One client for each kind of supplier."""
    return tuple(House(number, vendor) for number, vendor in enumerate(VENDORS, 1))


@dataclass
class People:
    """The agency of a town."""

    database: Database
    keyring: Keyring
    clock: Clock
    stage: Stage
    simulator_url: str
    houses: Sequence[House]
    supplier_urls: Mapping[int, str] = field(
        default_factory=dict
    )  # by number of the house; else the simulator's own
    agency_id: int = 0
    user_id: int = 0
    clients: dict[int, int] = field(default_factory=dict)  # number of the house -> client id
    suppliers: dict[int, str] = field(default_factory=dict)  # number of the house -> the supplier's public id

    def scope(self) -> Scope:
        """The owner of the agency."""
        return Scope("staff", self.agency_id, f"user:{self.user_id}", "owner", user_id=self.user_id)

    def settle_in(self, web_url: str, settings: Mapping[str, Any]) -> None:
        """Peoples the outside, makes the agency, and lets every seller say yes to our link."""
        self.stage.people({**self._outside(web_url), **settings})
        with system_transaction(self.database) as session:
            owner = Person("owner@example.test", "Olga", "fake-password-1")
            made = create_agency_with_owner(session, "Town agency", owner)
        self.agency_id, self.user_id = made.agency_id, made.user_id
        for house in self.houses:
            with transaction(self.database, self.scope()) as session:
                self._add_client(session, house)
            self.connect(house)
        self.stage.people(self._outside(web_url))  # again, now that the doors of the suppliers are known

    def connect(self, house: House) -> None:
        """The seller opens our link and says yes, for the first time or once more."""
        with transaction(self.database, self.scope()) as session:
            client = session.get_one(Client, self.clients[house.number])
            state = request_connection(self.scope(), session, str(client.public_id))
        code = self.stage.authorize(f"seller-{house.number}", state)
        with transaction(self.database, self.scope()) as session:
            accept_connection(self.scope(), session, self.keyring, state, code)

    def map_everything(self) -> bool:
        """Maps every good of every shop; False until a worker has read all shops. Safe to repeat."""
        with transaction(self.database, self.scope()) as session:
            shops = {shop.tiktok_shop_id: shop for shop in session.scalars(select(Shop))}
            if any(house.shop_id(n) not in shops for house, n in self._places()):
                return False
            for house, n in self._places():
                for good in range(house.goods):
                    self._map(session, shops[house.shop_id(n)], house, house.sku_id(n, good), good)
        return True

    def _places(self) -> Iterator[tuple[House, int]]:
        for house in self.houses:
            for shop in range(house.shops):
                yield house, shop

    def _map(self, session: Session, shop: Shop, house: House, sku_id: str, good: int) -> None:
        known = session.scalar(select(Sku.id).where(Sku.shop_id == shop.id, Sku.sku_id == sku_id))
        if known is None:
            keys = {"agency_id": shop.agency_id, "client_id": shop.client_id, "shop_id": shop.id}
            words = {"product_id": "", "product_name": sku_id, "sku_name": "", "seller_sku": sku_id}
            session.execute(
                insert(Sku).values(**keys, **words, sku_id=sku_id, last_ordered_at=self.clock.now())
            )
        query = select(SupplierItem.public_id).where(SupplierItem.supplier_sku == house.code(good))
        item = str(session.scalars(query).one())
        map_sku(self.scope(), session, NewMapping(str(shop.public_id), sku_id, item), self.clock.now())

    def _add_client(self, session: Session, house: House) -> None:
        row = Client(
            agency_id=self.agency_id,
            name=house.name,
            currency="USD",
            approval_above_minor=100_000,
            daily_budget_minor=100_000_000,
        )
        session.add(row)
        session.flush()
        self.clients[house.number] = row.id
        kind = "cj" if house.vendor == "cj" else "rest"
        path = {"cj": "suppliers/cj/api2.0/v1", "rest": "suppliers/rest"}[kind]
        base = self.supplier_urls.get(house.number, self.simulator_url)
        secrets = {"api_key": house.key} | ({} if kind == "cj" else {"webhook_secret": WEBHOOK_SECRET})
        told = dict(SUPPLIER_SETTINGS) | ({} if kind == "cj" else {"idempotency": house.vendor})
        new = NewSupplier(
            str(row.public_id), kind, f"Supplier {house.number}", "USD", f"{base}/{path}",
            settings=told, credentials=secrets,
        )  # fmt: skip
        supplier = add_supplier(self.scope(), session, self.keyring, new, read_allowance("127.0.0.1"))
        self.suppliers[house.number] = supplier
        record_consent(self.scope(), session, supplier, f"Owner of {house.name}", self.clock.now())
        for good in range(house.goods):
            item = NewSupplierItem(supplier, house.code(good), house.code(good), COST + good, SHIPPING)
            add_supplier_item(self.scope(), session, item)

    def supplier_id(self, house: House) -> int:
        """Our own id of the house's supplier."""
        with transaction(self.database, self.scope()) as session:
            query = select(Supplier.id).where(Supplier.public_id == self.suppliers[house.number])
            return session.scalars(query).one()

    # --- the outside -----------------------------------------------------------------------------------------------

    def _outside(self, web_url: str) -> dict[str, Any]:
        return {
            "webhook_url": f"{web_url}/webhooks/tiktok" if web_url else "",
            "redirect_url": "http://agency.example.test/connect/callback",
            "sellers": [self._seller(house) for house in self.houses],
            "rest_accounts": [self._rest(house, web_url) for house in self.houses if house.vendor != "cj"],
            "cj_accounts": [self._cj(house, web_url) for house in self.houses if house.vendor == "cj"],
        }

    def _seller(self, house: House) -> dict[str, Any]:
        shops = [
            {
                "shop_id": house.shop_id(shop),
                "name": f"{house.name}, shop {shop}",
                "region": "US",
                "products": [
                    {
                        "product_id": f"P-{sku}",
                        "product_name": sku,
                        "sku_id": sku,
                        "seller_sku": sku,
                        "price": PRICE,
                    }
                    for sku in (house.sku_id(shop, good) for good in range(house.goods))
                ],
            }
            for shop in range(house.shops)
        ]
        return {"seller_id": f"seller-{house.number}", "name": house.name, "region": "US", "shops": shops}

    def _door(self, house: House, kind: str, web_url: str) -> str:
        supplier = self.suppliers.get(house.number)
        return f"{web_url}/webhooks/{kind}/{supplier}" if web_url and supplier else ""

    def _rest(self, house: House, web_url: str) -> dict[str, Any]:
        return {
            "key": house.key,
            "webhook_url": self._door(house, "rest", web_url),
            "webhook_secret": WEBHOOK_SECRET,
            "currency": "USD",
            "idempotency": house.vendor,
            "items": [
                {
                    "sku": house.code(good),
                    "title": house.code(good),
                    "unit_price": _text(COST + good),
                    "shipping_price": _text(SHIPPING),
                    "available": 1_000_000,
                }
                for good in range(house.goods)
            ],
        }

    def _cj(self, house: House, web_url: str) -> dict[str, Any]:
        return {
            "api_key": house.key,
            "open_id": f"7000{house.number:05d}",
            "balance": "10000000.00",
            "webhook_url": self._door(house, "cj", web_url),
            "items": [
                {
                    "vid": house.code(good),
                    "title": house.code(good),
                    "price": _text(COST + good),
                    "available": 1_000_000,
                    "freight": _text(SHIPPING),
                }
                for good in range(house.goods)
            ],
        }


def _text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
