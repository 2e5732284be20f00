"""An order's page: steps, clocks, lines, purchases, parcels, actions with reasons, and who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from agency.domain.errors import NotFound
from agency.models.effects import Effect
from agency.models.parcels import Parcel, ParcelLine, ParcelScan
from agency.services.order_pages import find_neighbours, get_order_page
from agency.services.sealing import Keyring
from agency.services.timeline import record_event
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import (
    add_attention,
    add_item,
    add_mapping,
    add_order,
    add_purchase,
    add_row,
    keys_of,
    order_page,
)

KEYS = Keyring(MASTER_KEY)


def test_the_steps_follow_purchase_tracking_and_scan(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="shipped")
    purchase = add_purchase(session, desk.ours, order, paid_at=NOW - timedelta(hours=8))
    parcel = {
        "state": "pushed",
        "tracking_number": "1ZFAKE",
        "carrier_text": "UPS",
        "pushed_at": NOW - timedelta(hours=2),
    }
    add_row(session, Parcel(**keys_of(order), order_id=order.id, purchase_id=purchase.id, **parcel))
    page = order_page(desk, session, order)
    assert [(step.key, step.state) for step in page.steps] == [
        ("received", "done"), ("bought", "done"), ("tracking", "done"), ("scanned", "now"), ("delivered", "next"),
        ("settled", "next"),
    ]  # fmt: skip
    assert page.headline == "Tracking added, no scan yet"


def test_a_cancelled_order_goes_no_further(desk: Desk, session: Session) -> None:
    order = add_order(
        session, desk.ours, stage="cancelled", cancelled_by="BUYER", cancel_reason="Changed my mind"
    )
    page = order_page(desk, session, order)
    assert {step.state for step in page.steps[1:]} == {"stopped"}
    assert page.explanation == "Cancelled by buyer. Changed my mind"


def test_the_six_deadlines_stay_apart_and_one_counts(desk: Desk, session: Session) -> None:
    times = {
        f"{kind}_at": NOW + timedelta(hours=hours)
        for hours, kind in enumerate(
            ("rts_sla", "tts_sla", "shipping_due", "collection_due", "delivery_sla", "delivery_due"), start=-1
        )
    }
    order = add_order(session, desk.ours, **times, due_at=times["tts_sla_at"], due_kind="tts_sla")
    page = order_page(desk, session, order)
    assert [row.kind for row in page.deadlines] == [
        "rts_sla", "tts_sla", "shipping_due", "collection_due", "delivery_sla", "delivery_due"
    ]  # fmt: skip
    assert [row.kind for row in page.deadlines if row.counts] == ["tts_sla"]
    assert [row.passed for row in page.deadlines] == [True, False, False, False, False, False]


def test_a_deadline_of_our_own_promise_is_shown_with_its_source(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, due_source="promise:course", tts_sla_at=NOW + timedelta(days=2))
    page = order_page(desk, session, order)
    assert [(row.source, row.counts) for row in page.deadlines] == [
        ("promise:course", True),
        ("tiktok", False),
    ]
    assert "stricter" in page.due_why


def test_lines_carry_their_mapping_and_an_unmapped_one_carries_none(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, sku_id="fake-sku-mapped")
    unmapped = add_order(session, desk.ours, sku_id="fake-sku-bare")
    add_mapping(session, desk.ours, add_item(session, desk.ours), sku_id="fake-sku-mapped")
    assert [m.supplier_sku for m in order_page(desk, session, order).lines[0].mappings] == ["KC-1"]
    assert order_page(desk, session, unmapped).lines[0].mappings == ()


def test_a_purchase_shows_its_lines_and_every_attempt_to_send_it(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="bought")
    purchase = add_purchase(session, desk.ours, order)
    effect = {"kind": "place", "key": "fake", "state": "unknown", "attempts": 2, "reason": "no answer"}
    add_row(session, Effect(**keys_of(order), order_id=order.id, purchase_id=purchase.id, **effect))
    (shown,) = order_page(desk, session, order).purchases
    assert [(line.supplier_sku, line.quantity) for line in shown.lines] == [("KC-1", 2)]
    assert [(e.state_text, e.attempts, e.reason) for e in shown.effects] == [
        ("Answer lost, being checked", 2, "no answer")
    ]


def test_a_parcel_shows_findings_and_its_newest_scan_first(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="shipped")
    finding = {"code": "carrier_differs", "severity": "warn", "sentence": "Check the carrier."}
    parcel = {
        "state": "in_transit",
        "tracking_number": "1ZFAKE",
        "carrier_text": "UPS",
        "findings": [finding],
    }
    row = add_row(session, Parcel(**keys_of(order), order_id=order.id, **parcel))
    line_id = session.connection().exec_driver_sql(
        "select min(id) from order_lines where order_id = %s", (order.id,)
    )
    add_row(session, ParcelLine(**keys_of(order), parcel_id=row.id, order_line_id=line_id.scalar_one()))
    for hours, words in ((5, "Picked up"), (1, "Arrived")):
        add_row(
            session,
            ParcelScan(
                **keys_of(order), parcel_id=row.id, at=NOW - timedelta(hours=hours), description=words
            ),
        )
    (shown,) = order_page(desk, session, order).parcels
    assert ([scan.description for scan in shown.scans], shown.units) == (["Arrived", "Picked up"], 1)
    assert shown.findings[0].sentence == "Check the carrier."


def test_an_action_that_is_not_allowed_says_why(desk: Desk, session: Session) -> None:
    blocker = {"code": "cost_over_limit", "sentence": "Cost is over the limit.", "approvable": True}
    order = add_order(session, desk.ours, stage="blocked", blockers=[blocker])
    actions = {action.word: action for action in order_page(desk, session, order).actions}
    assert actions["approve"].allowed
    assert not actions["add_tracking"].allowed
    assert all(action.allowed == (not action.why_not) for action in actions.values())


def test_a_viewer_may_do_nothing(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    assert not any(action.allowed for action in order_page(desk, session, order, role="viewer").actions)


def test_an_open_decision_speaks_first(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="blocked")
    add_attention(session, desk.ours, kind="unmapped", action="map", why="Map the sku.", order_id=order.id)
    page = order_page(desk, session, order)
    assert (page.headline, page.explanation) == ("No supplier mapped", "Map the sku.")


def test_events_tell_people_rules_and_the_marketplace_apart(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    for actor in ("user:1", "user:77", "rule:stage", "marketplace", "worker"):
        record_event(
            desk.ours.scope(actor=actor), session, order, "status_changed", {"from": "A_B", "to": "C"}, NOW
        )
    events = order_page(desk, session, order).events
    assert [row.by for row in events] == ["machine", "marketplace", "rule", "person", "person"]
    assert [row.who for row in events[-2:]] == ["A team member", "You"]
    assert events[0].detail == "a b → c"


def test_unknown_and_foreign_orders_read_the_same(desk: Desk, session: Session) -> None:
    with desk.session(desk.theirs.scope()) as theirs:
        foreign = add_order(theirs, desk.theirs)
    kite = add_order(session, desk.ours, "Kite")
    narrowed = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    for scope, number in ((desk.ours.scope(), "no such"), (desk.ours.scope(), foreign.tiktok_order_id),
                          (narrowed, kite.tiktok_order_id)):  # fmt: skip
        with pytest.raises(NotFound, match="Order not found"):
            get_order_page(scope, session, KEYS, number, NOW)


def test_neighbours_are_those_of_the_same_shop(desk: Desk, session: Session) -> None:
    days = [NOW + timedelta(days=day) for day in (1, 2, 3)]
    older, middle, newer = (add_order(session, desk.ours, placed_at=day) for day in days)
    add_order(session, desk.ours, "Kite", placed_at=NOW + timedelta(days=2, hours=1))
    page = order_page(desk, session, middle)
    assert find_neighbours(desk.ours.scope(), session, page, middle.id) == (
        newer.tiktok_order_id,
        older.tiktok_order_id,
    )


def test_a_page_takes_few_statements_however_much_there_is(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    for number in range(30):
        record_event(desk.ours.scope(), session, order, f"kind_{number}", {}, NOW)
    session.flush()
    session.expire_all()
    seen: list[str] = []
    event.listen(
        session.connection(),
        "before_cursor_execute",
        lambda _c, _k, statement, *_rest: seen.append(statement),
    )
    get_order_page(desk.ours.scope(), session, KEYS, order.tiktok_order_id, NOW)
    assert len(seen) <= 5
