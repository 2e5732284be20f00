"""Work on one order: approve or decline, hold, buy by hand, add tracking, settle doubt, see the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import has_request_context, redirect, url_for
from flask import request as http
from flask.typing import ResponseReturnValue

from agency.api.schemas.writes import DeclineSchema
from agency.domain.addresses import Address
from agency.domain.errors import NotFound
from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.order_filters import list_filters, typed_filters
from agency.portal.order_standing import find_row, read_standing
from agency.portal.schemas import BoughtSchema, NoteSchema, ReviewSchema, TrackingSchema
from agency.portal.staff import staff_page
from agency.services import approvals, contacts, handwork, order_notes, reviews
from agency.services.assignees import read_team
from agency.services.carriers import OrderCarriers, read_order_carriers
from agency.services.colleagues import read_colleagues
from agency.services.corrections import corrections_left
from agency.services.order_page_rows import OrderPage
from agency.services.order_pages import find_neighbours, get_order_page
from agency.services.order_purchase_rows import PurchaseRow
from agency.services.order_timeline import DOERS, EVENTS_A_PAGE, TimelineAsked
from agency.web import current_scope, db_session, ground, route, system_session


def show_order(number: str, form: Form | None = None, contact: Sequence[str] = ()) -> ResponseReturnValue:
    """The order's page; with a form that was refused (422), or with the buyer's full address."""
    team = read_team(current_scope(), system_session())
    page, row = read_order(number, team.names), find_row(number)
    kept, listed = list_filters()
    newer, older = find_neighbours(current_scope(), db_session(), page, row.orders[-1].id, listed)
    body = staff_page(
        "order.html",
        page=page,
        form=form or Form(),
        contact=contact,
        kept=kept,
        newer=newer,
        older=older,
        asked=_timeline_asked(),
        doers=DOERS,
        standing=read_standing(row, team.people),
        carriers=_carriers(page),
        corrections={parcel.parcel_id: corrections_left(parcel, reader().now) for parcel in page.parcels},
    )
    return body, 422 if form and not form.fine else 200


@portal.url_defaults
def keep_the_list(_endpoint: str, values: dict[str, Any]) -> None:
    """On an order's page all addresses of orders keep the filters of the list it was opened from."""
    if "number" in values and has_request_context() and "number" in (http.view_args or {}):
        for name, value in typed_filters().items():
            values.setdefault(name, value)


@route(portal, "/orders/<number>/approve", permission="write", methods=["POST"])
def approve(number: str) -> ResponseReturnValue:
    """Waves all approvable blockers through."""
    form = sent_form("approve")
    with form.keeping_errors():
        approvals.approve(current_scope(), db_session(), number, None, reader().now)
    return back_to_order(number, form, "approved", back=http.form.get("back", ""))


@route(portal, "/orders/<number>/decline", permission="write", methods=["POST"])
def decline(number: str) -> ResponseReturnValue:
    """Says no, with a reason."""
    form = sent_form("decline")
    said = form.load(DeclineSchema())
    if form.fine:
        with form.keeping_errors():
            approvals.decline(current_scope(), db_session(), number, said["reason"], reader().now)
    return back_to_order(number, form, "declined", back=http.form.get("back", ""))


@route(portal, "/orders/<number>/purchases/<uuid:purchase_id>/claim", permission="write", methods=["POST"])
def claim(number: str, purchase_id: UUID) -> ResponseReturnValue:
    """Takes a purchase for this person, so that two people cannot buy the same order."""
    _get_purchase(number, purchase_id)
    form = sent_form("claim")
    with form.keeping_errors():
        handwork.claim_purchase(current_scope(), db_session(), str(purchase_id), reader().now)
    return back_to_order(number, form, "claimed")


@route(portal, "/orders/<number>/purchases/<uuid:purchase_id>/drop", permission="write", methods=["POST"])
def drop_claim(number: str, purchase_id: UUID) -> ResponseReturnValue:
    """Gives a claimed purchase back."""
    _get_purchase(number, purchase_id)
    form = sent_form("drop")
    with form.keeping_errors():
        handwork.release_claim(current_scope(), db_session(), str(purchase_id))
    return back_to_order(number, form, "released")


@route(portal, "/orders/<number>/purchases/<uuid:purchase_id>/bought", permission="write", methods=["POST"])
def bought(number: str, purchase_id: UUID) -> ResponseReturnValue:
    """Records what a person bought: the supplier's number and what was paid."""
    form = sent_form(f"bought-{purchase_id}")
    cost = form.minor("cost", _get_purchase(number, purchase_id).expected.currency)
    said = form.load(BoughtSchema())
    if form.fine and cost is not None:
        with form.keeping_errors():
            handwork.record_bought(
                current_scope(), db_session(), str(purchase_id), said["supplier_order_id"], cost, reader().now
            )
    return back_to_order(number, form, "bought")


