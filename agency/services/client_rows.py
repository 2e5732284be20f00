"""What a shop owner's own pages show: no supplier, no cost, no buyer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agency.domain.money import Money


@dataclass(frozen=True)
class ClientOrderRow:
    """One order as the shop owner sees it: no supplier, no cost, no buyer. `step` of `steps` are done."""

    number: str
    title: str
    quantity: int
    shop_name: str
    placed_at: datetime
    status_text: str
    tone: str
    step: int
    steps: int
    value: Money


@dataclass(frozen=True)
class ClientParcelRow:
    """One parcel as the shop owner sees it."""

    carrier: str
    tracking_number: str
    shipped_at: datetime | None
    first_scan_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True)
class ClientLineRow:
    """Units of one sku as the shop owner sees them."""

    product_name: str
    sku_name: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True)
class ClientStepRow:
    """A stage with its time; `state` is done, now, next or stopped."""

    label: str
    state: str
    at: datetime | None


@dataclass(frozen=True)
class ClientOrder:
    """One order's page for the shop owner."""

    order: ClientOrderRow
    lines: tuple[ClientLineRow, ...]
    steps: tuple[ClientStepRow, ...]
    parcels: tuple[ClientParcelRow, ...]
    payout: Money | None
    payout_certain: bool


@dataclass(frozen=True)
class ClientNumber:
    """One of the four numbers: `label`, ready text or money, and a note under it."""

    label: str
    count: int | None
    money: tuple[Money, ...]
    per_mille: int | None
    note: str


@dataclass(frozen=True)
class Payout:
    """TikTok's next payment as its own estimate of unsettled orders says it; None parts are not known."""

    amount: Money
    orders: int


@dataclass(frozen=True)
class ClientOverview:
    """The shop owner's first page: one sentence, four numbers, orders on their way, what TikTok will pay next."""

    client_name: str
    time_zone: str
    headline: str
    sentence: str
    tone: str
    numbers: tuple[ClientNumber, ...]
    on_their_way: tuple[ClientOrderRow, ...]
    payouts: tuple[Payout, ...]
    last_payout: Money | None
    last_payout_at: datetime | None
    days: int
    read_at: datetime | None
