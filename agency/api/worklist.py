"""Today, the totals and the health of shops as JSON."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import schema_of
from agency.api.schemas.reads import HealthSchema, WorklistSchema
from agency.services.health_figures import list_figures
from agency.services.health_rows import FleetFigures
from agency.services.list_rows import Totals
from agency.services.totals import read_totals
from agency.services.worklist import today
from agency.services.worklist_rows import Today, WorkFilters
from agency.web import current_caller, current_scope, db_session, shop_now

blueprint = group("worklist", "/api/v1", "What will be lost next")


@operation(
    blueprint,
    "GET",
    "/worklist",
    permission="read",
    shapes=Shapes(query=WorklistSchema, gives=schema_of(Today)),
)
def show_worklist(asked: dict[str, Any]) -> Response:
    """What will be lost next: open decisions and orders, by group, expected loss and deadline."""
    filters = WorkFilters(asked["group"], asked["shop"], asked["action"], asked["q"])
    zone = asked["zone"] or current_caller().time_zone
    return answer(today(current_scope(), db_session(), shop_now(), filters, asked["after"], zone))


@operation(blueprint, "GET", "/totals", permission="read", shapes=Shapes(gives=schema_of(Totals)))
def show_totals() -> Response:
    """Orders per shop and stage, TikTok's count beside ours, and the shops that nobody could read."""
    return answer(read_totals(current_scope(), db_session()))


@operation(
    blueprint,
    "GET",
    "/health",
    permission="read",
    shapes=Shapes(query=HealthSchema, gives=schema_of(FleetFigures)),
)
def show_health(asked: dict[str, Any]) -> Response:
    """The figures by which TikTok judges each shop, from our own rows, against the limits of the day; worst first."""
    return answer(list_figures(current_scope(), db_session(), shop_now(), asked["days"]))
