"""The stage hand of first runs: gives each practice client that an owner asked for its shop and its first order.

It runs beside the director in `shopfleet run`, reaches the simulator by URL and writes through services, as a seller
and a buyer would act. Each step can be repeated after a kill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from agency.clock import Clock
from agency.demo.stage import Stage
from agency.domain.practice import CURRENCY, GOODS, REGION, SHIPPING, SHOP, PracticeStep, practice_ids
from agency.domain.scope import Scope
from agency.extensions import Database
from agency.services.connecting import accept_connection, request_connection
from agency.services.practice import PracticeRequest, is_shop_read, list_practice_requests, note_practice
from agency.services.sealing import Keyring
from agency.transaction import system_transaction, transaction


@dataclass(frozen=True)
class FirstRuns:
    """`advance` is called every second or so and never waits for anything but the simulator's answer."""

    database: Database
    keyring: Keyring
    clock: Clock
    stage: Stage
    web_url: str

    def advance(self) -> int:
        """One step for each practice client that waits; returns how many there were."""
        with system_transaction(self.database) as session:
            requests = list_practice_requests(session)
        for request in requests:
            (self._connect if request.step == PracticeStep.ASKED else self._order)(request)
        return len(requests)

    def _connect(self, request: PracticeRequest) -> None:
        """Peoples the simulator, lets the seller say yes at its consent page, and hands in the code."""
        scope = _scope(request)
        ids = practice_ids(request.public_id)
        self.stage.people(self._world(request))
        with transaction(self.database, scope) as session:
            state = request_connection(scope, session, str(request.public_id))
        code = self.stage.authorize(ids.seller, state)
        with transaction(self.database, scope) as session:
            accept_connection(scope, session, self.keyring, state, code)
            note_practice(session, request.client_id, PracticeStep.CONNECTING)

    def _order(self, request: PracticeRequest) -> None:
        """Once the shop was read, a buyer orders the first good; killed before it is noted, the same order is named."""
        ids, scope = practice_ids(request.public_id), _scope(request)
        with transaction(self.database, scope) as session:
            if not is_shop_read(session, request.client_id, self.clock.now()):
                return
        self.stage.order_one(ids.shop, ids.sku(0), key=f"first-of-{ids.shop}")
        with transaction(self.database, scope) as session:
            note_practice(session, request.client_id, PracticeStep.ORDERED)

    def _world(self, request: PracticeRequest) -> dict[str, Any]:
        ids = practice_ids(request.public_id)
        products = [
            {
                "product_id": ids.product(place),
                "product_name": good.name,
                "sku_id": ids.sku(place),
                "sku_name": good.option,
                "seller_sku": good.code,
                "price": good.price,
            }
            for place, good in enumerate(GOODS)
        ]
        shop = {
            "shop_id": ids.shop,
            "name": SHOP,
            "region": REGION,
            "currency": CURRENCY,
            "products": products,
        }
        seller = {"seller_id": ids.seller, "name": "Practice owner", "region": REGION, "shops": [shop]}
        return {"sellers": [seller], "rest_accounts": [self._account(request)]}

    def _account(self, request: PracticeRequest) -> dict[str, Any]:
        ids = practice_ids(request.public_id)
        with transaction(self.database, _scope(request)) as session:
            supplier = session.execute(
                text("select public_id from suppliers where client_id = :client order by id limit 1"),
                {"client": request.client_id},
            ).scalar_one()
        return {
            "key": ids.supplier_key,
            "webhook_url": f"{self.web_url}/webhooks/rest/{supplier}",
            "webhook_secret": ids.webhook_secret,
            "currency": CURRENCY,
            "idempotency": "key",
            "items": [
                {
                    "sku": good.code,
                    "title": good.name,
                    "unit_price": good.cost,
                    "shipping_price": SHIPPING,
                    "available": 100_000,
                }
                for good in GOODS
            ],
        }


def _scope(request: PracticeRequest) -> Scope:
    """An owner's rights in the one agency; the log names the rule, since no person says yes at the simulator."""
    return Scope("staff", request.agency_id, "rule:practice", "owner")
