"""Addresses of ours to which a person is led back; an address of another site never comes out of here."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from agency.portal.blueprint import portal
from agency.web import own_page


def own_path(wanted: str) -> str:
    """`wanted` when it is a path of ours other than the sign-in pages, else the first page."""
    page = own_page(wanted)
    return page if page and not page.startswith("/login") else url_for("portal.home")


def with_word(path: str, word: str) -> str:
    """The path with a word of `done.py`, whose sentence that page shows."""
    before, _, query = path.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("done=")]
    return f"{before}?{'&'.join([*kept, urlencode({'done': word})])}"


def asked_page(page: str) -> str:
    """Where to go after an act: the page of ours that the form names as `back`, else `page`."""
    return own_page(request.form.get("back", "")) or page


def asked_number(name: str, usual: int) -> int:
    """The whole number above zero and below 10,000 that the address gives under this name, else `usual`."""
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 5 and int(given) else usual


def page_of_request() -> str:
    """The page on which this request belongs: itself, or for a sent form the nearest page above its address.

    Browsers do not tell us where a form stood (we ask them not to), and its address says it well enough:
    `/suppliers/<id>/key` belongs to `/suppliers/<id>`.
    """
    if request.method == "GET":
        return request.full_path.rstrip("?")
    path = request.path
    while path:
        if _is_page(path):
            return path
        path = path.rpartition("/")[0]
    return url_for("portal.home")


def here() -> str:
    """The path of `page_of_request`: a refused form is drawn at an address that nobody can open."""
    return page_of_request().partition("?")[0]


def _is_page(path: str) -> bool:
    routes = current_app.url_map.bind("localhost")
    try:
        endpoint, _ = routes.match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return str(endpoint).startswith(f"{portal.name}.")
