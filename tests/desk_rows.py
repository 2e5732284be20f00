"""Rows for tests of the doors: orders, decisions, skus, suppliers and mappings of a desk's clients."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from agency.domain.consents import needs_consent
from agency.models.attention import Attention
from agency.models.catalog import Mapping, Sku, Supplier, SupplierItem
from agency.models.consents import SupplierConsent
from agency.models.finance import LedgerEntry
from agency.models.orders import Order, OrderLine
from agency.models.parcels import Parcel
from agency.models.purchasing import Purchase, PurchaseLine
from agency.models.shops import ProviderList
from agency.services.order_page_rows import OrderPage
from agency.services.order_pages import get_order_page
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk, Side

_numbers = count(577000000000000001)


def add_order(session: Session, side: Side, client: str = "Luma", **changes: Any) -> Order:
    """An order of one unit, worth 20.00, being bought and due in two hours, or what `changes` make of it."""
    keys = {"agency_id": side.agency_id, "client_id": side.clients[client], "shop_id": side.shops[client]}
    number = changes.pop("number", "") or str(next(_numbers))
    sku_id = changes.pop("sku_id", "fake-sku-1")
    zero = ("shipping_fee_minor", "tax_minor", "platform_discount_minor", "seller_discount_minor")
    values: dict[str, Any] = {
        "tiktok_order_id": number,
        "status": "AWAITING_SHIPMENT",
        "stage": "to_buy",
        "stage_at": NOW,
        "order_type": "NORMAL",
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "shipping_type": "SELLER",
        "delivery_option_id": "1",
        "delivery_option_name": "Standard",
        "currency": "USD",
        "total_minor": 2000,
        "subtotal_minor": 2000,
        **dict.fromkeys(zero, 0),
        "unit_count": 1,
        "title": "Pour-over set",
        "placed_at": NOW - timedelta(hours=10),
        "tiktok_updated_at": NOW,
        "due_at": NOW + timedelta(hours=2),
        "due_kind": "tts_sla",
        "due_source": "tiktok",
        "is_sample": False,
        "is_replacement": False,
        "is_cancel_requested": False,
    }
    order = Order(**keys, **values | changes)
    session.add(order)
    session.flush()
    session.add(_line(keys, order, sku_id))
    session.flush()
    return order


def _line(keys: dict[str, int], order: Order, sku_id: str) -> OrderLine:
    return OrderLine(
        **keys,
        order_id=order.id,
        tiktok_line_id=f"{order.tiktok_order_id}1",
        sku_id=sku_id,
        product_id="fake-product-1",
        product_name="Pour-over set",
        sku_name="White",
        seller_sku="LK-PO-02",
        sale_price_minor=2000,
        platform_discount_minor=0,
        seller_discount_minor=0,
        tax_minor=0,
        display_status="AWAITING_SHIPMENT",
        package_id="",
        tracking_number="",
        provider_id="",
    )


def add_attention(session: Session, side: Side, client: str = "Luma", **changes: Any) -> Attention:
    """An open decision of the client, about a shop, an order or nothing in particular."""
    values = {
        "kind": "blocked",
        "cause_key": str(next(_numbers)),
        "why": "Because.",
        "action": "look",
        **changes,
    }
    row = Attention(agency_id=side.agency_id, client_id=side.clients[client], **values)
    session.add(row)
    session.flush()
    return row


def add_sku(session: Session, side: Side, client: str = "Luma", sku_id: str = "fake-sku-1") -> Sku:
    """A sku that the client's shop has sold."""
    row = Sku(
        agency_id=side.agency_id,
        client_id=side.clients[client],
        shop_id=side.shops[client],
        sku_id=sku_id,
        product_id="fake-product-1",
        product_name="Pour-over set",
        sku_name="White",
        seller_sku="LK-PO-02",
        last_ordered_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def add_item(
    session: Session, side: Side, client: str = "Luma", kind: str = "manual", name: str = "Kiln"
) -> SupplierItem:
    """A supplier of the client with one item at 5.00."""
    keys = {"agency_id": side.agency_id, "client_id": side.clients[client]}
    supplier = Supplier(**keys, kind=kind, name=name, currency="USD")
    session.add(supplier)
    session.flush()
    if needs_consent(kind):
        add_consent(session, supplier)
    item = SupplierItem(
        **keys, supplier_id=supplier.id, supplier_sku="KC-1", title="Pot", unit_cost_minor=500, currency="USD"
    )
    session.add(item)
    session.flush()
    session.refresh(item)
    session.refresh(supplier)
    side.public |= {"supplier": str(supplier.public_id), "item": str(item.public_id)}
    return item


def add_consent(session: Session, supplier: Supplier) -> None:
    """The client's consent that this supplier gets buyers' addresses."""
    keys = {"agency_id": supplier.agency_id, "client_id": supplier.client_id, "supplier_id": supplier.id}
    said = {
        "text_version": "fake-1",
        "text": "Fake words.",
        "given_by": "user:1",
        "given_by_name": "Fake Client",
    }
    add_row(session, SupplierConsent(**keys, **said, given_at=NOW))


def add_mapping(
    session: Session,
    side: Side,
    item: SupplierItem,
    client: str = "Luma",
    sku_id: str = "fake-sku-1",
    rank: int = 1,
) -> None:
    """A live mapping of the sku to the item, the first choice or a later one."""
    keys = {"agency_id": side.agency_id, "client_id": side.clients[client], "shop_id": side.shops[client]}
    session.execute(
        insert(Mapping).values(
            **keys, sku_id=sku_id, version=1, rank=rank, supplier_item_id=item.id, created_by="user:1"
        )
    )


def due_lanes(session: Session) -> set[tuple[str, int | None]]:
    """(api, shop id) of every lane that is awake."""
    rows = session.execute(text("select api, shop_id from lanes where due_at is not null"))
    return {(row.api, row.shop_id) for row in rows}


def keys_of(order: Order) -> dict[str, int]:
    """The tenant's keys of the order."""
    return {"agency_id": order.agency_id, "client_id": order.client_id, "shop_id": order.shop_id}


def add_row(session: Session, row: Any) -> Any:
    """The row, written."""
    session.add(row)
    session.flush()
    return row


def add_purchase(
    session: Session, side: Side, order: Order, client: str = "Luma", **changes: Any
) -> Purchase:
    """A paid purchase of two units for the order's line, 6.40 in all, or what `changes` make of it."""
    item = add_item(session, side, client)
    values = {
        "state": "paid",
        "currency": "USD",
        "expected_minor": 650,
        "max_minor": 700,
        "actual_minor": 640,
        **changes,
    }
    purchase = Purchase(
        **keys_of(order), order_id=order.id, supplier_id=item.supplier_id, reference="TS-FAKE-1", **values
    )
    add_row(session, purchase)
    (line_id,) = [row.id for row in session.connection().exec_driver_sql(
        "select id from order_lines where order_id = %s", (order.id,))]  # fmt: skip
    line = PurchaseLine(**keys_of(order), purchase_id=purchase.id, order_line_id=line_id, supplier_item_id=item.id,
                        quantity=2, unit_cost_minor=320)  # fmt: skip
    add_row(session, line)
    return purchase


def add_parcel(session: Session, order: Order, purchase: Purchase | None = None, **changes: Any) -> Parcel:
    """A parcel that the firewall stopped since nobody knows the carrier "Zippy", or what `changes` make of it."""
    finding = {"code": "carrier_unknown", "severity": "block", "sentence": "Zippy is not a known carrier."}
    values = {"state": "blocked", "tracking_number": f"{order.tiktok_order_id}", "carrier_text": "Zippy",
              "findings": [finding], **changes}  # fmt: skip
    row = Parcel(**keys_of(order), order_id=order.id, purchase_id=purchase.id if purchase else None, **values)
    add_row(session, row)
    session.refresh(row)
    return row


def add_money(
    session: Session, order: Order, kind: str, amount: int, at: datetime = NOW, currency: str = "USD"
) -> None:
    """One line of the order's ledger."""
    entry = {"entry_key": f"{order.id}:{kind}:{amount}", "kind": kind, "amount_minor": amount}
    add_row(session, LedgerEntry(**keys_of(order), order_id=order.id, **entry, currency=currency, at=at))


def order_page(desk: Desk, session: Session, order: Order, *more: Any, **scope: Any) -> OrderPage:
    """The order's page as our owner reads it, or another `scope`; `more` are names and the timeline asked for."""
    session.flush()
    return get_order_page(
        desk.ours.scope(**scope), session, Keyring(MASTER_KEY), order.tiktok_order_id, NOW, *more
    )


def add_providers(session: Session, order: Order, *names: str) -> None:
    """TikTok's carriers for the order's delivery option."""
    providers = [[f"fake-{place}", name] for place, name in enumerate(names)]
    add_row(session, ProviderList(**keys_of(order), delivery_option_id=order.delivery_option_id,
                                  providers=providers, read_at=NOW))  # fmt: skip
