"""What an owner sends to invite somebody or to change a role; the portal's forms are read by the same shapes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from agency.api.schemas.base import Input
from agency.domain.emails import EMAIL_PATTERN, LONGEST_EMAIL
from agency.domain.said import said
from agency.domain.scope import STAFF_ROLES


def _email() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Length(
            1, LONGEST_EMAIL, error=said("Use at most {most} characters.", most=LONGEST_EMAIL)
        ),
        error_messages={"required": said("E-mail is needed.")},
        metadata={"label": "E-mail", "pattern": EMAIL_PATTERN},
    )


def _role() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.OneOf(
            STAFF_ROLES, error=said("Choose one of {choices}.", choices=", ".join(STAFF_ROLES))
        ),
        error_messages={"required": said("Choose a role.")},
    )


def _clients() -> fields.List[Any]:
    return fields.List(
        fields.UUID(error_messages={"invalid_uuid": said("This is not an id of ours.")}),
        load_default=None,
        allow_none=True,
        validate=validate.Length(
            1, 500, error=said("Choose at least one client, or leave the field out for all.")
        ),
        metadata={
            "description": "Public ids of clients; without them, all clients. A client member has exactly one."
        },
    )


class InviteSchema(Input):
    """An invitation to the team: to whom, as what, for which clients."""

    email = _email()
    role = _role()
    client_ids = _clients()


class InviteClientSchema(Input):
    """An invitation to look at the pages of one client."""

    email = _email()
    client_id = fields.UUID(
        required=True,
        error_messages={
            "required": said("Choose a client."),
            "invalid_uuid": said("This is not an id of ours."),
        },
    )


class RoleSchema(Input):
    """Another role, or other clients, of a team member."""

    role = _role()
    client_ids = _clients()


class InvitedSchema(Schema):
    """The invitation's id."""

    invitation_id = fields.String()
