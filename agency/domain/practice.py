"""The practice shop of a first run: what it is called, what it sells, and what its ids are, on both sides of the wire.

Everything is derived from the practice client's public id, so that both sides agree without telling each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

CLIENT, SHOP, SUPPLIER = "Practice client", "Practice shop", "Practice supplier"
CURRENCY, REGION, TIME_ZONE = "USD", "US", "America/New_York"
SHIPPING = "3.90"


@dataclass(frozen=True)
class Good:
    """Something that the practice shop sells and the practice supplier has; amounts in major units of CURRENCY."""

    name: str
    option: str
    code: str
    price: str
    cost: str


GOODS = (
    Good("Ceramic pour-over set", "White, 2 cups", "PR-PO-02", "48.20", "19.60"),
    Good("Knit throw blanket", "Grey", "PR-KT-56", "39.98", "15.80"),
    Good("Desk pad", "Felt, grey", "PR-DP-01", "31.00", "12.45"),
)


class PracticeStep:
    """How far a practice client is: asked for -> its shop is being connected -> its first order is placed."""

    ASKED, CONNECTING, ORDERED = "asked", "connecting", "ordered"
    UNDER_WAY = (ASKED, CONNECTING)


@dataclass(frozen=True)
class PracticeIds:
    """What the practice client's things are called at the simulator."""

    seller: str
    shop: str
    supplier_key: str
    webhook_secret: str

    def product(self, place: int) -> str:
        """The product of the nth good."""
        return f"1729{self.shop[-8:]}{place:06d}"

    def sku(self, place: int) -> str:
        """The sku of the nth good."""
        return f"2729{self.shop[-8:]}{place:06d}"


def practice_ids(client_id: UUID) -> PracticeIds:
    """The ids that belong to a practice client, by its public id."""
    short = client_id.hex[:16]
    return PracticeIds(
        seller=f"seller-practice-{short}",
        shop=f"7494{client_id.int % 10**15:015d}",
        supplier_key=f"fake-rest-key-practice-{short}",
        webhook_secret=f"fake-webhook-secret-practice-{short}",
    )
