"""Shops and clients: what was read and when, pausing, the stop switches, connecting a shop."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.schemas import ShopRulesSchema
from agency.portal.staff import staff_page
from agency.services import shops as shop_service
from agency.services import switches
from agency.services.connecting import request_connection
from agency.services.shop_lists import list_shops
from agency.services.shop_rules import ShopRules, list_promises, list_shop_rules, set_shop_rules
from agency.services.totals import read_totals
from agency.web import current_caller, current_scope, db_session, ground, route


@route(portal, "/shops", permission="read")
def shops() -> ResponseReturnValue:
    """All shops with their freshness and counts, and the clients with their limits."""
    return _show(Form())


@route(portal, "/shops/<uuid:shop_id>/pause", permission="write", methods=["POST"])
def pause_shop(shop_id: UUID) -> ResponseReturnValue:
    """Stops reading and writing one shop."""
    shop_service.pause_shop(current_scope(), db_session(), str(shop_id))
    return redirect(url_for("portal.shops", done="paused"), 303)


@route(portal, "/shops/<uuid:shop_id>/resume", permission="write", methods=["POST"])
def resume_shop(shop_id: UUID) -> ResponseReturnValue:
    """Goes on with a paused shop."""
    shop_service.resume_shop(current_scope(), db_session(), str(shop_id))
    return redirect(url_for("portal.shops", done="resumed"), 303)


@route(portal, "/shops/<uuid:shop_id>/rules", permission="write", methods=["POST"])
def set_rules(shop_id: UUID) -> ResponseReturnValue:
    """Sets a shop's promise, its delay before buying and whether USPS may carry."""
    form = sent_form(f"rules-{shop_id}")
    given = form.load(ShopRulesSchema())
    if form.fine:
        with form.keeping_errors():
            set_shop_rules(current_scope(), db_session(), str(shop_id), ShopRules(**given), reader().now)
            return redirect(url_for("portal.shops", done="rules"), 303)
    return _show(form)


@route(portal, "/buying/<word>", permission="write", methods=["POST"])
def switch_buying(word: str) -> ResponseReturnValue:
    """Stops or starts buying for the agency, a client, a shop or a supplier. Raises NotFound for another word."""
    subject, public_id = request.form.get("subject", ""), request.form.get("id", "")
    if word == "stop":
        switches.stop_buying(current_scope(), db_session(), subject, public_id)
    elif word == "start":
        switches.start_buying(current_scope(), db_session(), subject, public_id, reader().now)
    else:
        raise NotFound("Switch")
    back = "portal.suppliers" if subject == "supplier" else "portal.shops"
    return redirect(url_for(back, done="stopped" if word == "stop" else "started"), 303)


@route(portal, "/shops/connect", permission="write", methods=["POST"])
def connect_shop() -> ResponseReturnValue:
    """Starts connecting: a page with the link to TikTok's consent page.

    A link and not a redirect, since our content policy lets no form lead to another site.
    """
    client_id = request.form.get("client", "")
    clients = {client.client_id: client for client in list_shops(current_scope(), db_session()).clients}
    if client_id not in clients:
        raise NotFound("Client")
    caller = current_caller()
    state = request_connection(caller.scope, db_session(), client_id, caller.session_id)
    settings = ground().settings
    query = urlencode({"service_id": settings.tiktok_service_id, "state": state})
    return staff_page(
        "connect.html", link=f"{settings.tiktok_authorize_url}?{query}", client=clients[client_id]
    )


def _show(form: Form) -> ResponseReturnValue:
    scope, session = current_scope(), db_session()
    totals = read_totals(scope, session)
    body = staff_page(
        "shops.html",
        found=list_shops(scope, session),
        totals=totals,
        orders_of={row.shop_id: row.orders for row in totals.shops},
        rules_of=list_shop_rules(scope, session),
        promises=list_promises(),
        chosen_client=request.args.get("client", ""),
        form=form,
    )
    return body, 200 if form.fine else 422
