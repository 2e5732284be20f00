"""API tokens: what an owner asks for, and the one answer that shows the secret."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from agency.api.schemas.base import Input, WholeNumber
from agency.domain.said import said
from agency.services.api_tokens import LONGEST_DAYS, USUAL_DAYS

MORE_THAN_SPACES = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"  # the service refuses other names


class NewTokenSchema(Input):
    """A token for a program. Without `client_ids` it works for all clients; it lives `days` days."""

    name = fields.String(
        required=True,
        validate=validate.Length(1, 80, error=said("Name must have 1 to 80 characters.")),
        error_messages={"required": said("Name is needed.")},
        metadata={"label": "Name", "pattern": MORE_THAN_SPACES},
    )
    areas = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        required=True,
        validate=validate.Length(1, 100, error=said("Choose at least one area.")),
        error_messages={"required": said("Choose at least one area.")},
        metadata={"description": "Words such as orders:read; each operation's x-area says which it needs."},
    )
    client_ids = fields.List(
        fields.UUID(error_messages={"invalid_uuid": said("This is not an id of ours.")}),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 1000, error=said("Choose at least one client, or all.")),
    )
    days = WholeNumber(
        load_default=USUAL_DAYS,
        validate=validate.Range(
            1, LONGEST_DAYS, error=said("A token lives 1 to {most} days.", most=LONGEST_DAYS)
        ),
    )


class MadeTokenSchema(Schema):
    """The new token. `secret` is shown this once: keep it where your program finds it."""

    token_id = fields.String()
    name = fields.String()
    secret = fields.String()
    expires_at = fields.DateTime()
