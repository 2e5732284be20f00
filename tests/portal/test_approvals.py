"""Approvals in the browser: folded by cause, answered from the list, and the answers kept with who and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agency.models.orders import Order
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order
from tests.portal.browsing import Visitor, visit
from tests.portal.scenes import OVER_LIMIT

NUMBERS = [f"57740000000000000{at}" for at in range(4)]


@pytest.fixture(autouse=True)
def _rows(desk: Desk) -> None:
    desk.clear()
    with desk.session() as session:
        add_mapping(session, desk.ours, add_item(session, desk.ours))
        for at, number in enumerate(NUMBERS):
            order = add_order(
                session, desk.ours, number=number, stage="blocked", blockers=[OVER_LIMIT], title=f"Chair {at}",
                due_at=NOW + timedelta(hours=4 - at),
            )  # fmt: skip
            add_attention(
                session, desk.ours, kind="approval", action="approve", order_id=order.id, shop_id=order.shop_id,
                due_at=order.due_at,
            )  # fmt: skip


def _order(desk: Desk, number: str) -> Order:
    with desk.session() as session:
        return session.query(Order).filter_by(tiktok_order_id=number).one()


def test_orders_of_one_cause_are_one_card_the_oldest_deadline_first(owner: Visitor) -> None:
    page = owner.page("/approvals")
    assert page.count('class="card cause"') == 1
    assert "Cost over the limit" in page
    assert "Approve all, $20.00" in page
    assert page.index("Chair 3") < page.index("Chair 2") < page.index("Chair 0")
    for words in ("$50.00", "$13.80", "If nobody answers, nothing is bought.", "dispatched late"):
        assert words in page, words


def test_all_of_a_cause_are_approved_at_once(desk: Desk, owner: Visitor) -> None:
    answer = owner.send("/approvals/approve", numbers=NUMBERS)
    assert "All approved." in answer.text
    assert all(_order(desk, number).approved_codes == ["cost_over_limit"] for number in NUMBERS)


def test_those_that_could_not_be_approved_are_named(desk: Desk, owner: Visitor) -> None:
    owner.send(f"/orders/{NUMBERS[0]}/decline", reason="Too dear.")
    answer = owner.send("/approvals/approve", numbers=NUMBERS[:2])
    assert "1 order was not approved." in answer.text
    assert NUMBERS[0] in answer.text
    assert _order(desk, NUMBERS[1]).approved_codes == ["cost_over_limit"]


def test_an_order_is_declined_from_the_list(desk: Desk, owner: Visitor) -> None:
    answer = owner.send(f"/orders/{NUMBERS[0]}/decline", follow=False, reason="Too dear.", back="approvals")
    assert answer.location.startswith("/approvals")
    assert _order(desk, NUMBERS[0]).held_by.startswith("user:")


def test_answers_are_kept_with_who_and_why_for_the_own_agency(desk: Desk, owner: Visitor) -> None:
    owner.send(f"/orders/{NUMBERS[0]}/decline", reason="Too dear for us.")
    owner.send(f"/orders/{NUMBERS[1]}/approve")
    page = owner.page("/approvals?show=answered")
    assert page.index("Chair 1") < page.index("Chair 0")
    assert "Too dear for us." in page
    assert "Cost over the limit" in page
    assert ">you<" in page
    assert "Owner" in visit(desk, "viewer").page("/approvals?show=answered")
    assert "Chair" not in visit(desk, "stranger").page("/approvals?show=answered")
    assert "No answers yet" in visit(desk, "stranger").page("/approvals?show=answered")


def test_a_viewer_sees_no_button_and_may_not_answer(desk: Desk) -> None:
    viewer = visit(desk, "viewer")
    page = viewer.page("/approvals")
    assert "Chair 0" in page
    assert "Approve all" not in page
    assert viewer.send("/approvals/approve", numbers=NUMBERS).status_code == 403


def test_foreign_and_unknown_orders_are_refused_alike_and_nothing_is_approved(
    desk: Desk, owner: Visitor
) -> None:
    stranger = visit(desk, "stranger")
    assert stranger.send("/approvals/approve", numbers=NUMBERS).status_code == 404
    assert stranger.send("/approvals/approve", numbers=["577000"]).status_code == 404
    assert owner.send("/approvals/approve", numbers=[NUMBERS[0], "577000"]).status_code == 404
    assert _order(desk, NUMBERS[0]).approved_codes == []
    assert owner.send("/approvals/approve").status_code == 422
