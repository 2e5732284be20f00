"""What the rows of a mapping file are compared with: shops, skus, items and mappings, by the names people write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.domain.mapping_files import is_shortened
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.visibility import visible_sql

_SHOPS = """
    select s.public_id, s.name, s.code, s.tiktok_shop_id, c.public_id as client, c.name as client_name, c.left_at
    from shops s join clients c on c.id = s.client_id where {seen} order by s.id
"""
_SKUS = """
    select s.public_id, s.code, k.sku_id, k.seller_sku, k.product_name, k.sku_name, coalesce(w.n, 0) as waiting
    from skus k join shops s on s.id = k.shop_id
    left join (
      select l.shop_id, l.sku_id, count(distinct o.id) as n from orders o
      join order_lines l on l.order_id = o.id and l.shop_id = o.shop_id where o.stage = 'blocked' group by 1, 2
    ) w on w.shop_id = k.shop_id and w.sku_id = k.sku_id
    where {seen} order by k.id
"""
_ITEMS = """
    select c.public_id as client, p.name, i.public_id, i.supplier_sku, p.currency
    from supplier_items i join suppliers p on p.id = i.supplier_id join clients c on c.id = p.client_id
    where {seen} order by i.id
"""
_LIVE = """
    select s.public_id, m.sku_id, m.rank, m.quantity, m.price_cap_minor, i.public_id as item, i.supplier_sku,
      i.currency, p.name
    from mappings m join shops s on s.id = m.shop_id join supplier_items i on i.id = m.supplier_item_id
    join suppliers p on p.id = i.supplier_id where m.superseded_at is null and {seen} order by m.id
"""
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class ImportShop:
    """A shop; `left` True: the client and the agency have parted."""

    shop_id: str
    name: str
    code: str
    client_id: str
    client_name: str
    left: bool


@dataclass(frozen=True)
class ImportSku:
    """A sku of a shop; `shop` is the shop's code."""

    shop: str
    sku_id: str
    product: str
    variant: str
    waiting: int


@dataclass(frozen=True)
class ImportItem:
    """An item of one of the client's suppliers."""

    item_id: str
    supplier: str
    supplier_sku: str
    currency: str


@dataclass(frozen=True)
class Live:
    """A live mapping."""

    item_id: str
    supplier: str
    supplier_sku: str
    quantity: int
    cap_minor: int | None
    currency: str


@dataclass(frozen=True)
class ImportWorld:
    """Everything visible, by the names that a file may use; texts are compared without regard to case."""

    shops: Mapping[str, Sequence[ImportShop]]  # by code, name, TikTok's number and our id
    skus: Mapping[tuple[str, str], Sequence[ImportSku]]  # by our shop id and TikTok's or the seller's sku
    items: Mapping[tuple[str, str, str], Sequence[ImportItem]]  # by client, supplier's name and its sku
    suppliers: Mapping[str, Sequence[str]]  # names by client
    live: Mapping[tuple[str, str, int], Live]  # by our shop id, TikTok's sku and choice

    def find_shop(self, typed: str) -> ImportShop:
        """The shop that is meant. Raises Invalid."""
        if not typed:
            raise Invalid("shop", "Write the shop's code, as on its page.")
        found = self.shops.get(typed.casefold(), ())
        if not found:
            raise Invalid(
                "shop", said("There is no shop {typed}. Write its code, as on its page.", typed=typed[:60])
            )
        shop = _only(
            found, "shop", said("Several shops are called {typed}. Write the code instead.", typed=typed[:60])
        )
        if shop.left:
            raise Invalid(
                "shop",
                said("{client} has left, so nothing is bought for this shop.", client=shop.client_name),
            )
        return shop

    def find_sku(self, shop: ImportShop, typed: str) -> ImportSku:
        """The sku that is meant, TikTok's own number first. Raises Invalid."""
        if not typed:
            raise Invalid("sku", "Write TikTok's sku number or the seller's sku.")
        if is_shortened(typed):
            raise Invalid(
                "sku",
                "The spreadsheet has shortened this number. Format the column as text, then paste it anew.",
            )
        found = self.skus.get((shop.shop_id, typed.casefold()), ())
        if not found:
            sentence = said(
                "{shop} has not sold a sku {typed} yet. Skus are learned from orders.",
                shop=shop.name,
                typed=typed[:64],
            )
            raise Invalid("sku", sentence)
        return _only(
            found, "sku", said("Several skus are called {typed}. Write TikTok's number.", typed=typed[:64])
        )

    def find_item(self, shop: ImportShop, supplier: str, supplier_sku: str) -> ImportItem:
        """The item that is meant, among those of the shop's client. Raises Invalid."""
        names = self.suppliers.get(shop.client_id, ())
        if supplier.casefold() not in (name.casefold() for name in names):
            known = ", ".join(names[:5]) or said("none yet")
            raise Invalid(
                "supplier",
                said(
                    "{client} has no supplier of that name. There are: {known}.",
                    client=shop.client_name,
                    known=known,
                ),
            )
        if is_shortened(supplier_sku):
            raise Invalid(
                "supplier_sku",
                "The spreadsheet has shortened this number. Format the column as text, then paste it anew.",
            )
        found = self.items.get((shop.client_id, supplier.casefold(), supplier_sku.casefold()), ())
        if not found:
            raise Invalid(
                "supplier_sku",
                said(
                    "{supplier} has no item of that sku. Add it on the supplier's page first.",
                    supplier=supplier[:60],
                ),
            )
        return _only(
            found,
            "supplier_sku",
            said("Several suppliers are called {supplier}. Rename one of them.", supplier=supplier[:60]),
        )


