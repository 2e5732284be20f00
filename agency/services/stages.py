"""Where each order stands and which deadline counts: recomputed in batches from TikTok's status and our purchases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.clocks import DeadlineKind, OrderFacts, next_deadline
from agency.domain.orders import SHIPPABLE, OrderFactsForStage, Stage, stage_of
from agency.domain.scope import Scope
from agency.services.timeline import Happening, OrderRef, record_events

_FACTS = text(
    """
    select o.id, o.shop_id, o.client_id, o.status, o.stage, o.order_type, o.shipping_type, o.fulfillment_type,
      o.placed_at, o.paid_at, o.awaiting_shipment_at, o.release_at, o.handling_days, o.collected_at, o.settled_at,
      o.rts_sla_at, o.tts_sla_at, o.shipping_due_at, o.collection_due_at, o.delivery_sla_at, o.delivery_due_at,
      o.due_at, o.due_kind, o.due_source, o.held_by, o.plan_at, jsonb_array_length(o.blockers) > 0 as has_blockers,
      s.region, s.promise, s.purchase_delay_minutes,
      coalesce(l.live, 0) as live, coalesce(l.bought, 0) as bought, coalesce(l.covered, 0) as covered,
      coalesce(l.waiting, false) as waiting
    from orders o join shops s on s.id = o.shop_id
    left join lateral (
      select count(*) filter (where ol.display_status <> 'CANCELLED') as live,
        count(*) filter (where p.state in ('placed', 'paying', 'paid', 'shipped', 'closed')) as bought,
        count(*) filter (where p.id is not null) as covered,
        bool_or(p.state in ('approval', 'review') or (p.state = 'ready' and sp.kind = 'manual')) as waiting
      from order_lines ol
      left join purchase_lines pl on pl.order_line_id = ol.id and pl.live
      left join purchases p on p.id = pl.purchase_id
      left join suppliers sp on sp.id = p.supplier_id
      where ol.order_id = o.id
    ) l on true
    where o.id = any(:ids)
    order by o.id
    for no key update of o
    """
)

_WRITE = text(
    """
    update orders o set stage = c.stage, stage_at = coalesce(c.stage_at, o.stage_at), due_at = c.due_at,
      due_kind = c.due_kind, due_source = c.due_source,
      awaiting_shipment_at = c.awaiting_shipment_at, plan_at = c.plan_at
    from jsonb_to_recordset(cast(:rows as jsonb)) as c(id bigint, stage text, stage_at timestamptz, due_at timestamptz,
      due_kind text, due_source text, awaiting_shipment_at timestamptz, plan_at timestamptz)
    where o.id = c.id
    """
)


def recompute(scope: Scope, session: Session, order_ids: Sequence[int], now: datetime) -> datetime | None:
    """Recomputes stage, deadline and plan time of orders; `now` is shop time. Returns the earliest plan time."""
    if not order_ids:
        return None
    rows, happenings, plan_times = [], [], []
    for row in session.execute(_FACTS, {"ids": sorted(order_ids)}).mappings():
        fact = dict(row)
        stage = _stage(fact, now)
        changed = stage != fact["stage"]
        awaiting = fact["awaiting_shipment_at"] or (now if fact["status"] in SHIPPABLE else None)
        plan_at = _plan_at(fact, stage, awaiting)
        due = due_columns(fact | {"awaiting_shipment_at": awaiting}, stage, now)
        rows.append(
            {"id": fact["id"], "stage": stage, "awaiting_shipment_at": awaiting, "plan_at": plan_at}
            | {"stage_at": now if changed else None}
            | due
        )
        if changed:
            data = {"from": fact["stage"], "to": stage, **{k: str(v) for k, v in due.items() if v}}
            ref = OrderRef(fact["id"], fact["shop_id"], fact["client_id"])
            happenings.append(Happening(ref, "stage_changed", data, now, "rule:stage"))
        if plan_at is not None:
            plan_times.append(plan_at)
    session.execute(_WRITE, {"rows": orjson.dumps(rows).decode()})
    record_events(scope, session, happenings)
    return min(plan_times, default=None)


def first_columns(facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Our own columns of an order that is being seen for the first time."""
    stage = _stage(facts, now)
    return {"stage": stage, "stage_at": now, **due_columns(facts, stage, now)}


def due_columns(facts: Mapping[str, Any], stage: str, now: datetime) -> dict[str, Any]:
    """The deadline that counts at this stage, with its kind and source; all empty when none counts."""
    deadline = next_deadline(order_facts(facts), stage, now)
    if deadline is None:
        return {"due_at": None, "due_kind": "", "due_source": ""}
    return {"due_at": deadline.at, "due_kind": str(deadline.kind), "due_source": deadline.source}


def order_facts(facts: Mapping[str, Any]) -> OrderFacts:
    """An order row joined with its shop, as the clocks want it."""
    return OrderFacts(
        region=facts["region"],
        order_type=facts["order_type"],
        shipping_mode=facts["shipping_type"],
        awaiting_shipment_at=facts["awaiting_shipment_at"],
        paid_at=facts["paid_at"],
        placed_at=facts["placed_at"],
        scanned_at=facts["collected_at"],
        handling_days=facts["handling_days"],
        release_at=facts["release_at"],
        tiktok={kind: facts[f"{kind}_at"] for kind in DeadlineKind},
        promise=facts["promise"],
    )


def _stage(fact: Mapping[str, Any], now: datetime) -> str:
    held = bool(fact.get("held_by")) or (
        fact["status"] in SHIPPABLE and _hold_end(fact, fact["awaiting_shipment_at"] or now) > now
    )
    return stage_of(
        OrderFactsForStage(
            status=fact["status"],
            ours_to_ship=fact["fulfillment_type"] == "FULFILLMENT_BY_SELLER"
            and fact["shipping_type"] == "SELLER",
            settled=fact["settled_at"] is not None,
            blocked=bool(fact["has_blockers"] or fact["waiting"]),
            held=held,
            lines_live=fact["live"],
            lines_bought=fact["bought"],
        )
    )


def _hold_end(fact: Mapping[str, Any], awaiting: datetime) -> datetime:
    delay: datetime = awaiting + timedelta(minutes=fact["purchase_delay_minutes"])
    return delay


def _plan_at(fact: Mapping[str, Any], stage: str, awaiting: datetime | None) -> datetime | None:
    """When purchasing looks at the order: after the shop's own delay; never while a person holds it."""
    if stage not in Stage.BEFORE_BUYING or fact["status"] not in SHIPPABLE or fact["held_by"]:
        return None
    if fact["covered"] >= fact["live"] or awaiting is None:
        return None
    if fact["has_blockers"] and fact["plan_at"] is None:
        return None  # planned before and blocked: whatever removes the blocker sets the time again
    return max(_hold_end(fact, awaiting), fact["plan_at"] or awaiting)
