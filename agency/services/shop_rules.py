"""A shop's own rules: which promise its clock keeps, how long it waits before buying, whether USPS may carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.clock_policies import PROMISES, Promise
from agency.domain.errors import Invalid
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.parcels import Parcel
from agency.models.shops import Shop
from agency.services.audit import Act, record_act
from agency.services.carriers import judge_again
from agency.services.public_ids import as_public_id
from agency.services.stages import recompute
from agency.services.visibility import get_visible

LONGEST_DELAY = 4320  # minutes; three days is the longest that any dated rule gives for handling
BATCH = 500
_OPEN_ORDERS = text(
    """
    select id from orders
    where shop_id = :shop_id and stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped') order by id
    """
)
# A plan time ahead comes from the former delay only; recompute adds the new one.
_FORGET_DELAY = text(
    """
    update orders set plan_at = awaiting_shipment_at
    where shop_id = :shop_id and plan_at > :now and awaiting_shipment_at is not null
    """
)


@dataclass(frozen=True)
class ShopRules:
    """`promise` is a key of `PROMISES`; the delay runs from the moment the order may be shipped."""

    promise: str
    purchase_delay_minutes: int
    usps_allowed: bool


def set_shop_rules(
    scope: Scope, session: Session, shop_public_id: str, rules: ShopRules, now: datetime
) -> None:
    """Sets a shop's rules; stages and deadlines of its open orders follow at once. `now` is shop time.

    Raises Forbidden, NotFound, and Invalid naming the field.
    """
    scope.require_write()
    wanted = as_public_id(shop_public_id, "Shop")
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == wanted)
    _check_rules(rules)
    former = rules_of(shop)
    if rules == former:
        return
    shop.promise, shop.usps_allowed = rules.promise, rules.usps_allowed
    shop.purchase_delay_minutes = rules.purchase_delay_minutes
    session.flush()
    if rules.usps_allowed and not former.usps_allowed:
        judge_again(
            scope, session, Parcel.shop_id == shop.id, Parcel.findings.contains([{"code": "policy_usps"}])
        )
    session.execute(_FORGET_DELAY, {"shop_id": shop.id, "now": now})
    for ids in _batches(list(session.scalars(_OPEN_ORDERS, {"shop_id": shop.id}))):
        recompute(scope, session, ids, now)
    make_due(session, api="plan", shop_id=shop.id)
    details = {"fields": [name for name, value in vars(rules).items() if getattr(former, name) != value]}
    record_act(
        scope, session, Act("shop.rules_changed", "shop", str(shop.public_id), shop.client_id, details)
    )


def list_promises() -> list[tuple[str, str]]:
    """Each promise with what it means, for a reader to choose from."""
    return [(word, _promise_text(promise)) for word, promise in PROMISES.items()]


def _promise_text(promise: Promise) -> str:
    if not promise.process_days:
        return said("TikTok's own limits")
    return said(
        "Stricter: {process} days to process, {tracking} to tracking, {delivery} to delivery, {overall} in all",
        process=promise.process_days,
        tracking=promise.tracking_days,
        delivery=promise.delivery_days,
        overall=promise.overall_days,
    )


def _check_rules(rules: ShopRules) -> None:
    if rules.promise not in PROMISES:
        raise Invalid("promise", said("Choose one of {choices}.", choices=", ".join(PROMISES)))
    if not 0 <= rules.purchase_delay_minutes <= LONGEST_DELAY:
        raise Invalid(
            "purchase_delay_minutes",
            said("Write 0 to {most} minutes, which is three days.", most=f"{LONGEST_DELAY:,}"),
        )


def rules_of(shop: Shop) -> ShopRules:
    """The rules as the shop keeps them now."""
    return ShopRules(shop.promise, shop.purchase_delay_minutes, shop.usps_allowed)


def _batches(ids: list[int]) -> Iterator[list[int]]:
    """The ids in groups of 500, so that one statement never carries a whole shop."""
    edges = [*range(0, len(ids), BATCH), len(ids)]
    return (ids[start:end] for start, end in pairwise(edges))
