"""What an order's page shows, part by part; the portal and the JSON door render the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agency.domain.money import Money
from agency.services.order_purchase_rows import EffectRow, PurchaseRow


@dataclass(frozen=True)
class StepRow:
    """One of the stages across the top; `state` is done, now, next or stopped. `source` says who told us."""

    key: str
    label: str
    state: str
    at: datetime | None
    source: str


@dataclass(frozen=True)
class DeadlineRow:
    """One of the six deadlines; `counts` marks the one that counts now, `consequence` says what happens after it."""

    kind: str
    label: str
    at: datetime
    source: str
    counts: bool
    passed: bool
    consequence: str


@dataclass(frozen=True)
class MappingRow:
    """Where a sku is bought. `unit_cost` and `shipping` are per supplier unit; `stock_quantity` None = not known.

    `mapped_by` is for the reader; `mapped_at`, and `quoted_at` of stock and price, are machine time.
    """

    mapping_id: str
    version: int
    rank: int
    quantity: int
    price_cap: Money | None
    supplier_id: str
    supplier_name: str
    supplier_kind: str
    supplier_item_id: str
    supplier_sku: str
    item_title: str
    url: str
    unit_cost: Money
    shipping: Money
    stock_quantity: int | None
    mapped_by: str = ""
    mapped_at: datetime | None = None
    quoted_at: datetime | None = None


@dataclass(frozen=True)
class LineRow:
    """Units of one sku in the order. `line_ids` are TikTok's, one per unit; `mappings` by rank, empty = unmapped."""

    sku_id: str
    product_name: str
    sku_name: str
    seller_sku: str
    quantity: int
    unit_price: Money
    line_ids: tuple[str, ...]
    cancelled_units: int
    mappings: tuple[MappingRow, ...]


@dataclass(frozen=True)
class FindingRow:
    """What the tracking firewall says about a parcel; `severity` is block, warn or ok."""

    code: str
    severity: str
    sentence: str


@dataclass(frozen=True)
class ScanRow:
    """One carrier event."""

    at: datetime
    description: str


@dataclass(frozen=True)
class ParcelRow:
    """One parcel with verdict and scans, newest scan first."""

    parcel_id: str
    tracking_number: str
    carrier: str
    carrier_text: str
    provider_name: str
    state: str
    state_text: str
    tone: str
    warning: str
    units: int
    corrections: int
    supplier_shipped_at: datetime | None
    pushed_at: datetime | None
    first_scan_at: datetime | None
    delivered_at: datetime | None
    findings: tuple[FindingRow, ...]
    scans: tuple[ScanRow, ...]
    effects: tuple[EffectRow, ...]


@dataclass(frozen=True)
class MoneyRow:
    """One line of the money table; costs are negative. `source` is sale, estimate, purchase or statement."""

    kind: str
    label: str
    amount: Money
    source: str


@dataclass(frozen=True)
class MoneyTable:
    """Rows that add up to `total`. `certain` is True once TikTok has settled; else the total is an estimate.

    `expected` was estimated when it was planned, `booked` is the sum of the ledger, `settled` what TikTok paid out.
    """

    rows: tuple[MoneyRow, ...]
    total: Money | None
    total_label: str
    certain: bool
    note: str
    expected: Money | None = None
    booked: Money | None = None
    settled: Money | None = None


@dataclass(frozen=True)
class ContactRow:
    """The buyer's address, masked. `state` is clear (we could show it), masked (TikTok hides it), erased or absent."""

    state: str
    lines: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class BlockerRow:
    """Why the order is not bought, with its remedy."""

    code: str
    sentence: str
    approvable: bool
    supplier_id: str = ""  # where it is mended, when at a supplier


@dataclass(frozen=True)
class EventRow:
    """One event of the timeline. `by` is person, rule, marketplace, supplier or machine; `who` is for the reader."""

    seq: int
    at: datetime
    kind: str
    by: str
    who: str
    title: str
    detail: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class LimitFacts:
    """What a yes would mean: the cost as mapped now, what would be left, and the client's limits.

    `margin` is our estimate after TikTok's fee; `budget_left` of today is in the client's currency.
    """

    cost: Money | None
    margin: Money | None
    limit: Money
    margin_floor_bp: int
    budget: Money
    budget_left: Money


@dataclass(frozen=True)
class ActionRow:
    """Something that can be done to the order; when it is not allowed now, `why_not` says why."""

    word: str
    label: str
    allowed: bool
    why_not: str


@dataclass(frozen=True)
class DecisionRow:
    """An open attention of this order."""

    attention_id: str
    kind: str
    why: str
    action: str
    action_label: str
    due_at: datetime | None
    loss: Money | None


@dataclass(frozen=True)
class OrderPage:
    """Everything about one order. All times are shop time unless a part says otherwise.

    `limits` is there while something waits for a yes; `events_before` is where the timeline goes on, 0 at its end.
    """

    number: str
    title: str
    quantity: int
    shop_id: str
    shop_name: str
    client_id: str
    client_name: str
    region: str
    shop_time_zone: str
    tiktok_status: str
    stage: str
    status_text: str
    tone: str
    headline: str
    explanation: str
    order_type: str
    delivery_option: str
    flags: tuple[str, ...]
    placed_at: datetime
    stage_at: datetime
    value: Money
    profit: Money | None
    due_at: datetime | None
    due_kind: str
    due_label: str
    due_source: str
    due_why: str
    steps: tuple[StepRow, ...]
    deadlines: tuple[DeadlineRow, ...]
    blockers: tuple[BlockerRow, ...]
    decisions: tuple[DecisionRow, ...]
    lines: tuple[LineRow, ...]
    purchases: tuple[PurchaseRow, ...]
    parcels: tuple[ParcelRow, ...]
    money: MoneyTable
    limits: LimitFacts | None
    contact: ContactRow
    events: tuple[EventRow, ...]
    events_before: int
    actions: tuple[ActionRow, ...]
