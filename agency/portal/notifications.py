"""Everybody's own choice of mails about decisions: which kinds, at once or once a day, and when not."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.notices import EVERYTHING, KINDS, Choice
from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.sections import settings_page
from agency.services.notices import get_choice, set_choice
from agency.web import current_caller, route, system_session

GROUPS = (
    (
        "money",
        said("Money"),
        said("approvals, purchases in doubt, cancellations after buying, balances, statements"),
    ),
    (
        "deadline",
        said("Deadlines"),
        said("orders that cannot be bought, tracking that is late or was refused"),
    ),
    ("connection", said("Connections"), said("shops that cannot be read, access that is lost, refused keys")),
    (EVERYTHING, said("Everything"), said("every new decision, whatever it is about")),
)
RHYTHMS = (
    ("never", said("No mails")),
    ("at_once", said("At once, at most one mail in 15 minutes")),
    ("daily", said("Once a day")),
)
_HOURS = [(str(hour), f"{hour:02d}:00") for hour in range(24)]


@route(portal, "/settings/notifications", permission="read", endpoint="notifications")
def notifications() -> ResponseReturnValue:
    """What is chosen."""
    return _show(Form())


@route(portal, "/settings/notifications", permission="read", methods=["POST"], endpoint="set_notifications")
def save_notifications() -> ResponseReturnValue:
    """Saves it; decisions from now on are told."""
    form = sent_form("notices")
    groups = tuple(word for word in (*KINDS, EVERYTHING) if word in request.form.getlist("groups"))
    choice = Choice(
        form.value("rhythm"),
        groups,
        _hour(form, "hour") or 0,
        _hour(form, "quiet_from"),
        _hour(form, "quiet_until"),
    )
    with form.keeping_errors():
        set_choice(system_session(), current_caller().membership_id, choice)
        return redirect(url_for("portal.notifications", done="notices"), 303)
    return _show(form, choice)


def _hour(form: Form, name: str) -> int | None:
    typed = form.value(name)
    return int(typed) if typed.isascii() and typed.isdigit() else None


def _show(form: Form, choice: Choice | None = None) -> ResponseReturnValue:
    body = settings_page(
        "notifications.html",
        choice=choice or get_choice(system_session(), current_caller().membership_id),
        groups=GROUPS,
        rhythms=RHYTHMS,
        hours=_HOURS,
        form=form,
    )
    return body, 200 if form.fine else 422
