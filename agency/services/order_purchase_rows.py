"""What an order's page shows of its purchases: the certificate of each, its attempts, and a doubt in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agency.domain.money import Money


@dataclass(frozen=True)
class EffectRow:
    """One write to the outside: what, where it stands, how often tried. Times are machine time.

    `outcome` is the end in words; `absent` counts the look-ups that proved it was not there.
    """

    kind: str
    title: str
    state: str
    state_text: str
    attempts: int
    reason: str
    outcome: str
    absent: int
    made_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    next_at: datetime | None


@dataclass(frozen=True)
class PurchasedLine:
    """What one purchase buys of one supplier item, and the version of the mapping that chose it."""

    supplier_sku: str
    title: str
    url: str
    quantity: int
    unit_cost: Money
    mapping_version: int | None
    line_ids: tuple[str, ...]


@dataclass(frozen=True)
class ConsentFact:
    """Whose consent covered this purchase, under which version of its text. Times are machine time."""

    given_by_name: str
    given_at: datetime
    text_version: str
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class DoubtRow:
    """A purchase of which nobody knows whether it happened, in plain words. Times are machine time.

    `asked` counts look-ups that found nothing; `next_at` is when the machine asks again, None when it cannot.
    """

    what: str
    sent_at: datetime | None
    asked: int
    asking: str
    known: str
    next_at: datetime | None
    look_up: str
    if_bought: str
    if_not: str


@dataclass(frozen=True)
class ReceiptRow:
    """One line of a supplier's receipt, as the supplier wrote it."""

    name: str
    value: str


@dataclass(frozen=True)
class PurchaseRow:
    """One purchase with its effects: its certificate. People are named for the reader ("you", a name).

    `rule` chose the supplier; `approved` are the reasons that a person waved through before; `difference` is paid less
    expected. Times are shop time, but `claimed_until`, which is machine time.
    """

    purchase_id: str
    supplier_id: str
    supplier_name: str
    supplier_kind: str
    supplier_website: str
    reference: str
    supplier_order_id: str
    state: str
    state_text: str
    tone: str
    reason: str
    expected: Money
    maximum: Money
    actual: Money | None
    difference: Money | None
    attempt: int
    rule: str
    planned_at: datetime | None
    approved: tuple[str, ...]
    approved_by: str
    claimed_by: str
    claimed_until: datetime | None
    placed_at: datetime | None
    paid_at: datetime | None
    shipped_at: datetime | None
    tracking_due_at: datetime | None
    consent: ConsentFact | None
    receipt: tuple[ReceiptRow, ...]
    lines: tuple[PurchasedLine, ...]
    effects: tuple[EffectRow, ...]
    doubt: DoubtRow | None
