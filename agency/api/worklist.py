"""Today, acts on its rows, the totals and the health of shops as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import schema_of
from agency.api.schemas.reads import HealthSchema, WorklistSchema
from agency.api.schemas.row_acts import AssignSchema, RowOutcomesSchema, SnoozeSchema
from agency.domain.errors import NotFound
from agency.services.assignees import find_colleague, list_colleagues
from agency.services.bulk import Errand, perform
from agency.services.chosen_rows import ChosenRow, find_chosen
from agency.services.health_figures import list_figures
from agency.services.health_rows import FleetFigures
from agency.services.list_rows import Totals
from agency.services.snoozing import checked_moment
from agency.services.totals import read_totals
from agency.services.worklist import today
from agency.services.worklist_rows import Today, WorkFilters
from agency.web import current_caller, current_scope, db_session, shop_now, system_session

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
    filters = WorkFilters(**{name: asked[name] for name in WorkFilters.__dataclass_fields__})
    zone = asked["zone"] or current_caller().time_zone
    return answer(today(current_scope(), db_session(), shop_now(), filters, asked["after"], zone))


@operation(
    blueprint,
    "POST",
    "/worklist/snooze",
    permission="write",
    shapes=Shapes(body=SnoozeSchema, gives=RowOutcomesSchema),
)
def snooze_rows(body: dict[str, Any]) -> Response:
    """Takes rows off the list until a time; they are back half an hour before their deadline in any case."""
    rows = _rows(body["rows"])
    return _act(rows, Errand("snooze", until=checked_moment(body["until"], shop_now())))


@operation(
    blueprint,
    "POST",
    "/worklist/assign",
    permission="write",
    shapes=Shapes(body=AssignSchema, gives=RowOutcomesSchema),
)
def assign_rows(body: dict[str, Any]) -> Response:
    """Gives rows to a person of the team who sees their client, or to nobody."""
    rows = _rows(body["rows"])
    people = list_colleagues(current_scope(), system_session())
    return _act(rows, Errand("assign", person=find_colleague(people, str(body["owner"] or ""))))


def _rows(keys: Sequence[str]) -> Sequence[ChosenRow]:
    """Raises NotFound when none of the rows is there for this caller; single ones that are not are left out."""
    rows = find_chosen(current_scope(), db_session(), keys, shop_now())
    if not rows:
        raise NotFound("Row")
    return rows


def _act(rows: Sequence[ChosenRow], errand: Errand) -> Response:
    results = perform(current_scope(), db_session(), rows, errand, shop_now())
    return answer(
        {"rows": [{"row": one.row.key, "outcome": one.outcome, "sentence": one.sentence} for one in results]}
    )


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
