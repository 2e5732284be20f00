"""Work: what the machine does, where it is stuck and what helps; trying again now."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.frame import link
from agency.portal.paths import asked_number
from agency.portal.staff import staff_page
from agency.services import work_words
from agency.services.machine_room import count_mails, list_processes, list_strays, tiktok_shops
from agency.services.meter import read_fleet_meter
from agency.services.work_lists import list_doubts, list_lanes, list_letters, read_queue
from agency.services.work_retries import retry_lane, retry_letters
from agency.web import current_scope, db_session, route, system_session

ALL, _USUAL = "all", "trouble"  # every state, and the state that is shown first


@route(portal, "/work", permission="read")
def work() -> ResponseReturnValue:
    """Lanes by state, writes in doubt, webhooks, processes. State, search and page are in the address."""
    scope, session, system = current_scope(), db_session(), system_session()
    state, q = request.args.get("state", _USUAL), request.args.get("q", "").strip()[:80]
    lanes = list_lanes(scope, session, "" if state == ALL else state, q, asked_number("page", 1))
    kept = {"state": state if state != _USUAL else "", "q": q}
    return staff_page(
        "work.html",
        lanes=lanes,
        queue=read_queue(scope, session),
        doubts=list_doubts(scope, session),
        letters=list_letters(scope, session),
        strays=list_strays(system, tiktok_shops(scope, session)),
        processes=list_processes(system),
        mails=count_mails(scope, system),
        meter=read_fleet_meter(scope, session),
        words=work_words,
        state=state,
        q=q,
        kept=kept,
        first=link("portal.work", kept) if lanes.page > 1 else "",
        next=link("portal.work", kept, page=str(lanes.page + 1)) if lanes.more else "",
    )


@route(portal, "/retries/lanes", permission="write", methods=["POST"])
def retry_work() -> ResponseReturnValue:
    """Tries a lane now, without waiting for its back-off."""
    retry_lane(current_scope(), db_session(), _sent("kind"), _sent("id"), _sent("api"))
    return redirect(url_for("portal.work", done="lane_retried"), 303)


@route(portal, "/retries/webhooks", permission="write", methods=["POST"])
def retry_webhooks() -> ResponseReturnValue:
    """Has everything read again that a sender's failed webhooks were about."""
    retry_letters(current_scope(), db_session(), _sent("kind"), _sent("id"))
    return redirect(url_for("portal.work", done="webhooks_retried"), 303)


def _sent(name: str) -> str:
    return request.form.get(name, "")[:80]
