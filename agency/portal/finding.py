"""Find anything: pages, shops, clients, suppliers and orders; the whole page, or only the answers for the palette."""

from __future__ import annotations

from dataclasses import dataclass

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.places import Place, places
from agency.portal.staff import staff_page
from agency.services.finding import Found, find
from agency.web import current_scope, db_session, route

_ICONS = {"order": "box", "shop": "shop", "client": "user", "supplier": "truck"}


@dataclass(frozen=True)
class Answer:
    """One line: where it leads, its icon, its name and what tells it from others of that name."""

    href: str
    icon: str
    name: str
    note: str = ""


@route(portal, "/find", permission="read", endpoint="find")
def show_find() -> ResponseReturnValue:
    """What fits `q`. One address, two shapes: htmx asks for the answers alone."""
    typed = request.args.get("q", "").strip()[:80]
    values = {"typed": typed, "answers": _answers(typed)}
    if request.headers.get("HX-Request") == "true":
        response = make_response(render_template("find_answers.html", **values))
    else:
        response = make_response(staff_page("find.html", **values))
    response.headers["Vary"] = "HX-Request"
    return response


def _answers(typed: str) -> list[Answer]:
    scope = current_scope()
    pages = [_page(place) for place in places(scope.role == "owner") if place.fits(typed)]
    return pages[:8] + [_thing(found) for found in find(scope, db_session(), typed)]


def _page(place: Place) -> Answer:
    return Answer(url_for(place.endpoint), place.icon, place.name)


def _thing(found: Found) -> Answer:
    return Answer(
        _address(found),
        _ICONS[found.kind],
        found.name,
        f"{found.note} · {found.key}" if found.kind == "order" else found.note,
    )


def _address(found: Found) -> str:
    if found.kind == "order":
        return url_for("portal.order", number=found.key)
    if found.kind == "supplier":
        return url_for("portal.supplier", supplier_id=found.key)
    if found.kind == "client":
        return url_for("portal.client_work", client_id=found.key)
    return url_for("portal.shop", shop_id=found.key)
