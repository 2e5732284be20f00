"""Looks: each awaited purchase is asked about in its own time, however many there are."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from agency.clock import machine_now
from agency.domain.purchasing import SupplierEvent
from agency.models.purchasing import Purchase
from agency.services.looks import list_awaited, look_now, next_look, plan_first_looks, plan_next_looks
from tests.desk import Desk
from tests.desk_rows import add_item, add_order, add_row, keys_of


def add_awaited(desk: Desk, count: int) -> tuple[int, list[int]]:
    """Paid purchases of one supplier, numbered SO-0 and so on; the supplier and their ids."""
    side = desk.ours
    with desk.session() as session:
        supplier_id = add_item(session, side, kind="rest").supplier_id
        ids = []
        for number in range(count):
            order = add_order(session, side)
            row = Purchase(
                **keys_of(order), order_id=order.id, supplier_id=supplier_id, reference=f"TS-FAKE-{number}",
                supplier_order_id=f"SO-{number}", state="paid", currency="USD", expected_minor=650, max_minor=700,
            )  # fmt: skip
            ids.append(add_row(session, row).id)
    return supplier_id, ids


def asked(desk: Desk, supplier_id: int, limit: int = 100) -> list[int]:
    with desk.session() as session:
        return [row.purchase_id for row in list_awaited(session, supplier_id, limit)]


def test_the_first_look_comes_later_and_then_each_in_turn_until_the_last(desk: Desk) -> None:
    """Rounds of a hundred reach all 250; a list by deadline would ask about the same hundred for ever."""
    supplier_id, ids = add_awaited(desk, 250)
    now = machine_now()
    assert asked(desk, supplier_id) == []
    with desk.session() as session:
        plan_first_looks(session, supplier_id, now - timedelta(seconds=1))
    seen: list[int] = []
    while batch := asked(desk, supplier_id):
        with desk.session() as session:
            plan_next_looks(session, batch, now + timedelta(minutes=45))
        seen += batch
    assert seen == ids
    with desk.session() as session:
        assert next_look(session, supplier_id) == now + timedelta(minutes=45)


def test_a_planned_look_is_not_moved_by_later_purchases(desk: Desk) -> None:
    supplier_id, _ids = add_awaited(desk, 1)
    soon, late = (machine_now() + timedelta(minutes=minutes) for minutes in (10, 45))
    with desk.session() as session:
        plan_first_looks(session, supplier_id, soon)
        plan_first_looks(session, supplier_id, late)
        assert next_look(session, supplier_id) == soon


def test_the_order_that_a_supplier_rang_about_is_asked_about_at_once(desk: Desk) -> None:
    supplier_id, ids = add_awaited(desk, 3)
    with desk.session() as session:
        plan_first_looks(session, supplier_id, machine_now() + timedelta(minutes=45))
        look_now(session, supplier_id, SupplierEvent("e1", "", "SO-1"))
        look_now(session, supplier_id, SupplierEvent("e2", "TS-FAKE-2", ""))
        look_now(session, supplier_id, SupplierEvent("e3", "", ""))
    assert asked(desk, supplier_id) == ids[1:]


def test_what_is_not_awaited_is_never_asked_about(desk: Desk) -> None:
    supplier_id, ids = add_awaited(desk, 1)
    with desk.session() as session:
        plan_first_looks(session, supplier_id, machine_now() - timedelta(seconds=1))
    desk.rewrite("update purchases set state = 'shipped' where id = %(id)s", id=ids[0])
    assert asked(desk, supplier_id) == []
    with desk.session() as session:
        assert next_look(session, supplier_id) is None
        assert session.scalar(text("select count(*) from purchases where next_at is not null")) == 1
