"""Purchases at a supplier: states and moves, what is asked of an adapter, what blocks a purchase, references."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agency.domain.addresses import Address
from agency.domain.money import Money


class PurchaseState:
    """`planned -> (approval) -> ready -> placing -> placed -> paying -> paid -> shipped -> closed` and side states."""

    PLANNED = "planned"
    APPROVAL = "approval"
    READY = "ready"
    PLACING = "placing"
    PLACED = "placed"
    PAYING = "paying"
    PAID = "paid"
    SHIPPED = "shipped"
    CLOSED = "closed"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    REVIEW = "review"

    ALL = (
        PLANNED, APPROVAL, READY, PLACING, PLACED, PAYING, PAID, SHIPPED, CLOSED, REFUSED, UNCONFIRMED, CANCELLING,
        CANCELLED, REVIEW,
    )  # fmt: skip
    # A live purchase owns its order lines: the partial unique index allows one per line.
    DEAD = (REFUSED, CANCELLED)
    # The supplier has the order: money is spent or owed.
    BOUGHT = (PLACED, PAYING, PAID, SHIPPED, CLOSED)


MOVES: dict[str, frozenset[str]] = {
    "planned": frozenset({"approval", "ready", "cancelled"}),
    "approval": frozenset({"ready", "cancelled"}),
    "ready": frozenset({"placing", "approval", "cancelled", "review", "placed", "paid"}),
    "placing": frozenset({"placed", "paid", "refused", "unconfirmed", "ready"}),
    "unconfirmed": frozenset({"placed", "paid", "ready", "paying", "review"}),
    "placed": frozenset({"paying", "paid", "approval", "review", "cancelling", "refused"}),
    "paying": frozenset({"paid", "placed", "review", "unconfirmed", "refused"}),
    "paid": frozenset({"shipped", "cancelling", "closed"}),
    "shipped": frozenset({"closed"}),
    "cancelling": frozenset({"cancelled", "paid", "placed", "review"}),
    "review": frozenset({"ready", "placed", "paid", "cancelled", "refused"}),
    "closed": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}


@dataclass(frozen=True)
class PurchaseLine:
    """Units of one supplier item bought for order lines of one sku. `line_ids` are TikTok line item ids."""

    line_ids: tuple[str, ...]
    supplier_sku: str
    quantity: int
    unit_cost: Money


@dataclass(frozen=True)
class PurchaseRequest:
    """What an adapter is asked to place. `max_total` is the approved ceiling; `reference` is our idempotency key."""

    reference: str
    lines: tuple[PurchaseLine, ...]
    ship_to: Address
    max_total: Money
    note: str = ""


@dataclass(frozen=True)
class Package:
    """What a supplier says that it shipped. `line_refs` maps TikTok line ids to quantities, empty = the whole order."""

    package_id: str
    carrier: str
    tracking_number: str
    shipped_at: datetime | None
    line_refs: Mapping[str, int] = field(default_factory=dict)
    postal_code: str = field(default="", repr=False)


@dataclass(frozen=True)
class SupplierOrder:
    """A supplier's order as the supplier tells it, in our words.

    `status`: open | paid | shipped | delivered | cancelled | unknown (then `raw_status` says which word was not known).
    `needs_attention` holds the supplier's reason when a 200 answer hides a stop (CJ: interceptOrderReasons).
    """

    supplier_order_id: str
    reference: str
    status: str
    total: Money | None
    paid: bool
    raw_status: str = ""
    packages: tuple[Package, ...] = ()
    needs_attention: str = ""
    receipt: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Payable:
    """The price a supplier will charge, asked before paying, and the handle with which to pay it."""

    total: Money
    handle: Mapping[str, str]


@dataclass(frozen=True)
class Quote:
    """Stock and price of one supplier item at this moment; `available` None = the supplier does not say."""

    supplier_sku: str
    unit_cost: Money
    available: int | None
    shipping: Money | None
    title: str = ""


@dataclass(frozen=True)
class SupplierEvent:
    """What a supplier's webhook rings about: a bell only, the order is read again. Either id may be empty."""

    event_id: str
    reference: str
    supplier_order_id: str


@dataclass(frozen=True)
class Blocker:
    """One reason why an order is not bought; `sentence` names the remedy, `approvable` a yes that helps.

    `supplier` is the public id of the supplier that the sentence is about, where it is about one.
    """

    code: str
    sentence: str
    approvable: bool = False
    supplier: str = ""


_REFERENCE_PART = re.compile(r"[^A-Z0-9]")
_REFERENCE = re.compile(r"TS-([A-Z0-9]*)-(.{1,19})-(.{1,6})-([0-9]{1,6})")


def purchase_reference(shop_code: str, order_id: str, line_ids: Sequence[str], attempt: int) -> str:
    """Our reference at the supplier: at most 40 characters of A-Z, 0-9 and "-" (fits CJ's 50 and Amazon MCF's 40).

    Derived from platform ids only, so the same lines give the same reference after a restore. `attempt` rises only when
    the former attempt is proven dead. The smallest line id's tail tells split purchases of one order apart.
    """
    line = min(line_ids)[-6:]
    return f"TS-{_shop_part(shop_code)}-{order_id[-19:]}-{line}-{attempt}"


def _shop_part(shop_code: str) -> str:
    return _REFERENCE_PART.sub("", shop_code.upper())[-5:]


@dataclass(frozen=True)
class ReferenceParts:
    """What a reference of ours tells: the shop's code and TikTok's order id, both by their tails, and the attempt."""

    shop: str
    order_id: str
    attempt: int

    def is_about(self, shop_code: str, order_id: str) -> bool:
        """True when the reference was made for an order of this shop."""
        return self.shop == _shop_part(shop_code) and self.order_id == order_id[-19:]


def parse_reference(reference: str) -> ReferenceParts | None:
    """Takes `purchase_reference` apart; None for a reference that is not of our form."""
    found = _REFERENCE.fullmatch(reference)
    return ReferenceParts(found[1], found[2], int(found[4])) if found else None


def finds_by_reference(kind: str, settings: Mapping[str, Any]) -> bool:
    """True when a supplier can be asked for an order by our reference; a person's own and some others cannot."""
    return kind == "cj" or (kind == "rest" and settings.get("idempotency") != "none")


def cheapest(quotes: Mapping[int, Money], ranks: Mapping[int, int]) -> list[int]:
    """Supplier ids in the order in which to try them: by rank, then by cost."""
    return sorted(quotes, key=lambda s: (ranks[s], quotes[s].amount, s))