@route(portal, "/orders/<number>/purchases/<uuid:purchase_id>/review", permission="write", methods=["POST"])
def review(number: str, purchase_id: UUID) -> ResponseReturnValue:
    """Settles a purchase of which nobody knew whether it happened."""
    form = sent_form(f"review-{purchase_id}")
    cost = form.minor("cost", _get_purchase(number, purchase_id).expected.currency)
    said = form.load(ReviewSchema())
    if form.fine:
        with form.keeping_errors():
            reviews.settle_review(
                current_scope(),
                db_session(),
                str(purchase_id),
                said["outcome"],
                said["supplier_order_id"],
                cost,
                reader().now,
            )
    return back_to_order(number, form, "reviewed")


@route(portal, "/orders/<number>/tracking", permission="write", methods=["POST"])
def tracking(number: str) -> ResponseReturnValue:
    """Records a tracking number that a person has."""
    form = sent_form("tracking-form")
    said = form.load(TrackingSchema())
    lines = _ticked_lines(number, form)
    if form.fine:
        with form.keeping_errors():
            handwork.record_tracking(
                current_scope(),
                db_session(),
                number,
                said["carrier"],
                said["tracking_number"],
                lines,
                reader().now,
            )
    return back_to_order(number, form, "tracking")


@route(portal, "/orders/<number>/note", permission="write", methods=["POST"])
def add_note(number: str) -> ResponseReturnValue:
    """Writes a note for the team."""
    form = sent_form("note")
    said = form.load(NoteSchema())
    if form.fine:
        with form.keeping_errors():
            order_notes.add_note(current_scope(), db_session(), number, said["text"], reader().now)
    return back_to_order(number, form, "noted")


@route(portal, "/orders/<number>/address", permission="write", methods=["POST"])
def show_address(number: str) -> ResponseReturnValue:
    """The buyer's full address, once, with an entry on the timeline."""
    address = contacts.reveal_contact(current_scope(), db_session(), ground().keyring, number, reader().now)
    return show_order(number, contact=_address_lines(address))


def back_to_order(number: str, form: Form, done: str, back: str = "") -> ResponseReturnValue:
    """Back to the order, or to the list of approvals; with the form when it was refused."""
    if not form.fine:
        return show_order(number, form)
    if back == "approvals":
        return redirect(url_for("portal.approvals", done=done), 303)
    return redirect(url_for("portal.order", number=number, done=done), 303)


def _ticked_lines(number: str, form: Form) -> list[str]:
    """The order lines ticked on the form; empty when all were, or when there was nothing to choose."""
    if "choose_lines" not in form.values:
        return []
    ticked = http.form.getlist("line_ids")
    if not ticked:
        form.errors["line_ids"] = said("Tick at least one thing that travels in this parcel.")
    every = {line_id for line in read_order(number).lines for line_id in line.line_ids}
    return [] if every <= set(ticked) else ticked


def _address_lines(address: Address) -> tuple[str, ...]:
    """The address as it is written on a label, one part per line, so that each can be copied."""
    town = " ".join(part for part in (address.city, address.state, address.postal_code) if part)
    lines = (address.name, address.line1, address.line2, town, address.country, address.phone)
    return tuple(line for line in lines if line)


def _carriers(page: OrderPage) -> OrderCarriers:
    """What is asked about carriers; an order without parcels asks nothing."""
    return (
        read_order_carriers(current_scope(), db_session(), page.number) if page.parcels else OrderCarriers()
    )


def read_order(number: str, names: Mapping[str, str] | None = None) -> OrderPage:
    """The order with its parts, as this reader sees it. `names` of colleagues are read if need be. Raises NotFound."""
    scope = current_scope()
    names = read_colleagues(scope, system_session()) if names is None else names
    return get_order_page(
        scope, db_session(), ground().keyring, number, reader().now, names, _timeline_asked()
    )


def _timeline_asked() -> TimelineAsked:
    """The part of the timeline that the address asks for; words that it does not know ask for everything."""
    by, before = http.args.get("by", ""), http.args.get("before", "")
    seq = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else 0
    return TimelineAsked(by if by in DOERS else "", seq, EVENTS_A_PAGE)


def _get_purchase(number: str, purchase_id: UUID) -> PurchaseRow:
    """The purchase, if it is one of this order. Raises NotFound."""
    for purchase in read_order(number).purchases:
        if purchase.purchase_id == str(purchase_id):
            return purchase
    raise NotFound("Purchase")
