"""What a supplier's list holds under references of ours that the restored book does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.money import Money
from agency.domain.purchasing import SupplierOrder, purchase_reference
from agency.lanes import add_lane
from agency.models.accounts import Agency
from agency.models.attention import Attention
from agency.models.catalog import Supplier, SupplierItem
from agency.models.lanes import Lane
from agency.models.orders import Order, OrderLine
from agency.models.purchasing import PurchaseLine
from agency.models.shops import Shop
from agency.services.found_purchases import find_order, list_again
from agency.services.reconcile import ListQuestion, give_up_list, prepare_question, record_reconciled
from agency.services.restores import note_reread
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order

FIRST, SECOND = "fake-sku-1", "fake-sku-2"


def order_of_two(session: Session, desk: Desk) -> Order:
    """An order of two skus, in an agency whose restored book forgot the last day."""
    agency = session.get_one(Agency, desk.ours.agency_id)
    agency.restored_since, agency.restored_until = NOW - timedelta(days=1), NOW
    order = add_order(session, desk.ours, sku_id=FIRST)
    (line,) = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
    kept = {column.name: getattr(line, column.name) for column in OrderLine.__table__.columns}
    del kept["id"]
    changes = {"tiktok_line_id": f"{order.tiktok_order_id}2", "sku_id": SECOND}
    session.add(OrderLine(**{name: value for name, value in (kept | changes).items() if value is not None}))
    session.flush()
    return order


def listed(session: Session, order: Order, **changes: Any) -> SupplierOrder:
    """The order as its supplier lists it, under the reference of its first line."""
    shop = session.get_one(Shop, order.shop_id)
    reference = purchase_reference(shop.code, order.tiktok_order_id, [f"{order.tiktok_order_id}1"], 1)
    told = {"supplier_order_id": "S-1", "reference": reference, "status": "paid", "paid": True}
    return SupplierOrder(**{**told, "total": Money(900, "USD"), **changes})


def sell(session: Session, desk: Desk, name: str, *skus: str, kind: str = "rest") -> SupplierItem:
    """A supplier with one item that these skus are mapped to."""
    item = add_item(session, desk.ours, kind=kind, name=name)
    for sku_id in skus:
        add_mapping(session, desk.ours, item, sku_id=sku_id)
    return item


def ask(session: Session, supplier_id: int, now: datetime) -> ListQuestion:
    """The question for the supplier's list, which it is time for."""
    question = prepare_question(session, supplier_id, now)
    assert question is not None
    return question


def told(
    session: Session, desk: Desk, item: SupplierItem, *orders: SupplierOrder, now: datetime = NOW
) -> int:
    """What the comparison with the supplier's list makes of it."""
    session.flush()
    question = ask(session, item.supplier_id, now)
    return record_reconciled(desk.ours.scope(), session, item.supplier_id, orders, question)


def test_both_skus_are_taken_into_the_book_when_no_other_supplier_has_one(desk: Desk) -> None:
    with desk.session() as session:
        order = order_of_two(session, desk)
        item = sell(session, desk, "East", FIRST, SECOND)
        assert told(session, desk, item, listed(session, order)) == 0
        assert len(session.scalars(select(PurchaseLine.order_line_id)).all()) == 2


def test_a_sku_that_another_supplier_could_have_is_not_claimed_by_the_name_of_the_first(desk: Desk) -> None:
    """The reference names the smallest line alone; the other one may have been bought elsewhere, or nowhere."""
    with desk.session() as session:
        order = order_of_two(session, desk)
        item = sell(session, desk, "East", FIRST)
        add_mapping(session, desk.ours, sell(session, desk, "Kiln", SECOND), sku_id=FIRST, rank=2)
        add_mapping(session, desk.ours, item, sku_id=SECOND, rank=2)
        assert told(session, desk, item, listed(session, order)) == 1
        assert session.scalars(select(PurchaseLine.order_line_id)).all() == []
        row = session.scalars(select(Attention).where(Attention.kind == "strange_purchase")).one()
    assert row.data["order"] == order.tiktok_order_id, "what is planned for the order waits for a person"


