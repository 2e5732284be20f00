"""What callers send to act on rows of Today, and what they hear about each row."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from agency.api.schemas.base import Input

# A decision's id, or an order's number for an order that needs no decision.
_ROW = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Za-z]{1,40})$"
_ROWS = "Ids of rows, as GET /worklist names them"


class _Rows(Input):
    """Some rows of Today."""

    rows = fields.List(
        fields.String(validate=validate.Regexp(_ROW), metadata={"pattern": _ROW}),
        required=True,
        validate=validate.Length(1, 50, error="Name one to fifty rows."),
        error_messages={"required": "Name the rows."},
        metadata={"description": _ROWS},
    )


class SnoozeSchema(_Rows):
    """Until when; a row is back half an hour before its deadline in any case."""

    until = fields.AwareDateTime(
        required=True,
        error_messages={
            "required": "Say when the rows shall come back.",
            "invalid": "Write a time with its zone, such as 2026-12-01T09:00:00Z.",
            "invalid_awareness": "Write a time with its zone, such as 2026-12-01T09:00:00Z.",
        },
    )


class AssignSchema(_Rows):
    """To whom; null gives the rows back to nobody."""

    owner = fields.UUID(
        required=True,
        allow_none=True,
        error_messages={
            "required": "Name a membership, or null.",
            "invalid_uuid": "This is not an id of ours.",
        },
        metadata={"description": "A membership's id, as GET /team/members names it"},
    )


class RowOutcomeSchema(Schema):
    """What happened to one row; `outcome` is done, already or failed with a sentence."""

    row = fields.String()
    outcome = fields.String()
    sentence = fields.String()


class RowOutcomesSchema(Schema):
    """Row by row; one that failed is as it was and stops no other."""

    rows = fields.List(fields.Nested(RowOutcomeSchema))
