"""Settings of the brand: what clients see of the agency. Owners only."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.images import MOST_BYTES
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.schemas import BrandSchema
from agency.portal.sections import settings_page
from agency.services.brands import NewBrand, get_brand, remove_logo, set_brand, set_logo
from agency.web import current_scope, db_session, route

_ROOM = 20_000  # bytes of a form beside its file


@route(portal, "/settings/brand", permission="owner", endpoint="brand")
def brand() -> ResponseReturnValue:
    """The brand as it is, with a sample in both themes."""
    return _show(Form())


@route(portal, "/settings/brand", permission="owner", methods=["POST"], endpoint="set_brand")
def save_brand() -> ResponseReturnValue:
    """Saves it; the button "Preview" only shows it."""
    form = sent_form("brand")
    given = form.load(BrandSchema())
    if form.fine and form.value("act") == "preview":
        return _show(form, given["colour"].lower())
    if form.fine:
        with form.keeping_errors():
            set_brand(current_scope(), db_session(), NewBrand(**given))
            return redirect(url_for("portal.brand", done="brand"), 303)
    return _show(form)


@route(
    portal,
    "/settings/brand/logo",
    permission="owner",
    methods=["POST"],
    endpoint="set_logo",
    max_body=MOST_BYTES + _ROOM,
)
def save_logo() -> ResponseReturnValue:
    """Keeps a new logo."""
    form = sent_form("logo")
    form.values = {**form.values, "logo": ""}
    sent = request.files.get("logo")
    with form.keeping_errors():
        set_logo(current_scope(), db_session(), sent.read(MOST_BYTES + 1) if sent else b"")
        return redirect(url_for("portal.brand", done="logo"), 303)
    return _show(form)


@route(portal, "/settings/brand/logo/remove", permission="owner", methods=["POST"], endpoint="remove_logo")
def drop_logo() -> ResponseReturnValue:
    """Takes the logo away."""
    remove_logo(current_scope(), db_session())
    return redirect(url_for("portal.brand", done="logo_removed"), 303)


def _show(form: Form, sample: str = "") -> ResponseReturnValue:
    current = get_brand(db_session())
    body = settings_page("brand.html", brand=current, sample=sample or current.colour, form=form)
    return body, 200 if form.fine else 422
