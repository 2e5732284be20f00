"""View as client: starting and stopping, from the portal's cookie session only."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import Forbidden
from agency.portal.blueprint import portal
from agency.services.viewing import start_viewing, stop_viewing
from agency.web import cookie_token, current_caller, db_session, route, session_token, system_session


@route(portal, "/clients/<uuid:client_id>/view", permission="read", methods=["POST"])
def view_client(client_id: UUID) -> ResponseReturnValue:
    """From here on this browser sees what the client sees."""
    start_viewing(current_caller(), db_session(), system_session(), str(client_id))
    # Only now, so that an id of others is answered here as everywhere; a refused request leaves nothing behind.
    if session_token() != cookie_token():
        raise Forbidden("Viewing as a client works in the browser only. Sign in there.")
    return redirect(url_for("portal.overview"), 303)


@route(portal, "/viewing/stop", permission="signed_in", methods=["POST"], while_viewing=True)
def end_view() -> ResponseReturnValue:
    """Back to the team's own pages."""
    stop_viewing(current_caller(), system_session())
    return redirect(url_for("portal.home", done="view_ended"), 303)