def test_the_sku_that_the_reference_names_is_claimed_whoever_else_has_it(desk: Desk) -> None:
    with desk.session() as session:
        order = order_of_two(session, desk)
        item = sell(session, desk, "East", FIRST)
        add_mapping(session, desk.ours, sell(session, desk, "Kiln", SECOND), sku_id=FIRST, rank=2)
        assert told(session, desk, item, listed(session, order)) == 0
        assert len(session.scalars(select(PurchaseLine.order_line_id)).all()) == 1


def lists_prove(session: Session, desk: Desk, shop: Shop, *questions: ListQuestion) -> bool:
    """Whether the shop buys again once these lists were compared."""
    for question in questions:
        record_reconciled(desk.ours.scope(), session, _supplier(session).id, [], question)
    session.refresh(shop)
    return shop.restored_at is None


def _supplier(session: Session) -> Supplier:
    return session.scalars(select(Supplier)).one()


def _pass_time(session: Session, span: timedelta) -> None:
    """Every machine time of the waiting lies so much further back."""
    moved = {"span": span}
    session.execute(
        text("update shops set restored_at = restored_at - :span, reread_at = reread_at - :span"), moved
    )
    session.execute(text("update suppliers set relisted_at = relisted_at - :span"), moved)
    session.expire_all()


def restored_shop(session: Session, desk: Desk, ago: timedelta, **settings: Any) -> Shop:
    """A shop of a database that was brought back so long ago, with one supplier."""
    order = order_of_two(session, desk)
    supplier_id = sell(session, desk, "East", FIRST).supplier_id
    supplier = session.get_one(Supplier, supplier_id)
    supplier.settings = settings
    whose = {"agency_id": supplier.agency_id, "client_id": supplier.client_id, "supplier_id": supplier_id}
    add_lane(session, api="tracking", due_at=machine_now() + timedelta(days=1), **whose)
    shop = session.get_one(Shop, order.shop_id)
    shop.restored_at = machine_now() - ago
    session.flush()
    return shop


def test_a_list_that_was_asked_for_before_the_shop_was_read_again_lets_nothing_be_bought(desk: Desk) -> None:
    """What the shop sold meanwhile may be at the supplier, and is not in that list."""
    with desk.session() as session:
        shop = restored_shop(session, desk, timedelta(minutes=16))
        early = ask(session, _supplier(session).id, NOW)
        note_reread(desk.ours.scope(), session, shop)
        # the second: another shop waited for it then
        assert not lists_prove(session, desk, shop, early, replace(early, wanted=True))
        assert lists_prove(session, desk, shop, ask(session, _supplier(session).id, NOW))


@pytest.mark.parametrize("settings", [{}, {"quarantine_s": 120}])
def test_a_list_proves_nothing_while_a_request_of_before_may_still_be_on_its_way(
    desk: Desk, settings: dict[str, int]
) -> None:
    quarantine = timedelta(seconds=settings.get("quarantine_s", 900))
    with desk.session() as session:
        shop = restored_shop(session, desk, quarantine - timedelta(seconds=30), **settings)
        supplier = _supplier(session)
        note_reread(desk.ours.scope(), session, shop)
        lane = session.scalars(select(Lane).where(Lane.supplier_id == supplier.id)).one()
        assert shop.restored_at is not None
        assert lane.due_at == shop.restored_at + quarantine, "it is asked as soon as it can prove something"
        early = ask(session, supplier.id, NOW)
        assert not early.wanted
        assert not lists_prove(session, desk, shop, early, replace(early, wanted=True))
        _pass_time(session, timedelta(seconds=31))
        assert lists_prove(session, desk, shop, ask(session, supplier.id, NOW))


def test_a_shop_whose_last_two_lists_crossed_is_let_go_at_its_next_reading(desk: Desk) -> None:
    """Two turns that compare two lists at the same moment do not see each other's."""
    with desk.session() as session:
        shop = restored_shop(session, desk, timedelta(minutes=16))
        note_reread(desk.ours.scope(), session, shop)
        _supplier(session).relisted_at = machine_now()
        session.flush()
        assert shop.restored_at is not None
        note_reread(desk.ours.scope(), session, shop)
        assert shop.restored_at is None


