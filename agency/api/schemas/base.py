"""The ground of all schemas: unknown fields are refused in input, and money has one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate

from agency.domain.said import said

WITHOUT_NUL = r"^[^\u0000]*$"


class Input(Schema):
    """What a caller sends. A misspelt field is an error, never silently dropped."""

    class Meta:
        """Refuses fields that the schema does not know."""

        unknown = RAISE

    @pre_load
    def refuse_nul(self, data: Any, **_options: Any) -> Any:
        """PostgreSQL stores no NUL; the field that holds one is named."""
        for name, value in data.items() if isinstance(data, Mapping) else ():
            if "\0" in str(value):
                raise ValidationError(
                    said("This holds a character that cannot be kept. Type it again."), str(name)
                )
        return data


class ProblemSchema(Schema):
    """A failure (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "What happened and what to do."})
    field = fields.String()
    remedy = fields.String(
        metadata={"description": "What to do first: confirm, enrol (a second factor) or code; mostly absent."}
    )
    fields_ = fields.Dict(data_key="fields", keys=fields.String(), values=fields.String())


class CursorSchema(Schema):
    """Where a list goes on: `next_cursor` of the page before."""

    after = fields.String(load_default="", validate=validate.Length(max=500))


class WholeNumber(fields.Integer):
    """A whole number; 3.0 is one in JSON too, 3.5 and "3" are none."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        return value


def text_field(label: str, longest: int) -> fields.String:
    """A needed text with its label, its limit and messages that name the remedy."""
    return fields.String(
        required=True,
        validate=validate.Length(
            1, longest, error=said("{label} must have 1 to {most} characters.", label=label, most=longest)
        ),
        error_messages={"required": said("{label} is needed.", label=label)},
        metadata={"label": label, "pattern": WITHOUT_NUL},
    )
