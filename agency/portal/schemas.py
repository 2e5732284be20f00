"""What forms take that the JSON door does not have yet; amounts are typed in major units and read by their currency.

Approvals, mappings and switches use the schemas of the JSON door.
"""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from agency.domain.said import said


class _Typed(Schema):
    """A form may carry fields that are read elsewhere (amounts, ticked lines)."""

    class Meta:
        """Leaves them to their readers."""

        unknown = EXCLUDE


def _needed(sentence: str, longest: int) -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Length(1, longest, error=said("Use at most {most} characters.", most=longest)),
        error_messages={"required": sentence},
    )


class BoughtSchema(_Typed):
    """A purchase that a person made."""

    supplier_order_id = _needed(said("Write the supplier's order number, as on its confirmation."), 80)
    cost = _needed(said("Write what was paid in all, for example 12.50."), 20)


class ReviewSchema(_Typed):
    """What a person found in the supplier's own order list."""

    outcome = fields.String(
        required=True,
        validate=validate.OneOf(["bought", "not_bought"], error=said("Choose one of the two.")),
        error_messages={"required": said("Choose what you found.")},
    )
    supplier_order_id = fields.String(load_default="", validate=validate.Length(max=80))


class NoteSchema(_Typed):
    """A note of the team on an order."""

    text = _needed(said("Write a note first."), 1000)


class TrackingSchema(_Typed):
    """A tracking number that a person has."""

    tracking_number = _needed(said("Write the tracking number."), 60)
    carrier = _needed(said("Write the carrier, as the supplier calls it."), 60)


def _web_address() -> fields.String:
    return fields.String(
        load_default="",
        validate=[
            validate.Regexp(
                r"https?://[^\s]+$", error=said("Write the whole address; it starts with https://.")
            ),
            validate.Length(max=500, error=said("Use at most 500 characters.")),
        ],
    )


class SupplierSchema(_Typed):
    """A new supplier; which key a kind needs is the service's rule."""

    client_id = _needed(said("Choose a client."), 40)
    kind = _needed(said("Choose a kind."), 20)
    name = _needed(said("Give the supplier a name."), 120)
    currency = fields.String(
        required=True,
        validate=validate.Regexp(r"[A-Z]{3}$", error=said("Write three capital letters, for example USD.")),
        error_messages={"required": said("Write the supplier's currency, for example USD.")},
    )
    base_url = _web_address()
    website = _web_address()
    api_key = fields.String(load_default="", validate=validate.Length(max=500))
    webhook_secret = fields.String(load_default="", validate=validate.Length(max=500))


class SupplierItemSchema(_Typed):
    """A new item; its costs are typed in the supplier's currency."""

    title = _needed(said("Give the item a title."), 200)
    supplier_sku = _needed(said("Write the sku under which the supplier sells it."), 120)
    unit_cost = _needed(said("Write what one unit costs, for example 4.20."), 20)
    url = _web_address()
    stock_quantity = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 10_000_000, error=said("Write a number from 0 up.")),
        error_messages={"invalid": said("Write a whole number, 0 is fine.")},
    )


class SupplierEditSchema(_Typed):
    """A supplier's name and addresses; another API address needs the key."""

    name = _needed(said("Give the supplier a name."), 120)
    base_url = _web_address()
    website = _web_address()
    api_key = fields.String(load_default="", validate=validate.Length(max=500))


class ItemEditSchema(_Typed):
    """An item; costs are typed in the supplier's currency where they are typed at all."""

    title = _needed(said("Give the item a title."), 200)
    url = _web_address()
    stock_quantity = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 10_000_000, error=said("Write a number from 0 up.")),
        error_messages={"invalid": said("Write a whole number, 0 is fine.")},
    )


class ConsentSchema(_Typed):
    """Who of the client agreed that a supplier gets buyers' addresses."""

    given_by_name = _needed(said("Write the name of the client's person who agreed."), 120)


class KeySchema(_Typed):
    """A new key of a supplier; an empty webhook secret leaves the former one."""

    api_key = _needed(said("Enter the key that the supplier gave you."), 500)
    webhook_secret = fields.String(load_default="", validate=validate.Length(max=500))


class ClientSchema(_Typed):
    """A new client."""

    name = _needed(said("Give the client a name."), 120)
    currency = _needed(said("Choose a currency."), 3)
    time_zone = _needed(said("Choose a time zone."), 60)


class LimitsSchema(_Typed):
    """A client's limits; the amounts are typed in its currency, the margin as a share of the sale in percent."""

    approval_above_minor = _needed(said("Write the amount, for example 50.00."), 20)
    daily_budget_minor = _needed(said("Write the amount, for example 1000.00."), 20)
    margin_floor = fields.Decimal(
        required=True,
        validate=validate.Range(0, 100, error=said("Write a share from 0 to 100 percent.")),
        error_messages={
            "required": said("Write the share in percent; 0 is fine."),
            "invalid": said("Write a number like 12.5."),
            "special": said("Write a number like 12.5."),
        },
    )


class RequestSchema(_Typed):
    """What the team needs from a client; the rules are the service's."""

    kind = fields.String(load_default="")
    text = fields.String(load_default="")


class BrandSchema(_Typed):
    """How the agency appears to its clients; the rules are the service's, but a preview needs a colour already."""

    name = fields.String(load_default="")
    colour = fields.String(
        required=True,
        validate=validate.Regexp(
            r"#[0-9A-Fa-f]{6}$",
            error=said("Write a colour as # and six digits or letters from a to f, for example #1f5f8b."),
        ),
        error_messages={"required": said("Choose a colour.")},
    )
    support_email = fields.String(load_default="")
    footer = fields.String(load_default="")


class ShopRulesSchema(_Typed):
    """A shop's own rules; which promises there are is the service's rule."""

    promise = _needed(said("Choose a promise."), 20)
    purchase_delay_minutes = fields.Integer(
        required=True,
        error_messages={
            "required": said("Write the minutes; 0 buys at once."),
            "invalid": said("Write a whole number of minutes; 0 buys at once."),
        },
    )
    usps_allowed = fields.Boolean(load_default=False)


class CarrierSchema(_Typed):
    """Which of TikTok's carriers a supplier's text stands for."""

    provider_name = _needed(said("Choose one of TikTok's carriers."), 200)
