"""The audit log: who did what when and from where, by filters that live in the address; and the whole log as a file."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from flask.typing import ResponseReturnValue

from agency.domain.errors import Invalid, NotFound
from agency.portal.blueprint import portal
from agency.portal.frame import link
from agency.portal.sections import settings_page
from agency.services.audit_export import csv_lines, in_chunks, json_lines
from agency.services.audit_reading import AuditFilters, iterate_acts, list_acts, read_head, read_names
from agency.services.audit_words import list_areas
from agency.services.paging import Page
from agency.services.shop_names import list_client_names
from agency.web import current_caller, current_scope, db_session, route, streamed_export, system_session

_FILTERS = ("actor", "action", "object", "client", "since", "until")
_FILES = {"csv": (csv_lines, "text/csv"), "jsonl": (json_lines, "application/jsonl")}


@route(portal, "/settings/audit", permission="owner", endpoint="audit")
def audit() -> ResponseReturnValue:
    """The log, newest first; a filter that cannot be read shows its message and no rows."""
    scope, session = current_scope(), db_session()
    given = {name: request.args.get(name, "").strip()[:120] for name in _FILTERS}
    names = read_names(scope, session, system_session())
    cursor, problem = request.args.get("after", ""), ""
    try:
        found = list_acts(scope, session, names, _filters(given), cursor)
    except (Invalid, NotFound) as refusal:
        found, problem = Page((), ""), str(refusal)
    kept = {name: value for name, value in given.items() if value}
    return settings_page(
        "audit.html",
        found=found,
        problem=problem,
        given=given,
        kept=kept,
        people=[(actor, name) for actor, name in names.items()],
        areas=list_areas(),
        clients=list_client_names(scope, session),
        last=read_head(scope, session),
        first=link("portal.audit", kept) if cursor else "",
        next=link("portal.audit", kept, after=found.next_cursor) if found.next_cursor else "",
    )


@route(portal, "/settings/audit.<kind>", permission="owner", endpoint="audit_file", fresh=True)
def audit_file(kind: str) -> ResponseReturnValue:
    """The whole log as CSV or JSON lines, sent while it is read."""
    if kind not in _FILES:
        raise NotFound("Page")
    scope, session = current_scope(), db_session()
    write, mimetype = _FILES[kind]
    last = read_head(scope, session)
    names = read_names(scope, session, system_session())
    name = f"audit-log-to-{last.number}.{kind}"
    return streamed_export(name, mimetype, lambda own: in_chunks(write(iterate_acts(scope, own, names))))


def _filters(given: dict[str, str]) -> AuditFilters:
    return replace(AuditFilters(**given), zone=current_caller().time_zone)
