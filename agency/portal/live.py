"""What an open page asks every few seconds: has anything changed since it was read?"""

from __future__ import annotations

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from agency.domain.errors import SecondFactorRequired
from agency.portal.blueprint import portal
from agency.portal.frame import reader
from agency.services.live import fingerprint
from agency.services.totals import read_counts
from agency.web import current_caller, current_scope, db_session, route

_COUNTS = ("open", "approvals", "unread_shops", "over_limit", "troubles")  # by their names in the frame


@route(portal, "/live", permission="signed_in", while_viewing=True, passive=True)
def live() -> ResponseReturnValue:
    """204 while `since` still holds; else the new fingerprint, and for the team the counts of the side bar.

    The page then reads its own address once more: what has changed there is its own affair.
    """
    if current_caller().must_enrol:  # the agency's own figures stay closed until then
        raise SecondFactorRequired
    scope, session = current_scope(), db_session()
    now = fingerprint(scope, session, reader().now)
    if now == request.args.get("since", ""):
        return Response(status=204)
    answer: dict[str, object] = {"since": now}
    if scope.login == "staff":
        counts = read_counts(scope, session)
        answer["counts"] = {name: getattr(counts, name) for name in _COUNTS}
    return jsonify(answer)
