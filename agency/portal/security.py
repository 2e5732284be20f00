"""Settings of the agency's security: whether everybody needs a second factor. Owners only."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.sections import settings_page
from agency.services.factors import has_factor, holder_of
from agency.services.security_rules import require_second_factor, requires_second_factor
from agency.web import current_caller, current_scope, db_session, route, system_session


@route(portal, "/settings/security", permission="owner", endpoint="security")
def security() -> ResponseReturnValue:
    """The rule as it is."""
    return _show(Form())


@route(portal, "/settings/security", permission="owner", methods=["POST"], fresh=True)
def set_security() -> ResponseReturnValue:
    """Switches the rule; it counts from everybody's next click on."""
    form, required = sent_form("rule"), request.form.get("required") == "yes"
    with form.keeping_errors():
        require_second_factor(current_scope(), db_session(), required, _has_one())
    if form.fine:
        word = "factor_required" if required else "factor_optional"
        return redirect(url_for("portal.security", done=word), 303)
    return _show(form)


def _has_one() -> bool:
    return has_factor(system_session(), holder_of(current_caller()).user_id)


def _show(form: Form) -> ResponseReturnValue:
    body = settings_page(
        "security.html",
        required=requires_second_factor(current_scope(), db_session()),
        has_one=_has_one(),
        form=form,
    )
    return body, 200 if form.fine else 422
