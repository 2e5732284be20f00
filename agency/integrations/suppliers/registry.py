"""The kinds of suppliers that have an adapter: adding one is a folder and a line here."""

from __future__ import annotations

from collections.abc import Callable

from agency.domain.errors import Invalid
from agency.integrations.suppliers.cj.adapter import CjSupplier
from agency.integrations.suppliers.port import SupplierConnection, SupplierPort
from agency.integrations.suppliers.rest.adapter import RestSupplier

FACTORIES: dict[str, Callable[[SupplierConnection], SupplierPort]] = {
    "rest": RestSupplier,
    "cj": CjSupplier,
}
# "stock" and "manual" suppliers are worked inside our own house.
HAS_ADAPTER = frozenset(FACTORIES)


def open_supplier(connection: SupplierConnection) -> SupplierPort:
    """The adapter for a connection; raises Invalid for a kind without one."""
    factory = FACTORIES.get(connection.kind)
    if factory is None:
        known = ", ".join(sorted(FACTORIES))
        raise Invalid(
            "kind", f"A supplier of kind {connection.kind!r} has no connection. Choose one of: {known}."
        )
    return factory(connection)
