"""Who plays in the stories: one agency, two clients with a shop each, and every kind of supplier."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import insert, select

from agency.domain.consents import needs_consent
from agency.models.catalog import Sku
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services.catalog import NewSupplier, NewSupplierItem, add_supplier, add_supplier_item
from agency.services.connecting import accept_connection, request_connection
from agency.services.consents import record_consent
from agency.services.mappings import NewMapping, map_sku
from agency.services.memberships import Person, create_agency_with_owner
from agency.transaction import system_transaction
from tests.stories.journey import Journey

US, GB = "7494000000000000001", "7494000000000000002"
WEBHOOK_SECRET = "fake-webhook-secret"

# sku -> (name, price in the shop, where it is bought, what it costs there)
GOODS: dict[str, tuple[str, str, str, int]] = {
    "MUG": ("Blue mug", "19.99", "east", 420),  # REST, the supplier knows our key again
    "CUP": ("Tea cup", "24.50", "kiln", 510),  # REST, finds by reference only
    "JAR": ("Glass jar", "22.00", "deaf", 480),  # REST, neither
    "LAMP": ("Desk lamp", "48.00", "cj", 1200),
    "BOOK": ("Notebook", "15.00", "shelf", 300),
    "CARD": ("Letterpress card", "29.00", "workshop", 900),
    "VASE": ("Large vase", "149.00", "east", 8800),  # above the client's approval limit
    "HAT": ("Sun hat", "18.00", "", 0),  # nobody has mapped it
}
GB_GOODS = {"TRAY": ("Tea tray", "27.00", "north", 700)}
SUPPLIERS = {
    "east": ("Luma", "rest", "key"),
    "kiln": ("Luma", "rest", "reference_only"),
    "deaf": ("Luma", "rest", "none"),
    "cj": ("Luma", "cj", ""),
    "shelf": ("Luma", "stock", ""),
    "workshop": ("Luma", "manual", ""),
    "north": ("Kite", "rest", "key"),
}
CURRENCY = {"Luma": "USD", "Kite": "GBP"}


def sku_id(sku: str) -> str:
    """TikTok's id of a sku of ours."""
    return f"27293{int.from_bytes(sku.encode()):012d}"


def open_agency(journey: Journey, **settings: Any) -> None:
    """Peoples the outside, makes the agency, connects both shops and maps the goods."""
    prepare_agency(journey, **settings)
    for client, seller in (("Luma", "seller-luma"), ("Kite", "seller-kite")):
        connect(journey, client, seller)
    journey.work()
    _map_goods(journey)
    # TikTok's times are whole seconds: an order of the second in which we connected would count as older.
    journey.pass_time(timedelta(minutes=1))
    journey.work()


def prepare_agency(journey: Journey, **settings: Any) -> None:
    """Peoples the outside and makes the agency with its clients and suppliers; no shop is connected yet."""
    journey.sim("setup", **{**_outside(), "seed": 11, "settle_days": 1, "hang_seconds": 0.11, **settings})
    with system_transaction(journey.database) as session:
        owner = Person("owner@example.test", "Olga Owner", "fake-password-1")
        made = create_agency_with_owner(session, "Story agency", owner)
    journey.agency_id, journey.user_id = made.agency_id, made.user_id
    _add_clients(journey)
    for name in SUPPLIERS:
        _add_supplier(journey, name)


def connect(journey: Journey, client: str, seller: str) -> None:
    """The client opens our link and says yes at TikTok."""
    with journey.session() as session:
        public_id = str(session.get_one(Client, journey.clients[client]).public_id)
        state = request_connection(journey.scope(), session, public_id)
    query = {"service_id": "1", "state": state, "seller": seller}
    back = journey.stage.get("/open/authorize", params=query).headers["location"]
    code = parse_qs(urlsplit(back).query)["code"][0]
    with journey.session() as session:
        accept_connection(journey.scope(), session, journey.context.keyring, state, code)


def _outside() -> dict[str, Any]:
    def products(goods: dict[str, tuple[str, str, str, int]]) -> list[dict[str, str]]:
        return [
            {
                "product_id": f"P-{sku}",
                "product_name": name,
                "sku_id": sku_id(sku),
                "seller_sku": sku,
                "price": price,
            }
            for sku, (name, price, _source, _cost) in goods.items()
        ]

    def seller(
        name: str, region: str, shop: str, goods: dict[str, tuple[str, str, str, int]]
    ) -> dict[str, Any]:
        shops = [{"shop_id": shop, "name": f"{name} Shop", "region": region, "products": products(goods)}]
        return {"seller_id": f"seller-{name.lower()}", "name": name, "region": region, "shops": shops}

    return {
        "redirect_url": "http://agency.example.test/connect/callback",
        "sellers": [seller("Luma", "US", US, GOODS), seller("Kite", "GB", GB, GB_GOODS)],
        "rest_accounts": [
            _rest_account(name) for name, (_c, kind, _i) in SUPPLIERS.items() if kind == "rest"
        ],
        "cj_accounts": [
            {
                "api_key": "CJ1@api@fake-cj-key",
                "open_id": 700012345,
                "balance": "10000.00",
                "items": [
                    {
                        "vid": f"V-{sku}",
                        "title": sku,
                        "price": _price(cost),
                        "available": 500,
                        "freight": "4.00",
                    }
                    for sku, (_n, _p, source, cost) in GOODS.items()
                    if source == "cj"
                ],
            }
        ],
    }


