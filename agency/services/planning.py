"""Planning purchases: which supplier gets which lines of an order, or every reason why it is not bought.

Runs in the shop's `plan` lane, wholly inside our database. What it decides is bought by the supplier's `purchase` lane.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agency.domain.addresses import address_problems
from agency.domain.blockers import BuyFacts, BuyLimits, find_blockers
from agency.domain.consents import MISSING, missing_sentence, needs_consent
from agency.domain.money import Money
from agency.domain.orders import SHIPPABLE
from agency.domain.profit import margin_before_tax
from agency.domain.purchasing import Blocker
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.orders import Order, OrderLine
from agency.models.shops import Shop
from agency.services.blocked import block_order, unblock_order
from agency.services.contacts_store import find_contact
from agency.services.found_purchases import ALL_THE_SAME, list_again
from agency.services.planning_facts import (
    Candidate,
    PlanWorld,
    due_orders,
    next_plan_time,
    open_lines,
    plan_world,
)
from agency.services.purchases import PlannedLine, PlannedPurchase, create_purchases, has_stock
from agency.services.sealing import Keyring
from agency.services.stages import recompute

_HARMLESS_PROBLEMS = ("phone_missing",)  # every supplier of ours takes an order without a phone number
PRICE_TOLERANCE_PERCENT = 10  # how far a supplier's total may rise above the plan before a person is asked


@dataclass(frozen=True)
class Planned:
    """What one turn of planning did; `next_at` is shop time."""

    bought: int
    blocked: int
    next_at: datetime | None


def plan_due_orders(
    scope: Scope, session: Session, keyring: Keyring, shop: Shop, now: datetime, limit: int = 50
) -> Planned:
    """Plans the orders whose time has come: creates purchases, or blocks the whole order with all its reasons.

    Nothing is planned for a shop that has not caught up after a restore.
    """
    if shop.restored_at is not None:  # woken when it has caught up
        return Planned(0, 0, None)
    orders = due_orders(session, shop.id, now, limit)
    if not orders:  # most turns are woken for nothing to plan yet; the limits need not be read for that
        return Planned(0, 0, next_plan_time(session, shop.id))
    lines = open_lines(session, orders)
    skus = sorted({line.sku_id for found in lines.values() for line in found})
    world = plan_world(session, shop, skus, now)
    spent, bought, blocked = world.spent_today_minor, 0, 0
    for order in orders:
        order.plan_at = None
        if order.status not in SHIPPABLE or not lines.get(order.id):
            continue
        plan = _make_plan(session, keyring, world, order, lines[order.id], spent)
        if plan.blockers:
            blocked += 1
            if any(blocker.code == ALL_THE_SAME for blocker in plan.blockers):
                list_again(session, order)
            block_order(scope, session, order, plan.blockers, now)
        else:
            bought += 1
            spent += sum(purchase.expected.amount for purchase in plan.purchases)
            unblock_order(scope, session, order)
            order.profit_minor = plan.margin.amount if plan.margin else None
            create_purchases(scope, session, shop, order, plan.purchases, now)
    session.flush()
    recompute(scope, session, [order.id for order in orders], now)
    return Planned(bought, blocked, next_plan_time(session, shop.id))


@dataclass(frozen=True)
class _Plan:
    purchases: Sequence[PlannedPurchase]
    blockers: Sequence[Blocker]
    margin: Money | None


def _make_plan(
    session: Session, keyring: Keyring, world: PlanWorld, order: Order, lines: Sequence[OrderLine], spent: int
) -> _Plan:
    chosen, unbuyable = _choose(world, lines)
    unbuyable += _strange(world, order)
    purchases = _group(chosen) if not unbuyable else []
    revenue = Money(
        sum(line.sale_price_minor + line.platform_discount_minor for line in lines), order.currency
    )
    currencies = sorted({purchase.expected.currency for purchase in purchases})
    cost = _total(purchases, currencies)
    margin = margin_before_tax(revenue, cost, world.shop.region, order.placed_at.date())
    contact = find_contact(session, keyring, order.id)
    problems = address_problems(contact.address, world.shop.region) if contact and not contact.masked else []
    facts = BuyFacts(
        order_type=order.order_type,
        is_sample=order.is_sample,
        is_replacement=order.is_replacement,
        is_cancel_requested=order.is_cancel_requested,
        before_connection=_is_older(order, world.shop),
        unknown_codes=[f"{name} {value!r}" for name, value in sorted(order.unknown_codes.items())],
        contact_missing=contact is None,
        contact_masked=contact is not None and contact.masked,
        address_problems=[
            (problem.code, problem.sentence, not problem.blocking)
            for problem in problems
            if problem.code not in _HARMLESS_PROBLEMS
        ],
        stops=_stops(world),
        unbuyable=unbuyable,
        cost=cost,
        cost_currencies=currencies,
        revenue=revenue,
        margin=margin,
        limits=_limits(world, spent),
    )
    open_blockers = [
        blocker
        for blocker in find_blockers(facts)
        if not (blocker.approvable and blocker.code in order.approved_codes)
    ]
    return _Plan(purchases, open_blockers, margin)


def _is_older(order: Order, shop: Shop) -> bool:
    return shop.connected_at is not None and order.placed_at < shop.connected_at


def _limits(world: PlanWorld, spent: int) -> BuyLimits:
    client = world.client
    return BuyLimits(
        currency=client.currency,
        approval_above=Money(client.approval_above_minor, client.currency),
        margin_floor_bp=client.margin_floor_bp,
        budget_left=Money(max(client.daily_budget_minor - spent, 0), client.currency),
    )


def _stops(world: PlanWorld) -> list[str]:
    named = [
        (world.agency.buying_stopped_at, said("the whole agency")),
        (world.client.buying_stopped_at, said("client {client}", client=world.client.name)),
        (world.shop.buying_stopped_at, said("shop {shop}", shop=world.shop.name)),
    ]
    return [name for stopped_at, name in named if stopped_at is not None]


def _choose(
    world: PlanWorld, lines: Sequence[OrderLine]
) -> tuple[list[tuple[OrderLine, Candidate]], list[Blocker]]:
    """The best usable supplier item per line, and one reason per sku that has none."""
    chosen: list[tuple[OrderLine, Candidate]] = []
    unbuyable: dict[str, Blocker] = {}
    units = _units(lines)
    for line in lines:
        candidates = world.candidates.get(line.sku_id, [])
        usable, reason = _first_usable(world, candidates, units[line.sku_id])
        if usable is not None:
            chosen.append((line, usable))
        elif not candidates:
            name = f"{line.product_name} ({line.seller_sku or line.sku_id})"
            sentence = said("{name} has no supplier. Map the sku to a supplier item.", name=name)
            unbuyable[line.sku_id] = Blocker("unmapped", sentence)
        else:
            unbuyable[line.sku_id] = reason
    return chosen, list(unbuyable.values())


def _strange(world: PlanWorld, order: Order) -> list[Blocker]:
    """A supplier has this order under a reference that none of our purchases carries: it is not bought again."""
    references = world.strange.get(order.tiktok_order_id)
    if not references or ALL_THE_SAME in order.approved_codes:
        return []
    sentence = said(
        "A supplier has this order already, under {references}, and no purchase here says so. Look there; approve it "
        "to buy it all the same.",
        references=", ".join(sorted(references)),
    )
    return [Blocker(ALL_THE_SAME, sentence, True)]


def _units(lines: Sequence[OrderLine]) -> Mapping[str, int]:
    units: dict[str, int] = defaultdict(int)
    for line in lines:
        units[line.sku_id] += 1
    return units


def _first_usable(
    world: PlanWorld, candidates: Sequence[Candidate], units: int
) -> tuple[Candidate | None, Blocker]:
    """The first candidate that can be used, else the last one's reason."""
    reason = Blocker("no_supplier", said("No supplier can deliver this. Map another supplier item."))
    for candidate in candidates:
        code, sentence = _why_not(world, candidate, units)
        if not code:
            return candidate, reason
        reason = Blocker(code, sentence, supplier=str(candidate.supplier.public_id))
    return None, reason


