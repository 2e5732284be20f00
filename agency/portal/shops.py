"""Shops: the list with the worst first, one page per shop, its rules, pausing, and the stop switches."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import link, reader
from agency.portal.paths import asked_number, asked_page
from agency.portal.schemas import ShopRulesSchema
from agency.portal.staff import staff_page
from agency.portal.undo import with_undo
from agency.services import shops as shop_service
from agency.services import switches, work_words
from agency.services.connections import list_connections
from agency.services.shop_pages import get_shop_view
from agency.services.shop_rules import ShopRules, list_promises, set_shop_rules
from agency.services.shop_search import STANDINGS, ShopFilters, search_shops
from agency.services.wording import STAGES
from agency.web import current_scope, db_session, route

_FILTERS = ("client", "state", "market", "q")


@route(portal, "/shops", permission="read")
def shops() -> ResponseReturnValue:
    """All shops with their freshness and counts, the worst first."""
    scope, session = current_scope(), db_session()
    given = {name: request.args.get(name, "").strip()[:120] for name in _FILTERS}
    kept = {name: value for name, value in given.items() if value}
    found = search_shops(scope, session, ShopFilters(**given), reader().now, asked_number("page", 1))
    return staff_page(
        "shops.html",
        found=found,
        given=given,
        kept=kept,
        standings=STANDINGS,
        connections=list_connections(scope, session),
        here_again=link("portal.shops", kept, page=str(found.page) if found.page > 1 else ""),
        before=link("portal.shops", kept, page=str(found.page - 1)) if found.page > 1 else "",
        next=link("portal.shops", kept, page=str(found.page + 1)) if found.page < found.pages else "",
    )


@route(portal, "/shops/<uuid:shop_id>", permission="read")
def shop(shop_id: UUID) -> ResponseReturnValue:
    """One shop: what was read, its rules and limits, who connected it, what waits there."""
    return _show_shop(shop_id, Form())


@route(portal, "/shops/<uuid:shop_id>/pause", permission="write", methods=["POST"])
def pause_shop(shop_id: UUID) -> ResponseReturnValue:
    """Stops reading and writing one shop."""
    steps = shop_service.pause_shop(current_scope(), db_session(), str(shop_id))
    return redirect(with_undo(asked_page(url_for("portal.shop", shop_id=shop_id)), "paused", steps), 303)


@route(portal, "/shops/<uuid:shop_id>/resume", permission="write", methods=["POST"])
def resume_shop(shop_id: UUID) -> ResponseReturnValue:
    """Goes on with a paused shop."""
    steps = shop_service.resume_shop(current_scope(), db_session(), str(shop_id))
    return redirect(with_undo(asked_page(url_for("portal.shop", shop_id=shop_id)), "resumed", steps), 303)


@route(portal, "/shops/<uuid:shop_id>/rules", permission="write", methods=["POST"])
def set_rules(shop_id: UUID) -> ResponseReturnValue:
    """Sets a shop's promise, its delay before buying and whether USPS may carry."""
    form = sent_form("rules")
    given = form.load(ShopRulesSchema())
    if form.fine:
        with form.keeping_errors():
            set_shop_rules(current_scope(), db_session(), str(shop_id), ShopRules(**given), reader().now)
            return redirect(url_for("portal.shop", shop_id=shop_id, done="rules"), 303)
    return _show_shop(shop_id, form)


@route(portal, "/buying/<word>", permission="write", methods=["POST"])
def switch_buying(word: str) -> ResponseReturnValue:
    """Stops or starts buying for the agency, a client, a shop or a supplier. Raises NotFound for another word.

    A button in a list says what it is about in one value, "shop:<id>"; a form of its own says subject and id.
    """
    subject, public_id = request.form.get("subject", ""), request.form.get("id", "")
    if "what" in request.form:
        subject, _, public_id = request.form["what"].partition(":")
    if word == "stop":
        why = request.form.get("why", "")
        steps = switches.stop_buying(current_scope(), db_session(), subject, public_id, why)
    elif word == "start":
        steps = switches.start_buying(current_scope(), db_session(), subject, public_id, reader().now)
    else:
        raise NotFound("Switch")
    page = url_for("portal.shops")
    if subject == "supplier":
        page = url_for("portal.supplier", supplier_id=public_id)
    done = "stopped" if word == "stop" else "started"
    return redirect(with_undo(asked_page(page), done, steps), 303)


def _show_shop(shop_id: UUID, form: Form) -> ResponseReturnValue:
    scope, session = current_scope(), db_session()
    body = staff_page(
        "shop.html",
        page=get_shop_view(scope, session, str(shop_id), reader().now),
        promises=list_promises(),
        stages=STAGES,
        words=work_words,
        form=form,
    )
    return body, 200 if form.fine else 422