def test_a_strange_order_that_was_cancelled_there_closes_its_row_and_the_order_is_planned(desk: Desk) -> None:
    """The row asks the person to cancel what was not wanted; that must be an end of it."""
    with desk.session() as session:
        order, other = order_of_two(session, desk), add_order(session, desk.ours)
        item = sell(session, desk, "East", "another-sku")
        for each in (order, other):
            each.stage = "blocked"
        strange = listed(session, order), replace(listed(session, other), supplier_order_id="S-2")
        first, later = ask(session, item.supplier_id, NOW), NOW + timedelta(days=9)
        assert told(session, desk, item, *strange) == 2
        assert ask(session, item.supplier_id, later).since <= first.since, "it is still listed then"
        cancelled = replace(strange[0], status="cancelled")
        assert told(session, desk, item, cancelled, strange[1], now=later) == 1
        session.refresh(order)
        session.refresh(other)
        assert (order.plan_at, other.plan_at) == (later, None)
        query = select(Attention.cause_key).where(
            Attention.kind == "strange_purchase", Attention.resolved_at.is_(None)
        )
        assert session.scalars(query).all() == [f"supplier:{item.supplier_id}:S-2"]


def test_a_strange_order_that_nobody_deals_with_is_not_listed_for_ever(desk: Desk) -> None:
    with desk.session() as session:
        order = order_of_two(session, desk)
        item = sell(session, desk, "East", "another-sku")
        told(session, desk, item, listed(session, order))
        late = NOW + timedelta(days=90)
        assert ask(session, item.supplier_id, late).since == late - timedelta(days=30)


def test_a_supplier_without_a_list_is_asked_again_a_day_later(desk: Desk) -> None:
    with desk.session() as session:
        supplier_id = sell(session, desk, "East", FIRST).supplier_id
        give_up_list(desk.ours.scope(), session, supplier_id, ask(session, supplier_id, NOW))
        dues = [
            prepare_question(session, supplier_id, NOW + timedelta(hours=hours)) is not None
            for hours in (23, 24)
        ]
    assert dues == [False, True]


def test_the_order_of_a_reference_is_found_by_its_end_and_taken_at_its_word(desk: Desk) -> None:
    """What a supplier lists is no pattern: its signs mean themselves."""
    with desk.session() as session:
        item = sell(session, desk, "East", FIRST)
        supplier = session.get_one(Supplier, item.supplier_id)
        order = add_order(session, desk.ours)
        add_order(session, desk.ours, number=f"{order.tiktok_order_id}0")
        add_order(session, desk.ours, client="Kite", number=f"9{order.tiktok_order_id}")
        reference = listed(session, order).reference
        found = find_order(session, supplier, reference)
        assert found is not None
        assert found.id == order.id
        for strange in (reference.replace(order.tiktok_order_id, "%" * 18), "TS-X-%-1-1", "TS-no-such"):
            assert find_order(session, supplier, strange) is None


def test_a_list_is_read_again_for_the_orders_own_client_alone(desk: Desk) -> None:
    """Two clients' shops may have orders of one number; an alarm of the other is not touched."""
    with desk.session() as session:
        order = order_of_two(session, desk)
        items = {name: add_item(session, desk.ours, client=name, kind="rest") for name in ("Luma", "Kite")}
        for name, item in items.items():
            session.get_one(Supplier, item.supplier_id).reconciled_at = NOW
            data = {"order": order.tiktok_order_id, "reference": "TS-1"}
            row = {"kind": "strange_purchase", "supplier_id": item.supplier_id, "data": data}
            add_attention(session, desk.ours, name, **row)
        session.flush()
        list_again(session, order)
        session.expire_all()
        read = {
            name: session.get_one(Supplier, item.supplier_id).reconciled_at for name, item in items.items()
        }
    assert read == {"Luma": None, "Kite": NOW}