def _why_not(world: PlanWorld, candidate: Candidate, units: int) -> tuple[str, str]:
    """Code and sentence of what stands against buying here; empty when nothing does."""
    supplier, item, mapping = candidate.supplier, candidate.item, candidate.mapping
    if supplier.buying_stopped_at is not None:
        return "stopped", said(
            "Buying is stopped for supplier {supplier}. Start it again to go on.", supplier=supplier.name
        )
    if supplier.state == "needs_credentials":
        return "supplier_credentials", said(
            "{supplier} refuses our key. Enter a new one at the supplier.", supplier=supplier.name
        )
    if needs_consent(supplier.kind) and supplier.id not in world.consented:
        return MISSING, missing_sentence(world.client.name, supplier.name)
    if not has_stock(item, units * mapping.quantity):
        return "out_of_stock", said(
            "{supplier} has too few of {item}. Map another supplier item.",
            supplier=supplier.name,
            item=item.title,
        )
    if mapping.price_cap_minor is not None and item.unit_cost_minor > mapping.price_cap_minor:
        return "price_above_cap", said(
            "{supplier} asks more for {item} than the cap. Raise the cap.",
            supplier=supplier.name,
            item=item.title,
        )
    return "", ""


def _group(chosen: Sequence[tuple[OrderLine, Candidate]]) -> list[PlannedPurchase]:
    """One purchase per supplier; shipping counts once per purchase (the dearest item's)."""
    groups: dict[int, list[tuple[OrderLine, Candidate]]] = defaultdict(list)
    for line, candidate in chosen:
        groups[candidate.supplier.id].append((line, candidate))
    purchases = []
    for group in groups.values():
        supplier, currency = group[0][1].supplier, group[0][1].item.currency
        goods = sum(c.item.unit_cost_minor * c.mapping.quantity for _line, c in group)
        shipping = max(c.item.shipping_minor for _line, c in group)
        ceiling = sum(
            (c.mapping.price_cap_minor or c.item.unit_cost_minor) * c.mapping.quantity for _line, c in group
        )
        tolerated = (max(ceiling, goods) + shipping) * (100 + PRICE_TOLERANCE_PERCENT) // 100
        planned = tuple(PlannedLine(line, c.mapping, c.item) for line, c in group)
        expected, highest = Money(goods + shipping, currency), Money(tolerated, currency)
        purchases.append(PlannedPurchase(supplier, planned, expected, highest))
    return purchases


def _total(purchases: Sequence[PlannedPurchase], currencies: Sequence[str]) -> Money | None:
    if not purchases:
        return None
    return Money(sum(purchase.expected.amount for purchase in purchases), currencies[0])