def read_world(scope: Scope, session: Session) -> ImportWorld:
    """Reads it in four statements."""
    shops: dict[str, list[ImportShop]] = defaultdict(list)
    skus: dict[tuple[str, str], list[ImportSku]] = defaultdict(list)
    for row in session.execute(text(_SHOPS.format(seen=visible_sql(scope, "s.client_id")))):
        shop = ImportShop(
            str(row.public_id), row.name, row.code, str(row.client), row.client_name, row.left_at is not None
        )
        for name in {row.code, row.name, row.tiktok_shop_id, shop.shop_id}:
            shops[name.casefold()].append(shop)
    for row in session.execute(text(_SKUS.format(seen=visible_sql(scope, "k.client_id")))):
        sku = ImportSku(row.code, row.sku_id, row.product_name, row.sku_name, row.waiting)
        for name in {row.sku_id.casefold(), row.seller_sku.casefold()} - {""}:
            skus[(str(row.public_id), name)].append(sku)
    items, suppliers = _read_items(scope, session)
    return ImportWorld(shops, skus, items, suppliers, _read_live(scope, session))


def _read_items(
    scope: Scope, session: Session
) -> tuple[Mapping[tuple[str, str, str], list[ImportItem]], Mapping[str, list[str]]]:
    items: dict[tuple[str, str, str], list[ImportItem]] = defaultdict(list)
    suppliers: dict[str, list[str]] = defaultdict(list)
    for row in session.execute(text(_ITEMS.format(seen=visible_sql(scope, "p.client_id")))):
        item = ImportItem(str(row.public_id), row.name, row.supplier_sku, row.currency)
        items[(str(row.client), row.name.casefold(), row.supplier_sku.casefold())].append(item)
        if row.name not in suppliers[str(row.client)]:
            suppliers[str(row.client)].append(row.name)
    return items, suppliers


def _read_live(scope: Scope, session: Session) -> Mapping[tuple[str, str, int], Live]:
    rows = session.execute(text(_LIVE.format(seen=visible_sql(scope, "m.client_id"))))
    return {
        (str(row.public_id), row.sku_id, row.rank): Live(
            str(row.item), row.name, row.supplier_sku, row.quantity, row.price_cap_minor, row.currency
        )
        for row in rows
    }


def _only(found: Sequence[Thing], field: str, sentence: str) -> Thing:
    if len(found) > 1:
        raise Invalid(field, sentence)
    return found[0]
