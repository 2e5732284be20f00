"""Settings of the limits: within which amounts the machine buys, for all clients in one table. Owners only."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.schemas import LimitsSchema
from agency.portal.sections import settings_page
from agency.services.clients import ClientLimits, set_client_limits
from agency.services.list_rows import ClientRow
from agency.services.shop_lists import list_clients
from agency.web import current_scope, db_session, route


@route(portal, "/settings/limits", permission="owner", endpoint="limits")
def limits() -> ResponseReturnValue:
    """All clients with their limits; the one in `client` is open for a change."""
    return _show(Form(), request.args.get("client", ""))


@route(portal, "/clients/<uuid:client_id>/limits", permission="owner", methods=["POST"])
def set_limits(client_id: UUID) -> ResponseReturnValue:
    """Sets the limits of one client; they hold from the next purchase on."""
    currency = _get_client(client_id).currency
    form = sent_form(f"limits-{client_id}")
    given = form.load(LimitsSchema())
    approval_above, daily_budget = (
        form.minor("approval_above_minor", currency),
        form.minor("daily_budget_minor", currency),
    )
    margin = given.get("margin_floor", 0) * 100
    if margin != int(margin):
        form.errors["margin_floor"] = said("Write at most two digits after the point.")
    if form.fine:
        limits = ClientLimits(approval_above or 0, int(margin), daily_budget or 0)
        with form.keeping_errors():
            set_client_limits(current_scope(), db_session(), str(client_id), limits, reader().now)
            return redirect(url_for("portal.limits", done="limits"), 303)
    return _show(form, str(client_id))


def _get_client(client_id: UUID) -> ClientRow:
    """Raises NotFound."""
    for client in list_clients(current_scope(), db_session()):
        if client.client_id == str(client_id):
            return client
    raise NotFound("Client")


def _show(form: Form, opened: str) -> ResponseReturnValue:
    clients = list_clients(current_scope(), db_session(), present=True)
    body = settings_page("limits.html", clients=clients, opened=opened, form=form)
    return body, 200 if form.fine else 422
