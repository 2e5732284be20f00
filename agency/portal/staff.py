"""A page inside the team's frame: the page's own values and the counts of the side bar."""

from __future__ import annotations

from typing import Any

from agency.portal.frame import page
from agency.portal.tabs import SETTINGS
from agency.services.totals import read_counts
from agency.web import current_scope, db_session


def staff_page(template: str, **values: Any) -> str:
    """Renders a page of the agency's team."""
    # Team has an entry of its own in the side bar; Settings leads to the first of the others.
    start = next((endpoint for endpoint, _label in SETTINGS if endpoint != "portal.team"), "")
    return page(template, nav=read_counts(current_scope(), db_session()), settings_start=start, **values)
