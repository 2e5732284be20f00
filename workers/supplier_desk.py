"""Opening a supplier for a turn: its row, its credentials, its adapter, and keeping a login for the next turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from agency.domain.purchasing import Quote
from agency.integrations.suppliers.port import SupplierConnection, SupplierPort
from agency.integrations.suppliers.registry import HAS_ADAPTER
from agency.integrations.suppliers.registry import open_supplier as open_adapter
from agency.lanes import Turn
from agency.models.catalog import Supplier
from agency.services.suppliers import open_supplier, record_quotes, store_credentials
from workers.context import Context

# Calls a second unless the connection's settings say otherwise. CJ's free level allows one (API docs, limits page).
CALLS_PER_SECOND = {"rest": 10.0, "cj": 1.0}


@dataclass(frozen=True)
class SupplierDesk:
    """A supplier that can be asked now."""

    supplier: Supplier
    port: SupplierPort
    credentials: Mapping[str, str] = field(repr=False)
    calls_per_second: float

    def most(self, wished: int) -> int:
        """How many things to take up in a turn of a second, at most `wished`; each costs two calls and more."""
        return max(1, min(wished, int(self.calls_per_second / 2)))

    def threads(self, wished: int) -> int:
        """How many things to do at once: what was begun when the turn's time ends is still done, at the pace."""
        return max(1, min(wished, int(self.calls_per_second / 5)))


def open_desk(context: Context, turn: Turn, supplier_id: int) -> SupplierDesk | None:
    """None for suppliers without an adapter and while their key is refused."""
    with context.work(turn) as (_scope, session):
        opened = open_supplier(session, context.keyring, supplier_id)
    supplier = opened.supplier
    if supplier.kind not in HAS_ADAPTER or supplier.state != "active":
        return None
    rate = float(supplier.settings.get("calls_per_second", CALLS_PER_SECOND[supplier.kind]))
    connection = SupplierConnection(
        kind=supplier.kind,
        base_url=supplier.base_url,
        currency=supplier.currency,
        settings=supplier.settings,
        credentials=opened.credentials,
        timeout=context.settings.outside_timeout,
        allowance=context.settings.outbound_allow,
        pace=context.paces.of(f"supplier:{supplier.id}", rate),
    )
    return SupplierDesk(supplier, open_adapter(connection), opened.credentials, rate)


def keep_login(context: Context, turn: Turn, desk: SupplierDesk) -> None:
    """Stores a fresh login of the adapter, so that the next process need not log in again."""
    login = desk.port.session_credentials()
    if not login or all(desk.credentials.get(name) == value for name, value in login.items()):
        return
    with context.work(turn) as (scope, session):
        now = open_supplier(session, context.keyring, desk.supplier.id)
        if now.credentials.get("api_key") == desk.credentials.get(
            "api_key"
        ):  # else a person replaced the key meanwhile
            store_credentials(scope, session, context.keyring, now.supplier, {**now.credentials, **login})


def ask_quotes(context: Context, turn: Turn, desk: SupplierDesk, skus: list[str]) -> Mapping[str, Quote]:
    """Stock and price of these items now, stored. Raises the outside errors."""
    quotes = desk.port.quote(skus, None)
    with context.work(turn) as (scope, session):
        supplier = session.get_one(Supplier, desk.supplier.id)
        record_quotes(scope, session, supplier, skus, quotes, context.clock.now())
    return quotes


class Quotes:
    """Stock and price as asked in one turn, each item once, whichever thread asks first."""

    def __init__(self, context: Context, turn: Turn, desk: SupplierDesk) -> None:
        self._context, self._turn, self._desk = context, turn, desk
        self._told: dict[str, Quote | None] = {}
        self._lock = Lock()

    def of(self, skus: list[str]) -> dict[str, Quote]:
        """What the supplier said of these items; one that it does not have is absent. Raises the outside errors."""
        with self._lock:
            missing = [sku for sku in skus if sku not in self._told]
            if missing:
                told = ask_quotes(self._context, self._turn, self._desk, missing)
                self._told |= {sku: told.get(sku) for sku in missing}
            return {sku: quote for sku in skus if (quote := self._told[sku]) is not None}
