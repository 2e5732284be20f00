"""Orders of the rich world in every state: with lines, purchases, parcels and scans, timeline, decisions and money."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from agency.domain.addresses import Address
from agency.domain.money import format_money
from agency.domain.scope import Scope
from agency.models.attention import Attention
from agency.models.catalog import Mapping, Supplier, SupplierItem
from agency.models.finance import LedgerEntry, Statement
from agency.models.orders import Order, OrderContact, OrderLine
from agency.models.parcels import Parcel, ParcelLine, ParcelScan
from agency.models.purchasing import Purchase, PurchaseLine
from agency.models.shops import Shop
from agency.services.contacts_store import place_of
from agency.services.limit_facts import read_limits
from agency.services.sealing import Keyring
from agency.services.timeline import Happening, OrderRef, record_events
from tests.databases import MASTER_KEY
from tests.desk import NOW
from tests.rich_names import GOODS

KEYRING = Keyring(MASTER_KEY)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# What each shop has, oldest last; a letter is a scene of `_SCENES`.
PATTERN = "hbbqqpptssssddxee"
_STATUS = {"held": "ON_HOLD", "shipped": "IN_TRANSIT", "delivered": "DELIVERED", "settled": "COMPLETED",
           "cancelled": "CANCELLED"}  # fmt: skip
_SCENES = {"h": "held", "b": "to_buy", "q": "blocked", "p": "bought", "t": "shipped", "s": "shipped", "d": "delivered",
           "e": "settled", "x": "cancelled"}  # fmt: skip
# kind, action, why, blocker code, and which of GOODS it is about (None = any); what stands against buying.
DECISIONS: tuple[tuple[str, str, str, str, int | None], ...] = (
    ("approval", "approve", "Cost {cost} is over the limit of {limit}. Approve it to buy.", "cost_over_limit", 1),
    ("unmapped", "map", "No supplier's item is mapped to {sku}.", "unmapped", 11),
    ("buy_by_hand", "buy_by_hand", "This supplier has no API; a person places the order.", "", None),
    ("approval", "approve", "Only {left} would be left of this sale. Approve it to buy all the same.",
     "margin_below_floor", 4),
    ("cancel_request", "look", "The buyer asks to cancel; TikTok decides in 24 hours.", "", None),
    ("blocked", "map", "The supplier has 0 of {sku} in stock.", "out_of_stock", 0),
)  # fmt: skip
# Hours since each order of PATTERN was placed; `rich_history` goes on from there.
_AGES = (0.4, 2, 6, 11, 16, 22, 30, 34, 44, 52, 62, 75, 90, 150, 160, 400, 500)


@dataclass
class ShopFloor:
    """One shop and where its goods are bought."""

    scope: Scope
    session: Session
    shop: Shop
    supplier: Supplier
    items: list[SupplierItem]
    dice: Random
    first: int  # its orders are numbered from here

    @property
    def keys(self) -> dict[str, int]:
        """The tenant's keys."""
        return {"agency_id": self.shop.agency_id, "client_id": self.shop.client_id, "shop_id": self.shop.id}

    def add(self, row: Any) -> Any:
        """The row, written."""
        self.session.add(row)
        self.session.flush()
        return row

    def leave(self, row: Any) -> None:
        """The row, written with the others."""
        self.session.add(row)


def fill_shop(floor: ShopFloor) -> int:
    """Orders of every state; returns how many."""
    for place, letter in enumerate(PATTERN):
        _order(floor, place, letter)
    return len(PATTERN)


