"""What the lists show: orders, shops, suppliers, skus, approvals and totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agency.domain.money import Money
from agency.services.order_page_rows import LimitFacts, MappingRow


@dataclass(frozen=True)
class OrderFilters:
    """Empty = everything. `shop`, `client` and `supplier` are public ids, `q` is what a person typed.

    `problem` is a kind of decision or "any"; the times are shop time, `late_at` the moment that a deadline is behind.
    """

    stage: str = ""
    shop: str = ""
    q: str = ""
    client: str = ""
    supplier: str = ""
    region: str = ""
    problem: str = ""
    placed_since: datetime | None = None
    placed_before: datetime | None = None
    late_at: datetime | None = None
    sort: str = ""


EVERY_ORDER = OrderFilters()


@dataclass(frozen=True)
class OrderRow:
    """One order in a list. `profit` is our estimate, None before a purchase."""

    number: str
    title: str
    quantity: int
    shop_id: str
    shop_name: str
    client_name: str
    region: str
    shop_time_zone: str
    tiktok_status: str
    stage: str
    status_text: str
    tone: str
    placed_at: datetime
    due_at: datetime | None
    due_kind: str
    due_label: str
    due_source: str
    value: Money
    profit: Money | None
    problem: str  # the kind of its gravest open decision, empty when there is none


@dataclass(frozen=True)
class ShopTotals:
    """Orders of one shop by stage; they add up to `orders`. `unread` is a reason, empty when the shop is being read.

    TikTok's count and ours were taken over the same window at `counted_at` (machine time).
    """

    shop_id: str
    name: str
    client_name: str
    region: str
    stages: Mapping[str, int]
    orders: int
    count_tiktok: int | None
    count_ours: int | None
    counted_at: datetime | None
    last_read_at: datetime | None
    unread: str


@dataclass(frozen=True)
class Totals:
    """All shops that the reader sees, and their sums. `unread_shops` are not zero: nobody knows what they have."""

    shops: tuple[ShopTotals, ...]
    stages: Mapping[str, int]
    orders: int
    unread_shops: int
    missing: int


@dataclass(frozen=True)
class ShopRow:
    """One shop. Read times are machine time. `state` is active, paused, pending, reconnect or unread."""

    shop_id: str
    tiktok_shop_id: str
    name: str
    code: str
    client_id: str
    client_name: str
    region: str
    currency: str
    time_zone: str
    state: str
    state_text: str
    tone: str
    why: str
    last_read_at: datetime | None
    last_order_at: datetime | None
    read_error: str
    count_tiktok: int | None
    count_ours: int | None
    counted_at: datetime | None
    open_orders: int
    paused_at: datetime | None
    buying_stopped_at: datetime | None
    buying_stopped_by: str
    authorization_state: str
    access_expires_at: datetime | None
    refresh_expires_at: datetime | None
    seller_name: str


@dataclass(frozen=True)
class ClientRow:
    """One client with the limits that its purchases keep."""

    client_id: str
    name: str
    currency: str
    time_zone: str
    approval_above: Money
    daily_budget: Money
    margin_floor_bp: int
    shops: int
    buying_stopped_at: datetime | None
    buying_stopped_by: str
    left_at: datetime | None = None  # machine time; the client has left the agency
    practice: bool = False  # made up, with a shop at the simulator
    share_costs: bool = False  # the client sees what goods cost and what is left


@dataclass(frozen=True)
class ShopList:
    """Shops and clients by name, and whether the agency itself has stopped buying."""

    shops: tuple[ShopRow, ...]
    clients: tuple[ClientRow, ...]
    agency_stopped_at: datetime | None
    agency_stopped_by: str


@dataclass(frozen=True)
class SupplierItemRow:
    """Something that can be bought at a supplier; `wanted_at` (machine time) while an answer is awaited."""

    item_id: str
    supplier_sku: str
    title: str
    url: str
    unit_cost: Money
    shipping: Money
    stock_quantity: int | None
    quoted_at: datetime | None
    wanted_at: datetime | None = None


@dataclass(frozen=True)
class SupplierRow:
    """One supplier connection of a client."""

    supplier_id: str
    kind: str
    kind_text: str
    name: str
    client_id: str
    client_name: str
    currency: str
    website: str
    state: str
    tone: str
    problem: str
    buying_stopped_at: datetime | None
    buying_stopped_by: str
    buying_stopped_why: str
    base_url: str
    tracking_read_at: datetime | None
    tracking_error: str
    open_purchases: int
    items: tuple[SupplierItemRow, ...]


@dataclass(frozen=True)
class SkuRow:
    """A sku that a shop sells, with its live mappings by rank; none = unmapped.

    `waiting` = blocked orders with this sku, `at_stake` what their buyers paid; None when nothing waits.
    """

    shop_id: str
    shop_name: str
    client_id: str
    client_name: str
    region: str
    sku_id: str
    product_name: str
    sku_name: str
    seller_sku: str
    last_ordered_at: datetime
    waiting: int
    mappings: tuple[MappingRow, ...]
    at_stake: Money | None = None


@dataclass(frozen=True)
class ApprovalRow:
    """An order that may be bought once a person says so. `codes` are the blockers that an approval would lift.

    `cause` names them in words; `unanswered` says what happens if nobody answers.
    """

    number: str
    title: str
    quantity: int
    shop_id: str
    shop_name: str
    client_name: str
    region: str
    shop_time_zone: str
    codes: tuple[str, ...]
    sentences: tuple[str, ...]
    value: Money
    cost: Money | None
    profit: Money | None
    due_at: datetime | None
    due_label: str
    approvable: bool
    cause: str
    unanswered: str
    limits: LimitFacts | None


@dataclass(frozen=True)
class ApprovalCause:
    """Orders of one client that the same rules stop, the most urgent first; `costs` has one sum per currency."""

    cause: str
    client_name: str
    rows: tuple[ApprovalRow, ...]
    costs: tuple[Money, ...]


@dataclass(frozen=True)
class AnswerRow:
    """An approval that was answered: yes or no, by whom, when (shop time), and for which reasons or why."""

    number: str
    title: str
    quantity: int
    shop_name: str
    client_name: str
    region: str
    approved: bool
    reason: str
    who: str
    at: datetime
