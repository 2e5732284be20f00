"""What a caller may ask of the lists."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from agency.api.schemas.base import WITHOUT_NUL, CursorSchema
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.services.clients import list_time_zones
from agency.services.health_rows import PERIODS, USUAL
from agency.services.order_filters import ANY, PROBLEMS, SORTS
from agency.services.worklist_rows import GROUP_KEYS


class ListSchema(CursorSchema):
    """A place in a list; unknown parameters of a URL are ignored, as everywhere on the web."""

    class Meta:
        """Ignores what it does not know."""

        unknown = EXCLUDE


class WorklistSchema(ListSchema):
    """Filters of Today."""

    group = fields.String(load_default="", validate=validate.OneOf(("", *GROUP_KEYS)))
    shop = fields.String(
        load_default="", validate=validate.Length(max=60), metadata={"description": "A shop's id"}
    )
    action = fields.String(load_default="", validate=validate.Length(max=60))
    q = fields.String(
        load_default="",
        validate=validate.Length(max=100),
        metadata={
            "description": "A number of order, parcel or purchase, whole or its end, or a whole seller sku"
        },
    )
    client = fields.String(
        load_default="", validate=validate.Length(max=60), metadata={"description": "A client's id"}
    )
    owner = fields.String(load_default="", validate=validate.OneOf(("", "mine", "nobody")))
    snoozed = fields.String(
        load_default="",
        validate=validate.OneOf(("", "yes")),
        metadata={"description": "The rows that sleep until their next check, instead of the others"},
    )
    zone = fields.String(
        load_default="",
        validate=validate.OneOf(
            ("", "UTC", *list_time_zones()), error=said("Use a zone's name, such as America/New_York.")
        ),
        metadata={"description": "Where the day ends, such as America/New_York; else the reader's own"},
    )


def _filter(longest: int, description: str) -> fields.String:
    return fields.String(
        load_default="",
        validate=validate.Length(max=longest),
        metadata={"pattern": WITHOUT_NUL, "description": description},
    )


def _day(description: str) -> fields.Date:
    return fields.Date(
        load_default=None,
        error_messages={"invalid": said("Write a day as year-month-day, for example 2026-11-25.")},
        metadata={"description": description},
    )


class OrdersSchema(ListSchema):
    """Filters of the order list, for the page, its file and the JSON door alike."""

    stage = fields.String(
        load_default="", validate=validate.OneOf(("", *Stage.ALL), error="Choose one of the stages.")
    )
    shop = _filter(60, "A shop's id")
    client = _filter(60, "A client's id")
    supplier = _filter(60, "The id of a supplier with a purchase for the order")
    region = _filter(10, "A market, such as US")
    problem = fields.String(
        load_default="",
        validate=validate.OneOf(("", ANY, *PROBLEMS), error="Choose one of the decisions."),
        metadata={"description": "A kind of open decision, or any"},
    )
    since = _day("Placed on this day or later, in the reader's zone")
    until = _day("Placed on this day or before, in the reader's zone")
    late = fields.Boolean(
        load_default=False,
        error_messages={"invalid": said("Say yes or leave it out.")},
        metadata={"description": "Only open orders whose deadline has passed"},
    )
    sort = fields.String(
        load_default="",
        validate=validate.OneOf(("", *SORTS), error="Choose one of the two ways to sort."),
        metadata={"description": "newest (the default) or deadline"},
    )
    q = _filter(
        100,
        "A number of an order, parcel or supplier, whole or its last 4 characters and more; or part of an item or sku",
    )

    @validates_schema
    def check_days(self, data: dict[str, Any], **_options: Any) -> None:
        """The first day does not lie behind the last."""
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            raise ValidationError("The first day lies behind the last one. Change one of them.", "since")


class MappingsSchema(ListSchema):
    """Filters of the sku list."""

    unmapped = fields.Boolean(
        load_default=False, metadata={"description": "Only skus that nothing is mapped to"}
    )


class AuditSchema(ListSchema):
    """Filters of the audit log."""

    actor = _filter(60, "As in the rows, such as user:7")
    action = _filter(60, "An action or how it begins, such as order.")
    object = _filter(120, "The kind or the id of what was acted on")
    client = _filter(60, "A client's id")
    since = fields.Date(load_default=None, metadata={"description": "First day, in UTC"})
    until = fields.Date(load_default=None, metadata={"description": "Last day, in UTC"})


class HealthSchema(Schema):
    """The period of Health."""

    class Meta:
        """Ignores what it does not know."""

        unknown = EXCLUDE

    days = fields.Integer(load_default=USUAL, validate=validate.OneOf(PERIODS))
