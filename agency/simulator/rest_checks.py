"""The generic REST supplier's checks of an order: form, address, items, stock, price."""

from __future__ import annotations

import json
import re

from agency.simulator.book import Doc
from agency.simulator.money import to_minor
from agency.simulator.stock import item_of
from agency.simulator.world import World

_PO_BOX = re.compile(r"\bP\.?\s*O\.?\s*BOX\b", re.IGNORECASE)
_MOST_UNITS = 1000


class Rejection(Exception):
    """A refusal with the contract's code, a sentence, a status and further fields."""

    def __init__(self, code: str, message: str, status: int = 422, more: Doc | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.more = more or {}


def _invalid(field: str, message: str) -> Rejection:
    return Rejection("invalid_request", message, 400, {"field": field})


def read_object(raw: bytes) -> Doc:
    """The body as one JSON object; raises Rejection otherwise."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise _invalid("body", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise _invalid("body", "The body must be one JSON object.")
    return body


def check_order(world: World, account: Doc, body: Doc) -> tuple[list[Doc], int, int]:
    """Price an order; returns (lines, total, shipping) in minor units or raises Rejection."""
    reference = body.get("reference")
    if not isinstance(reference, str) or not reference:
        raise _invalid("reference", "Give a reference.")
    if body.get("currency", account["currency"]) != account["currency"]:
        raise _invalid("currency", f"This account is billed in {account['currency']}.")
    _check_address(body.get("ship_to"))
    lines, shipping = _check_lines(world, account, body.get("lines"))
    total = sum(line["unit_price"] * line["quantity"] for line in lines) + shipping
    if "max_total" in body:
        try:
            most = to_minor(body["max_total"], account["currency"])
        except ValueError:
            raise _invalid("max_total", "max_total must be a decimal amount.") from None
        if total > most:
            raise Rejection("price_changed", "The order costs more than max_total.")
    return lines, total, shipping


def _check_address(given: object) -> None:
    if not isinstance(given, dict):
        raise _invalid("ship_to", "Give ship_to with name, address1, city, postal_code and country.")
    for field in ("name", "address1", "city", "postal_code", "country"):
        value = given.get(field)
        if not isinstance(value, str) or not value.strip() or "*" in value:
            raise Rejection(
                "address_invalid", f"ship_to.{field} is missing or hidden.", 422, {"field": field}
            )
    if _PO_BOX.search(given["address1"]):
        raise Rejection("shipping_unavailable", "Our carriers do not serve PO boxes.")


def _check_lines(world: World, account: Doc, given: object) -> tuple[list[Doc], int]:
    if not isinstance(given, list) or not given:
        raise _invalid("lines", "Give at least one line.")
    lines: list[Doc] = []
    shipping = 0
    wanted: dict[str, int] = {}
    for row in given:
        sku, quantity = _read_line(row)
        item = item_of(world, account, sku)
        if item is None:
            raise Rejection("sku_unknown", f"There is no item {sku}.", 422, {"lines": [{"sku": sku}]})
        wanted[sku] = wanted.get(sku, 0) + quantity
        if item["available"] < wanted[sku]:
            short = {"line_ref": row.get("line_ref", ""), "available": max(0, item["available"])}
            raise Rejection("out_of_stock", f"There is not enough of {sku}.", 422, {"lines": [short]})
        shipping = max(shipping, item["shipping"])
        lines.append(
            {
                "line_ref": str(row.get("line_ref", "")),
                "sku": sku,
                "quantity": quantity,
                "unit_price": item["price"],
            }
        )
    return lines, shipping


def _read_line(row: object) -> tuple[str, int]:
    if not isinstance(row, dict) or not isinstance(row.get("sku"), str):
        raise _invalid("lines.sku", "Each line needs a sku.")
    quantity = row.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= _MOST_UNITS:
        raise _invalid("lines.quantity", f"Each line needs a whole quantity from 1 to {_MOST_UNITS}.")
    return row["sku"], quantity
