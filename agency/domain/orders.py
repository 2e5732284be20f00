"""What TikTok tells us about an order, and where the order stands with us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agency.domain.addresses import Address
from agency.domain.money import Money

# TikTok's status words (Orders API 202309/202507; partner docs copy of 2025-12-03).
UNPAID = "UNPAID"
ON_HOLD = "ON_HOLD"
AWAITING_SHIPMENT = "AWAITING_SHIPMENT"
PARTIALLY_SHIPPING = "PARTIALLY_SHIPPING"
AWAITING_COLLECTION = "AWAITING_COLLECTION"
IN_TRANSIT = "IN_TRANSIT"
DELIVERED = "DELIVERED"
COMPLETED = "COMPLETED"
CANCELLED = "CANCELLED"
STATUSES = (
    UNPAID, ON_HOLD, AWAITING_SHIPMENT, PARTIALLY_SHIPPING, AWAITING_COLLECTION, IN_TRANSIT, DELIVERED, COMPLETED,
    CANCELLED,
)  # fmt: skip
SHIPPABLE = (AWAITING_SHIPMENT, PARTIALLY_SHIPPING)


class Stage:
    """Where an order stands with us. Every order is in exactly one, so the sums of P2 always add up."""

    HELD = "held"  # unpaid, on hold at TikTok, or inside the shop's own purchase delay
    TO_BUY = "to_buy"  # may be bought; waits for the machine
    BLOCKED = "blocked"  # a person must decide (approval, mapping, address ...)
    BOUGHT = "bought"  # every live line bought; waits for tracking
    SHIPPED = "shipped"  # tracking handed to TikTok
    DELIVERED = "delivered"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    EXCLUDED = "excluded"  # TikTok or its warehouse ships it: seen and counted, never bought

    ALL = (HELD, TO_BUY, BLOCKED, BOUGHT, SHIPPED, DELIVERED, SETTLED, CANCELLED, EXCLUDED)
    OPEN = (HELD, TO_BUY, BLOCKED, BOUGHT, SHIPPED)
    PROCESSED = (SHIPPED, DELIVERED, SETTLED)  # TikTok has the tracking number
    BEFORE_BUYING = (HELD, TO_BUY, BLOCKED)


@dataclass(frozen=True)
class LineSnapshot:
    """One unit of an order, as TikTok sends it (quantity 3 = three lines)."""

    line_id: str
    sku_id: str
    product_id: str
    product_name: str
    sku_name: str
    seller_sku: str
    sale_price: Money
    seller_discount: Money
    platform_discount: Money
    tax: Money
    display_status: str
    package_id: str = ""
    tracking_number: str = ""
    provider_id: str = ""


@dataclass(frozen=True)
class OrderSnapshot:
    """One order as read from TikTok at one moment. Times are aware UTC shop time; absent = None.

    `address` is what TikTok showed, possibly masked (`address_masked`). `unknown` keeps codes that our tables do not
    know ({"status": "NEW_WORD"}): they are shown and flagged, never guessed. `raw` is the document without buyer data.
    """

    order_id: str
    status: str
    currency: str
    total: Money
    subtotal: Money
    shipping_fee: Money
    tax: Money
    platform_discount: Money
    seller_discount: Money
    created_at: datetime
    updated_at: datetime
    lines: tuple[LineSnapshot, ...]
    address: Address | None
    address_masked: bool
    paid_at: datetime | None = None
    rts_at: datetime | None = None
    collected_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    release_at: datetime | None = None
    handling_days: int | None = None
    order_type: str = "NORMAL"
    fulfillment_type: str = "FULFILLMENT_BY_SELLER"
    shipping_type: str = "SELLER"
    delivery_option_id: str = ""
    delivery_option_name: str = ""
    buyer_note: bool = False
    is_sample: bool = False
    is_replacement: bool = False
    is_cancel_requested: bool = False
    has_updated_address: bool = False
    cancel_reason: str = ""
    cancelled_by: str = ""
    # keys are DeadlineKind values: rts_sla, tts_sla, shipping_due, collection_due, delivery_sla, delivery_due
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ours_to_ship(self) -> bool:
        """True when the seller both fulfils and ships: the only orders that may be bought (facts, section 4.2)."""
        return self.fulfillment_type == "FULFILLMENT_BY_SELLER" and self.shipping_type == "SELLER"


@dataclass(frozen=True)
class OrderPage:
    """One page of an order search."""

    orders: tuple[OrderSnapshot, ...]
    next_page_token: str
    total_count: int


@dataclass(frozen=True)
class CancellationRequest:
    """One cancellation of an order as TikTok lists it; `deadline` is the seller's, in shop time, None = no answer due.

    `status` is TikTok's word (CANCELLATION_REQUEST_PENDING, _SUCCESS, _CANCEL, _COMPLETE); `role` is who asked.
    """

    cancel_id: str
    order_id: str
    status: str
    role: str
    reason: str
    deadline: datetime | None = None


@dataclass(frozen=True)
class OrderFactsForStage:
    """What decides an order's stage: TikTok's status, our purchases and the holds."""

    status: str
    ours_to_ship: bool
    settled: bool
    blocked: bool
    held: bool
    lines_live: int
    lines_bought: int


def stage_of(facts: OrderFactsForStage) -> str:  # noqa: PLR0911 - one return per stage reads best
    """The one stage of an order. TikTok's word wins over ours once goods move."""
    if facts.status == CANCELLED:
        return Stage.CANCELLED
    if facts.settled:
        return Stage.SETTLED
    if facts.status in (DELIVERED, COMPLETED):
        return Stage.DELIVERED
    if not facts.ours_to_ship:
        return Stage.EXCLUDED
    if facts.status in (AWAITING_COLLECTION, IN_TRANSIT):
        return Stage.SHIPPED
    if facts.lines_live and facts.lines_bought >= facts.lines_live:
        return Stage.BLOCKED if facts.blocked else Stage.BOUGHT
    if facts.blocked:
        return Stage.BLOCKED
    if facts.held or facts.status not in SHIPPABLE:
        return Stage.HELD
    return Stage.TO_BUY
