"""Approvals: orders that are bought only when a person says yes, with the reason, the cost and the clock."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.staff import staff_page
from agency.services.approvals import approve_many
from agency.services.approvals_list import group_causes, list_answers, list_approvals
from agency.services.colleagues import read_colleagues
from agency.web import current_scope, db_session, route, system_session

ANSWERED = "answered"
CARDS = 30  # on a page: a card has twice the elements of a row, and a page at most 1,800


@route(portal, "/approvals", permission="read")
def approvals() -> ResponseReturnValue:
    """What waits for a yes, the most urgent first; or, with `show=answered`, the answers that were given."""
    if request.args.get("show") == ANSWERED:
        return _answered()
    return _waiting(Form(), {})


@route(portal, "/approvals/approve", permission="write", methods=["POST"])
def approve_cause() -> ResponseReturnValue:
    """Approves the orders of one cause; those that could not be approved are named one by one."""
    form = sent_form("many")
    refused: Mapping[str, str] = {}
    with form.keeping_errors():
        numbers = request.form.getlist("numbers")
        refused = approve_many(current_scope(), db_session(), numbers, reader().now)
    if refused or not form.fine:
        return _waiting(form, refused), 200 if form.fine else 422
    return redirect(url_for("portal.approvals", done="approved_all"), 303)


def _waiting(form: Form, refused: Mapping[str, str]) -> str:
    cursor = request.args.get("after", "")
    found = list_approvals(current_scope(), db_session(), reader().now, cursor, CARDS)
    return staff_page(
        "approvals.html",
        form=form,
        refused=refused,
        found=found,
        causes=group_causes(found.rows),
        first=url_for("portal.approvals") if cursor else "",
        next=url_for("portal.approvals", after=found.next_cursor) if found.next_cursor else "",
    )


def _answered() -> str:
    scope, cursor = current_scope(), request.args.get("after", "")
    found = list_answers(scope, db_session(), read_colleagues(scope, system_session()), cursor)
    more = url_for("portal.approvals", show=ANSWERED, after=found.next_cursor) if found.next_cursor else ""
    return staff_page(
        "answers.html",
        found=found,
        first=url_for("portal.approvals", show=ANSWERED) if cursor else "",
        next=more,
    )
