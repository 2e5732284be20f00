"""As it was: an order's page at any step of its life, rebuilt from its changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from agency.clock import Clock
from agency.models.orders import Order
from agency.services.approvals import hold, release_hold
from agency.services.order_steps import Told
from agency.services.order_then import OrderThen, ThenAsked, get_order_then
from tests.desk import NOW, Desk
from tests.desk_rows import add_money, add_order, add_purchase
from tests.portal.browsing import Visitor, visit, without_token
from tests.portal.scenes import purchase_of

NUMBER, KITES, RIVALS = "577900000000000001", "577900000000000002", "577900000000000003"
# Long after one another, since the shop time of a desk hardly moves: held by a person, bought, paid for, and booked.
DAYS = {"held": 50, "placing": 100, "paid": 150, "booked": 200}
BEGAN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rows(desk: Desk) -> None:
    desk.clear()
    with desk.session() as session:
        order_id = add_order(session, desk.ours, number=NUMBER, stage="to_buy").id
        add_order(session, desk.ours, "Kite", number=KITES)
    with desk.session(desk.theirs.scope()) as session:
        add_order(session, desk.theirs, number=RIVALS)
    _age(desk, order_id, 0)
    with desk.session() as session:
        hold(desk.ours.scope(), session, NUMBER, _day(DAYS["held"]))
    _age(desk, order_id, DAYS["held"])
    with desk.session() as session:
        release_hold(desk.ours.scope(), session, NUMBER, _day(DAYS["placing"]))
        order = session.get_one(Order, order_id)
        add_purchase(session, desk.ours, order, state="placing", actual_minor=None)
    _age(desk, order_id, DAYS["placing"])
    with desk.session() as session:
        bought = purchase_of(session, NUMBER)
        bought.state, bought.actual_minor, bought.supplier_order_id = "paid", 512, "SO-77"
        session.get_one(Order, order_id).stage = "bought"
    _age(desk, order_id, DAYS["paid"])
    with desk.session() as session:
        add_money(session, session.get_one(Order, order_id), "supplier_goods", -512)
    _age(desk, order_id, DAYS["booked"])


def _age(desk: Desk, order_id: int, days: int) -> None:
    """What was written down since the last call happened that many days after the beginning."""
    desk.rewrite(
        "update order_changes set at = %(at)s where order_id = %(id)s and at > now() - interval '1 hour'",
        id=order_id,
        at=_day(days),
    )


def _day(days: int) -> datetime:
    return BEGAN + timedelta(days=days)


def _then(desk: Desk, step: int = 0, moment: datetime | None = None) -> OrderThen:
    with desk.session() as session:
        return get_order_then(desk.ours.scope(), session, NUMBER, ThenAsked(step, moment), Clock(), {})


def test_each_act_is_one_step_with_what_it_changed(owner: Visitor) -> None:
    page = owner.page(f"/orders/{NUMBER}/then")
    links = re.findall(rf'href="/orders/{NUMBER}/then\?step=(\d)"', page)
    assert sorted(set(links)) == ["1", "2", "3", "4", "5"]
    assert "Put on hold" in page
    assert "Purchase: Being ordered" in page
    assert "Purchase: Ordered and paid" in page
    assert "Booked: Supplier cost" in page


def test_of_what_changed_twice_in_one_act_the_end_is_told(desk: Desk) -> None:
    with desk.session() as session:
        order = session.scalars(select(Order).where(Order.tiktok_order_id == NUMBER)).one()
        for stage in ("shipped", "delivered"):
            order.stage = stage
            session.flush()
    step = _then(desk).step
    assert step is not None
    assert step.told == (Told("Order", "Delivered"),)


def test_a_step_shows_what_was_known_then_and_nothing_later(owner: Visitor) -> None:
    held, placing, paid = (owner.page(f"/orders/{NUMBER}/then?step={step}") for step in (2, 3, 4))
    assert "Held by" in held
    assert "Purchase at" not in held
    assert "SO-77" not in held
    assert "Held by" not in placing
    assert "$5.12" not in placing
    assert "SO-77" in paid
    assert "$5.12" in paid


def test_what_had_happened_ends_with_the_step(desk: Desk) -> None:
    first, held = (_then(desk, step).past for step in (1, 2))
    assert first is not None
    assert held is not None
    assert [event.kind for event in first.events] == []
    assert [event.kind for event in held.events] == ["stage_changed", "held"]


def test_a_moment_leads_to_the_last_step_before_it(desk: Desk) -> None:
    between = _day(DAYS["placing"] + 10)
    step = _then(desk, moment=between).step
    assert step is not None
    assert (step.number, step.at) == (3, _day(DAYS["placing"]))
    assert _then(desk, moment=NOW + timedelta(days=9)).step == _then(desk).step


def test_a_moment_is_read_in_the_readers_zone(desk: Desk, owner: Visitor) -> None:
    desk.rewrite("update users set time_zone = 'America/New_York' where email = 'owner@example.test'")
    clock = desk.app.extensions["shopfleet"].clock
    placing = clock.at(_day(DAYS["placing"])).astimezone(ZoneInfo("America/New_York"))
    page = owner.page(f"/orders/{NUMBER}/then?moment={placing:%Y-%m-%dT%H:%M}")
    assert "Step 3 of 5" in page
    assert f'value="{placing:%Y-%m-%dT%H:%M}"' in page


def test_before_the_order_was_known_its_first_step_is_shown_and_said_so(owner: Visitor) -> None:
    page = owner.page(f"/orders/{NUMBER}/then?moment=2026-01-01T00:00")
    assert "did not know this order at that time" in page
    assert "Step 1 of 5" in page


def test_what_is_no_moment_is_named_and_kept(owner: Visitor) -> None:
    answer = owner.get(f"/orders/{NUMBER}/then?moment=yesterday")
    assert answer.status_code == 422
    assert "Write a day and a time, for example 2026-11-25 14:30." in answer.text
    assert 'value="yesterday"' in answer.text
    assert owner.get(f"/orders/{NUMBER}/then?moment=0001-01-01T00:00").status_code in (200, 422)


@pytest.mark.parametrize("step", ["0", "6", "99999999999", "x", "-1", "\N{SUPERSCRIPT TWO}"])
def test_a_step_that_there_is_none_of_means_the_newest(owner: Visitor, step: str) -> None:
    assert "Step 5 of 5" in owner.page(f"/orders/{NUMBER}/then?step={step}")


def test_an_order_older_than_its_changes_says_so(desk: Desk, owner: Visitor) -> None:
    desk.rewrite("delete from order_changes")
    assert "Nothing was written down yet" in owner.page(f"/orders/{NUMBER}/then")


def test_what_is_older_than_the_log_begins_where_the_order_itself_was_written_down(
    desk: Desk, owner: Visitor
) -> None:
    desk.rewrite("delete from order_changes")
    for part, statement in {
        "purchase": "update purchases set claimed_by = 'user:1'",
        "order": f"update orders set stage = 'shipped' where tiktok_order_id = '{NUMBER}'",
    }.items():
        with desk.session() as session:
            session.execute(text(statement))
        days = DAYS["held"] if part == "purchase" else DAYS["paid"]
        desk.rewrite("update order_changes set at = %(at)s where part = %(part)s", at=_day(days), part=part)
    (step,) = _then(desk).steps
    assert step.at == _day(DAYS["paid"])
    assert "SO-77" in owner.page(f"/orders/{NUMBER}/then")


def test_only_who_may_see_the_order_sees_its_past(desk: Desk) -> None:
    assert "Held by" in visit(desk, "viewer").page(f"/orders/{NUMBER}/then?step=2")
    operator = visit(desk, "operator")  # of the other client alone
    unknown = without_token(operator.get("/orders/1/then").text)
    for number in (RIVALS, KITES):
        answer = operator.get(f"/orders/{number}/then")
        assert (answer.status_code, without_token(answer.text)) == (404, unknown)
    assert visit(desk, "member").get(f"/orders/{NUMBER}/then").status_code in (403, 404)


def test_the_orders_page_leads_to_it_and_back(owner: Visitor) -> None:
    assert f'href="/orders/{NUMBER}/then"' in owner.page(f"/orders/{NUMBER}")
    assert f'href="/orders/{NUMBER}"' in owner.page(f"/orders/{NUMBER}/then")
