"""What the house may ask of TikTok for one shop; every method raises only the four outside errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from agency.domain.ledger import Statement, StatementRow, UnsettledEstimate
from agency.domain.orders import CancellationRequest, OrderPage, OrderSnapshot
from agency.domain.parcels import Provider, Scan, ShipReceipt, ShipRequest
from agency.integrations.port import Prepared


class TikTokPort(Protocol):
    """One shop. Reads raise Unavailable, Refused or CredentialsRejected; times are aware UTC shop time."""

    def search_orders(
        self, update_ge: datetime, update_lt: datetime, page_token: str = "", page_size: int = 50
    ) -> OrderPage:
        """One page of the orders updated in the window, oldest update first. At most 100 a page."""
        ...

    def count_orders(
        self, create_ge: datetime, create_lt: datetime, status: str = "", update_lt: datetime | None = None
    ) -> int:
        """How many orders TikTok has that were created in the window: of one status, and not updated since."""
        ...

    def orders(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        """These orders in full, 50 to a call; an id that TikTok does not know for this shop is absent."""
        ...

    def providers(self, delivery_option_id: str) -> list[Provider]:
        """The carriers that TikTok accepts for a delivery option."""
        ...

    def prepare_ship(self, request: ShipRequest) -> Prepared[ShipReceipt]:
        """Mark Package As Shipped. TikTok has no idempotency key: after an unknown outcome read the order
        first.
        """
        ...

    def prepare_correct(
        self, order_id: str, package_id: str, tracking_number: str, provider_id: str
    ) -> Prepared[ShipReceipt]:
        """The one correction, within 72 h of shipping in the US; `package_id` "" corrects the whole order."""
        ...

    def tracking(self, order_id: str) -> list[Scan]:
        """The carrier's events that TikTok knows, oldest first."""
        ...

    def cancellations(
        self, order_ids: Sequence[str] = (), since: datetime | None = None
    ) -> list[CancellationRequest]:
        """Cancellations of these orders, or all updated since a moment."""
        ...

    def prepare_cancel_order(self, order_id: str, reason: str, line_ids: Sequence[str] = ()) -> Prepared[str]:
        """A cancellation by the seller; gives TikTok's cancel id. `reason` is a TikTok key, no lines = all."""
        ...

    def statements(self, since: datetime) -> list[Statement]:
        """The daily statements from a moment on, oldest first."""
        ...

    def statement_rows(self, statement_id: str, currency: str) -> list[StatementRow]:
        """Every row of a statement."""
        ...

    def order_rows(self, order_id: str) -> list[StatementRow]:
        """The rows of one order over all its statements."""
        ...

    def unsettled(self) -> list[UnsettledEstimate]:
        """What TikTok expects to pay for orders without a statement."""
        ...
