"""A client's consent that a supplier gets buyers' addresses: recorded by an owner, withdrawn by the team."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.forms import sent_form
from agency.portal.frame import reader
from agency.portal.schemas import ConsentSchema
from agency.portal.suppliers import show_supplier
from agency.services.consents import record_consent, withdraw_consent
from agency.web import current_scope, db_session, route


@route(portal, "/suppliers/<uuid:supplier_id>/consent", permission="owner", methods=["POST"])
def add_consent(supplier_id: UUID) -> ResponseReturnValue:
    """Writes down who of the client agreed to which text."""
    form = sent_form("consent")
    given = form.load(ConsentSchema())
    if form.fine:
        with form.keeping_errors():
            record_consent(
                current_scope(), db_session(), str(supplier_id), given["given_by_name"], reader().now
            )
            return redirect(url_for("portal.supplier", supplier_id=supplier_id, done="consent"), 303)
    return show_supplier(supplier_id, form)


@route(portal, "/suppliers/<uuid:supplier_id>/consent/withdraw", permission="write", methods=["POST"])
def end_consent(supplier_id: UUID) -> ResponseReturnValue:
    """Withdraws the live consent; new orders wait from now on."""
    form = sent_form("consent")
    with form.keeping_errors():
        withdraw_consent(current_scope(), db_session(), str(supplier_id), reader().now)
    if not form.fine:
        return show_supplier(supplier_id, form)
    return redirect(url_for("portal.supplier", supplier_id=supplier_id, done="consent_ended"), 303)
