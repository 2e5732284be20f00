"""Clients: who the agency works for, how each stands, and the form for a new one. Owners only."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.domain.money import EXPONENTS
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.schemas import ClientSchema
from agency.portal.staff import staff_page
from agency.services.client_requests import count_requests
from agency.services.clients import NewClient, list_time_zones
from agency.services.clients import add_client as insert_client
from agency.services.shop_lists import list_clients
from agency.web import current_scope, db_session, route


@route(portal, "/clients", permission="owner")
def clients() -> ResponseReturnValue:
    """All clients with their shops, and the form for a new one."""
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


def _show(form: Form) -> ResponseReturnValue:
    body = staff_page(
        "clients.html",
        clients=list_clients(current_scope(), db_session()),
        asked=count_requests(current_scope(), db_session()),
        currencies=[(code, code) for code in sorted(EXPONENTS)],
        zones=[(zone, zone.replace("_", " ")) for zone in list_time_zones()],
        form=form,
    )
    return body, 200 if form.fine else 422
