"""Today: what will be lost next, one list, one next action per row."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import redirect, request
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.frame import link, reader
from agency.portal.staff import staff_page
from agency.services.assignees import list_colleagues
from agency.services.day_sums import read_day_sums
from agency.services.machine_room import list_processes
from agency.services.saved_views import list_views
from agency.services.shop_names import list_client_names, list_shop_names
from agency.services.wording import ACTIONS
from agency.services.work_words import PROCESSES
from agency.services.worklist import today as read_today
from agency.services.worklist_rows import WorkFilters
from agency.web import current_caller, current_scope, db_session, route, system_session

FILTERS = tuple(WorkFilters.__dataclass_fields__)
CHOOSABLE_SHOPS = 40  # more are chosen on a page of their own, so that the list's page stays light


@route(portal, "/today", permission="read")
def today() -> ResponseReturnValue:
    """The list. All of its state is in the address, so that it can be shared and Back works.

    Without any filter it leads to the reader's start view, if there is one; `view=all` asks for everything.
    """
    if not request.args:
        start = next((view for view in list_views(current_scope(), db_session()) if view.is_start), None)
        if start is not None and start.filters:
            return redirect(link("portal.today", start.filters), 302)
    return show_today(request.args)


def show_today(given: Mapping[str, str], problem: str = "") -> ResponseReturnValue:
    """The list with these filters; `problem` says why the act that was sent changed nothing (422)."""
    scope, session = current_scope(), db_session()
    filters, cursor = filters_of(given), given.get("after", "")
    work = read_today(scope, session, reader().now, filters, cursor, zone=current_caller().time_zone)
    kept = {name: value for name, value in vars(filters).items() if value}
    shops = list_shop_names(scope, session)
    people = list_colleagues(scope, system_session())
    body = staff_page(
        "today.html",
        work=work,
        filters=filters,
        kept=kept,
        back=link("portal.today", kept, after=cursor).partition("?")[2],
        problem=problem,
        shops=shops,
        shop_choice=len(shops) <= CHOOSABLE_SHOPS,
        clients=list_client_names(scope, session),
        actions=[(word, label) for word, label in ACTIONS.items() if word not in ("see", "look")],
        people=people,
        silent=[row for row in list_processes(system_session()) if row.fell_silent]
        if scope.role == "owner"
        else [],
        processes=PROCESSES,
        names={person.actor: person.name for person in people},
        me=scope.actor,
        views=list_views(scope, session),
        sums=read_day_sums(scope, session),
        may_stop=scope.role == "owner" or (scope.role == "operator" and scope.client_ids is None),
        all_open=open_link(kept, "group", "owner", "snoozed"),
        first=open_link(kept) if cursor else "",
        next=link("portal.today", kept, after=work.next_cursor) if work.next_cursor else "",
    )
    return body, 422 if problem else 200


def open_link(kept: Mapping[str, str], *dropped: str) -> str:
    """The list with these filters but the dropped ones; without any left it names everything, not the start view."""
    left = {name: value for name, value in kept.items() if value and name not in dropped}
    return link("portal.today", left or {"view": "all"})


def filters_of(given: Mapping[str, str]) -> WorkFilters:
    """The filters of an address or a form, trimmed."""
    return WorkFilters(**{name: given.get(name, "").strip()[:120] for name in FILTERS})


def given_back(query: str) -> dict[str, str]:
    """The filters and the page of the list from which a form came, out of its hidden query."""
    known = (*FILTERS, "after")
    return {name: value for name, value in parse_qsl(query[:2000]) if name in known}
