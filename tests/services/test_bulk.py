"""One act on many rows: foreseen, done row by row, repeated without harm, undone unless something has moved on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, Invalid, NotFound
from agency.services.bulk import Errand, Result, foresee, perform
from agency.services.chosen_rows import find_chosen
from agency.services.shops import pause_shop, resume_shop
from agency.services.switches import start_buying, stop_buying
from agency.services.undo_steps import packed, unpacked
from agency.services.undoing import undo
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_order
from tests.portal.scenes import OVER_LIMIT

HOUR = timedelta(hours=1)


def _order(desk: Desk, **changes: object) -> str:
    with desk.session() as session:
        return add_order(session, desk.ours, due_at=NOW + 5 * HOUR, **changes).tiktok_order_id


def _decision(desk: Desk, kind: str = "ship_warning", action: str = "look", **changes: object) -> str:
    with desk.session() as session:
        order = add_order(session, desk.ours, due_at=NOW + 5 * HOUR, **changes)
        row = add_attention(
            session, desk.ours, kind=kind, action=action, order_id=order.id, shop_id=order.shop_id
        )
        session.refresh(row)
        return str(row.public_id)


def _do(desk: Desk, keys: list[str], errand: Errand) -> tuple[Result, ...]:
    scope = desk.ours.scope()
    with desk.session() as session:
        return perform(scope, session, find_chosen(scope, session, keys, NOW), errand, NOW)


def _undo(desk: Desk, results: tuple[Result, ...]) -> None:
    steps = unpacked(packed([step for result in results for step in result.steps]))
    with desk.session() as session:
        undo(desk.ours.scope(), session, steps, NOW)


def _stages(desk: Desk) -> dict[str, str]:
    with desk.session() as session:
        rows = session.execute(text("select tiktok_order_id, stage from orders"))
        return {row.tiktok_order_id: row.stage for row in rows}


def test_a_row_that_fails_stops_no_other_and_says_why(desk: Desk) -> None:
    first, bought, last = _order(desk), _order(desk, stage="bought"), _order(desk)
    results = _do(desk, [first, bought, last], Errand("hold"))
    assert [result.outcome for result in results] == ["done", "failed", "done"]
    assert "comes too late" in results[1].sentence
    assert _stages(desk) == {first: "held", bought: "bought", last: "held"}


def test_a_failure_of_a_service_leaves_nothing_of_its_row(desk: Desk) -> None:
    number = _order(desk, stage="blocked", blockers=[OVER_LIMIT | {"approvable": False}])
    ready = _decision(desk, "approval", "approve", stage="blocked", blockers=[OVER_LIMIT])
    results = _do(desk, [number, ready], Errand("approve"))
    assert [result.outcome for result in results] == ["failed", "done"]
    with desk.session() as session:
        count = text("select count(*) from order_events where kind = 'approved'")
        assert session.scalar(count) == 1


def test_sending_the_same_twice_changes_nothing_more(desk: Desk) -> None:
    numbers = [_order(desk), _order(desk)]
    assert [one.outcome for one in _do(desk, numbers, Errand("hold"))] == ["done", "done"]
    assert [one.outcome for one in _do(desk, numbers, Errand("hold"))] == ["already", "already"]
    ticked = [_decision(desk)]
    assert [one.outcome for one in _do(desk, ticked, Errand("done"))] == ["done"]
    assert [one.outcome for one in _do(desk, ticked, Errand("done"))] == ["already"]


def test_what_is_foreseen_is_what_happens(desk: Desk) -> None:
    keys = [
        _decision(desk),
        _decision(desk, "approval", "approve", stage="blocked", blockers=[OVER_LIMIT]),
        _decision(desk, "tracking_late", "add_tracking", stage="bought"),
        _order(desk),
        _order(desk, stage="bought"),
    ]
    scope = desk.ours.scope()
    for errand in (
        Errand("hold"),
        Errand("release"),
        Errand("snooze", until=NOW + HOUR),
        Errand("done"),
        Errand("approve"),
        Errand("next"),
    ):
        with desk.session() as session:
            rows = find_chosen(scope, session, keys, NOW)
            forecasts = foresee(rows, errand, NOW)
            results = perform(scope, session, rows, errand, NOW)
            session.rollback()
        seen = [one.possible for one in forecasts]
        assert seen == [one.outcome == "done" for one in results], errand.word


def test_the_next_actions_of_a_mixed_choice_are_each_rows_own(desk: Desk) -> None:
    look = _decision(desk)
    dear = _decision(desk, "approval", "approve", stage="blocked", blockers=[OVER_LIMIT])
    late = _decision(desk, "tracking_late", "add_tracking", stage="bought")
    results = _do(desk, [look, dear, late], Errand("next"))
    assert [result.outcome for result in results] == ["done", "done", "failed"]
    assert "Add tracking" in results[2].sentence


@pytest.mark.parametrize("keys", [[], ["not a row"], ["x" * 90], [str(n) for n in range(51)]])
def test_a_choice_that_is_none_is_refused(desk: Desk, keys: list[str]) -> None:
    with pytest.raises(Invalid), desk.session() as session:
        find_chosen(desk.ours.scope(), session, keys, NOW)


def test_rows_of_others_are_left_out_like_unknown_ones(desk: Desk) -> None:
    with desk.session() as session:
        kite = add_order(session, desk.ours, "Kite").tiktok_order_id
    narrow = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    key = _decision(desk)
    for scope, wanted in ((narrow, [kite]), (desk.theirs.scope(), [kite, key])):
        with desk.session(scope) as session:
            assert find_chosen(scope, session, wanted, NOW) == ()


@pytest.mark.parametrize("word", ["hold", "snooze", "done"])
def test_an_act_can_be_undone(desk: Desk, word: str) -> None:
    key = _order(desk) if word == "hold" else _decision(desk)
    before = _rows(desk)
    _undo(desk, _do(desk, [key], Errand(word, until=NOW + HOUR)))
    assert _rows(desk) == before


def test_a_hold_that_was_ended_can_be_put_back(desk: Desk) -> None:
    number = _order(desk)
    _do(desk, [number], Errand("hold"))
    _undo(desk, _do(desk, [number], Errand("release")))
    assert _stages(desk) == {number: "held"}


@pytest.mark.parametrize(("word", "sql"), [("hold", "'user:77'"), ("release", "''")])
def test_nothing_is_offered_for_undo_when_somebody_was_faster(desk: Desk, word: str, sql: str) -> None:
    number, scope = _order(desk, held_by="" if word == "hold" else "user:77"), desk.ours.scope()
    with desk.session() as session:
        rows = find_chosen(scope, session, [number], NOW)
        session.execute(text(f"update orders set held_by = {sql}"))
        (result,) = perform(scope, session, rows, Errand(word), NOW)
    assert (result.outcome, result.steps) == ("done", ())


def test_a_stop_made_anew_is_not_ended_by_the_undo_of_the_first(desk: Desk) -> None:
    scope = desk.ours.scope()
    with desk.session() as session:
        first = stop_buying(scope, session, "agency")
    with desk.session() as session:
        start_buying(scope, session, "agency", "", NOW)
        stop_buying(scope, session, "agency")
    with pytest.raises(Conflict, match="moved on"), desk.session() as session:
        undo(scope, session, first, NOW)
    with desk.session() as session:
        start_buying(scope, session, "agency", "", NOW)


def test_a_pause_made_anew_is_not_ended_by_the_undo_of_the_first(desk: Desk) -> None:
    scope, shop = desk.ours.scope(), desk.ours.public["Luma Shop"]
    with desk.session() as session:
        first = pause_shop(scope, session, shop)
        undo(scope, session, first, NOW)
        first = pause_shop(scope, session, shop)
    with desk.session() as session:
        resume_shop(scope, session, shop)
        pause_shop(scope, session, shop)
    with pytest.raises(Conflict, match="moved on"), desk.session() as session:
        undo(scope, session, first, NOW)
    with desk.session() as session:
        resume_shop(scope, session, shop)


@pytest.mark.parametrize(
    ("word", "moved_on"),
    [
        ("hold", "update orders set held_by = 'user:77'"),
        ("snooze", "update attentions set next_check_at = now()"),
        ("snooze", "update attentions set resolved_at = now()"),
        ("done", "update attentions set resolved_by = 'user:77'"),
    ],
)
def test_undo_refuses_when_something_has_moved_on(desk: Desk, word: str, moved_on: str) -> None:
    key = _order(desk) if word == "hold" else _decision(desk)
    results = _do(desk, [key], Errand(word, until=NOW + HOUR))
    with desk.session() as session:
        session.execute(text(moved_on))
    after = _rows(desk)
    with pytest.raises(Conflict, match="moved on"):
        _undo(desk, results)
    assert _rows(desk) == after


def test_a_tick_is_not_undone_once_the_cause_has_a_row_again(desk: Desk) -> None:
    key = _decision(desk)
    results = _do(desk, [key], Errand("done"))
    with desk.session() as session:
        old = session.execute(text("select order_id, cause_key, kind from attentions")).one()
        add_attention(
            session, desk.ours, kind=old.kind, cause_key=old.cause_key, why="Another.", order_id=old.order_id
        )
    with pytest.raises(Conflict, match="moved on"):
        _undo(desk, results)


def test_stopping_all_buying_can_be_undone_unless_somebody_started_it(desk: Desk) -> None:
    scope = desk.ours.scope()
    with desk.session() as session:
        steps = unpacked(packed(stop_buying(scope, session, "agency")))
        undo(scope, session, steps, NOW)
        assert session.scalar(text("select buying_stopped_at from agencies")) is None
        start_buying(scope, session, "agency", "", NOW)
    with pytest.raises(Conflict, match="moved on"), desk.session() as session:
        undo(scope, session, steps, NOW)


def test_undo_reaches_nothing_of_others(desk: Desk) -> None:
    results = _do(desk, [_order(desk)], Errand("hold"))
    theirs = desk.theirs.scope()
    with pytest.raises(NotFound), desk.session(theirs) as session:
        undo(theirs, session, results[0].steps, NOW)


def _rows(desk: Desk) -> list[object]:
    query = (
        "select id, owner, next_check_at, resolved_at is null, resolved_by, data from attentions order by id"
    )
    with desk.session() as session:
        rows = [tuple(row) for row in session.execute(text(query))]
        return rows + [
            tuple(row) for row in session.execute(text("select id, held_by from orders order by id"))
        ]
