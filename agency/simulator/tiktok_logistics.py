"""Warehouses, delivery options and the shipping providers of each."""

from __future__ import annotations

from flask import Blueprint

from agency.simulator.book import Doc
from agency.simulator.carriers import providers
from agency.simulator.gate import Call, Refusal, signed
from agency.simulator.order_factory import DELIVERY_OPTIONS

blueprint = Blueprint("tiktok_logistics", __name__)

_COUNTRIES = {
    "US": ("United States", "Oregon", "Eugene", "97401"),
    "GB": ("United Kingdom", "England", "Leeds", "LS1 1AA"),
}


@blueprint.get("/logistics/202309/warehouses")
@signed("seller.logistics")
def warehouses(call: Call) -> Doc:
    """The shop's one warehouse; the official sample really spells the key "distict"."""
    country, state, city, postcode = _COUNTRIES.get(call.shop["region"], (call.shop["region"], "", "", ""))
    return {
        "warehouses": [
            {
                "id": call.shop["warehouse_id"],
                "entity_id": call.shop["warehouse_id"][:-1] + "9",
                "name": "Main",
                "effect_status": "ENABLED",
                "type": "SALES_WAREHOUSE",
                "sub_type": "DOMESTIC_WAREHOUSE",
                "is_default": True,
                "address": {
                    "region": country,
                    "state": state,
                    "city": city,
                    "distict": "",
                    "town": "",
                    "contact_person": "Ops",
                    "postal_code": postcode,
                    "full_address": "1 Dock Rd",
                    "region_code": call.shop["region"],
                    "phone_number": "555****99",
                    "address_line1": "1 Dock Rd",
                },
            }
        ]
    }


@blueprint.get("/logistics/202309/warehouses/<warehouse_id>/delivery_options")
@signed("seller.logistics")
def delivery_options(call: Call, warehouse_id: str) -> Doc:
    """The two delivery options of the shop's warehouse."""
    if warehouse_id != call.shop["warehouse_id"]:
        raise Refusal(21011028, "The warehouse does not belong to this shop")
    return {
        "delivery_options": [
            {
                "id": identity,
                "name": name,
                "type": name.split()[0].upper(),
                "description": "",
                "dimension_limit": {"max_height": 100, "max_length": 100, "max_width": 100, "unit": "INCH"},
                "weight_limit": {"max_weight": 150, "min_weight": 0, "unit": "POUND"},
                "platform": ["TIKTOK_SHOP"],
            }
            for identity, name in DELIVERY_OPTIONS
        ]
    }


@blueprint.get("/logistics/202309/delivery_options/<option_id>/shipping_providers")
@signed("seller.logistics")
def shipping_providers(call: Call, option_id: str) -> Doc:
    """The providers a seller may name for that delivery option in the shop's region."""
    if option_id not in dict(DELIVERY_OPTIONS):
        raise Refusal(21008117, "No shipping providers for this delivery option")
    rows = providers(call.shop["region"]).values()
    return {"shipping_providers": [{"id": identity, "name": name} for identity, name in rows]}
