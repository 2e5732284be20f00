"""Stop switches over JSON."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.writes import DoneSchema, SwitchSchema
from agency.services.switches import start_buying, stop_buying
from agency.web import current_scope, db_session, shop_now

blueprint = group("switches", "/api/v1/switches", "Stop and start buying")


@operation(blueprint, "POST", "", permission="write", shapes=Shapes(body=SwitchSchema, gives=DoneSchema))
def switch(body: dict[str, Any]) -> Response:
    """Stop or start buying for a supplier, shop, client or the whole agency; repeating it changes nothing."""
    public_id = str(body["id"] or "")
    if body["buying"] == "stop":
        stop_buying(current_scope(), db_session(), body["subject"], public_id)
        return answer({"status": "stopped"})
    start_buying(current_scope(), db_session(), body["subject"], public_id, shop_now())
    return answer({"status": "started"})
