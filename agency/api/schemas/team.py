"""What an owner sends to invite somebody or to change a role; the portal's forms are read by the same shapes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from agency.api.schemas.base import Input, text_field
from agency.domain.scope import ROLES, STAFF_ROLES


def _role(choices: tuple[str, ...]) -> fields.String:
    return fields.String(
        required=True,
        validate=validate.OneOf(choices, error=f"Choose one of {', '.join(choices)}."),
        error_messages={"required": "Choose a role."},
    )


def _clients() -> fields.List[Any]:
    return fields.List(
        fields.UUID(error_messages={"invalid_uuid": "This is not an id of ours."}),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 500, error="Choose at least one client, or leave the field out for all."),
        metadata={
            "description": "Public ids of clients; without them, all clients. A client member has exactly one."
        },
    )


class InviteSchema(Input):
    """An invitation: to whom, as what, for which clients."""

    email = text_field("E-mail", 254)
    role = _role(ROLES)
    client_ids = _clients()


class RoleSchema(Input):
    """Another role, or other clients, of a team member."""

    role = _role(STAFF_ROLES)
    client_ids = _clients()


class InvitedSchema(Schema):
    """The invitation's id."""

    invitation_id = fields.String()
