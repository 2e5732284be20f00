"""What a person does with a row of Today: give it away, tick it off, and never change what is settled."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, Forbidden
from agency.services import row_acts
from agency.services.assignees import list_colleagues
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.undoing import undo
from agency.services.worklist import today
from agency.services.worklist_rows import WorkFilters
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_order
from tests.services.today_rows import HOUR, chosen_row, colleague, decide, read_today


def test_work_goes_only_to_people_who_see_its_client(desk: Desk) -> None:
    decide(desk, "Luma")
    decide(desk, "Kite", due=6 * HOUR)
    operator = colleague(desk, "Operator")  # sees Luma only
    luma, kite = (chosen_row(desk, row) for row in read_today(desk).rows)
    with desk.session() as session:
        row_acts.assign(desk.ours.scope(), session, luma, operator)
    with pytest.raises(Conflict, match="Operator does not see this client"), desk.session() as session:
        row_acts.assign(desk.ours.scope(), session, kite, operator)
    assert [row.owners for row in read_today(desk).rows] == [(operator.actor,), ()]
    assert len(read_today(desk, owner="nobody").rows) == 1
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
    scope, owner = desk.ours.scope(), colleague(desk, "Owner")
    row = chosen_row(desk, read_today(desk).rows[0])
    with desk.session() as session:
        step = row_acts.assign(scope, session, row, owner)
    (given,) = read_today(desk).rows
    assert (given.kind, given.press, given.why) == (
        "attention",
        "done",
        "Owner was asked to look after this order.",
    )
    with desk.session() as session:
        undo(scope, session, [step], NOW)
    assert [row.kind for row in read_today(desk).rows] == ["order"]


def test_an_order_whose_question_was_ticked_off_can_be_given_away_again(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours)
    scope, owner = desk.ours.scope(), colleague(desk, "Owner")
    for act in ("assign", "tick", "assign"):
        row = chosen_row(desk, read_today(desk).rows[0])
        with desk.session() as session:
            if act == "tick":
                row_acts.tick(scope, session, row)
            else:
                row_acts.assign(scope, session, row, owner)
    assert [(row.kind, row.owners) for row in read_today(desk).rows] == [("attention", (owner.actor,))]


def test_a_tick_closes_what_needs_only_a_look_and_nothing_else(desk: Desk) -> None:
    decide(desk)
    decide(desk, kind="approval", action="approve", due=6 * HOUR)
    with desk.session() as session:
        shop = desk.ours.shops["Kite"]
        add_attention(session, desk.ours, "Kite", kind="count_differs", shop_id=shop)
    scope = desk.ours.scope()
    unread, look, approval = (chosen_row(desk, row) for row in read_today(desk).rows)
    with desk.session() as session:
        row_acts.tick(scope, session, look)
    for row in (unread, approval):
        with pytest.raises(Conflict, match="ends by itself"), desk.session() as session:
            row_acts.tick(scope, session, row)
    assert [row.kind for row in read_today(desk).rows] == ["attention", "order", "attention"]


def test_a_ticked_cause_stays_away_until_it_was_gone_once(desk: Desk) -> None:
    scope = desk.ours.scope()
    cause = Cause(desk.ours.clients["Luma"], "money_mismatch", "statement:1", "It does not add up.", "look")
    with desk.session() as session:
        open_attention(scope, session, cause)
    row = chosen_row(desk, read_today(desk).rows[0])
    with desk.session() as session:
        row_acts.tick(scope, session, row)
        open_attention(scope, session, cause)
    assert read_today(desk).rows == ()
    with desk.session() as session:
        close_attention(scope, session, cause.client_id, cause.kind, cause.key)
        open_attention(scope, session, cause)
    assert len(read_today(desk).rows) == 1


def test_a_row_that_was_settled_meanwhile_is_changed_by_nobody(desk: Desk) -> None:
    decide(desk)
    row, scope = chosen_row(desk, read_today(desk).rows[0]), desk.ours.scope()
    with desk.session() as session:
        session.execute(text("update attentions set resolved_at = now(), resolved_by = 'worker'"))
    for act in (
        lambda session: row_acts.snooze(scope, session, row, NOW + HOUR, NOW),
        lambda session: row_acts.tick(scope, session, row),
        lambda session: row_acts.assign(scope, session, row, colleague(desk, "Owner")),
    ):
        with pytest.raises(Conflict, match="settled meanwhile"), desk.session() as session:
            act(session)


def test_a_viewer_changes_nothing(desk: Desk) -> None:
    decide(desk)
    row, scope = chosen_row(desk, read_today(desk).rows[0]), desk.ours.scope(role="viewer")
    for act in (
        lambda session: row_acts.snooze(scope, session, row, NOW + HOUR, NOW),
        lambda session: row_acts.tick(scope, session, row),
        lambda session: row_acts.assign(scope, session, row, None),
    ):
        with pytest.raises(Forbidden), desk.session() as session:
            act(session)
