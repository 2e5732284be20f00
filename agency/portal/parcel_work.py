"""Work on one parcel of an order: which of TikTok's carriers has it, and correcting what TikTok was told."""

from __future__ import annotations

from uuid import UUID

from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.portal.blueprint import portal
from agency.portal.forms import sent_form
from agency.portal.frame import reader
from agency.portal.order_work import back_to_order, read_order
from agency.portal.schemas import CarrierSchema, TrackingSchema
from agency.services.carriers import choose_carrier, read_order_carriers
from agency.services.corrections import request_correction
from agency.web import current_scope, db_session, route


@route(portal, "/orders/<number>/parcels/<uuid:parcel_id>/carrier", permission="write", methods=["POST"])
def set_carrier(number: str, parcel_id: UUID) -> ResponseReturnValue:
    """Says once what the supplier's carrier text means; it holds for all of this supplier's parcels with that text."""
    unclear = read_order_carriers(current_scope(), db_session(), number).unclear.get(str(parcel_id))
    if unclear is None:
        raise NotFound("Parcel")
    form = sent_form(f"carrier-{parcel_id}")
    said = form.load(CarrierSchema())
    if form.fine:
        with form.keeping_errors():
            choose_carrier(
                current_scope(),
                db_session(),
                unclear.supplier_id,
                unclear.carrier_text,
                said["provider_name"],
                reader().now,
            )
    return back_to_order(number, form, "carrier_chosen")


@route(portal, "/orders/<number>/parcels/<uuid:parcel_id>/correction", permission="write", methods=["POST"])
def correct_tracking(number: str, parcel_id: UUID) -> ResponseReturnValue:
    """Has TikTok told another number or carrier, which it takes once."""
    if str(parcel_id) not in {parcel.parcel_id for parcel in read_order(number).parcels}:
        raise NotFound("Parcel")
    form = sent_form(f"correct-{parcel_id}")
    said = form.load(TrackingSchema())
    if form.fine:
        with form.keeping_errors():
            request_correction(
                current_scope(),
                db_session(),
                str(parcel_id),
                said["carrier"],
                said["tracking_number"],
                reader().now,
            )
    return back_to_order(number, form, "corrected")
