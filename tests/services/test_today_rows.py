"""Rows of Today as decisions: one per order, same causes folded, snoozed ones back in time, assigned to who may see."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, Forbidden, Invalid
from agency.domain.money import Money
from agency.services import row_acts
from agency.services.assignees import list_colleagues
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.bulk import Errand, foresee
from agency.services.chosen_rows import ChosenRow, find_chosen
from agency.services.row_acts import Colleague
from agency.services.snoozing import WAKES_BEFORE
from agency.services.undoing import undo
from agency.services.worklist import today
from agency.services.worklist_rows import Today, WorkFilters, WorkRow
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order
from tests.portal.scenes import OVER_LIMIT

HOUR = timedelta(hours=1)


def _read(desk: Desk, at: timedelta = timedelta(), **filters: str) -> Today:
    with desk.session() as session:
        return today(desk.ours.scope(), session, NOW + at, WorkFilters(**filters))


def _decide(desk: Desk, client: str = "Luma", due: timedelta | None = 5 * HOUR, **changes: object) -> str:
    """An order with one decision; the order's number."""
    with desk.session() as session:
        due_at = NOW + due if due is not None else None
        order = add_order(session, desk.ours, client, due_at=due_at)
        values = {"kind": "ship_warning", "order_id": order.id, "shop_id": order.shop_id, "due_at": due_at}
        add_attention(session, desk.ours, client, **values | changes)
        return order.tiktok_order_id


def _chosen(desk: Desk, row: WorkRow, at: timedelta = timedelta()) -> ChosenRow:
    with desk.session() as session:
        (chosen,) = find_chosen(desk.ours.scope(), session, [row.id], NOW + at)
    return chosen


def _colleague(desk: Desk, name: str) -> Colleague:
    with desk.system() as session:
        return next(one for one in list_colleagues(desk.ours.scope(), session) if one.name == name)


def test_an_order_with_two_causes_is_one_row_that_shows_the_dearer_one(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours)
        for kind, loss in (("cancel_request", 300), ("address_changed", 900)):
            about = {"order_id": order.id, "shop_id": order.shop_id, "currency": "USD"}
            add_attention(session, desk.ours, kind=kind, loss_minor=loss, **about)
    (row,) = _read(desk).rows
    assert (row.status_text, row.more, row.loss and row.loss.amount) == ("Address changed", 1, 900)


def test_an_approval_says_what_a_yes_costs_before_anything_is_planned(desk: Desk) -> None:
    with desk.session() as session:
        add_mapping(session, desk.ours, add_item(session, desk.ours))
    _decide(desk, kind="approval", action="approve")
    with desk.session() as session:
        session.execute(
            text("update orders set blockers = cast(:b as jsonb)"), {"b": json.dumps([OVER_LIMIT])}
        )
    (row,) = _read(desk).rows
    assert (row.cost, _chosen(desk, row).cost) == (Money(500, "USD"), Money(500, "USD"))


def test_an_action_filter_shows_the_cause_that_fits_it(desk: Desk) -> None:
    number = _decide(desk, loss_minor=900, currency="USD")
    with desk.session() as session:
        key = session.scalar(text("select id from orders where tiktok_order_id = :n"), {"n": number})
        add_attention(session, desk.ours, kind="approval", action="approve", order_id=key)
    assert [row.action for row in _read(desk, action="approve").rows] == ["approve"]


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
        _decide(desk, client, loss_minor=100, currency="USD", **cause)
    rows = _read(desk).rows
    assert [(row.folded, row.shops) for row in rows] == ([(2, 2)] if folds else [(1, 1), (1, 1)])


def test_a_cause_that_hides_behind_a_dearer_one_is_not_folded_a_second_time(desk: Desk) -> None:
    fold = {"kind": "blocked", "action": "start_buying", "why": "Buying is stopped.", "currency": "USD"}
    _decide(desk, loss_minor=100, **fold)
    second = _decide(desk, loss_minor=100, **fold)
    with desk.session() as session:
        key = session.scalar(text("select id from orders where tiktok_order_id = :n"), {"n": second})
        add_attention(session, desk.ours, kind="cancel_request", order_id=key, loss_minor=999, currency="USD")
    rows = _read(desk).rows
    assert sorted((row.status_text, row.folded, row.more) for row in rows) == [
        ("Buyer asks to cancel", 1, 1),
        ("Cannot be bought", 1, 0),
    ]


