"""What a shop owner's own pages show: no supplier, no buyer, and what goods cost only where the contract shares it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from agency.domain.money import Money
from agency.services.client_requests import RequestRow


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
    """One order's page for the shop owner. `goods` (negative) and `profit` only where the contract shares them."""

    order: ClientOrderRow
    lines: tuple[ClientLineRow, ...]
    steps: tuple[ClientStepRow, ...]
    parcels: tuple[ClientParcelRow, ...]
    payout: Money | None
    payout_certain: bool
    goods: Money | None = None
    profit: Money | None = None


@dataclass(frozen=True)
class ClientNumber:
    """One of the four numbers: `label`, ready text or money, the change since the period before, a note under it."""

    label: str
    count: int | None
    money: tuple[Money, ...]
    per_mille: int | None
    note: str
    change: str = ""


@dataclass(frozen=True)
class Payout:
    """TikTok's next payment as its own estimate of unsettled orders says it; None parts are not known."""

    amount: Money
    orders: int


@dataclass(frozen=True)
class DaySales:
    """What buyers paid on one day of the client's zone."""

    day: date
    amount: Money


@dataclass(frozen=True)
class ProofLine:
    """One thing that happened, with why and what was done; `number` and `title` of one order when it is about one."""

    tone: str
    symbol: str
    sentence: str
    detail: str = ""
    number: str = ""
    title: str = ""


@dataclass(frozen=True)
class HealthRow:
    """A rate of the last weeks beside TikTok's line; `per_mille` None without cases, `limit` empty without a line."""

    label: str
    per_mille: int | None
    limit: str
    tone: str


@dataclass(frozen=True)
class OwnShop:
    """A shop of the client with the age of what is known about it; times are machine time."""

    name: str
    read_at: datetime | None
    unread: bool
    paused: bool
    access_lost: bool
    access_ends_at: datetime | None


@dataclass(frozen=True)
class NeedRow:
    """What the shop owner has to do about a shop; `at` is when it becomes urgent."""

    title: str
    text: str
    tone: str
    at: datetime | None = None


@dataclass(frozen=True)
class ClientOverview:
    """The shop owner's first page: is all well, four numbers, what happened today, what is on its way and to do."""

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
    sales: tuple[DaySales, ...] = ()
    proof: tuple[ProofLine, ...] = ()
    health: tuple[HealthRow, ...] = ()
    health_word: str = ""
    health_tone: str = ""
    shops: tuple[OwnShop, ...] = ()
    needs: tuple[NeedRow, ...] = ()
    requests: tuple[RequestRow, ...] = ()
