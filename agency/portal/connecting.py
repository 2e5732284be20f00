"""Connecting a shop: our own link to TikTok's consent page, the way back, and shops started in TikTok's app store."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import Invalid, NotFound
from agency.portal.blueprint import portal
from agency.portal.frame import reader
from agency.portal.staff import staff_page
from agency.services import installations
from agency.services.connecting import LINK_LIFE, accept_connection, request_connection
from agency.services.connections import list_connections
from agency.services.shop_lists import list_clients
from agency.web import (
    current_caller,
    current_scope,
    db_session,
    find_caller,
    forget_installation,
    ground,
    installation_token,
    remember_installation,
    require_permission,
    route,
    system_session,
)


@route(portal, "/shops/connect", permission="write")
def show_connect() -> ResponseReturnValue:
    """The steps of connecting a shop, beginning with the client whose shop it is."""
    return _steps(chosen=request.args.get("client", ""))


@route(portal, "/shops/connect", permission="write", methods=["POST"])
def connect_shop() -> ResponseReturnValue:
    """Starts connecting: the same page with the link to TikTok's consent page.

    A link and not a redirect, since our content policy lets no form lead to another site.
    """
    client_id = request.form.get("client", "")
    clients = {client.client_id: client for client in list_clients(current_scope(), db_session())}
    if client_id not in clients:
        raise NotFound("Client")
    caller = current_caller()
    state = request_connection(caller.scope, db_session(), client_id, caller.session_id)
    settings = ground().settings
    query = urlencode({"service_id": settings.tiktok_service_id, "state": state})
    until = reader().machine_now + LINK_LIFE
    return _steps(
        chosen=client_id,
        consent_page=f"{settings.tiktok_authorize_url}?{query}",
        client=clients[client_id],
        until=until,
    )


@route(portal, "/connect/callback", permission="public", writes_on_get=True)
def finish_connection() -> ResponseReturnValue:
    """Where TikTok leads back to, with the one-time code; `state` proves that this person asked for it here.

    Public, since a seller may come from TikTok's app store with no `state` and no sign-in: that code is only parked.
    """
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not state:
        return _park(code)
    caller = find_caller()
    if (
        caller is None
    ):  # the code stays out of the sign-in page's address; the link was bound to the former session
        return redirect(url_for("portal.sign_in", next=url_for("portal.shops")), 303)
    caller = require_permission("write")
    try:
        accept_connection(caller.scope, db_session(), ground().keyring, state, code, caller.session_id)
    except Invalid as refusal:
        return _steps(problem=str(refusal)), 422
    return redirect(url_for("portal.shops", done="connecting"), 303)


def _steps(**values: Any) -> str:
    present = list_clients(current_scope(), db_session(), present=True)
    connections = list_connections(current_scope(), db_session())
    return staff_page("connect.html", clients=present, connections=connections, **values)


def _park(code: str) -> ResponseReturnValue:
    token = installations.park_installation(system_session(), ground().keyring, code)
    response = make_response(redirect(url_for("portal.show_waiting"), 303))
    remember_installation(response, token)
    return response


@route(portal, "/connect/waiting", permission="owner")
def show_waiting() -> ResponseReturnValue:
    """Asks an owner which client the parked shop belongs to. Raises Conflict when nothing waits in this browser."""
    waiting = installations.get_parked(system_session(), installation_token())
    clients = list_clients(current_scope(), db_session(), present=True)
    return staff_page("connect_waiting.html", waiting=waiting, clients=clients)


@route(portal, "/connect/waiting", permission="owner", methods=["POST"])
def confirm_waiting() -> ResponseReturnValue:
    """Connects the parked shop to the client that the owner chose; a refusal leaves it parked."""
    code = installations.take_parked(system_session(), ground().keyring, installation_token())
    client_id = request.form.get("client", "")
    installations.accept_installation(current_scope(), db_session(), ground().keyring, client_id, code)
    return _leave("connecting")


@route(portal, "/connect/waiting/discard", permission="owner", methods=["POST"])
def discard_waiting() -> ResponseReturnValue:
    """Forgets the parked shop; nothing is connected."""
    installations.discard_parked(system_session(), installation_token())
    return _leave("discarded")


def _leave(done: str) -> ResponseReturnValue:
    response = make_response(redirect(url_for("portal.shops", done=done), 303))
    forget_installation(response)
    return response
