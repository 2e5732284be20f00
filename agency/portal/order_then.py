"""As it was: an order at one step of its life, and the way to every other step."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import Form
from agency.portal.frame import reader
from agency.portal.order_filters import list_filters
from agency.portal.staff import staff_page
from agency.services.colleagues import read_colleagues
from agency.services.order_then import ThenAsked, get_order_then
from agency.services.zones import read_moment
from agency.web import current_scope, db_session, ground, route, system_session


@route(portal, "/orders/<number>/then", permission="read")
def order_then(number: str) -> ResponseReturnValue:
    """The order at `step`, or at `moment` in the reader's zone. What is no moment is named beside the newest step."""
    form = Form("then", {"moment": request.args.get("moment", "")})
    scope, names = current_scope(), read_colleagues(current_scope(), system_session())
    then = get_order_then(scope, db_session(), number, _asked(form), ground().clock, names)
    body = staff_page("order_then.html", then=then, form=form, kept=list_filters()[0])
    return body, 200 if form.fine else 422


def _asked(form: Form) -> ThenAsked:
    step, typed = request.args.get("step", ""), form.value("moment")
    if typed:
        try:  # to the end of the typed minute, so that what happened in it is in it
            moment = read_moment(typed, reader().zone).replace(second=59, microsecond=999999)
            return ThenAsked(moment=moment)
        except ValueError:
            form.errors["moment"] = said("Write a day and a time, for example 2026-11-25 14:30.")
    return ThenAsked(step=int(step) if step.isascii() and step.isdigit() and len(step) < 7 else 0)