def _price(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _rest_account(name: str) -> dict[str, Any]:
    client, _kind, idempotency = SUPPLIERS[name]
    return {
        "key": f"fake-rest-key-{name}",
        "webhook_secret": WEBHOOK_SECRET,
        "currency": CURRENCY[client],
        "idempotency": idempotency,
        "items": [
            {"sku": sku, "title": sku, "unit_price": _price(cost), "shipping_price": "3.00", "available": 500}
            for sku, (_n, _p, source, cost) in {**GOODS, **GB_GOODS}.items()
            if source == name
        ],
    }


def _add_clients(journey: Journey) -> None:
    with journey.session() as session:
        for name, currency in CURRENCY.items():
            row = Client(
                agency_id=journey.agency_id,
                name=name,
                currency=currency,
                approval_above_minor=5000,
                daily_budget_minor=500_000,
            )
            session.add(row)
            session.flush()
            journey.clients[name] = row.id


def _add_supplier(journey: Journey, name: str) -> None:
    client, kind, idempotency = SUPPLIERS[name]
    addresses = {"rest": f"{journey.url}/suppliers/rest", "cj": f"{journey.url}/suppliers/cj/api2.0/v1"}
    credentials = {
        "rest": {"api_key": f"fake-rest-key-{name}", "webhook_secret": WEBHOOK_SECRET},
        "cj": {"api_key": "CJ1@api@fake-cj-key"},
    }
    # The outside here takes as many calls as it is given, so that nothing has to wait.
    settings = {"calls_per_second": 1000, **({"idempotency": idempotency} if kind == "rest" else {})}
    with journey.session() as session:
        public_id = str(session.get_one(Client, journey.clients[client]).public_id)
        new = NewSupplier(
            public_id, kind, name.capitalize(), CURRENCY[client], addresses.get(kind, ""),
            settings=settings, credentials=credentials.get(kind, {}),
        )  # fmt: skip
        supplier = add_supplier(
            journey.scope(), session, journey.context.keyring, new, journey.settings.outbound_allow
        )
        journey.suppliers[name] = supplier
        if needs_consent(kind):
            record_consent(journey.scope(), session, supplier, f"Owner of {client}", journey.now)
        for sku, (title, _price_there, source, cost) in {**GOODS, **GB_GOODS}.items():
            if source == name:
                item = NewSupplierItem(
                    supplier_id=supplier,
                    supplier_sku=f"V-{sku}" if kind == "cj" else sku,
                    title=title,
                    unit_cost_minor=cost,
                    shipping_minor={"rest": 300, "cj": 400}.get(kind, 0),
                    stock_quantity=20 if kind == "stock" else None,
                )
                add_supplier_item(journey.scope(), session, item)


def _map_goods(journey: Journey) -> None:
    with journey.session() as session:
        shops = {shop.tiktok_shop_id: shop for shop in session.scalars(select(Shop))}
    assert set(shops) == {US, GB}, "both shops are connected"
    for shop_id, goods in ((US, GOODS), (GB, GB_GOODS)):
        for sku, (_name, _price_there, source, _cost) in goods.items():
            if source:
                map_to(journey, shops[shop_id], sku)


def map_to(journey: Journey, shop: Shop, sku: str, of_supplier: str = "") -> None:
    """Maps a sku of the shop to the item of the same code (at one supplier, if named)."""
    from agency.models.catalog import Supplier, SupplierItem

    with journey.session() as session:
        keys = {"agency_id": shop.agency_id, "client_id": shop.client_id, "shop_id": shop.id}
        if session.scalar(select(Sku.id).where(Sku.shop_id == shop.id, Sku.sku_id == sku_id(sku))) is None:
            learned = {
                "sku_id": sku_id(sku),
                "product_id": "",
                "product_name": sku,
                "sku_name": "",
                "seller_sku": sku,
            }
            session.execute(insert(Sku).values(**keys, **learned, last_ordered_at=journey.now))
        query = select(SupplierItem.public_id).join(Supplier, Supplier.id == SupplierItem.supplier_id)
        query = query.where(SupplierItem.supplier_sku.in_((sku, f"V-{sku}")))
        if of_supplier:
            query = query.where(Supplier.public_id == of_supplier)
        item = str(session.scalars(query).one())
        map_sku(journey.scope(), session, NewMapping(str(shop.public_id), sku_id(sku), item), journey.now)
