"""What can be taken back on an order's page: hold, release, snooze, wake and assign, each with Undo."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.order_standing import find_row
from agency.portal.order_work import back_to_order, show_order
from agency.portal.undo import with_undo
from agency.services import approvals, row_acts
from agency.services.assignees import find_colleague, list_colleagues
from agency.services.snoozing import wanted_moment
from agency.services.undo_steps import Step
from agency.web import current_caller, current_scope, db_session, route, system_session

_HOLDS = {"hold": (approvals.hold, "held"), "release": (approvals.release_hold, "unheld")}


@route(portal, "/orders/<number>/act/<word>", permission="write", methods=["POST"])
def order_act(number: str, word: str) -> ResponseReturnValue:
    """Hold, release or plan again. Raises NotFound for another word."""
    scope, session, now = current_scope(), db_session(), reader().now
    form = sent_form()
    if word in _HOLDS:
        act, done = _HOLDS[word]
        steps: Sequence[Step] = ()
        with form.keeping_errors():
            steps = act(scope, session, number, now)
        return _back(number, form, done, steps)
    if word != "try_again":
        raise NotFound("Action")
    with form.keeping_errors():
        approvals.try_again(scope, session, number, now)
    return back_to_order(number, form, "again")


@route(portal, "/orders/<number>/snooze", permission="write", methods=["POST"])
def snooze_order(number: str) -> ResponseReturnValue:
    """Takes the order off Today until the chosen moment, in any case until half an hour before its deadline."""
    row, form, now = find_row(number), sent_form(), reader().now
    steps: Sequence[Step] = ()
    with form.keeping_errors():
        choice, typed = request.form.get("choice", ""), request.form.get("own", "")
        until = wanted_moment(choice, typed, now, current_caller().time_zone)
        steps = [row_acts.snooze(current_scope(), db_session(), row, until, now)]
    return _back(number, form, "snoozed", steps)


@route(portal, "/orders/<number>/wake", permission="write", methods=["POST"])
def wake_order(number: str) -> ResponseReturnValue:
    """Puts a snoozed order back on Today."""
    row, form = find_row(number), sent_form()
    steps: Sequence[Step] = ()
    with form.keeping_errors():
        steps = [row_acts.wake(current_scope(), db_session(), row)]
    return _back(number, form, "woken", steps)


@route(portal, "/orders/<number>/assign", permission="write", methods=["POST"])
def assign_order(number: str) -> ResponseReturnValue:
    """Gives the order to a person of the team, or to nobody."""
    row, form = find_row(number), sent_form()
    wanted = request.form.get("owner", "")
    steps: Sequence[Step] = ()
    with form.keeping_errors():
        person = find_colleague(list_colleagues(current_scope(), system_session()), wanted)
        steps = [row_acts.assign(current_scope(), db_session(), row, person)]
    return _back(number, form, "assigned" if wanted else "unassigned", steps)


def _back(number: str, form: Form, done: str, steps: Sequence[Step]) -> ResponseReturnValue:
    """Back to the order with Undo; with the form's message when it was refused."""
    if not form.fine:
        return show_order(number, form)
    return redirect(with_undo(url_for("portal.order", number=number), done, steps), 303)
