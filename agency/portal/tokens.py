"""API tokens: keys for the agency's own programs. Owners only; a new token's secret is on one page, once."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.api.schemas.tokens import NewTokenSchema
from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.sections import settings_page
from agency.services.api_tokens import (
    LONGEST_DAYS,
    USUAL_DAYS,
    MadeToken,
    NewToken,
    create_token,
    list_tokens,
    revoke_token,
)
from agency.services.shop_lists import list_clients
from agency.web import (
    area_groups,
    current_caller,
    current_scope,
    db_session,
    known_areas,
    route,
    system_session,
)

_FORM = "token"
# The groups of the API's operations, written down for the translators.
AREAS = frozenset(
    {
        said("approvals"),
        said("audit"),
        said("catalog"),
        said("orders"),
        said("shops"),
        said("switches"),
        said("team"),
        said("tokens"),
        said("worklist"),
    }
)


@route(portal, "/settings/tokens", permission="owner")
def tokens() -> ResponseReturnValue:
    """The agency's tokens and the form for a new one."""
    return _show(Form())


@route(portal, "/settings/tokens", permission="owner", methods=["POST"], endpoint="make_token", fresh=True)
def make_token() -> ResponseReturnValue:
    """Makes a token and shows it, this once."""
    form = sent_form(_FORM)
    areas, clients = request.form.getlist("areas"), request.form.getlist("client_ids")
    some = form.value("reach") == "some"
    given = form.load(NewTokenSchema(), areas=areas, client_ids=clients if some else None)
    if form.fine:
        with form.keeping_errors():
            new = NewToken(given["name"], areas, clients if some else None, given["days"])
            made = create_token(current_caller(), db_session(), system_session(), new, known_areas())
            return _show(Form(), made)
    return _show(form, areas=areas, chosen=clients)


@route(
    portal,
    "/settings/tokens/<uuid:token_id>/revoke",
    permission="owner",
    methods=["POST"],
    endpoint="revoke_token",
)
def revoke(token_id: UUID) -> ResponseReturnValue:
    """Ends a token."""
    revoke_token(current_scope(), db_session(), str(token_id))
    return redirect(url_for("portal.tokens", done="token_revoked"), 303)


def _show(
    form: Form, made: MadeToken | None = None, areas: list[str] | None = None, chosen: list[str] | None = None
) -> ResponseReturnValue:
    scope, session = current_scope(), db_session()
    body = settings_page(
        "tokens.html",
        tokens=list_tokens(scope, session, system_session()),
        made=made,
        groups=area_groups(),
        clients=list_clients(scope, session),
        usual_days=USUAL_DAYS,
        longest_days=LONGEST_DAYS,
        areas=areas or [],
        chosen=chosen or [],
        form=form,
    )
    return body, 200 if form.fine else 422
