"""A form as it was sent: what the person typed is kept, every field has its own message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields

from agency.domain.errors import Conflict, Invalid
from agency.domain.money import parse_money
from agency.domain.said import said

_TOKEN = "form_token"  # noqa: S105 - the name of a field, not a secret
WHOLE = ""  # the key of a message that belongs to no single field
# What `Form.label` makes of the names of our fields, written down for the translators.
LABELS = frozenset(
    {
        said("Agency name"),
        said("Api key"),
        said("Approval above"),
        said("Areas"),
        said("Base url"),
        said("Carrier"),
        said("Client id"),
        said("Client ids"),
        said("Code"),
        said("Cost"),
        said("Credential"),
        said("Currency"),
        said("Current password"),
        said("Daily budget"),
        said("Days"),
        said("Email"),
        said("File"),
        said("Given by name"),
        said("Kind"),
        said("Label"),
        said("Language"),
        said("Late"),
        said("Margin floor"),
        said("Moment"),
        said("Name"),
        said("Outcome"),
        said("Owner"),
        said("Password"),
        said("Price cap"),
        said("Promise"),
        said("Provider name"),
        said("Purchase delay minutes"),
        said("Quantity"),
        said("Rank"),
        said("Reach"),
        said("Reason"),
        said("Role"),
        said("Shipping"),
        said("Since"),
        said("Stock quantity"),
        said("Supplier item id"),
        said("Supplier order id"),
        said("Supplier sku"),
        said("Time zone"),
        said("Title"),
        said("Tracking number"),
        said("Unit cost"),
        said("Until"),
        said("Url"),
        said("Webhook secret"),
        said("Website"),
    }
)


@dataclass
class Form:
    """Typed values and messages by field name; `WHOLE` holds a message about the form as such."""

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def fine(self) -> bool:
        """True while nothing is wrong."""
        return not self.errors

    def value(self, name: str, default: Any = "") -> Any:
        """What was typed, or the value to begin with."""
        return self.values.get(name, default)

    @staticmethod
    def label(name: str) -> str:
        """The name of a field in words, for the summary."""
        return name.removesuffix("_minor").replace("_", " ").capitalize()

    def error(self, name: str) -> str:
        """The message of a field, empty when it is right."""
        return self.errors.get(name, "")

    def keeping_errors(self) -> _KeepingErrors:
        """Turns a refusal of a service into messages on this form."""
        return _KeepingErrors(self)

    def load(self, schema: Schema, **fixed: Any) -> dict[str, Any]:
        """The values as the schema reads them, `fixed` beside them; an empty field counts as not given.

        Leaves a message for each field that is wrong, and returns nothing then.
        """
        given = {
            name: _number(schema, name, typed)
            for name, typed in self.values.items()
            if typed and name in schema.fields
        }
        try:
            loaded = schema.load({**given, **fixed})
        except ValidationError as refusal:
            self.errors.update(_messages(refusal))
            return {}
        return dict(loaded)

    def minor(self, name: str, currency: str) -> int | None:
        """An amount that was typed in major units ("12.50") as minor units; None when empty or not an amount."""
        typed = self.values.get(name, "")
        if not typed:
            return None
        try:
            return parse_money(typed.replace(",", "."), currency).amount
        except Invalid as refusal:
            self.errors[name] = str(refusal)
            return None


class _KeepingErrors:
    """A `with` block that a refusal ends without leaving it; the code behind it shows the form again."""

    def __init__(self, form: Form) -> None:
        self._form = form

    def __enter__(self) -> None:
        """Nothing to begin with."""

    def __exit__(self, _kind: object, refusal: BaseException | None, _trace: object) -> bool:
        """Keeps the two kinds of refusal that a form can show; everything else goes on."""
        form = self._form
        if isinstance(refusal, Invalid):
            form.errors[refusal.field if refusal.field in form.values else WHOLE] = str(refusal)
            return True
        if isinstance(refusal, Conflict):
            form.errors[WHOLE] = str(refusal)
            return True
        return False


def sent_form(name: str = "") -> Form:
    """The form of this request; the first value of each field, trimmed."""
    values = {key: value.strip() for key, value in request.form.items() if key != _TOKEN}
    return Form(name, values)


def _number(schema: Schema, name: str, typed: str) -> Any:
    """A whole number for a field that wants one; any other text is left to the schema to refuse."""
    whole = isinstance(schema.fields[name], fields.Integer) and typed.isascii() and typed.isdigit()
    return int(typed) if whole else typed


def _messages(refusal: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, parts in refusal.messages_dict.items():
        found[WHOLE if name == "_schema" else name] = (
            " ".join(map(str, parts)) if isinstance(parts, list) else str(parts)
        )
    return found
