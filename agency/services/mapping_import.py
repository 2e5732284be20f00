"""Mappings from a file: what each row would do, and doing it for all good rows in one transaction.

    file -> read_rows -> plan (nothing written) -> a person looks -> the same file is planned again -> applied

Preview and apply plan alike. `digest` names the plan that was seen: when the world has changed in between, it differs
and the person looks once more.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agency.domain.errors import Conflict, Invalid
from agency.domain.mapping_files import FileRow, whole_number
from agency.domain.money import Money, format_money, parse_money
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.mapping_world import ImportItem, ImportSku, ImportWorld, Live, read_world
from agency.services.mappings import NewMapping, map_sku

OUTCOMES = ("new", "changed", "unchanged", "empty", "refused")


@dataclass(frozen=True)
class ImportRow:
    """What one row does. `outcome` is one of `OUTCOMES`; a refused one names its `field` and what to do about it.

    `now` is what is bought today, `then` what would be; empty when there is nothing. `waiting` blocked orders go on.
    """

    line: int
    shop: str
    sku: str
    product: str
    choice: int
    outcome: str
    now: str
    then: str
    waiting: int
    field: str
    problem: str


@dataclass(frozen=True)
class ImportPlan:
    """All rows in the order of the file; `counts` by outcome adds up to their number."""

    rows: tuple[ImportRow, ...]
    counts: Mapping[str, int]
    waiting: int
    digest: str

    @property
    def writes(self) -> int:
        """How many mappings would be written."""
        return self.counts["new"] + self.counts["changed"]


def plan_import(scope: Scope, session: Session, rows: Sequence[FileRow]) -> ImportPlan:
    """What the rows would do; nothing is written. Raises Forbidden."""
    return _plan(scope, session, rows)[0]


def apply_import(
    scope: Scope, session: Session, rows: Sequence[FileRow], seen: str, now: datetime
) -> ImportPlan:
    """Writes every good row of a plan that has been seen; refused rows are left out. `now` is shop time.

    Raises Forbidden, and Conflict when the plan is no longer the one that was seen.
    """
    plan, news = _plan(scope, session, rows)
    if seen != plan.digest:
        raise Conflict("Something changed since you looked. Nothing was written; look at the rows once more.")
    # One order for all, so that two files at once wait for each other and do not block each other.
    for new in sorted(news, key=lambda new: (new.shop_id, new.sku_id, new.rank)):
        map_sku(scope, session, new, now)
    return plan


def _plan(
    scope: Scope, session: Session, file_rows: Sequence[FileRow]
) -> tuple[ImportPlan, list[NewMapping]]:
    scope.require_write()
    world = read_world(scope, session)
    rows: list[ImportRow] = []
    news: list[NewMapping] = []
    taken: dict[tuple[str, str, int], int] = {}
    for file_row in file_rows:
        try:
            row, new = _judge(world, file_row, taken)
        except Invalid as refusal:
            row, new = _refused(file_row, refusal), None
        rows.append(row)
        if new is not None and row.outcome in ("new", "changed"):
            news.append(new)
    counts = Counter(row.outcome for row in rows)
    seen = [
        (row.line, row.shop, row.sku, row.choice, row.outcome, row.now, row.then, row.problem) for row in rows
    ]
    digest = hashlib.sha256(repr(seen).encode()).hexdigest()
    numbers = {word: counts[word] for word in OUTCOMES}
    return ImportPlan(tuple(rows), numbers, _waiting(rows), digest), news


def _waiting(rows: list[ImportRow]) -> int:
    """Blocked orders that are planned again, each counted once per sku."""
    skus = {(row.shop, row.sku): row.waiting for row in rows if row.outcome in ("new", "changed")}
    return sum(skus.values())


def _judge(
    world: ImportWorld, row: FileRow, taken: dict[tuple[str, str, int], int]
) -> tuple[ImportRow, NewMapping | None]:
    """One row against the world. Raises Invalid naming the column."""
    shop = world.find_shop(row.cell("shop"))
    sku = world.find_sku(shop, row.cell("sku"))
    choice = whole_number(row, "choice", 1, 9)
    live = world.live.get((shop.shop_id, sku.sku_id, choice))
    if not row.cell("supplier") and not row.cell("supplier_sku"):
        return _told(row, sku, choice, "empty", live, ""), None
    if (first := taken.setdefault((shop.shop_id, sku.sku_id, choice), row.line)) != row.line:
        raise Invalid(
            "sku",
            said(
                "Line {line} maps this sku's choice {choice} already. Keep one of them.",
                line=first,
                choice=choice,
            ),
        )
    item = world.find_item(shop, row.cell("supplier"), row.cell("supplier_sku"))
    quantity, cap = whole_number(row, "quantity", 1, 1000), _cap(row, item)
    new = NewMapping(shop.shop_id, sku.sku_id, item.item_id, quantity, choice, cap)
    then = _words(item.supplier, item.supplier_sku, quantity, cap, item.currency)
    if live is None:
        return _told(row, sku, choice, "new", None, then), new
    same = (live.item_id, live.quantity, live.cap_minor) == (item.item_id, quantity, cap)
    return _told(row, sku, choice, "unchanged" if same else "changed", live, then), new


def _cap(row: FileRow, item: ImportItem) -> int | None:
    """The highest unit cost in minor units of the supplier's currency."""
    currency, typed = row.cell("currency"), row.cell("highest_unit_cost")
    if currency and currency.upper() != item.currency:
        raise Invalid(
            "currency",
            said(
                "{supplier} is paid in {currency}. Write that, or nothing.",
                supplier=item.supplier,
                currency=item.currency,
            ),
        )
    if not typed:
        return None
    try:
        cap = parse_money(typed.replace(",", "."), item.currency).amount
    except Invalid as refusal:
        raise Invalid("highest_unit_cost", str(refusal)) from None
    if cap <= 0:
        raise Invalid("highest_unit_cost", "Write an amount above zero, or leave it empty.")
    return cap


def _words(supplier: str, supplier_sku: str, quantity: int, cap_minor: int | None, currency: str) -> str:
    times = f"{quantity} \N{MULTIPLICATION SIGN} " if quantity > 1 else ""
    cap = f", {_amount(cap_minor, currency)}" if cap_minor else ""
    return f"{times}{supplier} {supplier_sku}{cap}"


def _amount(minor: int, currency: str) -> str:
    return f"\N{LESS-THAN OR EQUAL TO} {format_money(Money(minor, currency))}"


def _told(row: FileRow, sku: ImportSku, choice: int, outcome: str, live: Live | None, then: str) -> ImportRow:
    now = (
        _words(live.supplier, live.supplier_sku, live.quantity, live.cap_minor, live.currency) if live else ""
    )
    name = sku.product if not sku.variant else f"{sku.product}, {sku.variant}"
    return ImportRow(row.line, sku.shop, sku.sku_id, name, choice, outcome, now, then, sku.waiting, "", "")


def _refused(row: FileRow, refusal: Invalid) -> ImportRow:
    return ImportRow(
        row.line,
        row.cell("shop"),
        row.cell("sku"),
        row.cell("product"),
        0,
        "refused",
        "",
        "",
        0,
        refusal.field,
        str(refusal),
    )
