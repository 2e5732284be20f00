"""What the house may ask of a supplier, whoever it is; every method raises only the four outside errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from agency.domain.addresses import Address
from agency.domain.effects import VendorMemory
from agency.domain.outbound import NOTHING_MORE, Allowance
from agency.domain.purchasing import Payable, PurchaseRequest, Quote, SupplierEvent, SupplierOrder
from agency.integrations.http import Pace, no_pace
from agency.integrations.port import Prepared


@dataclass(frozen=True)
class SupplierConnection:
    """One account at a supplier: where it is, in which currency it charges, its settings and its secrets.

    `timeout` is in real seconds per call; `allowance` says what may be called besides public https addresses. `pace`
    is called right before each call and waits until the account allows it.
    """

    kind: str
    base_url: str
    currency: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    allowance: Allowance = NOTHING_MORE
    pace: Pace = field(default=no_pace, repr=False)


class SupplierPort(Protocol):
    """One account at one supplier.

    `memory` says what can be learned after a lost answer; `pays_separately` whether placing and paying are
    two writes.
    """

    @property
    def memory(self) -> VendorMemory:
        """What this supplier remembers of a write."""
        ...

    @property
    def pays_separately(self) -> bool:
        """True when an order is created unpaid and paid by a second write."""
        ...

    def session_credentials(self) -> dict[str, str]:
        """A login worth keeping sealed for the next process; empty when there is none."""
        ...

    def quote(self, supplier_skus: Sequence[str], ship_to: Address | None) -> dict[str, Quote]:
        """Stock and price now; an item that the supplier does not have is absent. Raises Unavailable."""
        ...

    def prepare_place(self, request: PurchaseRequest) -> Prepared[SupplierOrder]:
        """The order, ready to be sent once under `request.reference`."""
        ...

    def find(self, reference: str) -> SupplierOrder | None:
        """The order with our reference; None only when the supplier positively says that it has none."""
        ...

    def payable(self, supplier_order_id: str) -> Payable:
        """What the supplier will charge, asked before paying; safe to repeat."""
        ...

    def prepare_pay(
        self, supplier_order_id: str, payable: Payable, reference: str
    ) -> Prepared[SupplierOrder]:
        """The payment of exactly this payable, ready to be sent once."""
        ...

    def statuses(self, supplier_order_ids: Sequence[str]) -> dict[str, SupplierOrder]:
        """The present state of these orders; one that the supplier does not know is absent."""
        ...

    def prepare_cancel(self, supplier_order_id: str, reference: str) -> Prepared[SupplierOrder]:
        """The cancellation; sending raises Refused(TOO_LATE) when the goods are on their way."""
        ...

    def list_recent(self, since: datetime) -> list[SupplierOrder]:
        """Every order of this account since a moment, for the daily comparison with our own book."""
        ...

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """True when the supplier signed exactly these bytes (and, where it has one, inside the time window)."""
        ...

    def parse_webhook(self, raw: bytes) -> SupplierEvent:
        """Which order the bell is about; raises Invalid for a body that cannot be read."""
        ...