def test_the_stages_of_the_open_orders_add_up_to_them(desk: Desk) -> None:
    with desk.session() as session:
        for stage in ("held", "to_buy", "blocked", "bought", "shipped", "settled", "bought"):
            add_order(session, desk.ours, stage=stage)
    work = _read(desk)
    assert sum(stage.count for stage in work.stages) == work.open_orders == 6
    assert work.open_orders == sum(group.count for group in work.groups)


def test_a_snoozed_row_leaves_the_list_stays_counted_and_comes_back(desk: Desk) -> None:
    _decide(desk)
    row = _chosen(desk, _read(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)
    assert (_read(desk).rows, _read(desk).snoozed) == ((), 1)
    (sleeping,) = _read(desk, snoozed="yes").rows
    assert (sleeping.snoozed_until, sleeping.due_at) == (NOW + HOUR, NOW + 5 * HOUR)
    assert len(_read(desk, at=HOUR).rows) == 1
    assert _read(desk, at=HOUR).snoozed == 0


def test_a_row_never_sleeps_past_its_deadline(desk: Desk) -> None:
    _decide(desk)
    row = _chosen(desk, _read(desk).rows[0])
    with desk.session() as session:
        step = row_acts.snooze(desk.ours.scope(), session, row, NOW + 48 * HOUR, NOW)
    assert step.after == (NOW + 5 * HOUR - WAKES_BEFORE).isoformat()
    assert len(_read(desk, at=5 * HOUR - WAKES_BEFORE).rows) == 1


def test_a_deadline_that_moves_nearer_wakes_a_sleeping_row(desk: Desk) -> None:
    _decide(desk, due=30 * HOUR)
    row = _chosen(desk, _read(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + 20 * HOUR, NOW)
        session.execute(text("update orders set due_at = :due"), {"due": NOW + 2 * HOUR})
    assert _read(desk, at=HOUR).rows == ()
    assert len(_read(desk, at=2 * HOUR - WAKES_BEFORE).rows) == 1


def test_a_snooze_that_is_over_is_none_any_more(desk: Desk) -> None:
    _decide(desk)
    row = _chosen(desk, _read(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)
    (sleeping,) = _read(desk, snoozed="yes").rows
    assert foresee([_chosen(desk, sleeping)], Errand("wake"), NOW)[0].possible
    awake = _chosen(desk, _read(desk, at=HOUR).rows[0], at=HOUR)
    assert not foresee([awake], Errand("wake"), NOW + HOUR)[0].possible
    with pytest.raises(Conflict, match="not snoozed"), desk.session() as session:
        row_acts.wake(desk.ours.scope(), session, awake)


def test_an_act_on_a_folded_row_leaves_those_that_sleep_alone(desk: Desk) -> None:
    fold = {"kind": "blocked", "action": "start_buying", "why": "Buying is stopped.", "currency": "USD"}
    _decide(desk, **fold)
    row = _chosen(desk, _read(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)
    for _ in range(2):
        _decide(desk, **fold)
    (awake,) = _read(desk).rows
    (sleeping,) = _read(desk, snoozed="yes").rows
    assert [awake.folded, len(_chosen(desk, awake).main)] == [2, 2]
    assert [sleeping.folded, len(_chosen(desk, sleeping).main)] == [1, 1]


def test_what_is_due_within_half_an_hour_cannot_be_snoozed(desk: Desk) -> None:
    _decide(desk, due=timedelta(minutes=20))
    row = _chosen(desk, _read(desk).rows[0])
    with pytest.raises(Invalid, match="half an hour"), desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)


def test_snoozing_a_row_takes_all_causes_of_its_order_with_it(desk: Desk) -> None:
    number = _decide(desk)
    with desk.session() as session:
        key = session.scalar(text("select id from orders where tiktok_order_id = :n"), {"n": number})
        add_attention(session, desk.ours, kind="cancel_request", order_id=key, due_at=NOW + 5 * HOUR)
    row = _chosen(desk, _read(desk).rows[0])
    with desk.session() as session:
        row_acts.snooze(desk.ours.scope(), session, row, NOW + HOUR, NOW)
    assert _read(desk).rows == ()


def test_work_goes_only_to_people_who_see_its_client(desk: Desk) -> None:
    _decide(desk, "Luma")
    _decide(desk, "Kite", due=6 * HOUR)
    operator = _colleague(desk, "Operator")  # sees Luma only
    luma, kite = (_chosen(desk, row) for row in _read(desk).rows)
    with desk.session() as session:
        row_acts.assign(desk.ours.scope(), session, luma, operator)
    with pytest.raises(Conflict, match="Operator does not see this client"), desk.session() as session:
        row_acts.assign(desk.ours.scope(), session, kite, operator)
    assert [row.owners for row in _read(desk).rows] == [(operator.actor,), ()]
    assert len(_read(desk, owner="nobody").rows) == 1
    scope = desk.ours.scope(actor=operator.actor)
    with desk.session(scope) as session:
        mine = today(scope, session, NOW, WorkFilters(owner="mine"))
    assert ([row.shop_name for row in mine.rows], mine.mine) == (["Luma Shop"], 1)


def test_only_people_who_work_can_be_given_work(desk: Desk) -> None:
    with desk.system() as session:
        names = [person.name for person in list_colleagues(desk.ours.scope(), session)]
    assert names == ["Operator", "Owner"]


def test_an_order_without_a_decision_that_is_assigned_becomes_one_that_can_be_ticked(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours)
    scope, owner = desk.ours.scope(), _colleague(desk, "Owner")
    row = _chosen(desk, _read(desk).rows[0])
    with desk.session() as session:
        step = row_acts.assign(scope, session, row, owner)
    (given,) = _read(desk).rows
    assert (given.kind, given.press, given.why) == (
        "attention",
        "done",
        "Owner was asked to look after this order.",
    )
    with desk.session() as session:
        undo(scope, session, [step], NOW)
    assert [row.kind for row in _read(desk).rows] == ["order"]


def test_an_order_whose_question_was_ticked_off_can_be_given_away_again(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours)
    scope, owner = desk.ours.scope(), _colleague(desk, "Owner")
    for act in ("assign", "tick", "assign"):
        row = _chosen(desk, _read(desk).rows[0])
        with desk.session() as session:
            if act == "tick":
                row_acts.tick(scope, session, row)
            else:
                row_acts.assign(scope, session, row, owner)
    assert [(row.kind, row.owners) for row in _read(desk).rows] == [("attention", (owner.actor,))]


def test_a_tick_closes_what_needs_only_a_look_and_nothing_else(desk: Desk) -> None:
    _decide(desk)
    _decide(desk, kind="approval", action="approve", due=6 * HOUR)
    with desk.session() as session:
        shop = desk.ours.shops["Kite"]
        add_attention(session, desk.ours, "Kite", kind="count_differs", shop_id=shop)
    scope = desk.ours.scope()
    unread, look, approval = (_chosen(desk, row) for row in _read(desk).rows)
    with desk.session() as session:
        row_acts.tick(scope, session, look)
    for row in (unread, approval):
        with pytest.raises(Conflict, match="ends by itself"), desk.session() as session:
            row_acts.tick(scope, session, row)
    assert [row.kind for row in _read(desk).rows] == ["attention", "order", "attention"]


def test_a_ticked_cause_stays_away_until_it_was_gone_once(desk: Desk) -> None:
    scope = desk.ours.scope()
    cause = Cause(desk.ours.clients["Luma"], "money_mismatch", "statement:1", "It does not add up.", "look")
    with desk.session() as session:
        open_attention(scope, session, cause)
    row = _chosen(desk, _read(desk).rows[0])
    with desk.session() as session:
        row_acts.tick(scope, session, row)
        open_attention(scope, session, cause)
    assert _read(desk).rows == ()
    with desk.session() as session:
        close_attention(scope, session, cause.client_id, cause.kind, cause.key)
        open_attention(scope, session, cause)
    assert len(_read(desk).rows) == 1


def test_a_row_that_was_settled_meanwhile_is_changed_by_nobody(desk: Desk) -> None:
    _decide(desk)
    row, scope = _chosen(desk, _read(desk).rows[0]), desk.ours.scope()
    with desk.session() as session:
        session.execute(text("update attentions set resolved_at = now(), resolved_by = 'worker'"))
    for act in (
        lambda session: row_acts.snooze(scope, session, row, NOW + HOUR, NOW),
        lambda session: row_acts.tick(scope, session, row),
        lambda session: row_acts.assign(scope, session, row, _colleague(desk, "Owner")),
    ):
        with pytest.raises(Conflict, match="settled meanwhile"), desk.session() as session:
            act(session)


def test_a_viewer_changes_nothing(desk: Desk) -> None:
    _decide(desk)
    row, scope = _chosen(desk, _read(desk).rows[0]), desk.ours.scope(role="viewer")
    for act in (
        lambda session: row_acts.snooze(scope, session, row, NOW + HOUR, NOW),
        lambda session: row_acts.tick(scope, session, row),
        lambda session: row_acts.assign(scope, session, row, None),
    ):
        with pytest.raises(Forbidden), desk.session() as session:
            act(session)
