"""Failures as pages: sign-in for whom we do not know, else what happened, what was kept and what to do.

Where a page helps (confirming who one is, adding a second factor), the failure leads straight to it.
"""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.said import said
from agency.portal.frame import page
from agency.portal.kept_forms import kept_form
from agency.portal.paths import page_of_request
from agency.web import Failure, find_caller

_TITLES = {
    403: said("You cannot do this"),
    404: said("Nothing here"),
    405: said("Not this way"),
    409: said("Not possible now"),
    413: said("Too large"),
    414: said("Too long"),
    431: said("Too large"),
    422: said("Some fields need another look"),
    429: said("Too many tries"),
    503: said("Busy for a moment"),
}


def error_page(failure: Failure) -> ResponseReturnValue:
    """The failure as a page. Never touches tenant data: the page must work when the database does not."""
    if failure.status == 401:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        if request.headers.get("HX-Request") == "true":  # a part of a page: the whole window has to go there
            return "", 401, {"HX-Redirect": url_for("portal.sign_in")}
        return redirect(url_for("portal.sign_in", next=wanted), 303)
    form = kept_form(failure)
    if form is not None:
        return form, failure.status
    if failure.remedy == "confirm":
        return redirect(url_for("portal.confirm", next=page_of_request()), 303)
    if failure.remedy == "enrol":
        return redirect(url_for("portal.factors"), 303)
    title = _TITLES.get(
        failure.status, said("Something went wrong") if failure.status >= 500 else failure.title
    )
    return page("failure.html", failure=failure, title=title, home=_home(failure)), failure.status


def _home(failure: Failure) -> str:
    """Where to go from here; the sign-in page when we could not even read who calls."""
    caller = None if failure.status >= 500 else find_caller()
    return url_for("portal.home") if caller or failure.status >= 500 else url_for("portal.sign_in")
