"""A person's yes or no over JSON."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import page_of
from agency.api.schemas.reads import ListSchema
from agency.api.schemas.writes import ApproveSchema, DeclineSchema, DoneSchema
from agency.services.approvals import approve, decline
from agency.services.approvals_list import list_approvals
from agency.services.list_rows import ApprovalRow
from agency.web import current_scope, db_session, shop_now

blueprint = group("approvals", "/api/v1", "Orders that wait for a yes")


@operation(
    blueprint,
    "GET",
    "/approvals",
    permission="read",
    shapes=Shapes(query=ListSchema, gives=page_of(ApprovalRow)),
)
def show_approvals(asked: dict[str, Any]) -> Response:
    """Orders that may be bought once a person says so, the most urgent first."""
    return answer(list_approvals(current_scope(), db_session(), shop_now(), asked["after"]))


@operation(
    blueprint,
    "POST",
    "/orders/<number>/approve",
    permission="write",
    shapes=Shapes(body=ApproveSchema, gives=DoneSchema),
)
def approve_order(body: dict[str, Any], number: str) -> Response:
    """Approve: the order is planned again at once. 409 when nothing waits, which is also the answer to a repetition."""
    approve(current_scope(), db_session(), number, body["codes"], shop_now())
    return answer({"status": "approved"})


@operation(
    blueprint,
    "POST",
    "/orders/<number>/decline",
    permission="write",
    shapes=Shapes(body=DeclineSchema, gives=DoneSchema),
)
def decline_order(body: dict[str, Any], number: str) -> Response:
    """Decline: the order is held until a person releases it."""
    decline(current_scope(), db_session(), number, body["reason"], shop_now())
    return answer({"status": "declined"})
