"""The audit log as JSON."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import page_of
from agency.api.schemas.reads import AuditSchema
from agency.services.audit_reading import AuditFilters, AuditRow, list_acts, read_names
from agency.web import current_scope, db_session, system_session

blueprint = group("audit", "/api/v1/audit", "Who did what")


@operation(
    blueprint, "GET", "", permission="owner", shapes=Shapes(query=AuditSchema, gives=page_of(AuditRow))
)
def show_audit(asked: dict[str, Any]) -> Response:
    """The audit log, newest first, 50 a page; owners only."""
    scope, session = current_scope(), db_session()
    names = read_names(scope, session, system_session())
    days = {name: str(asked[name] or "") for name in ("since", "until")}
    kept = {name: asked[name] for name in ("actor", "action", "object", "client")}
    return answer(list_acts(scope, session, names, AuditFilters(**kept, **days), asked["after"]))
