"""Making the practice agency: people, clients, suppliers and connections first, mappings once the shops are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import Clock
from agency.demo.stage import Stage, webhook_secret
from agency.demo.world import AGENCY, CLIENTS, PASSWORD, STAFF, PracticeClient, Product, product_ids
from agency.domain.consents import needs_consent
from agency.domain.money import parse_money
from agency.domain.outbound import read_allowance
from agency.domain.scope import Scope
from agency.extensions import Database
from agency.models.catalog import Supplier, SupplierItem
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services.catalog import NewSupplier, NewSupplierItem, add_supplier, add_supplier_item
from agency.services.connecting import accept_connection, request_connection
from agency.services.consents import record_consent
from agency.services.mappings import NewMapping, map_sku
from agency.services.memberships import Person, add_member, create_agency_with_owner
from agency.services.sealing import Keyring
from agency.transaction import system_transaction, transaction

OUTSIDE_HERE = "127.0.0.1"  # where a practice run has its whole outside; the guard must be told so
PRACTICE_SETTINGS = {
    "quarantine_s": 3,
    "calls_per_second": 100,
}  # the simulator answers within a second; real vendors get 15 minutes


@dataclass(frozen=True)
class Practice:
    """The practice agency of one installation.

    `rest_urls` has another address for the REST supplier with that key; `supplier_settings` go to each connection.
    """

    database: Database
    keyring: Keyring
    clock: Clock
    stage: Stage
    simulator_url: str
    web_url: str
    clients: tuple[PracticeClient, ...] = CLIENTS
    supplier_settings: Mapping[str, Any] = field(default_factory=lambda: dict(PRACTICE_SETTINGS))
    rest_urls: Mapping[str, str] = field(default_factory=dict)

    def find_agency(self) -> int | None:
        """The practice agency's id, if it was made before."""
        with system_transaction(self.database) as session:
            found: int | None = session.execute(
                text("select id from agencies where name = :name order by id limit 1"), {"name": AGENCY}
            ).scalar_one_or_none()
        return found

    def make(self) -> int:
        """Creates agency, people, clients and suppliers, and sends every seller through the authorise link."""
        email, name, _role, _clients = STAFF[0]
        with system_transaction(self.database) as session:
            made = create_agency_with_owner(
                session, AGENCY, Person(email, name, PASSWORD, "America/New_York")
            )
        scope = self.scope(made.agency_id, made.user_id)
        with transaction(self.database, scope) as session:
            clients = [_add_client(session, scope, client) for client in self.clients]
        self._add_people(made.agency_id, clients)
        for client, client_id in zip(self.clients, clients, strict=True):
            with transaction(self.database, scope) as session:
                self._add_suppliers(scope, session, client, client_id)
                row = session.get_one(Client, client_id)
                state = request_connection(scope, session, str(row.public_id))
            code = self.stage.authorize(client.seller_id, state)
            with transaction(self.database, scope) as session:
                accept_connection(scope, session, self.keyring, state, code)
        return made.agency_id

    def scope(self, agency_id: int, user_id: int | None = None) -> Scope:
        """The practice owner."""
        actor = f"user:{user_id}" if user_id else "rule:practice"
        return Scope("staff", agency_id, actor, "owner", user_id=user_id)

    def supplier_doors(self, agency_id: int) -> dict[str, str]:
        """Our webhook address per supplier key."""
        doors = {}
        with transaction(self.database, self.scope(agency_id)) as session:
            query = select(Supplier, Client.name).join(Client, Client.id == Supplier.client_id)
            by_name = {client.name: client for client in self.clients}
            for supplier, client_name in session.execute(query):
                keys = {"rest": by_name[client_name].rest_key, "cj": by_name[client_name].cj_key}
                if supplier.kind in keys:
                    doors[keys[supplier.kind]] = (
                        f"{self.web_url}/webhooks/{supplier.kind}/{supplier.public_id}"
                    )
        return doors

    def map_everything(self, agency_id: int) -> bool:
        """Maps every sku of the six shops; False until all shops are there. Safe to repeat."""
        scope = self.scope(agency_id)
        with transaction(self.database, scope) as session:
            shops = {shop.tiktok_shop_id: shop for shop in session.scalars(select(Shop))}
            wanted = [(client, shop) for client in self.clients for shop in client.shops]
            if any(shop.shop_id not in shops for _client, shop in wanted):
                return False
            for _client, practice_shop in wanted:
                shop = shops[practice_shop.shop_id]
                for index, product in enumerate(practice_shop.products):
                    self._map(scope, session, shop, product_ids(practice_shop, index)[1], product)
        return True

    def _map(self, scope: Scope, session: Session, shop: Shop, sku_id: str, product: Product) -> None:
        if product.source == "unmapped":
            return
        supplier_sku = f"V-{product.code}" if product.source == "cj" else product.code
        item: UUID = session.scalars(
            select(SupplierItem.public_id).where(
                SupplierItem.client_id == shop.client_id, SupplierItem.supplier_sku == supplier_sku
            )
        ).one()
        session.execute(
            text(
                """
                insert into skus (agency_id, client_id, shop_id, sku_id, product_id, product_name, sku_name, seller_sku,
                  last_ordered_at)
                values (:agency, :client, :shop, :sku, '', :name, :option, :code, :at) on conflict do nothing
                """
            ),
            {
                "agency": shop.agency_id,
                "client": shop.client_id,
                "shop": shop.id,
                "sku": sku_id,
                "name": product.name,
                "option": product.option,
                "code": product.code,
                "at": self.clock.now(),
            },
        )
        map_sku(scope, session, NewMapping(str(shop.public_id), sku_id, str(item)), self.clock.now())

    def _add_people(self, agency_id: int, clients: list[int]) -> None:
        with system_transaction(self.database) as session:
            for email, name, role, seen in STAFF[1:]:
                narrowed = [clients[index] for index in seen] if seen else None
                add_member(session, agency_id, Person(email, name, PASSWORD), role, narrowed)
            for client, client_id in zip(self.clients, clients, strict=True):
                person = Person(client.member_email, f"Owner of {client.name}", PASSWORD, client.time_zone)
                add_member(session, agency_id, person, "client_member", [client_id])

    def _add_suppliers(self, scope: Scope, session: Session, client: PracticeClient, client_id: int) -> None:
        public_id = str(session.get_one(Client, client_id).public_id)
        rest = {**self.supplier_settings, "idempotency": client.idempotency}
        keys = {"api_key": client.rest_key, "webhook_secret": webhook_secret(client.rest_key)}
        url = self.rest_urls.get(client.rest_key, f"{self.simulator_url}/suppliers/rest")
        new = NewSupplier(
            public_id, "rest", "Eastport Wholesale", client.currency, url, settings=rest, credentials=keys
        )
        self._fill(scope, session, client, "api", self._add_supplier(scope, session, new), "3.90")
        if client.cj_key:
            base = f"{self.simulator_url}/suppliers/cj/api2.0/v1"
            preferred = {
                **self.supplier_settings,
                "preferred_logistics": ["UPS Ground", "OnTrac Ground", "FedEx Ground"],
            }
            new = NewSupplier(
                public_id, "cj", "CJ Dropshipping", "USD", base, settings=preferred,
                credentials={"api_key": client.cj_key},
            )  # fmt: skip
            self._fill(scope, session, client, "cj", self._add_supplier(scope, session, new), "4.71")
        for kind, name in (("stock", "Own stock"), ("manual", "Corner workshop")):
            if any(product.source == kind for shop in client.shops for product in shop.products):
                new = NewSupplier(
                    public_id, kind, name, client.currency, website="https://workshop.example.test"
                )
                self._fill(scope, session, client, kind, self._add_supplier(scope, session, new), "0")

    def _add_supplier(self, scope: Scope, session: Session, new: NewSupplier) -> str:
        return add_supplier(scope, session, self.keyring, new, read_allowance(OUTSIDE_HERE))

    def _fill(
        self,
        scope: Scope,
        session: Session,
        client: PracticeClient,
        source: str,
        supplier: str,
        shipping: str,
    ) -> None:
        if needs_consent(source if source != "api" else "rest"):
            record_consent(scope, session, supplier, f"Owner of {client.name}", self.clock.now())
        for shop in client.shops:
            for product in shop.products:
                if product.source != source:
                    continue
                add_supplier_item(
                    scope,
                    session,
                    NewSupplierItem(
                        supplier_id=supplier,
                        supplier_sku=f"V-{product.code}" if source == "cj" else product.code,
                        title=product.name,
                        unit_cost_minor=parse_money(product.cost, client.currency).amount,
                        shipping_minor=parse_money(shipping, client.currency).amount,
                        stock_quantity=40 if source == "stock" else None,
                    ),
                )


def _add_client(session: Session, scope: Scope, client: PracticeClient) -> int:
    row = Client(
        agency_id=scope.agency_id,
        name=client.name,
        currency=client.currency,
        time_zone=client.time_zone,
        approval_above_minor=10_000,
        margin_floor_bp=300,
        daily_budget_minor=2_000_000,
    )
    session.add(row)
    session.flush()
    return row.id
