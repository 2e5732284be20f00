"""Everything about one order for its page, in a few small reads whatever its size."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from agency.domain.addresses import mask
from agency.domain.errors import NotFound
from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.colleagues import name_actor
from agency.services.contacts_store import find_contact
from agency.services.corrections import corrections_left
from agency.services.event_wording import NOBODY
from agency.services.limit_facts import read_limits
from agency.services.list_rows import EVERY_ORDER, OrderFilters
from agency.services.order_actions import ActionFacts, order_actions
from agency.services.order_lists import find_beside
from agency.services.order_money import money_table
from agency.services.order_page_parts import deadline_rows, decision_row, line_rows, parcel_row
from agency.services.order_page_rows import (
    BlockerRow,
    ContactRow,
    DecisionRow,
    LimitFacts,
    OrderPage,
    ParcelRow,
)
from agency.services.order_page_sql import PARTS, order_statement
from agency.services.order_purchase_parts import purchase_rows
from agency.services.order_story import due_why, flags, steps, story
from agency.services.order_timeline import EVERYTHING, TimelineAsked, read_events
from agency.services.sealing import CannotOpen, Keyring
from agency.services.wording import deadline_label, kind_text, stage_text

_ENDED = (Stage.SETTLED, Stage.CANCELLED, Stage.DELIVERED)


def get_order_page(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    number: str,
    now: datetime,
    names: Mapping[str, str] = NOBODY,
    asked: TimelineAsked = EVERYTHING,
) -> OrderPage:
    """The order with TikTok's number; `now` is shop time. Raises NotFound alike for unknown and foreign numbers.

    `names` are those of colleagues by actor; `asked` is the part of the timeline to show.
    """
    order = session.execute(order_statement(scope), {"number": number}).mappings().one_or_none()
    if order is None:
        raise NotFound("Order")
    parts = session.execute(PARTS, {"id": order["id"], "shop_id": order["shop_id"]}).mappings().one()
    contact = _contact(session, keyring, order)
    marks = {mark["kind"]: mark for mark in parts["marks"]}

    def named(actor: str | None) -> str:
        return name_actor(actor, scope, names)

    decisions = tuple(decision_row(row) for row in parts["decisions"])
    purchases = purchase_rows(parts["purchases"], parts["effects"], named)
    parcels = tuple(parcel_row(row, parts["effects"]) for row in parts["parcels"])
    lines = line_rows(parts["lines"], parts["mappings"], order["currency"], named)
    events, events_before = read_events(scope, session, order["id"], asked, names)
    corrections = sum(corrections_left(parcel, now) for parcel in parcels)
    can_write = scope.role in ("owner", "operator") and not scope.read_only
    return OrderPage(
        **_head(order, decisions, parcels),
        steps=steps(order, purchases, parcels, marks, named),
        deadlines=deadline_rows(order, now),
        blockers=_blockers(order),
        decisions=decisions,
        lines=lines,
        purchases=purchases,
        parcels=parcels,
        money=money_table(order, parts["ledger"], parts["purchases"]),
        limits=_limits(session, order, now),
        contact=contact,
        events=events,
        events_before=events_before,
        actions=order_actions(
            ActionFacts(order, lines, purchases, parcels, contact.state, corrections, can_write)
        ),
    )


def _blockers(order: Mapping[Any, Any]) -> tuple[BlockerRow, ...]:
    return tuple(
        BlockerRow(row["code"], row["sentence"], row["approvable"], row.get("supplier", ""))
        for row in order["blockers"]
    )


def _limits(session: Session, order: Mapping[Any, Any], now: datetime) -> LimitFacts | None:
    """The limits beside the cost, while something of the order waits for a yes."""
    if not any(blocker["approvable"] for blocker in order["blockers"]):
        return None
    return read_limits(session, [order["id"]], now).get(order["id"])


def _head(
    order: Mapping[Any, Any], decisions: tuple[DecisionRow, ...], parcels: tuple[ParcelRow, ...]
) -> dict[str, Any]:
    status_text, tone = stage_text(order["stage"], order["status"], order["collected_at"] is not None)
    if decisions:
        status_text, tone = kind_text(decisions[0].kind)
    headline, explanation = story(order, decisions, parcels)
    return {
        "number": order["tiktok_order_id"],
        "title": order["title"],
        "quantity": order["unit_count"],
        "shop_id": str(order["shop_public_id"]),
        "shop_name": order["shop_name"],
        "client_id": str(order["client_public_id"]),
        "client_name": order["client_name"],
        "region": order["region"],
        "shop_time_zone": order["time_zone"],
        "tiktok_status": order["status"],
        "stage": order["stage"],
        "status_text": status_text,
        "tone": tone,
        "headline": headline,
        "explanation": explanation,
        "order_type": order["order_type"],
        "delivery_option": order["delivery_option_name"],
        "flags": flags(order),
        "placed_at": order["placed_at"],
        "stage_at": order["stage_at"],
        "value": Money(order["total_minor"], order["currency"]),
        "profit": None if order["profit_minor"] is None else Money(order["profit_minor"], order["currency"]),
        "due_at": order["due_at"],
        "due_kind": order["due_kind"],
        "due_label": deadline_label(order["due_kind"]),
        "due_source": order["due_source"],
        "due_why": due_why(order),
    }


def _contact(session: Session, keyring: Keyring, order: Mapping[Any, Any]) -> ContactRow:
    """The masked address; a contact that cannot be opened is shown as such and does not take the page down."""
    try:
        stored = find_contact(session, keyring, order["id"])
    except CannotOpen:
        return ContactRow("absent", (said("The address cannot be opened with the present key."),))
    if stored is None:
        return ContactRow("erased" if order["stage"] in _ENDED else "absent", ())
    hidden = mask(stored.address)
    place = " ".join(part for part in (hidden.city, hidden.state, hidden.postal_code) if part)
    lines = (hidden.name, hidden.line1, hidden.line2, place, hidden.country, hidden.phone)
    return ContactRow("masked" if stored.masked else "clear", tuple(line for line in lines if line))


def find_neighbours(
    scope: Scope, session: Session, page: OrderPage, order_id: int, filters: OrderFilters = EVERY_ORDER
) -> tuple[str, str]:
    """The numbers before and after the order in the list it was opened from, else among its shop's, newest first."""
    place = {"id": order_id, "placed_at": page.placed_at, "due_at": page.due_at, "stage": page.stage}
    listed = filters if filters != EVERY_ORDER else OrderFilters(shop=page.shop_id)
    return find_beside(scope, session, listed, place)
