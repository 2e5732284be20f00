"""Signing in."""

from __future__ import annotations

from marshmallow import Schema, fields

from agency.api.schemas.base import Input, text_field


class SignInSchema(Input):
    """E-mail and password."""

    email = text_field("E-mail", 254)
    password = text_field("Password", 256)


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
