"""Saved views are one person's in one agency: named, replaced, one to start with, never seen by others."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from agency.domain.errors import Conflict, Forbidden, Invalid, NotFound
from agency.domain.scope import Scope
from agency.services import saved_views
from agency.services.worklist_rows import WorkFilters
from tests.desk import Desk

APPROVE, MINE = WorkFilters(action="approve"), WorkFilters(owner="mine")


def _person(desk: Desk, name: str, *, theirs: bool = False) -> Scope:
    with desk.system() as session:
        user_id = session.scalar(text("select id from users where email = :e"), {"e": f"{name}@example.test"})
    return (desk.theirs if theirs else desk.ours).scope(user_id=user_id, actor=f"user:{user_id}")


def _save(desk: Desk, scope: Scope, name: str, filters: WorkFilters, *, start: bool = False) -> str:
    with desk.session(scope) as session:
        return saved_views.save_view(scope, session, name, filters, start=start)


def _names(desk: Desk, scope: Scope) -> list[tuple[str, dict[str, str], bool]]:
    with desk.session(scope) as session:
        views = saved_views.list_views(scope, session)
    return [(view.name, dict(view.filters), view.is_start) for view in views]


def test_a_view_keeps_its_filters_and_a_second_of_that_name_replaces_it(desk: Desk) -> None:
    owner = _person(desk, "owner")
    _save(desk, owner, "  My   morning ", APPROVE)
    _save(desk, owner, "My morning", MINE)
    assert _names(desk, owner) == [("My morning", {"owner": "mine"}, False)]


def test_two_saves_of_one_new_name_at_once_are_a_conflict(desk: Desk) -> None:
    owner = _person(desk, "owner")
    with desk.session(owner) as session:
        event.listen(session, "before_flush", lambda *_: _save(desk, owner, "Same", MINE), once=True)
        with pytest.raises(Conflict, match="this name"):
            saved_views.save_view(owner, session, "Same", APPROVE)
    assert _names(desk, owner) == [("Same", {"owner": "mine"}, False)]


def test_today_opens_with_one_view_at_most(desk: Desk) -> None:
    owner = _person(desk, "owner")
    first = _save(desk, owner, "One", APPROVE, start=True)
    _save(desk, owner, "Two", MINE, start=True)
    assert [(name, start) for name, _, start in _names(desk, owner)] == [("One", False), ("Two", True)]
    with desk.session(owner) as session:
        saved_views.change_view(owner, session, first, "First", start=True)
    assert [(name, start) for name, _, start in _names(desk, owner)] == [("First", True), ("Two", False)]


def test_nobody_else_sees_changes_or_deletes_a_view(desk: Desk) -> None:
    view = _save(desk, _person(desk, "owner"), "Mine alone", MINE)
    for other in (_person(desk, "operator"), _person(desk, "stranger", theirs=True)):
        assert _names(desk, other) == []
        with pytest.raises(NotFound), desk.session(other) as session:
            saved_views.change_view(other, session, view, "Taken", start=False)
        with pytest.raises(NotFound), desk.session(other) as session:
            saved_views.delete_view(other, session, view)


def test_the_same_person_has_other_views_in_another_agency(desk: Desk) -> None:
    owner = _person(desk, "owner")
    _save(desk, owner, "Here", MINE)
    assert _names(desk, _person(desk, "owner", theirs=True)) == []


def test_bad_names_too_many_views_and_those_who_only_look_are_refused(desk: Desk) -> None:
    owner = _person(desk, "owner")
    for name in ("", "   ", "x" * 41):
        with pytest.raises(Invalid):
            _save(desk, owner, name, MINE)
    ids = [_save(desk, owner, f"View {number}", MINE) for number in range(saved_views.MOST)]
    with pytest.raises(Conflict, match="twenty"):
        _save(desk, owner, "One more", MINE)
    with pytest.raises(Conflict, match="different"), desk.session(owner) as session:
        saved_views.change_view(owner, session, ids[0], "View 1", start=False)
    viewer = desk.ours.scope(role="viewer", user_id=owner.user_id)
    with pytest.raises(Forbidden), desk.session(viewer) as session:
        saved_views.delete_view(viewer, session, ids[0])
