"""TikTok's port for one shop: mapping in, client call, mapping out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from agency.domain.errors import Refused, Unavailable
from agency.domain.ledger import Statement, StatementRow, UnsettledEstimate
from agency.domain.orders import CancellationRequest, OrderPage, OrderSnapshot
from agency.domain.parcels import Provider, Scan, ShipReceipt, ShipRequest
from agency.integrations.http import ReadClient, readable
from agency.integrations.one_shot import PreparedWrite
from agency.integrations.tiktok import mapping, mapping_finance, mapping_orders, versions
from agency.integrations.tiktok.client import (
    Call,
    Credentials,
    FamilyPace,
    TikTokClient,
    no_family_pace,
)
from agency.integrations.wire import rows, text, to_unix

T = TypeVar("T")

MAX_IDS = 50
_MAX_PAGE = "100"
_MAX_CANCELLATIONS = "50"
# Base addresses on which TikTok has said that the older shipping path is gone; remembered for the process.
_newer_ship_path: set[str] = set()


class TikTokAdapter:
    """One shop of one authorisation (see `TikTokPort`). Thread-safe; a `client` may be shared by many shops."""

    def __init__(
        self,
        api_url: str,
        app_key: str,
        app_secret: str,
        access_token: str,
        cipher: str,
        timeout: float = 10.0,
        client: ReadClient | None = None,
        pace: FamilyPace = no_family_pace,
    ) -> None:
        self._client = TikTokClient(
            api_url, Credentials(app_key, app_secret, access_token, cipher), timeout, client, pace
        )

    def search_orders(
        self, update_ge: datetime, update_lt: datetime, page_token: str = "", page_size: int = 50
    ) -> OrderPage:
        """One page of the orders updated in the window, oldest update first."""
        query = {"page_size": str(page_size), "sort_field": "update_time", "sort_order": "ASC"}
        if page_token:
            query["page_token"] = page_token
        body = {"update_time_ge": to_unix(update_ge), "update_time_lt": to_unix(update_lt)}
        return self._read(Call(versions.ORDER_SEARCH, query=query, body=body), mapping_orders.to_order_page)

    def count_orders(
        self, create_ge: datetime, create_lt: datetime, status: str = "", update_lt: datetime | None = None
    ) -> int:
        """TikTok's own count of the orders created in the window, of one status if it is named."""
        query = {"page_size": "1", "sort_field": "create_time", "sort_order": "ASC"}
        body: dict[str, Any] = {"create_time_ge": to_unix(create_ge), "create_time_lt": to_unix(create_lt)}
        if status:
            body["order_status"] = status
        if update_lt is not None:
            body["update_time_lt"] = to_unix(update_lt)
        call = Call(versions.ORDER_SEARCH, query=query, body=body)
        # A count that is not there is "could not read", never a zero.
        return self._read(call, lambda data: int(data["total_count"]))

    def orders(self, ids: Sequence[str]) -> list[OrderSnapshot]:
        """These orders in full, 50 to a call."""
        found: list[OrderSnapshot] = []
        for start in range(0, len(ids), MAX_IDS):
            call = Call(versions.ORDER_DETAIL, query={"ids": ",".join(ids[start : start + MAX_IDS])})
            found += self._read(
                call, lambda data: [mapping_orders.to_order(row) for row in rows(data, "orders")]
            )
        return found

    def providers(self, delivery_option_id: str) -> list[Provider]:
        """The carriers that TikTok accepts for a delivery option."""
        call = Call(versions.PROVIDERS, {"delivery_option_id": delivery_option_id})
        return self._read(
            call, lambda data: [mapping.to_provider(row) for row in rows(data, "shipping_providers")]
        )

    def prepare_ship(self, request: ShipRequest) -> PreparedWrite[ShipReceipt]:
        """Mark Package As Shipped; when its path turns out to be retired, the next attempt takes the newer
        one.
        """
        base = self._client.base
        version = versions.SHIP_VERSIONS[-1 if base in _newer_ship_path else 0]
        call = Call(versions.SHIP[version], {"order_id": request.order_id}, body=_ship_body(version, request))
        prepared = self._client.prepare(
            call, f"{request.order_id}/{request.tracking_number}", mapping.to_receipt
        )
        read = prepared.read

        def read_or_move_on(answer: Any) -> ShipReceipt:
            try:
                return read(answer)
            except Refused as refused:
                if refused.code not in versions.RETIRED_CODES or version == versions.SHIP_VERSIONS[-1]:
                    raise
                _newer_ship_path.add(base)
                raise Unavailable(
                    f"{call.label}: this version is retired; the newer one is next", 0.0
                ) from None

        prepared.read = read_or_move_on
        return prepared

    def prepare_correct(
        self, order_id: str, package_id: str, tracking_number: str, provider_id: str
    ) -> PreparedWrite[ShipReceipt]:
        """The correction of one package, or of the whole order without a package id."""
        body = {"tracking_number": tracking_number, "shipping_provider_id": provider_id}
        if package_id:
            call = Call(versions.CORRECT_PACKAGE, {"package_id": package_id}, body=body)
        else:
            call = Call(versions.CORRECT_ORDER, {"order_id": order_id}, body=body)

        def read(data: Mapping[str, Any]) -> ShipReceipt:
            receipt = mapping.to_receipt(data)
            return ShipReceipt(receipt.package_id or package_id, receipt.warning)

        return self._client.prepare(call, f"{order_id}/{tracking_number}", read)

    def tracking(self, order_id: str) -> list[Scan]:
        """The carrier's events that TikTok knows, oldest first."""
        return self._read(Call(versions.TRACKING, {"order_id": order_id}), mapping.to_scans)

    def cancellations(
        self, order_ids: Sequence[str] = (), since: datetime | None = None
    ) -> list[CancellationRequest]:
        """Cancellations of these orders, or all updated since a moment."""
        body: dict[str, Any] = {}
        if order_ids:
            body["order_ids"] = list(order_ids)
        if since is not None:
            body["update_time_ge"] = to_unix(since)
        call = Call(versions.CANCELLATION_SEARCH, query={"page_size": _MAX_CANCELLATIONS}, body=body)
        return [mapping.to_cancellation(row) for row in self._all(call, "cancellations")]

    def prepare_cancel_order(
        self, order_id: str, reason: str, line_ids: Sequence[str] = ()
    ) -> PreparedWrite[str]:
        """A cancellation by the seller; `reason` is one of TikTok's keys for the order's status."""
        body: dict[str, Any] = {"order_id": order_id, "cancel_reason": reason}
        if line_ids:
            body["order_line_item_ids"] = list(line_ids)
        call = Call(versions.CANCEL_ORDER, body=body)
        return self._client.prepare(call, order_id, lambda data: text(data, "cancel_id"))

    def statements(self, since: datetime) -> list[Statement]:
        """The daily statements from a moment on, oldest first."""
        query = {
            "sort_field": "statement_time",
            "sort_order": "ASC",
            "page_size": _MAX_PAGE,
            "statement_time_ge": str(to_unix(since)),
        }
        found = self._all(Call(versions.STATEMENTS, query=query), "statements")
        with readable("tiktok statements"):
            return [mapping_finance.to_statement(row) for row in found]

    def statement_rows(self, statement_id: str, currency: str) -> list[StatementRow]:
        """Every row of a statement, over all its pages."""
        query = {"sort_field": "order_create_time", "page_size": _MAX_PAGE}
        call = Call(versions.STATEMENT_ROWS, {"statement_id": statement_id}, query)
        found = self._all(call, "statement_transactions", "transactions")
        with readable("tiktok statement_rows"):
            return mapping_finance.to_statement_rows(statement_id, currency, found)

    def order_rows(self, order_id: str) -> list[StatementRow]:
        """The rows of one order over all its statements."""
        return self._read(Call(versions.ORDER_ROWS, {"order_id": order_id}), mapping_finance.to_order_rows)

    def unsettled(self) -> list[UnsettledEstimate]:
        """What TikTok expects to pay for orders without a statement."""
        query = {"sort_field": "order_create_time", "page_size": _MAX_PAGE}
        found = self._all(Call(versions.UNSETTLED, query=query), "transactions")
        with readable("tiktok unsettled"):
            return [mapping_finance.to_estimate(row) for row in found]

    def _read(self, call: Call, read: Callable[[dict[str, Any]], T]) -> T:
        data = self._client.read(call)
        with readable(call.label):
            return read(data)

    def _all(self, call: Call, *names: str) -> list[dict[str, Any]]:
        """The rows of every page, under whichever of these names a page has them."""
        return [row for page in self._client.pages(call) for name in names for row in rows(page, name)]


def _ship_body(version: str, request: ShipRequest) -> dict[str, Any]:
    info = {"tracking_number": request.tracking_number, "shipping_provider_id": request.provider_id}
    if version == versions.SHIP_VERSIONS[0]:
        return {"order_line_item_ids": list(request.line_ids), **info}
    return {
        "order_line_list": [{"order_line_id": line_id} for line_id in request.line_ids],
        "shipping_info_list": [info],
    }