def _order(floor: ShopFloor, place: int, letter: str) -> None:
    decision = _decision(floor, place)
    which = (floor.first // 100 + place) % (len(GOODS) - 1)  # the last one is only there to be unmapped
    if letter == "q" and decision[4] is not None:
        which = decision[4]
    good, stage, item = GOODS[which], _SCENES[letter], floor.items[which]
    age = _AGES[
        1 - place if place < 2 and floor.first % 200 else place
    ]  # so that the newest are not all held
    placed = NOW - age * HOUR - floor.dice.randrange(20 if age < 1 else 100) * MINUTE
    quantity = 2 if floor.dice.random() < 0.15 or (letter == "q" and decision[3] == "cost_over_limit") else 1
    order = floor.add(Order(**floor.keys, **_values(floor, place, letter, good, placed, quantity)))
    lines = [floor.add(_line(floor, order, item, good, nth)) for nth in range(quantity)]
    if letter in "bqpts":
        _address(floor, order, place)
    told: list[Happening] = [_happened(order, "order_received", placed, "marketplace", total_minor=order.total_minor,
                                       currency=order.currency)]  # fmt: skip
    if stage == "blocked":
        _decide(floor, order, item, decision, told)
    if stage in ("bought", "shipped", "delivered", "settled"):
        purchase = _buy(floor, order, item, lines, told)
        if stage != "bought":
            _ship(floor, order, purchase, lines, letter, told)
        elif order.due_at is not None and order.due_at < NOW:
            why = "The supplier has sent no tracking number in time."
            _attend(floor, order, "tracking_late", "check_supplier", why)
    if stage == "settled":
        _settle(floor, order, told)
    record_events(floor.scope, floor.session, told)


def _values(
    floor: ShopFloor, place: int, letter: str, good: Any, placed: Any, quantity: int
) -> dict[str, Any]:
    stage, (name, _option, price, cost) = _SCENES[letter], good
    shipping, total = 399, price * quantity + 399
    values: dict[str, Any] = {
        "tiktok_order_id": str(576900000000000000 + floor.first + place),
        "status": _STATUS.get(stage, "AWAITING_SHIPMENT"),
        "stage": stage, "stage_at": placed + HOUR, "order_type": "NORMAL", "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "shipping_type": "SELLER", "delivery_option_id": "1", "delivery_option_name": "Standard shipping",
        "currency": floor.shop.currency, "total_minor": total, "subtotal_minor": price * quantity,
        "shipping_fee_minor": shipping, "tax_minor": 0, "platform_discount_minor": 0, "seller_discount_minor": 0,
        "unit_count": quantity, "title": name, "placed_at": placed, "paid_at": placed,
        "tiktok_updated_at": placed + HOUR,
        "is_sample": False, "is_replacement": False, "is_cancel_requested": False,
    }  # fmt: skip
    if stage in ("to_buy", "blocked", "bought") or letter == "t":
        due = NOW + floor.dice.randrange(-150, 2400) * MINUTE
        values |= {"due_at": due, "due_kind": "tts_sla", "due_source": "tiktok", "tts_sla_at": due}
    if letter == "s":
        values |= {"collected_at": NOW - 20 * HOUR, "tts_sla_at": NOW - 10 * HOUR, "rts_at": NOW - 30 * HOUR,
                   "due_at": NOW + (30 + place) * HOUR, "due_kind": "delivery_sla", "due_source": "tiktok"}  # fmt: skip
    if stage in ("bought", "shipped", "delivered", "settled"):
        values["profit_minor"] = int(total * 0.92) - cost * quantity - 390
    if stage in ("shipped", "delivered"):
        values["estimate_minor"] = int(total * 0.92)
    if stage in ("delivered", "settled"):
        values |= {"rts_at": placed + 10 * HOUR, "collected_at": placed + 20 * HOUR, "tts_sla_at": placed + 48 * HOUR,
                   "delivered_at": placed + 80 * HOUR}  # fmt: skip
    if stage == "settled":
        values["settled_at"] = placed + 240 * HOUR
    if stage == "cancelled":
        values |= {
            "cancelled_at": placed + 3 * HOUR,
            "cancelled_by": "BUYER",
            "cancel_reason": "Ordered by mistake",
        }
    return values


def _line(floor: ShopFloor, order: Order, item: SupplierItem, good: Any, nth: int) -> OrderLine:
    name, option, price, _cost = good
    return OrderLine(
        **floor.keys, order_id=order.id, tiktok_line_id=f"{order.tiktok_order_id}{nth}",
        sku_id=f"27{item.supplier_sku[-4:]}", product_id=f"17{item.supplier_sku[-4:]}", product_name=name,
        sku_name=option, seller_sku=item.supplier_sku,
        sale_price_minor=price, platform_discount_minor=0, seller_discount_minor=0, tax_minor=0,
        display_status=order.status, package_id="", tracking_number="", provider_id="",
    )  # fmt: skip


def _address(floor: ShopFloor, order: Order, place: int) -> None:
    """Seals a made-up buyer's address as intake does."""
    british = floor.shop.region == "GB"
    town = {"city": "Leeds", "state": "", "postal_code": "LS1 1AA", "country": "GB"} if british else {
        "city": "Portland", "state": "OR", "postal_code": "97201", "country": "US"}  # fmt: skip
    buyer = Address(name=f"Fake Buyer {place}", phone="+15550100", line1=f"{place} Fake Street", **town)
    value = json.dumps(vars(buyer)).encode()
    sealed = KEYRING.seal(floor.scope, floor.session, order.client_id, place_of(order.id), value)
    floor.leave(
        OrderContact(**floor.keys, order_id=order.id, sealed_address=sealed, masked=False, seen_at=NOW)
    )


def _happened(order: Order, kind: str, at: Any, actor: str = "", **data: Any) -> Happening:
    return Happening(OrderRef.of(order), kind, data, at, actor or "rule:plan")


def _attend(floor: ShopFloor, order: Order | None, kind: str, action: str, why: str, **more: Any) -> None:
    about = (
        {"order_id": order.id, "due_at": order.due_at, "loss_minor": order.total_minor // 2} if order else {}
    )
    values = {"shop_id": floor.shop.id, "currency": floor.shop.currency, **about, **more}
    cause = f"order:{order.id}" if order else f"shop:{floor.shop.id}"
    keys = {"agency_id": floor.shop.agency_id, "client_id": floor.shop.client_id}
    floor.leave(Attention(**keys, kind=kind, cause_key=cause, action=action, why=why, **values))


def _decision(floor: ShopFloor, place: int) -> tuple[str, str, str, str, int | None]:
    """What stands against buying that order; a person buys only where the supplier has no API."""
    found = DECISIONS[(floor.first // 100 + place) % len(DECISIONS)]
    if found[3] == "margin_below_floor" and floor.shop.region == "GB":
        return DECISIONS[0]  # TikTok's fee there would turn what is left into a loss
    by_hand = DECISIONS[2] if floor.supplier.kind == "manual" else DECISIONS[4]
    return by_hand if found[0] in ("buy_by_hand", "cancel_request") else found


def has_unmapped(floor: ShopFloor) -> bool:
    """Whether an order of this shop waits for a mapping."""
    return any(letter == "q" and _decision(floor, nth)[0] == "unmapped" for nth, letter in enumerate(PATTERN))


def _decide(floor: ShopFloor, order: Order, item: SupplierItem, decision: tuple[str, str, str, str, int | None],
            told: list[Happening]) -> None:  # fmt: skip
    kind, action, why, code, _which = decision
    money = read_limits(floor.session, [order.id], NOW)[order.id]
    words = {
        "cost": format_money(money.cost) if money.cost else "", "limit": format_money(money.limit),
        "left": format_money(money.margin) if money.margin else "", "sku": item.supplier_sku,
    }  # fmt: skip
    sentence = why.format(**words)
    order.is_cancel_requested = kind == "cancel_request"
    data = {"sku_ids": f"27{item.supplier_sku[-4:]}"} if kind == "unmapped" else {}
    _attend(floor, order, kind, action, sentence, data=data)
    if code:
        order.blockers = [{"code": code, "sentence": sentence, "approvable": kind == "approval"}]
        told.append(_happened(order, "blocked", order.placed_at + HOUR, blockers=order.blockers))
    if kind == "buy_by_hand":
        _buy(floor, order, item, [], told, state="ready")


def _buy(floor: ShopFloor, order: Order, item: SupplierItem, lines: list[OrderLine], told: list[Happening],
         state: str = "") -> Purchase:  # fmt: skip
    at, total = order.placed_at + 2 * HOUR, item.unit_cost_minor * order.unit_count + item.shipping_minor
    bought = {"actual_minor": total, "supplier_order_id": f"SO-{order.tiktok_order_id[-6:]}", "placed_at": at,
              "paid_at": at + MINUTE} if not state else {}  # fmt: skip
    purchase: Purchase = floor.add(Purchase(
        **floor.keys, order_id=order.id, supplier_id=floor.supplier.id, reference=f"TS-{order.tiktok_order_id}-1",
        state=state or ("paid" if order.stage == "bought" else "shipped"), currency=floor.supplier.currency,
        expected_minor=total, max_minor=total + 200, **bought,
    ))  # fmt: skip
    for line in lines:
        floor.leave(PurchaseLine(**floor.keys, purchase_id=purchase.id, order_line_id=line.id, supplier_item_id=item.id,
                               quantity=1, unit_cost_minor=item.unit_cost_minor))  # fmt: skip
    if bought:
        number = purchase.supplier_order_id
        told.append(
            _happened(order, "purchase_placed", at, supplier=floor.supplier.name, supplier_order_id=number)
        )
        told.append(
            _happened(order, "purchase_paid", at + MINUTE, total_minor=total, currency=purchase.currency)
        )
    return purchase


def _ship(floor: ShopFloor, order: Order, purchase: Purchase, lines: list[OrderLine], letter: str,
          told: list[Happening]) -> None:  # fmt: skip
    pushed = order.placed_at + 12 * HOUR
    state = {"t": "pushed", "s": "in_transit"}.get(letter, "delivered")
    number = f"1Z999FK0{order.tiktok_order_id[-10:]}"
    parcel = floor.add(Parcel(
        **floor.keys, order_id=order.id, purchase_id=purchase.id, state=state, tracking_number=number,
        carrier_text="UPS", carrier="ups", provider_id="1", provider_name="UPS", pushed_at=pushed,
        supplier_shipped_at=pushed - HOUR,
        first_scan_at=order.collected_at, delivered_at=order.delivered_at, scans_read_at=NOW - HOUR,
    ))  # fmt: skip
    for line in lines:
        floor.leave(ParcelLine(**floor.keys, parcel_id=parcel.id, order_line_id=line.id))
    scans = [(order.collected_at, "Picked up"), (order.delivered_at, "Delivered")]
    if order.collected_at:
        scans.append((order.collected_at + 6 * HOUR, "Left the sorting centre"))
        scans.append((order.collected_at + 15 * HOUR, "On the way"))
    for at, words in scans:
        if at is not None:
            floor.leave(ParcelScan(**floor.keys, parcel_id=parcel.id, at=at, description=words))
    told.append(_happened(order, "tracking_sent", pushed, number=number, carrier="UPS"))
    if letter == "t" and floor.dice.random() < 0.5:
        _attend(floor, order, "no_first_scan", "chase_carrier", "UPS has not scanned this parcel yet.")


def _settle(floor: ShopFloor, order: Order, told: list[Happening]) -> None:
    fee, at = order.total_minor * 8 // 100, order.settled_at
    statement = f"ST{order.tiktok_order_id[-8:]}"
    floor.leave(Statement(
        **floor.keys, statement_id=statement, at=at, currency=order.currency, settlement_minor=order.total_minor - fee,
        rows_minor=order.total_minor - fee, payment_status="PAID", payment_id=f"PAY{statement}", read_at=at,
    ))  # fmt: skip
    cost = -(order.total_minor - fee - (order.profit_minor or 0))
    for kind, amount in (("revenue", order.total_minor), ("referral_fee", -fee), ("supplier_goods", cost)):
        key = f"{statement}:{kind}"
        floor.leave(LedgerEntry(**floor.keys, order_id=order.id, statement_id=statement, entry_key=key, kind=kind,
                              amount_minor=amount, currency=order.currency, at=at))  # fmt: skip
    paid = {"total_minor": order.total_minor - fee, "currency": order.currency}
    told.append(_happened(order, "settled", at, "marketplace", **paid))


def map_goods(floor: ShopFloor, mapped: int) -> None:
    """The first `mapped` goods of the shop have their supplier's item."""
    for item in floor.items[:mapped]:
        floor.leave(Mapping(**floor.keys, sku_id=f"27{item.supplier_sku[-4:]}", version=1, supplier_item_id=item.id,
                          created_at=NOW - timedelta(days=150),
                          created_by="user:1"))  # fmt: skip
