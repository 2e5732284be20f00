"""Saved views of Today: keeping the filters under a name, renaming, the start view, deleting."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import link
from agency.portal.paths import with_word
from agency.portal.staff import staff_page
from agency.portal.today import filters_of, given_back, open_link
from agency.services import saved_views
from agency.services.worklist_rows import WorkFilters
from agency.web import current_scope, db_session, route


@route(portal, "/today/views", permission="read")
def today_views() -> ResponseReturnValue:
    """The reader's own views."""
    return _show(Form(), filters_of(request.args))


@route(portal, "/today/views", permission="write", methods=["POST"])
def save_view() -> ResponseReturnValue:
    """Saves the filters that the form carries."""
    form = sent_form("new-view")
    filters = filters_of(given_back(form.value("back")))
    with form.keeping_errors():
        start = form.value("start") == "yes"
        saved_views.save_view(current_scope(), db_session(), form.value("name"), filters, start=start)
    if not form.fine:
        return _show(form, filters)
    kept = {name: value for name, value in vars(filters).items() if value}
    return redirect(with_word(open_link(kept), "view_saved"), 303)


@route(portal, "/today/views/<uuid:saved_view_id>", permission="write", methods=["POST"])
def change_view(saved_view_id: UUID) -> ResponseReturnValue:
    """Renames a view and says whether Today opens with it."""
    form = sent_form(f"view-{saved_view_id}")
    with form.keeping_errors():
        saved_views.change_view(
            current_scope(),
            db_session(),
            str(saved_view_id),
            form.value("name"),
            start=form.value("start") == "yes",
        )
    if not form.fine:
        return _show(form, WorkFilters())
    return redirect(url_for("portal.today_views", done="view_saved"), 303)


@route(portal, "/today/views/<uuid:saved_view_id>/delete", permission="write", methods=["POST"])
def delete_view(saved_view_id: UUID) -> ResponseReturnValue:
    """Deletes a view."""
    saved_views.delete_view(current_scope(), db_session(), str(saved_view_id))
    return redirect(url_for("portal.today_views", done="view_deleted"), 303)


def _show(form: Form, filters: WorkFilters) -> ResponseReturnValue:
    kept = {name: value for name, value in vars(filters).items() if value}
    body = staff_page(
        "today_views.html",
        views=saved_views.list_views(current_scope(), db_session()),
        form=form,
        kept=kept,
        back=link("portal.today", kept).partition("?")[2],
    )
    return body, 200 if form.fine else 422
