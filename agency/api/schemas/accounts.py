"""Signing in, and proving once more who one is."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from agency.api.schemas.base import Input, text_field


def code_field() -> fields.String:
    """A code of an authenticator app, or a recovery code; empty when there is none."""
    return fields.String(
        load_default="", validate=validate.Length(max=200, error="Use at most 200 characters.")
    )


class SignInSchema(Input):
    """E-mail and password; of somebody with a second factor its code too."""

    email = text_field("E-mail", 254)
    password = text_field("Password", 256)
    code = code_field()


class ConfirmSchema(Input):
    """One of the two: the code of somebody with a second factor, the password of everybody else."""

    code = code_field()
    password = fields.String(
        load_default="", validate=validate.Length(max=256, error="Use at most 256 characters.")
    )

    @validates_schema
    def one_is_needed(self, data: dict[str, Any], **_options: Any) -> None:
        """Refuses a body that proves nothing."""
        if not data["code"] and not data["password"]:
            raise ValidationError("Send your password, or a code of your second factor.", "code")


class TokenSchema(Schema):
    """A session: send the token as `Authorization: Bearer <token>`. Ends 12 hours after its last use."""

    token = fields.String()


class MembershipSchema(Schema):
    """One role of a person."""

    public_id = fields.String()
    agency_name = fields.String()
    role = fields.String()
    client_name = fields.String()


class MeSchema(Schema):
    """Who calls, as what."""

    name = fields.String()
    role = fields.String()
    agency_name = fields.String()
    client_name = fields.String()
    memberships = fields.List(fields.Nested(MembershipSchema))
