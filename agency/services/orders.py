"""Taking in what TikTok says of orders. Webhook and poll both end here: store the read, then recompute.

snapshots -> rows (one statement) -> contacts (sealed) -> events -> what changed for purchasing -> stage and clock
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.addresses import fingerprint
from agency.domain.orders import CANCELLED, SHIPPABLE, STATUSES, OrderSnapshot, Stage
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.shops import Shop
from agency.services.attention import Cause, open_attention
from agency.services.blocked import plan_again
from agency.services.contacts_store import store_contacts
from agency.services.order_writes import ShopKeys, WrittenOrder, write_orders
from agency.services.sealing import Keyring
from agency.services.stages import first_columns, recompute
from agency.services.timeline import Happening, OrderRef, record_events

_KNOWN = text(
    """
    select id, tiktok_order_id, status, tiktok_updated_at, address_key, is_cancel_requested, unknown_codes
    from orders where shop_id = :shop_id and tiktok_order_id = any(:ids)
    """
)
_ADDRESS_KEYS = text(
    """
    update orders o set address_key = n.key
    from unnest(cast(:ids as bigint[]), cast(:keys as text[])) as n(id, key) where o.id = n.id
    returning o.id, o.stage
    """
)
_SKUS = text(
    """
    insert into skus (agency_id, client_id, shop_id, sku_id, product_id, product_name, sku_name, seller_sku,
      last_ordered_at)
    values (:agency_id, :client_id, :shop_id, :sku_id, :product_id, :product_name, :sku_name, :seller_sku, :at)
    on conflict (shop_id, sku_id) do update set product_name = excluded.product_name, sku_name = excluded.sku_name,
      seller_sku = excluded.seller_sku, last_ordered_at = greatest(skus.last_ordered_at, excluded.last_ordered_at)
    """
)


@dataclass(frozen=True)
class Imported:
    """What an import changed. `cancelled` and `address_changed` are internal order ids that purchasing must hear of."""

    ids: tuple[int, ...]
    new: int
    cancelled: tuple[int, ...]
    address_changed: tuple[int, ...]
    plan_at: datetime | None


def import_orders(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    shop: Shop,
    snapshots: Sequence[OrderSnapshot],
    now: datetime,
    via: str = "",
) -> Imported:
    """Stores reads of orders of one shop. Repeating it, or an older read arriving late, changes nothing.

    `via` is kept with a new order: what made us read it, "webhook" or "poll".
    """
    newest = _newest_each(snapshots)
    if not newest:
        return Imported((), 0, (), (), None)
    keys = ShopKeys(shop.agency_id, shop.client_id, shop.id)
    known = {
        row["tiktok_order_id"]: row
        for row in session.execute(_KNOWN, {"shop_id": shop.id, "ids": list(newest)}).mappings()
    }
    ours = {
        order_id: first_columns(_first_facts(snapshot, shop), now) for order_id, snapshot in newest.items()
    }
    written = write_orders(session, keys, list(newest.values()), ours)
    ids = {row.order_id: row.id for row in written}
    fresh = {row.order_id: newest[row.order_id] for row in written}
    _remember_skus(session, keys, list(fresh.values()))
    store_contacts(scope, session, keyring, keys, [(ids[key], snapshot) for key, snapshot in fresh.items()])
    moved, stuck = _address_changes(session, ids, fresh, known)
    if stuck:  # whatever the former address, or its stars, stood in the way of is judged anew
        plan_again(scope, session, stuck, now)
    record_events(scope, session, _happenings(keys, written, fresh, known, moved, via))
    _flag_unknown(scope, session, shop, ids, fresh)
    plan_at = recompute(scope, session, list(ids.values()), now)
    cancelled = [ids[key] for key, snapshot in fresh.items() if _newly_cancelled(snapshot, known.get(key))]
    return Imported(
        tuple(ids.values()), sum(row.is_new for row in written), tuple(cancelled), tuple(moved), plan_at
    )


def _newest_each(snapshots: Sequence[OrderSnapshot]) -> dict[str, OrderSnapshot]:
    newest: dict[str, OrderSnapshot] = {}
    for snapshot in snapshots:
        held = newest.get(snapshot.order_id)
        if held is None or held.updated_at <= snapshot.updated_at:
            newest[snapshot.order_id] = snapshot
    return newest


def _first_facts(snapshot: OrderSnapshot, shop: Shop) -> dict[str, Any]:
    kinds = ("rts_sla", "tts_sla", "shipping_due", "collection_due", "delivery_sla", "delivery_due")
    return {
        "status": snapshot.status,
        "order_type": snapshot.order_type,
        "shipping_type": snapshot.shipping_type,
        "fulfillment_type": snapshot.fulfillment_type,
        "placed_at": snapshot.created_at,
        "paid_at": snapshot.paid_at,
        "awaiting_shipment_at": None,
        "release_at": snapshot.release_at,
        "handling_days": snapshot.handling_days,
        "collected_at": snapshot.collected_at,
        "settled_at": None,
        "held_by": "",
        "has_blockers": False,
        "waiting": False,
        "live": len(snapshot.lines),
        "bought": 0,
        "region": shop.region,
        "promise": shop.promise,
        "purchase_delay_minutes": shop.purchase_delay_minutes,
        **{f"{kind}_at": snapshot.deadlines.get(kind) for kind in kinds},
    }


def _remember_skus(session: Session, keys: ShopKeys, snapshots: Sequence[OrderSnapshot]) -> None:
    rows = {
        line.sku_id: {
            "agency_id": keys.agency_id,
            "client_id": keys.client_id,
            "shop_id": keys.shop_id,
            "sku_id": line.sku_id,
            "product_id": line.product_id,
            "product_name": line.product_name,
            "sku_name": line.sku_name,
            "seller_sku": line.seller_sku,
            "at": snapshot.created_at,
        }
        for snapshot in snapshots
        for line in snapshot.lines
        if line.product_name
    }
    if rows:
        session.execute(_SKUS, [rows[sku_id] for sku_id in sorted(rows)])


def _address_changes(
    session: Session, ids: dict[str, int], fresh: dict[str, OrderSnapshot], known: Any
) -> tuple[list[int], list[int]]:
    """Stores the fingerprint of each clear address.

    Returns the orders whose clear address became another one, and the blocked ones that have a new clear address.
    """
    changed, stuck, newest = [], [], {}
    for key, snapshot in fresh.items():
        if snapshot.address is None or snapshot.address_masked:
            continue
        print_now = fingerprint(snapshot.address)
        before = known[key]["address_key"] if key in known else ""
        if print_now != before:
            newest[ids[key]] = print_now
        if before and print_now != before:
            changed.append(ids[key])
    if newest:
        rows = session.execute(_ADDRESS_KEYS, {"ids": list(newest), "keys": list(newest.values())})
        stuck = [row.id for row in rows if row.stage == Stage.BLOCKED]
    return changed, stuck


def _newly_cancelled(snapshot: OrderSnapshot, before: Any) -> bool:
    return snapshot.status == CANCELLED and (before is None or before["status"] != CANCELLED)


def _happenings(
    keys: ShopKeys,
    written: Sequence[WrittenOrder],
    fresh: dict[str, OrderSnapshot],
    known: Any,
    moved: list[int],
    via: str,
) -> list[Happening]:
    happenings = []
    for row in written:
        snapshot, before = fresh[row.order_id], known.get(row.order_id)
        ref = OrderRef(row.id, keys.shop_id, keys.client_id)
        if row.is_new:
            data: dict[str, Any] = {"status": snapshot.status, "units": len(snapshot.lines)}
            data |= {"total_minor": snapshot.total.amount, "currency": snapshot.currency}
            data |= {"via": via} if via else {}
            happenings.append(Happening(ref, "order_received", data, snapshot.created_at, "marketplace"))
        elif before is not None and before["status"] != snapshot.status:
            data = {"from": before["status"], "to": snapshot.status, "reason": snapshot.cancel_reason}
            happenings.append(Happening(ref, "status_changed", data, snapshot.updated_at, "marketplace"))
        if before is not None and snapshot.is_cancel_requested and not before["is_cancel_requested"]:
            happenings.append(Happening(ref, "cancel_requested", {}, snapshot.updated_at, "marketplace"))
        if row.id in moved:
            happenings.append(Happening(ref, "address_changed", {}, snapshot.updated_at, "marketplace"))
    return happenings


def _flag_unknown(
    scope: Scope, session: Session, shop: Shop, ids: dict[str, int], fresh: dict[str, OrderSnapshot]
) -> None:
    for key, snapshot in fresh.items():
        if not snapshot.unknown and snapshot.status in STATUSES:
            continue
        codes = ", ".join(f"{name} {value!r}" for name, value in sorted(snapshot.unknown.items()))
        open_attention(
            scope,
            session,
            Cause(
                client_id=shop.client_id,
                kind="unknown_code",
                key=f"{shop.id}:{codes}",
                why=said(
                    "TikTok sent a code that Shopfleet does not know ({codes}). The order is kept and not "
                    "bought.",
                    codes=codes,
                ),
                action="look",
                shop_id=shop.id,
                order_id=ids[key],
                due_at=snapshot.deadlines.get("tts_sla"),
                loss_minor=snapshot.total.amount if snapshot.status in SHIPPABLE else 0,
                currency=snapshot.currency,
            ),
        )
