"""What the pages about health show: figures with their state, days, causes, stretches of time, late orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from agency.domain.health import Judged, State

PERIODS = (7, 30, 90)  # days
USUAL = 30


@dataclass(frozen=True)
class Cause:
    """Why orders were late: `reason` is a key of `health_words.REASONS`; `name` is the supplier where there is one."""

    reason: str
    name: str
    orders: int


@dataclass(frozen=True)
class ShopHealth:
    """A shop's figures of the period. `unread` is a reason against trusting them; such a shop is never called good.

    `trend` is the late dispatch rate of the seven days up to each day, in basis points, None without a case.
    """

    shop_id: str
    name: str
    region: str
    client_name: str
    time_zone: str
    last_read_at: datetime | None
    unread: str
    state: State
    late: Judged
    cancelled: Judged
    tracking: Judged
    delivery: Judged
    trend: tuple[int | None, ...]
    reaches_limit_in: int | None
    cause: Cause | None

    @property
    def figures(self) -> tuple[Judged, ...]:
        """The four figures in the order in which TikTok's Seller Center has them."""
        return self.late, self.cancelled, self.tracking, self.delivery

    @property
    def trusted(self) -> bool:
        """Whether the figures may be taken as they are: the shop is read."""
        return not self.unread


@dataclass(frozen=True)
class Fleet:
    """All visible shops, worst first, over the last `days` days."""

    shops: tuple[ShopHealth, ...]
    days: int
    causes: tuple[Cause, ...]

    def count(self, state: State) -> int:
        """How many shops stand so; a shop that is not read stands nowhere unless it is over a limit."""
        return sum(1 for shop in self.shops if shop.state == state and (shop.trusted or state == State.OVER))

    @property
    def unread(self) -> int:
        """Shops whose figures may be old."""
        return sum(1 for shop in self.shops if not shop.trusted)


@dataclass(frozen=True)
class Day:
    """One day of a shop, in the shop's zone: the orders that came due and the late ones among them, the orders that a
    carrier took that day in time and late, and the late dispatch rate of the seven days up to it in basis points."""

    day: date
    due: int
    late: int
    in_time: int
    taken_late: int
    rate: int | None


@dataclass(frozen=True)
class Stretch:
    """How long a stage took: the median in hours over `orders` orders; None when there was none."""

    key: str
    hours: float | None
    goal: float
    orders: int


@dataclass(frozen=True)
class LateOrder:
    """An order that no carrier had in time. `taken_at` None = no carrier has it yet."""

    number: str
    title: str
    limit_at: datetime
    taken_at: datetime | None
    cancelled: bool
    reason: str
    supplier: str


@dataclass(frozen=True)
class ShopHealthPage:
    """Everything of one shop's page; `before` has the same figures of the period before this one.

    `unlimited` counts orders for which TikTok named no dispatch limit, which are in no figure.
    """

    shop: ShopHealth
    before: ShopHealth
    days: int
    each_day: tuple[Day, ...]
    stretches: tuple[Stretch, ...]
    causes: tuple[Cause, ...]
    late_orders: tuple[LateOrder, ...]
    late_count: int
    unlimited: int


@dataclass(frozen=True)
class FigureRow:
    """One figure for programs: `counted` of `base` cases, the limits in basis points, the mistakes that still fit."""

    metric: str
    counted: int
    base: int
    basis_points: int | None
    limit_basis_points: int | None
    enforced_basis_points: int | None
    left: int | None
    state: str


@dataclass(frozen=True)
class ShopFigures:
    """A shop's figures for programs. `unread` is a reason against trusting them, empty when there is none."""

    shop_id: str
    name: str
    client_name: str
    region: str
    state: str
    unread: str
    figures: tuple[FigureRow, ...]


@dataclass(frozen=True)
class FleetFigures:
    """All visible shops, worst first, over the last `days` days."""

    days: int
    shops: tuple[ShopFigures, ...]
