"""What callers send to change something: approvals, stop switches, mappings. Amounts are whole minor units."""

from __future__ import annotations

from marshmallow import fields, validate

from agency.api.schemas.base import WITHOUT_NUL, Input, WholeNumber, text_field
from agency.domain.mapping_files import MOST_ROWS
from agency.domain.said import said

_HIGHEST_MINOR = 100_000_000_00


class ApproveSchema(Input):
    """Which blockers to wave through; without `codes`, all that may be."""

    codes = fields.List(
        fields.String(validate=validate.Length(1, 60), metadata={"pattern": WITHOUT_NUL}),
        load_default=None,
        allow_none=True,
        validate=validate.Length(
            1, 20, error=said("Name one to twenty codes, or leave the field out for all.")
        ),
    )


class DeclineSchema(Input):
    """Why the order shall not be bought."""

    reason = text_field("Reason", 300)


class SwitchSchema(Input):
    """A stop switch. `id` is the public id of a client, shop or supplier; the agency needs none."""

    subject = fields.String(
        required=True,
        validate=validate.OneOf(
            ("agency", "client", "shop", "supplier"), error=said("Choose agency, client, shop or supplier.")
        ),
        error_messages={"required": said("Say what to switch: agency, client, shop or supplier.")},
    )
    id = fields.UUID(
        load_default=None,
        allow_none=True,
        error_messages={"invalid_uuid": said("This is not an id of ours.")},
    )
    buying = fields.String(
        required=True,
        validate=validate.OneOf(("stop", "start"), error=said("Say stop or start.")),
        error_messages={"required": said("Say stop or start.")},
    )


class MappingSchema(Input):
    """Buy `quantity` units of the item for each unit sold. Rank 1 is tried first."""

    shop_id = fields.UUID(
        required=True,
        error_messages={
            "required": said("Name the shop by its id."),
            "invalid_uuid": said("This is not an id of ours."),
        },
    )
    sku_id = text_field("Sku", 64)
    supplier_item_id = fields.UUID(
        required=True,
        error_messages={
            "required": said("Name the supplier item by its id."),
            "invalid_uuid": said("This is not an id of ours."),
        },
    )
    quantity = WholeNumber(
        load_default=1,
        validate=validate.Range(1, 1000, error=said("Between 1 and 1,000 supplier units.")),
    )
    rank = WholeNumber(load_default=1, validate=validate.Range(1, 9, error=said("Rank 1 to 9.")))
    price_cap_minor = WholeNumber(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, _HIGHEST_MINOR, error=said("A price cap is at least one minor unit.")),
    )


def _cell(longest: int, what: str) -> fields.String:
    return fields.String(
        load_default="",
        validate=validate.Length(max=longest),
        metadata={"pattern": WITHOUT_NUL, "description": what},
    )


class MappingLineSchema(Input):
    """A row of the mapping file, in its columns. What is wrong with it is said in the answer, row by row."""

    shop = _cell(120, "The shop's code, name, TikTok's number or our id.")
    sku = _cell(120, "TikTok's sku number or the seller's sku.")
    choice = _cell(10, "1 to 9; empty is 1.")
    supplier = _cell(120, "The supplier's name; empty with supplier_sku: the row does nothing.")
    supplier_sku = _cell(120, "The supplier's own sku.")
    quantity = _cell(10, "Units to buy for one sold; empty is 1.")
    highest_unit_cost = _cell(20, "In major units, such as 4.20; empty is no limit.")
    currency = _cell(3, "The supplier's currency, or empty.")


class MappingLinesSchema(Input):
    """Rows of the mapping file. Without `seen` nothing is written."""

    rows = fields.List(
        fields.Nested(MappingLineSchema),
        required=True,
        validate=validate.Length(1, MOST_ROWS, error=said("Send 1 to 500 rows at a time.")),
        error_messages={"required": said("Send the rows.")},
    )
    seen = fields.String(
        load_default="",
        validate=validate.Length(max=64, error=said("Send the digest that the preview gave you.")),
        metadata={"pattern": WITHOUT_NUL, "description": "The `digest` of the preview of the same rows."},
    )


class MappedSchema(Input):
    """The live mapping after the write."""

    mapping_id = fields.String()


class DoneSchema(Input):
    """The write is in; what follows from it happens in the background."""

    status = fields.String()
