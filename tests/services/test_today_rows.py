"""Rows of Today as decisions: one per order, same causes folded, snoozed ones back in time, assigned to who may see."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, Invalid
from agency.domain.money import Money
from agency.services import row_acts
from agency.services.bulk import Errand, foresee
from agency.services.snoozing import WAKES_BEFORE
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order
from tests.portal.scenes import OVER_LIMIT
from tests.services.today_rows import HOUR, chosen_row, decide, read_today


def test_an_order_with_two_causes_is_one_row_that_shows_the_dearer_one(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours)
        for kind, loss in (("cancel_request", 300), ("address_changed", 900)):
            about = {"order_id": order.id, "shop_id": order.shop_id, "currency": "USD"}
            add_attention(session, desk.ours, kind=kind, loss_minor=loss, **about)
    (row,) = read_today(desk).rows
    assert (row.status_text, row.more, row.loss and row.loss.amount) == ("Address changed", 1, 900)


def test_an_approval_says_what_a_yes_costs_before_anything_is_planned(desk: Desk) -> None:
    with desk.session() as session:
        add_mapping(session, desk.ours, add_item(session, desk.ours))
    decide(desk, kind="approval", action="approve")
    with desk.session() as session:
        session.execute(
            text("update orders set blockers = cast(:b as jsonb)"), {"b": json.dumps([OVER_LIMIT])}
        )
    (row,) = read_today(desk).rows
    assert (row.cost, chosen_row(desk, row).cost) == (Money(500, "USD"), Money(500, "USD"))


def test_an_action_filter_shows_the_cause_that_fits_it(desk: Desk) -> None:
    number = decide(desk, loss_minor=900, currency="USD")
    with desk.session() as session:
        key = session.scalar(text("select id from orders where tiktok_order_id = :n"), {"n": number})
        add_attention(session, desk.ours, kind="approval", action="approve", order_id=key)
    assert [row.action for row in read_today(desk, action="approve").rows] == ["approve"]


@pytest.mark.parametrize(
    ("cause", "folds"),
    [
        ({"kind": "tracking_blocked", "action": "choose_carrier", "data": {"carrier": "Zippy"}}, True),
        ({"kind": "blocked", "action": "start_buying", "why": "Buying is stopped."}, True),
        ({"kind": "blocked", "action": "fix_address", "why": "The address is incomplete."}, False),
        ({"kind": "tracking_blocked", "action": "add_tracking", "why": "Used already."}, False),
    ],
)
def test_decisions_that_one_act_mends_are_one_row(desk: Desk, cause: dict[str, object], folds: bool) -> None:
    for client in ("Luma", "Kite"):
        decide(desk, client, loss_minor=100, currency="USD", **cause)
    rows = read_today(desk).rows
    assert [(row.folded, row.shops) for row in rows] == ([(2, 2)] if folds else [(1, 1), (1, 1)])


def test_a_cause_that_hides_behind_a_dearer_one_is_not_folded_a_second_time(desk: Desk) -> None:
    fold = {"kind": "blocked", "action": "start_buying", "why": "Buying is stopped.", "currency": "USD"}
    decide(desk, loss_minor=100, **fold)
    second = decide(desk, loss_minor=100, **fold)
    with desk.session() as session:
        key = session.scalar(text("select id from orders where tiktok_order_id = :n"), {"n": second})
        add_attention(session, desk.ours, kind="cancel_request", order_id=key, loss_minor=999, currency="USD")
    rows = read_today(desk).rows
    assert sorted((row.status_text, row.folded, row.more) for row in rows) == [
        ("Buyer asks to cancel", 1, 1),
        ("Cannot be bought", 1, 0),
    ]


def test_the_stages_of_the_open_orders_add_up_to_them(desk: Desk) -> None:
    with desk.session() as session:
        for stage in ("held", "to_buy", "blocked", "bought", "shipped", "settled", "bought"):
            add_order(session, desk.ours, stage=stage)
    work = read_today(desk)
    assert sum(stage.count for stage in work.stages) == work.open_orders == 6
    assert work.open_orders == sum(group.count for group in work.groups)


def test_a_snoozed_row_leaves_the_list_stays_counted_and_comes_back(desk: Desk) -> None:
    decide(desk)
    row = chosen_row(desk, read_today(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)
    assert (read_today(desk).rows, read_today(desk).snoozed) == ((), 1)
    (sleeping,) = read_today(desk, snoozed="yes").rows
    assert (sleeping.snoozed_until, sleeping.due_at) == (NOW + HOUR, NOW + 5 * HOUR)
    assert len(read_today(desk, at=HOUR).rows) == 1
    assert read_today(desk, at=HOUR).snoozed == 0


def test_a_row_never_sleeps_past_its_deadline(desk: Desk) -> None:
    decide(desk)
    row = chosen_row(desk, read_today(desk).rows[0])
    with desk.session() as session:
        step = row_acts.snooze(desk.ours.scope(), session, row, NOW + 48 * HOUR, NOW)
    assert step.after == (NOW + 5 * HOUR - WAKES_BEFORE).isoformat()
    assert len(read_today(desk, at=5 * HOUR - WAKES_BEFORE).rows) == 1


def test_a_deadline_that_moves_nearer_wakes_a_sleeping_row(desk: Desk) -> None:
    decide(desk, due=30 * HOUR)
    row = chosen_row(desk, read_today(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + 20 * HOUR, NOW)
        session.execute(text("update orders set due_at = :due"), {"due": NOW + 2 * HOUR})
    assert read_today(desk, at=HOUR).rows == ()
    assert len(read_today(desk, at=2 * HOUR - WAKES_BEFORE).rows) == 1


def test_a_snooze_that_is_over_is_none_any_more(desk: Desk) -> None:
    decide(desk)
    row = chosen_row(desk, read_today(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)
    (sleeping,) = read_today(desk, snoozed="yes").rows
    assert foresee([chosen_row(desk, sleeping)], Errand("wake"), NOW)[0].possible
    awake = chosen_row(desk, read_today(desk, at=HOUR).rows[0], at=HOUR)
    assert not foresee([awake], Errand("wake"), NOW + HOUR)[0].possible
    with pytest.raises(Conflict, match="not snoozed"), desk.session() as session:
        row_acts.wake(desk.ours.scope(), session, awake)


def test_an_act_on_a_folded_row_leaves_those_that_sleep_alone(desk: Desk) -> None:
    fold = {"kind": "blocked", "action": "start_buying", "why": "Buying is stopped.", "currency": "USD"}
    decide(desk, **fold)
    row = chosen_row(desk, read_today(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)
    for _ in range(2):
        decide(desk, **fold)
    (awake,) = read_today(desk).rows
    (sleeping,) = read_today(desk, snoozed="yes").rows
    assert [awake.folded, len(chosen_row(desk, awake).main)] == [2, 2]
    assert [sleeping.folded, len(chosen_row(desk, sleeping).main)] == [1, 1]


def test_what_is_due_within_half_an_hour_cannot_be_snoozed(desk: Desk) -> None:
    decide(desk, due=timedelta(minutes=20))
    row = chosen_row(desk, read_today(desk).rows[0])
    with pytest.raises(Invalid, match="half an hour"), desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)


def test_snoozing_a_row_takes_all_causes_of_its_order_with_it(desk: Desk) -> None:
    number = decide(desk)
    with desk.session() as session:
        key = session.scalar(text("select id from orders where tiktok_order_id = :n"), {"n": number})
        add_attention(session, desk.ours, kind="cancel_request", order_id=key, due_at=NOW + 5 * HOUR)
    row = chosen_row(desk, read_today(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)
    assert read_today(desk).rows == ()
