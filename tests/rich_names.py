"""The words of the rich world: clients, shops, suppliers and goods. All made up; no real brand and no real person."""

from __future__ import annotations

from dataclasses import dataclass

AGENCY = "Harbor & Pine"


@dataclass(frozen=True)
class RichClient:
    """A client with five shops; `kind` is how its supplier is bought from."""

    name: str
    currency: str
    region: str
    zone: str
    supplier: str
    kind: str
    shops: tuple[str, ...]


def _client(name: str, region: str, supplier: str, kind: str, shops: str) -> RichClient:
    currency, zone = ("GBP", "Europe/London") if region == "GB" else ("USD", "America/New_York")
    return RichClient(name, currency, region, zone, supplier, kind, tuple(shops.split(", ")))


CLIENTS = (
    _client("Luma Group", "US", "Eastport Goods", "rest",
            "Luma Kitchen, Luma Home, Luma Bath, Luma Garden, Luma Pets"),
    _client("Bloom Labs", "US", "Kiln Works", "rest",
            "Tally Stationery, Amber Optics, Fern Desk, Oat Studio, Pebble Toys"),
    _client("Velvet Goods", "GB", "Brightway", "rest",
            "Kite & Cotton, Coral Swim, Heather Knits, Moss Apron, Tartan Picnic"),
    _client("Northlight", "US", "Cobble Supply", "rest",
            "Northlight Lamps, Northlight Rugs, Dune Linen, Slate Tools, Birch Frames"),
    _client("Juniper Co", "US", "Corner workshop", "manual",
            "Juniper Candles, Juniper Soap, Wick & Wax, Meadow Tea, Honey Jar"),
    _client("Saltmarsh", "GB", "Wharf Stock", "stock",
            "Saltmarsh Surf, Tidepool Kids, Gull Outdoor, Pier Bottles, Harbour Rope"),
    _client("Copperfield", "US", "Anvil Direct", "rest",
            "Copper Pans, Iron Skillet, Tin Lunch, Brass Hooks, Steel Thread"),
    _client("Paper Moon", "US", "Press House", "rest",
            "Paper Moon, Ink & Ivy, Quill Box, Folded Crane, Letter Lane"),
)  # fmt: skip

# name, option, price and cost in minor units
GOODS = (
    ("Ceramic pour-over set", "White, 2 cups", 4820, 1960),
    ("Knit throw blanket", "Grey, 50x60", 3998, 1580),
    ("2027 weekly planner", "Sage", 2650, 990),
    ("Walnut laptop stand", "Large", 4450, 2100),
    ("Cast iron skillet", "26 cm", 6400, 5560),
    ("Soy candle", "Cedar", 1650, 605),
    ("Fine liner set", "12 colours", 1899, 720),
    ("Linen apron", "Oat", 2700, 1090),
    ("Blue light glasses", "Tortoise", 3400, 1230),
    ("Bamboo bowl set", "3 pieces", 3525, 1360),
    ("Wall hooks, 4 pieces", "Brass", 2200, 815),
    ("Dry bag", "10 litres", 1950, 705),
)

PEOPLE = (("maya", "Maya Kerr", "owner"), ("sam", "Sam Okafor", "operator"), ("lee", "Lee Park", "viewer"))
MEMBER = ("ana", "Ana Luma")  # looks at the first client's pages
