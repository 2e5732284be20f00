"""One's own signed-in devices: where one is signed in, and how to end that."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.sections import account_page
from agency.services.sessions import end_device, end_other_devices, list_devices
from agency.web import current_caller, route, system_session


@route(portal, "/account/sessions", permission="signed_in")
def devices() -> ResponseReturnValue:
    """Every signed-in device of this person."""
    return account_page("devices.html", devices=list_devices(current_caller(), system_session()))


@route(
    portal,
    "/account/sessions/<uuid:session_id>/end",
    permission="signed_in",
    methods=["POST"],
    endpoint="end_device",
)
def end_one(session_id: UUID) -> ResponseReturnValue:
    """Signs one device out."""
    end_device(current_caller(), system_session(), str(session_id))
    return redirect(url_for("portal.devices", done="device_ended"), 303)


@route(
    portal,
    "/account/sessions/end-others",
    permission="signed_in",
    methods=["POST"],
    endpoint="end_other_devices",
)
def end_others() -> ResponseReturnValue:
    """Signs every device out but this one."""
    end_other_devices(current_caller(), system_session())
    return redirect(url_for("portal.devices", done="devices_ended"), 303)
