"""A client's month without sign-in: the page behind a link of the team. Nothing to press, nothing of buyers."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.domain.months import parse_month
from agency.portal.blueprint import portal
from agency.portal.client_page import sales_line
from agency.portal.frame import page, read_in_zone
from agency.services.brands import get_brand
from agency.services.client_month import get_month, last_complete_month
from agency.services.month_links import MonthLinkGone, open_month_link
from agency.web import reading_as, route, shop_now, system_session


@route(portal, "/m/<secret>", permission="public", limit="month")
def month_by_link(secret: str) -> ResponseReturnValue:
    """The month; a link that is unknown, ended, withdrawn or of a client that has left is answered alike."""
    opened, now = open_month_link(system_session(), secret), shop_now()
    with reading_as(opened.scope) as session:
        try:
            month = parse_month(opened.month) if opened.month else last_complete_month(session, now)
            view, brand = get_month(opened.scope, session, month, now), get_brand(session)
        except NotFound:  # the client has left
            raise MonthLinkGone from None
    read_in_zone(view.time_zone)
    return page("month.html", view=view, line=sales_line(view.days), brand=brand)
