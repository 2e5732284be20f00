"""Signing in, and proving once more who one is."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from agency.api.schemas.base import WITHOUT_NUL, Input, text_field
from agency.domain.said import said


def proof_field(longest: int) -> fields.String:
    """A code of an authenticator app, a recovery code or a password; empty when there is none."""
    return fields.String(
        load_default="",
        validate=validate.Length(max=longest, error=said("Use at most {most} characters.", most=longest)),
        metadata={"pattern": WITHOUT_NUL},
    )


class SignInSchema(Input):
    """E-mail and password; of somebody with a second factor its code too."""

    email = text_field("E-mail", 254)
    password = text_field("Password", 256)
    code = proof_field(200)


class ConfirmSchema(Input):
    """One of the two: the code of somebody with a second factor, the password of everybody else."""

    code = proof_field(200)
    password = proof_field(256)


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
