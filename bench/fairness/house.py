"""Our own side of a fairness measurement: one agency with many clients, connected and mapped through the services."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import psycopg

from agency.clock import machine_now
from agency.domain.outbound import read_allowance
from agency.domain.scope import Scope
from agency.extensions import Database
from agency.models.clients import Client
from agency.services.catalog import NewSupplier, NewSupplierItem, add_supplier, add_supplier_item
from agency.services.connecting import accept_connection, request_connection
from agency.services.consents import record_consent
from agency.services.mappings import NewMapping, map_sku
from agency.services.memberships import Person, create_agency_with_owner
from agency.services.sealing import Keyring
from agency.transaction import system_transaction, transaction
from bench.fairness.outside import SKUS, Outside, Stall, supplier_key, supplier_sku
from bench.ground import MASTER_KEY, Ground, free_port, running, wait_for_port

HERE = "127.0.0.1"
BUDGET = 10**12  # a client's day; no order of the flood may be held back by it
QUIET_BOUND = 600.0  # seconds within which everything that is due must have been served
_SKUS = """
    insert into skus (agency_id, client_id, shop_id, sku_id, product_id, product_name, sku_name, seller_sku,
      last_ordered_at)
    select agency_id, client_id, id, %s, '', 'Product', '', '', now() from shops where tiktok_shop_id = %s
"""


@dataclass(frozen=True)
class House:
    """Everything that runs during a measurement."""

    outside: Outside
    url: str
    web_url: str
    workers: int

    def count(self, query: str, *values: object) -> int:
        """One number from our database, as its superuser."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query, values).fetchone()  # type: ignore[arg-type]
        return int(row[0]) if row and row[0] is not None else 0

    def wait_until(self, done: Callable[[], bool], what: str, bound: float = QUIET_BOUND) -> None:
        """Asks twice a second. Raises TimeoutError after `bound` seconds."""
        ends = time.monotonic() + bound
        while not done():
            if time.monotonic() > ends:
                raise TimeoutError(
                    f"{what} did not happen within {bound:.0f} s; see the logs beside the data"
                )
            time.sleep(0.5)

    def is_quiet(self) -> bool:
        """Nothing is due and nothing is being served."""
        busy = "lease_until is not null or due_at < now() + interval '1 s'"
        return self.count(f"select count(*) from lanes where {busy}") == 0


@contextmanager
def open_house(
    ground: Ground, name: str, stalls: Sequence[Stall], workers: int, supplier_rate: float
) -> Iterator[House]:
    """Starts simulator, web, dispatcher and workers, connects every shop and maps its skus."""
    url = ground.make_database(name)
    simulator_port, web_port = free_port(), free_port()
    web_url = f"http://{HERE}:{web_port}"
    simulator_url = f"http://{HERE}:{simulator_port}"
    environment = ground.environment(url) | {
        "TIKTOK_API_URL": simulator_url,
        "TIKTOK_AUTH_URL": simulator_url,
        "TIKTOK_AUTHORIZE_URL": f"{simulator_url}/open/authorize",
        "PUBLIC_URL": web_url,
        "OUTBOUND_ALLOW": HERE,
        "WORKERS": str(workers),
        "WEB_WORKERS": "2",
    }
    state = str(ground.folder / f"{name}.sqlite")
    with ExitStack() as stack:

        def start(child: str, *words: str) -> None:
            argv = ("-m", "agency.cli", child.partition("-")[0], *words)
            stack.enter_context(running(ground, f"{name}-{child}", argv, environment))

        start("simulator", "--port", str(simulator_port), "--state", state)
        start("web", "--port", str(web_port))
        wait_for_port(simulator_port)
        outside = Outside(simulator_url)
        stack.callback(outside.close)
        outside.open_stalls(web_url, stalls, supplier_rate)
        start("dispatcher")
        for number in range(workers):
            start(f"worker-{number + 1}", "--name", f"fair-{number + 1}")
        wait_for_port(web_port)
        house = House(outside, url, web_url, workers)
        _Furnisher(house, stalls, supplier_rate).furnish()
        house.wait_until(house.is_quiet, "the first reading of all shops")
        yield house


class _Furnisher:
    """Fills the house through the services, as people would."""

    def __init__(self, house: House, stalls: Sequence[Stall], supplier_rate: float) -> None:
        self._house, self._stalls, self._rate = house, stalls, supplier_rate
        self._database, self._keyring = Database(house.url, MASTER_KEY, pool_size=1), Keyring(MASTER_KEY)
        with system_transaction(self._database) as session:
            person = Person("owner@example.test", "Owner", "fake-password-1")
            made = create_agency_with_owner(session, "Fair agency", person)
        self._scope = Scope("staff", made.agency_id, f"user:{made.user_id}", "owner", user_id=made.user_id)

    def furnish(self) -> None:
        """Clients with a supplier each, then their shops, then what each sku is bought as."""
        items = {client: self._add_client(client) for client in sorted({s.client for s in self._stalls})}
        shops = "select count(*) from shops"
        wanted = len(self._stalls)
        self._house.wait_until(lambda: self._house.count(shops) == wanted, "connecting all shops")
        with psycopg.connect(self._house.url) as connection:
            for stall in self._stalls:
                for number in range(SKUS):
                    connection.execute(_SKUS, (stall.sku(number), stall.shop_id))
            rows = connection.execute("select tiktok_shop_id, public_id from shops").fetchall()
        public_ids = {row[0]: str(row[1]) for row in rows}
        for stall in self._stalls:
            with transaction(self._database, self._scope) as session:
                for number, item in enumerate(items[stall.client]):
                    mapping = NewMapping(public_ids[stall.shop_id], stall.sku(number), item)
                    map_sku(self._scope, session, mapping, machine_now())
        self._database.dispose()

    def _add_client(self, client: int) -> list[str]:
        """Makes the client and connects its seller; gives the public ids of its supplier's items."""
        scope = self._scope
        with transaction(self._database, scope) as session:
            row = Client(
                agency_id=scope.agency_id, name=f"Client {client}", currency="USD", time_zone="America/New_York",
                approval_above_minor=1_000_000, margin_floor_bp=0, daily_budget_minor=BUDGET,
            )  # fmt: skip
            session.add(row)
            session.flush()
            public_id = str(row.public_id)
            new = NewSupplier(
                public_id, "rest", "Wholesale", "USD", f"{self._house.outside.url}/suppliers/rest",
                settings={"calls_per_second": self._rate, "idempotency": "key"},
                credentials={"api_key": supplier_key(client)},
            )  # fmt: skip
            supplier = add_supplier(scope, session, self._keyring, new, read_allowance(HERE))
            record_consent(scope, session, supplier, f"Owner of {client}", machine_now())
            item = NewSupplierItem(supplier, "", "Item", unit_cost_minor=900, shipping_minor=300)
            items = [
                add_supplier_item(scope, session, replace(item, supplier_sku=supplier_sku(number)))
                for number in range(SKUS)
            ]
            state = request_connection(scope, session, public_id)
        code = self._house.outside.authorize(f"seller-{client}", state)
        with transaction(self._database, scope) as session:
            accept_connection(scope, session, self._keyring, state, code)
        return items
