"""Why an order is not bought by itself: every reason at once, each with its remedy; some can be waved through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agency.domain.money import Money, format_money
from agency.domain.purchasing import Blocker
from agency.domain.said import said

# Order types whose goods exist later or never; a person decides (facts, section 4.2).
_UNUSUAL_TYPES = ("PRE_ORDER", "ZERO_LOTTERY", "AUCTION", "VIRTUAL_ORDER")


@dataclass(frozen=True)
class BuyLimits:
    """The client's limits, all in the client's currency except the floor (basis points of sales)."""

    currency: str
    approval_above: Money
    margin_floor_bp: int
    budget_left: Money


@dataclass(frozen=True)
class BuyFacts:
    """What is known of an order when it is about to be bought.

    `address_problems` are (code, sentence, may be waved through); `unbuyable` holds one
    blocker per sku for which no supplier can be used; `stops` the names of the stop
    switches that are on; `cost` is None while the order cannot be priced.
    """

    order_type: str
    is_sample: bool
    is_replacement: bool
    is_cancel_requested: bool
    before_connection: bool
    unknown_codes: Sequence[str]
    contact_missing: bool
    contact_masked: bool
    address_problems: Sequence[tuple[str, str, bool]]
    stops: Sequence[str]
    unbuyable: Sequence[Blocker]
    cost: Money | None
    cost_currencies: Sequence[str]
    revenue: Money
    margin: Money | None
    limits: BuyLimits


def find_blockers(facts: BuyFacts) -> list[Blocker]:
    """All reasons that stand against buying now; empty = buy."""
    return [*_kind(facts), *_address(facts), *facts.unbuyable, *_money(facts)]


def _kind(facts: BuyFacts) -> list[Blocker]:
    found = [
        Blocker("stopped", said("Buying is stopped for {name}. Start it again to go on.", name=name))
        for name in facts.stops
    ]
    if facts.is_cancel_requested:
        found.append(
            Blocker(
                "cancel_requested", said("The buyer asked to cancel. Answer the request in TikTok first.")
            )
        )
    if facts.before_connection:
        sentence = said(
            "It was ordered before the shop was connected and may be bought already. Approve it to "
            "buy it here."
        )
        found.append(Blocker("before_connection", sentence, True))
    if facts.is_sample:
        found.append(
            Blocker("sample", said("A sample order brings no sale. Approve it to buy it all the same."), True)
        )
    if facts.is_replacement:
        found.append(
            Blocker(
                "replacement", said("A replacement order brings no new sale. Approve it to buy it."), True
            )
        )
    if facts.order_type in _UNUSUAL_TYPES:
        word = facts.order_type.lower().replace("_", " ")
        found.append(
            Blocker(
                "unusual_type",
                said("This is a {word} order. Approve it once the goods can be bought.", word=word),
                True,
            )
        )
    for code in facts.unknown_codes:
        found.append(
            Blocker(
                "unknown_code",
                said("TikTok sent {code}, which Shopfleet does not know. Check the order.", code=code),
            )
        )
    return found


def _address(facts: BuyFacts) -> list[Blocker]:
    if facts.contact_missing:
        return [
            Blocker(
                "address_missing",
                said("There is no buyer address. It is read again with the next order update."),
            )
        ]
    if facts.contact_masked:
        sentence = said(
            "TikTok shows the buyer's address masked. Check that the shop ships by itself, then read "
            "it again."
        )
        return [Blocker("address_masked", sentence)]
    return [Blocker(code, sentence, approvable) for code, sentence, approvable in facts.address_problems]


def _money(facts: BuyFacts) -> list[Blocker]:
    if facts.cost is None:
        return []
    limits, found = facts.limits, []
    if any(currency != limits.currency for currency in (*facts.cost_currencies, facts.revenue.currency)):
        sentence = said(
            "Cost and sale are in different currencies, so the margin is unknown. Approve it to buy."
        )
        return [Blocker("currency_differs", sentence, True)]
    if facts.cost > limits.approval_above:
        limit, cost = format_money(limits.approval_above), format_money(facts.cost)
        found.append(
            Blocker(
                "cost_over_limit",
                said("Cost {cost} is over the limit of {limit}. Approve it to buy.", cost=cost, limit=limit),
                True,
            )
        )
    if facts.cost > limits.budget_left:
        left = format_money(limits.budget_left)
        sentence = said("Today's budget has {left} left. Approve it, or wait until tomorrow.", left=left)
        found.append(Blocker("budget_used_up", sentence, True))
    if facts.margin is not None:
        floor = facts.revenue.amount * limits.margin_floor_bp // 10_000
        if facts.margin.amount < floor:
            sentence = said(
                "Only {left} would be left of this sale. Approve it to buy all the same.",
                left=format_money(facts.margin),
            )
            found.append(Blocker("margin_below_floor", sentence, True))
    return found
