"""The pages behind a person's name (their account) and behind Settings (the agency's), each with its row of tabs."""

from __future__ import annotations

from typing import Any

from agency.portal.client_page import client_page
from agency.portal.frame import page
from agency.portal.staff import staff_page
from agency.portal.tabs import ACCOUNT, NOTIFICATIONS, SETTINGS
from agency.web import current_caller, current_scope


def account_page(template: str, **values: Any) -> str:
    """A page of the caller's own account, in the frame of the team or of a client; open to everybody signed in."""
    if current_caller().must_enrol:  # the agency's own figures stay closed until then
        return page(template, frame="enrol_frame.html", tabs=(), **values)
    if current_scope().login == "portal":
        return client_page(template, frame="client_frame.html", tabs=ACCOUNT, **values)
    return staff_page(template, frame="frame.html", tabs=ACCOUNT, **values)


def settings_page(template: str, **values: Any) -> str:
    """A page of the agency's settings."""
    tabs = SETTINGS if current_scope().role == "owner" else (NOTIFICATIONS,)
    return staff_page(template, frame="frame.html", tabs=tabs, **values)
