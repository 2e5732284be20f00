"""The one table of TikTok's paths with their versions; a retired version is changed here and nowhere else.

Versions are monthly and retire with at least two months' notice (Partner Center, API versioning, copy of
2025-12-03). State of this table: 2026-11-22.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Endpoint:
    """One call: `path` has {placeholders}; `needs_cipher` says whether it works on a shop."""

    name: str
    method: str
    path: str
    needs_cipher: bool = True

    def fill(self, **parts: str) -> str:
        """The path with its placeholders filled, each part percent-encoded."""
        return self.path.format(**{name: quote(value, safe="") for name, value in parts.items()})


AUTHORIZED_SHOPS = Endpoint("authorized_shops", "GET", "/authorization/202309/shops", needs_cipher=False)
ORDER_SEARCH = Endpoint("order_search", "POST", "/order/202309/orders/search")
ORDER_DETAIL = Endpoint("order_detail", "GET", "/order/202507/orders")
PROVIDERS = Endpoint(
    "providers", "GET", "/logistics/202309/delivery_options/{delivery_option_id}/shipping_providers"
)
CORRECT_ORDER = Endpoint(
    "correct_order", "POST", "/fulfillment/202309/orders/{order_id}/shipping_info/update"
)
CORRECT_PACKAGE = Endpoint(
    "correct_package", "POST", "/fulfillment/202309/packages/{package_id}/shipping_info/update"
)
TRACKING = Endpoint("tracking", "GET", "/fulfillment/202309/orders/{order_id}/tracking")
STATEMENTS = Endpoint("statements", "GET", "/finance/202309/statements")
STATEMENT_ROWS = Endpoint(
    "statement_rows", "GET", "/finance/202501/statements/{statement_id}/statement_transactions"
)
ORDER_ROWS = Endpoint("order_rows", "GET", "/finance/202501/orders/{order_id}/statement_transactions")
UNSETTLED = Endpoint("unsettled", "GET", "/finance/202507/orders/unsettled")
CANCELLATION_SEARCH = Endpoint("cancellation_search", "POST", "/return_refund/202602/cancellations/search")
CANCEL_ORDER = Endpoint("cancel_order", "POST", "/return_refund/202602/cancellations")

# Mark Package As Shipped, oldest first. The October 2026 SDK lists only 202610 while no end of 202309 was
# announced, so the older one is tried until TikTok says that it is gone.
SHIP_VERSIONS = ("202309", "202610")
SHIP = {
    version: Endpoint(f"ship_{version}", "POST", f"/fulfillment/{version}/orders/{{order_id}}/packages")
    for version in SHIP_VERSIONS
}

# "no such path" and "no such version": nothing was done.
RETIRED_CODES = ("36009009", "36009014")
