"""What a caller may ask of the lists."""

from __future__ import annotations

from marshmallow import EXCLUDE, fields, validate

from agency.api.schemas.base import CursorSchema
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.services.clients import list_time_zones
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
        metadata={"description": "An exact order number or seller sku"},
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


class OrdersSchema(ListSchema):
    """Filters of the order list."""

    stage = fields.String(load_default="", validate=validate.OneOf(("", *Stage.ALL)))
    shop = fields.String(
        load_default="", validate=validate.Length(max=60), metadata={"description": "A shop's id"}
    )
    q = fields.String(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"description": "An exact order, tracking or supplier number, or a seller sku"},
    )


class MappingsSchema(ListSchema):
    """Filters of the sku list."""

    unmapped = fields.Boolean(
        load_default=False, metadata={"description": "Only skus that nothing is mapped to"}
    )


def _filter(longest: int, description: str) -> fields.String:
    return fields.String(
        load_default="", validate=validate.Length(max=longest), metadata={"description": description}
    )


class AuditSchema(ListSchema):
    """Filters of the audit log."""

    actor = _filter(60, "As in the rows, such as user:7")
    action = _filter(60, "An action or how it begins, such as order.")
    object = _filter(120, "The kind or the id of what was acted on")
    client = _filter(60, "A client's id")
    since = fields.Date(load_default=None, metadata={"description": "First day, in UTC"})
    until = fields.Date(load_default=None, metadata={"description": "Last day, in UTC"})
