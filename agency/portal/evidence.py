"""Evidence packs: taking one of an order, and what anybody needs to check one on another machine."""

from __future__ import annotations

from pathlib import Path

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.frame import reader
from agency.services.evidence import Pack, make_client_pack, make_pack
from agency.web import current_scope, db_session, ground, route, system_session

_CHECKER = Path(__file__).parents[1] / "verify_pack.py"


@route(portal, "/orders/<number>/evidence", permission="write", methods=["POST"])
def take_evidence(number: str) -> ResponseReturnValue:
    """Everything about one order for the team, signed; with the buyer's address only when it is asked for."""
    with_contact = request.form.get("contact", "") == "yes"
    scope, session, keyring = current_scope(), db_session(), ground().keyring
    return _download(make_pack(scope, session, keyring, number, reader().now, with_contact))


@route(portal, "/client/orders/<number>/evidence", permission="client", methods=["POST"])
def take_own_evidence(number: str) -> ResponseReturnValue:
    """The same for a client's own people, without suppliers, costs and buyers."""
    scope, session, system = current_scope(), db_session(), system_session()
    return _download(make_client_pack(scope, session, system, ground().keyring, number))


@route(portal, "/evidence/keys.json", permission="public")
def evidence_keys() -> ResponseReturnValue:
    """The public keys with which this installation signs, the newest first."""
    keys = [{"algorithm": "Ed25519", "public_key": key.hex()} for key in ground().keyring.evidence_keys]
    return jsonify(keys=keys)


@route(portal, "/evidence/verify_pack.py", permission="public")
def evidence_checker() -> ResponseReturnValue:
    """The program that checks a pack: one file, which needs Python and nothing of ours."""
    return Response(_CHECKER.read_bytes(), mimetype="text/plain")


def _download(pack: Pack) -> Response:
    response = Response(pack.body, mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=pack.file_name)
    response.headers["Cache-Control"] = "no-store"
    return response
