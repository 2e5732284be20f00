"""One client's page for the team: shops, requests, monthly links; for owners also contract, limits and members."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.domain.months import last_months
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.schemas import RequestSchema
from agency.portal.staff import staff_page
from agency.services.client_requests import (
    BY_HAND,
    KINDS,
    add_request,
    close_request,
    list_requests,
)
from agency.services.clients import set_sharing
from agency.services.month_links import (
    MadeMonthLink,
    list_month_links,
    make_month_link,
    revoke_month_link,
)
from agency.services.shop_lists import list_shops
from agency.services.team import list_members
from agency.services.zones import zone_named
from agency.web import current_scope, db_session, ground, route, system_session

_MONTHS = 12


@route(portal, "/clients/<uuid:client_id>", permission="read", endpoint="client_work")
def client_work(client_id: UUID) -> ResponseReturnValue:
    """Everything about one client."""
    return _show(client_id, Form())


@route(portal, "/clients/<uuid:client_id>/requests", permission="write", methods=["POST"])
def ask_client(client_id: UUID) -> ResponseReturnValue:
    """Asks the client for something."""
    form = sent_form("ask")
    given = form.load(RequestSchema())
    if form.fine:
        with form.keeping_errors():
            add_request(current_scope(), db_session(), str(client_id), given["kind"], given["text"])
            return _back(client_id, "request_asked")
    return _show(client_id, form)


@route(
    portal,
    "/clients/<uuid:client_id>/requests/<uuid:request_id>/close",
    permission="write",
    methods=["POST"],
)
def close_ask(client_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """The request is answered, or not needed any more."""
    close_request(current_scope(), db_session(), str(client_id), str(request_id))
    return _back(client_id, "ask_closed")


@route(portal, "/clients/<uuid:client_id>/months", permission="write", methods=["POST"])
def make_month(client_id: UUID) -> ResponseReturnValue:
    """Makes a link to a month and shows it, this once."""
    form = sent_form("month")
    with form.keeping_errors():
        made = make_month_link(current_scope(), db_session(), str(client_id), form.value("month"))
        return _show(client_id, Form(), made)
    return _show(client_id, form)


@route(
    portal,
    "/clients/<uuid:client_id>/months/<uuid:link_id>/end",
    permission="write",
    methods=["POST"],
)
def end_month(client_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Ends a link."""
    revoke_month_link(current_scope(), db_session(), str(client_id), str(link_id))
    return _back(client_id, "month_ended")


@route(portal, "/clients/<uuid:client_id>/sharing", permission="owner", methods=["POST"])
def share(client_id: UUID) -> ResponseReturnValue:
    """Sets what the contract shares with the client."""
    shared = request.form.get("share_costs") == "yes"
    set_sharing(current_scope(), db_session(), str(client_id), shared)
    return _back(client_id, "sharing")


def _back(client_id: UUID, word: str) -> ResponseReturnValue:
    return redirect(url_for("portal.client_work", client_id=client_id, done=word), 303)


def _show(client_id: UUID, form: Form, made: MadeMonthLink | None = None) -> ResponseReturnValue:
    scope, found = current_scope(), list_shops(current_scope(), db_session())
    client = next((one for one in found.clients if one.client_id == str(client_id)), None)
    if client is None:
        raise NotFound("Client")
    members = list_members(scope, system_session()) if scope.role == "owner" else ()
    body = staff_page(
        "client_work.html",
        client=client,
        shops=[shop for shop in found.shops if shop.client_id == client.client_id],
        requests=list_requests(scope, db_session(), client.client_id),
        kinds=[(kind, KINDS[kind]) for kind in BY_HAND],
        links=list_month_links(scope, db_session(), client.client_id),
        months=[str(month) for month in last_months(reader().now, zone_named(client.time_zone), _MONTHS)],
        made=made,
        made_url=ground().settings.link_base + url_for("portal.month_by_link", secret=made.secret)
        if made
        else "",
        members=[
            one
            for one in members
            if one.role == "client_member" and client.client_id in (one.client_ids or ())
        ],
        form=form,
    )
    return body, 200 if form.fine else 422
