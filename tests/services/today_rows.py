"""Rows of Today as a person meets them: made, read, chosen."""

from __future__ import annotations

from datetime import timedelta

from agency.services.assignees import list_colleagues
from agency.services.chosen_rows import ChosenRow, find_chosen
from agency.services.row_acts import Colleague
from agency.services.worklist import today
from agency.services.worklist_rows import Today, WorkFilters, WorkRow
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_order

HOUR = timedelta(hours=1)


def read_today(desk: Desk, at: timedelta = timedelta(), **filters: str) -> Today:
    with desk.session() as session:
        return today(desk.ours.scope(), session, NOW + at, WorkFilters(**filters))


def decide(desk: Desk, client: str = "Luma", due: timedelta | None = 5 * HOUR, **changes: object) -> str:
    """An order with one decision; the order's number."""
    with desk.session() as session:
        due_at = NOW + due if due is not None else None
        order = add_order(session, desk.ours, client, due_at=due_at)
        values = {"kind": "ship_warning", "order_id": order.id, "shop_id": order.shop_id, "due_at": due_at}
        add_attention(session, desk.ours, client, **values | changes)
        return order.tiktok_order_id


def chosen_row(desk: Desk, row: WorkRow, at: timedelta = timedelta()) -> ChosenRow:
    with desk.session() as session:
        (chosen,) = find_chosen(desk.ours.scope(), session, [row.id], NOW + at)
    return chosen


def colleague(desk: Desk, name: str) -> Colleague:
    with desk.system() as session:
        return next(one for one in list_colleagues(desk.ours.scope(), session) if one.name == name)
