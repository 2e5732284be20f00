"""A client leaves: a page that says what will end and asks for the client's name, and afterwards what was done."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.staff import staff_page
from agency.services.client_departures import end_client, get_departure
from agency.services.client_export import open_archive
from agency.web import current_scope, db_session, ground, route, streamed_export, system_session


@route(portal, "/clients/<uuid:client_id>/leave", permission="owner")
def show_leaving(client_id: UUID) -> ResponseReturnValue:
    """What will happen, or what did."""
    return _show(client_id, Form())


@route(portal, "/clients/<uuid:client_id>/leave", permission="owner", methods=["POST"], fresh=True)
def let_client_go(client_id: UUID) -> ResponseReturnValue:
    """Ends everything with this client; its typed name is the second step."""
    form = sent_form("leave")
    with form.keeping_errors():
        end_client(
            current_scope(), db_session(), system_session(), str(client_id), form.value("name"), reader().now
        )
    if not form.fine:
        return _show(client_id, form)
    return redirect(url_for("portal.show_leaving", client_id=client_id, done="client_left"), 303)


@route(portal, "/clients/<uuid:client_id>/export", permission="owner", methods=["POST"], fresh=True)
def export_client(client_id: UUID) -> ResponseReturnValue:
    """Everything of this client in one archive, also after it has left."""
    archive = open_archive(current_scope(), db_session(), ground().keyring, str(client_id))
    return streamed_export(archive.file_name, "application/zip", archive.chunks)


def _show(client_id: UUID, form: Form) -> ResponseReturnValue:
    found = get_departure(current_scope(), db_session(), system_session(), str(client_id))
    return staff_page("client_leaving.html", departure=found, form=form), 200 if form.fine else 422
