"""Mappings as files: export, template, and the import with its preview.

    file -> POST preview: every row, what it does or why not -> POST import: the same bytes, planned again, then written

Between the two the file travels inside the page, in a hidden field: nothing is kept on the server, no script is needed,
and nothing has to be trusted, since the second request checks everything once more. The field `seen` names the preview.
"""

from __future__ import annotations

import base64
import binascii

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import Invalid, NotFound
from agency.domain.mapping_files import LONGEST_FILE, MOST_ROWS, read_rows
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.staff import staff_page
from agency.services.mapping_export import export_mappings, template_csv
from agency.services.mapping_import import apply_import, plan_import
from agency.web import current_scope, db_session, route, streamed_export

_SHOWN = ("", "mapped", "unmapped")


@route(portal, "/mappings.csv", permission="read", endpoint="mappings_csv")
def mappings_csv() -> ResponseReturnValue:
    """All mappings, or the skus without one, in the format of the import. Raises NotFound for another choice."""
    show, scope = request.args.get("show", ""), current_scope()
    if show not in _SHOWN:
        raise NotFound("File")
    name = f"mappings-{show}.csv" if show else "mappings.csv"
    return streamed_export(name, "text/csv", lambda session: export_mappings(scope, session, show))


@route(portal, "/mappings/template.csv", permission="read", endpoint="mapping_template")
def mapping_template() -> ResponseReturnValue:
    """The first line of a file, without rows."""
    answer = Response(template_csv(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="mappings-template.csv")
    return answer


@route(portal, "/mappings/import", permission="write")
def import_mappings() -> ResponseReturnValue:
    """Where a file is chosen."""
    return _choose(Form())


@route(portal, "/mappings/import/preview", permission="write", methods=["POST"])
def preview_import() -> ResponseReturnValue:
    """What each row of the file would do; nothing is written."""
    form = sent_form("import")
    with form.keeping_errors():
        return _preview(_uploaded())
    return _choose(form)


@route(portal, "/mappings/import", permission="write", methods=["POST"], endpoint="apply_mappings")
def apply_mappings() -> ResponseReturnValue:
    """Writes the good rows of a previewed file; shows it once more when something changed meanwhile."""
    form = sent_form("import")
    with form.keeping_errors():
        raw = _carried()
        with form.keeping_errors():
            apply_import(current_scope(), db_session(), read_rows(raw), form.value("seen"), reader().now)
            return redirect(url_for("portal.mappings", done="imported"), 303)
        return _preview(raw, form)
    return _choose(form)


def _uploaded() -> bytes:
    """The chosen file, or the pasted text. Raises Invalid when there is neither, or too much of it."""
    sent = request.files.get("file")
    raw = sent.read(LONGEST_FILE + 1) if sent and sent.filename else request.form.get("pasted", "").encode()
    if not raw.strip():
        raise Invalid("file", "Choose a CSV file, or paste its rows.")
    return raw


def _carried() -> bytes:
    """The bytes that the preview put into its page. Raises Invalid for anything else."""
    try:
        return base64.b64decode(request.form.get("content", ""), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("file", "The file did not arrive whole. Choose it again.") from None


def _preview(raw: bytes, form: Form | None = None) -> ResponseReturnValue:
    plan = plan_import(current_scope(), db_session(), read_rows(raw))
    content = base64.b64encode(raw).decode()
    body = staff_page("mapping_preview.html", plan=plan, content=content, form=form or Form())
    return body, 200 if form is None else 422


def _choose(form: Form) -> ResponseReturnValue:
    body = staff_page("mapping_import.html", form=form, most_rows=MOST_ROWS, longest=LONGEST_FILE // 1024)
    return body, 200 if form.fine else 422
