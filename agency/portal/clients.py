"""Clients: who the agency works for, and within which limits the machine buys for each. Owners only."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.domain.money import EXPONENTS
from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.schemas import ClientSchema, LimitsSchema
from agency.portal.staff import staff_page
from agency.services.clients import ClientLimits, NewClient, list_time_zones, set_client_limits
from agency.services.clients import add_client as insert_client
from agency.services.list_rows import ClientRow
from agency.services.shop_lists import list_shops
from agency.web import current_scope, db_session, route


@route(portal, "/clients", permission="owner")
def clients() -> ResponseReturnValue:
    """All clients with their shops and limits, and the form for a new one."""
    return _show(Form())


@route(portal, "/clients", permission="owner", methods=["POST"])
def add_client() -> ResponseReturnValue:
    """Adds a client; its shops are connected next."""
    form = sent_form("client")
    given = form.load(ClientSchema())
    if form.fine:
        with form.keeping_errors():
            insert_client(current_scope(), db_session(), NewClient(**given))
            return redirect(url_for("portal.clients", done="client"), 303)
    return _show(form)


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
            return redirect(url_for("portal.clients", done="limits"), 303)
    return _show(form)


def _get_client(client_id: UUID) -> ClientRow:
    """Raises NotFound."""
    for client in list_shops(current_scope(), db_session()).clients:
        if client.client_id == str(client_id):
            return client
    raise NotFound("Client")


def _show(form: Form) -> ResponseReturnValue:
    body = staff_page(
        "clients.html",
        clients=list_shops(current_scope(), db_session()).clients,
        currencies=[(code, code) for code in sorted(EXPONENTS)],
        zones=[(zone, zone.replace("_", " ")) for zone in list_time_zones()],
        form=form,
    )
    return body, 200 if form.fine else 422
