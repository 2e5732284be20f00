"""What an order's page tells of its purchases, its timeline, its notes and its limits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Forbidden, Invalid, NotFound
from agency.models.effects import Effect
from agency.models.orders import Order, OrderLine
from agency.services.approvals import approve_many
from agency.services.client_export_sheets import SHEETS
from agency.services.colleagues import read_colleagues
from agency.services.order_notes import LONGEST_NOTE, add_note
from agency.services.order_page_rows import OrderPage
from agency.services.order_timeline import TimelineAsked
from agency.services.sealing import Keyring
from agency.services.timeline import event_hash, record_event
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_mapping, add_order, add_purchase, add_row, keys_of, order_page
from tests.portal.scenes import OVER_LIMIT

KEYS = Keyring(MASTER_KEY)
NAMES = {"user:1": "Maya", "user:7": "Tom"}


def _page(desk: Desk, session: Session, order: Order, **asked: Any) -> OrderPage:
    return order_page(desk, session, order, NAMES, TimelineAsked(**asked))


def _effect(session: Session, order: Order, purchase: Any, **changes: Any) -> None:
    values = {"kind": "place", "key": "k", "state": "unknown", "attempts": 2, "absent_count": 1, **changes}
    ids = {"order_id": order.id, "purchase_id": purchase.id, "supplier_id": purchase.supplier_id}
    sent = machine_now() - timedelta(minutes=30)
    add_row(session, Effect(**keys_of(order), **ids, sent_at=sent, reason="read timed out", **values))


def test_a_purchase_in_doubt_says_what_was_sent_asked_and_is_known(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    purchase = add_purchase(session, desk.ours, order, state="unconfirmed", actual_minor=None)
    _effect(session, order, purchase)
    (row,) = _page(desk, session, order).purchases
    assert row.doubt is not None
    assert row.doubt.what == "We sent the order to Kiln, and no answer came back."
    assert (row.doubt.asked, row.doubt.known) == (1, "read timed out")
    assert row.doubt.next_at is not None
    assert "by ourselves" in row.doubt.asking


def test_a_doubt_that_only_a_person_settles_names_no_next_time(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    purchase = add_purchase(session, desk.ours, order, state="review", actual_minor=None)
    _effect(session, order, purchase, state="review", kind="pay")
    (row,) = _page(desk, session, order).purchases
    assert row.doubt is not None
    assert row.doubt.what == "We sent the payment to Kiln, and no answer came back."
    assert row.doubt.next_at is None
    assert "TS-FAKE-1" in row.doubt.look_up


def test_a_settled_purchase_has_no_doubt_and_all_its_proof(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    decision = {"planned_at": NOW.isoformat(), "rule": "rank-then-cost", "approved": ["cost_over_limit"]}
    purchase = add_purchase(
        session, desk.ours, order, decision=decision, receipt={"order_no": "KC-1"}, supplier_order_id="KC-1"
    )
    _effect(session, order, purchase, state="confirmed", answer={"supplier_order_id": "KC-1"})
    record_event(
        desk.ours.scope(actor="user:7"), session, order, "approved", {"codes": ["cost_over_limit"]}, NOW
    )
    (row,) = _page(desk, session, order).purchases
    assert row.doubt is None
    assert (row.planned_at, row.rule) == (NOW, "Lowest rank first, then lowest cost")
    assert (row.approved, row.approved_by) == (("cost over limit",), "Tom")
    assert row.difference is not None
    assert row.difference.amount == -10
    assert row.consent is not None
    assert (row.consent.given_by_name, row.consent.text_version) == ("Fake Client", "fake-1")
    assert [(part.name, part.value) for part in row.receipt] == [("order_no", "KC-1")]
    assert [(effect.title, effect.attempts, effect.outcome) for effect in row.effects] == [
        ("Place the order", 2, "KC-1")
    ]


def test_a_purchase_names_the_last_yes_before_it_was_planned(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    decision = {"planned_at": NOW.isoformat(), "approved": ["cost_over_limit"]}
    add_purchase(session, desk.ours, order, decision=decision)
    for actor, hours in (("user:1", -2), ("user:7", -1), ("user:9", 1)):
        at, codes = NOW + timedelta(hours=hours), {"codes": ["cost_over_limit"]}
        record_event(desk.ours.scope(actor=actor), session, order, "approved", codes, at)
    (row,) = _page(desk, session, order).purchases
    assert row.approved_by == "Tom"


@pytest.mark.parametrize(
    ("outcomes", "source"),
    [(("not_bought",), "Kiln, by the machine"), (("not_bought", "bought"), "Kiln, by Tom")],
)
def test_who_found_that_nothing_was_bought_is_not_the_buyer(
    desk: Desk, session: Session, outcomes: tuple[str, ...], source: str
) -> None:
    order = add_order(session, desk.ours)
    add_purchase(session, desk.ours, order, placed_at=NOW, paid_at=NOW)
    for outcome in outcomes:
        tom = desk.ours.scope(actor="user:7")
        record_event(tom, session, order, "review_settled", {"outcome": outcome, "number": ""}, NOW)
    assert {step.key: step.source for step in _page(desk, session, order).steps}["bought"] == source


def test_a_mapping_says_who_made_it_and_how_old_its_price_is(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    item = add_item(session, desk.ours)
    item.quoted_at = machine_now() - timedelta(hours=3)
    add_mapping(session, desk.ours, item)
    (mapping,) = _page(desk, session, order).lines[0].mappings
    assert (mapping.mapped_by, mapping.version, mapping.rank) == ("you", 1, 1)
    assert mapping.quoted_at == item.quoted_at
    assert mapping.mapped_at is not None


def test_the_counting_deadline_says_what_happens_after_it(desk: Desk, session: Session) -> None:
    due = NOW + timedelta(hours=2)
    order = add_order(
        session, desk.ours, tts_sla_at=due, shipping_due_at=NOW + timedelta(hours=9), due_at=due
    )
    rows = {row.kind: row for row in _page(desk, session, order).deadlines}
    assert rows["tts_sla"].counts
    assert rows["tts_sla"].consequence.endswith("dispatched late.")
    assert rows["shipping_due"].consequence.startswith("TikTok cancels")


def test_steps_name_the_webhook_the_machine_and_the_person(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="shipped", rts_at=NOW)
    add_purchase(session, desk.ours, order, placed_at=NOW, paid_at=NOW)
    worker, tom = desk.ours.scope(actor="worker"), desk.ours.scope(actor="user:7")
    record_event(worker, session, order, "order_received", {"via": "webhook"}, NOW)
    record_event(tom, session, order, "tracking_received", {"number": "1Z"}, NOW)
    sources = {step.key: step.source for step in _page(desk, session, order).steps}
    assert sources["received"] == "TikTok's webhook"
    assert sources["bought"] == "Kiln, by the machine"
    assert sources["tracking"] == "Entered by Tom"


def test_a_timeline_is_narrowed_to_one_doer_and_goes_on_page_by_page(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    for at, actor in enumerate(("user:7", "worker", "rule:stage", "marketplace", "supplier", "token:x")):
        record_event(desk.ours.scope(actor=actor), session, order, f"kind_{at}", {}, NOW)

    def kinds(by: str) -> list[str]:
        return [event.kind for event in _page(desk, session, order, by=by).events]

    assert kinds("people") == ["kind_5", "kind_0"]
    assert kinds("machine") == ["kind_2", "kind_1"]
    assert kinds("marketplace") == ["kind_3"]
    assert kinds("supplier") == ["kind_4"]
    assert kinds("notes") == []
    first = _page(desk, session, order, size=4)
    second = _page(desk, session, order, size=4, before=first.events_before)
    assert [event.seq for event in (*first.events, *second.events)] == [6, 5, 4, 3, 2, 1]
    assert second.events_before == 0


def test_a_note_is_an_event_of_the_chain_with_its_writers_name(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    add_note(
        desk.ours.scope(actor="user:7"), session, order.tiktok_order_id, " Called them. \nThey look. ", NOW
    )
    (event,) = _page(desk, session, order, by="notes").events
    assert (event.who, event.detail) == ("Tom", "Called them.\nThey look.")
    row = session.execute(text("select * from order_events where order_id = :id"), {"id": order.id}).one()
    assert bytes(row.hash) == event_hash(b"", 1, "note", "user:7", row.at, row.data)


@pytest.mark.parametrize("words", ["", "  \n ", "x" * (LONGEST_NOTE + 1)])
def test_an_empty_or_endless_note_is_refused(desk: Desk, session: Session, words: str) -> None:
    order = add_order(session, desk.ours)
    with pytest.raises(Invalid):
        add_note(desk.ours.scope(), session, order.tiktok_order_id, words, NOW)


def test_a_viewer_writes_no_note_and_a_foreign_order_takes_none(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    with pytest.raises(Forbidden):
        add_note(desk.ours.scope(role="viewer"), session, order.tiktok_order_id, "Hello", NOW)
    kite = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Kite"]}))
    with pytest.raises(NotFound):
        add_note(kite, session, order.tiktok_order_id, "Hello", NOW)


def test_the_archive_of_a_client_leaves_the_words_of_notes_out(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    add_note(desk.ours.scope(), session, order.tiktok_order_id, "Between us.", NOW)
    (sheet,) = [sheet for sheet in SHEETS if sheet.name == "order_events"]
    rows = session.execute(text(sheet.statement), {"id": order.client_id}).mappings().all()
    assert [(row["kind"], row["data"]) for row in rows] == [("note", {})]


def test_what_waits_for_a_yes_shows_cost_limit_margin_and_budget(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="blocked", blockers=[OVER_LIMIT])
    add_mapping(session, desk.ours, add_item(session, desk.ours))
    limits = _page(desk, session, order).limits
    assert limits is not None
    assert limits.cost is not None
    assert limits.margin is not None
    assert (limits.cost.amount, limits.margin.amount) == (500, 2000 - 120 - 500)
    assert (limits.limit.amount, limits.budget_left.amount) == (5000, 100_000)
    assert _page(desk, session, add_order(session, desk.ours, sku_id="other")).limits is None


def test_what_is_paid_or_cancelled_already_is_not_asked_for_again(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="blocked", blockers=[OVER_LIMIT])
    add_purchase(session, desk.ours, order)  # the first line is paid for, 6.40
    add_mapping(session, desk.ours, add_item(session, desk.ours))
    (bought,) = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
    for number, status in (("2", "AWAITING_SHIPMENT"), ("3", "CANCELLED")):
        values = {
            key: value for key, value in vars(bought).items() if key not in ("id", "_sa_instance_state")
        }
        line_id = f"{order.tiktok_order_id}{number}"
        session.add(OrderLine(**values | {"tiktok_line_id": line_id, "display_status": status}))
    session.flush()
    limits = _page(desk, session, order).limits
    assert limits is not None
    assert limits.cost is not None
    assert limits.margin is not None
    assert (limits.cost.amount, limits.margin.amount) == (500, 2000 - 120 - 500)


def test_a_new_price_is_asked_for_beside_what_its_own_lines_bring(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="blocked", blockers=[OVER_LIMIT])
    add_purchase(session, desk.ours, order, state="approval", actual_minor=900)
    limits = _page(desk, session, order).limits
    assert limits is not None
    assert limits.cost is not None
    assert limits.margin is not None
    assert (limits.cost.amount, limits.margin.amount) == (900, 2000 - 120 - 900)


def test_without_a_mapping_for_every_line_no_cost_is_claimed(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="blocked", blockers=[OVER_LIMIT])
    limits = _page(desk, session, order).limits
    assert limits is not None
    assert (limits.cost, limits.margin) == (None, None)


def test_many_are_approved_one_by_one_and_each_refusal_is_named(desk: Desk, session: Session) -> None:
    dear = add_order(session, desk.ours, stage="blocked", blockers=[OVER_LIMIT])
    done = add_order(session, desk.ours, stage="bought", sku_id="fake-sku-2")
    numbers = [dear.tiktok_order_id, done.tiktok_order_id]
    refused = approve_many(desk.ours.scope(), session, numbers, NOW)
    assert list(refused) == [done.tiktok_order_id]
    session.refresh(dear)
    assert dear.approved_codes == ["cost_over_limit"]
    with pytest.raises(NotFound):
        approve_many(desk.ours.scope(), session, ["577000"], NOW)
    with pytest.raises(Invalid):
        approve_many(desk.ours.scope(), session, [], NOW)


def test_names_of_the_team_are_those_of_the_own_agency_and_for_the_team_only(desk: Desk) -> None:
    with desk.system() as system:
        names = set(read_colleagues(desk.ours.scope(role="viewer"), system).values())
        assert names == {"Owner", "Operator", "Viewer"}
        with pytest.raises(Forbidden):
            read_colleagues(desk.ours.client_scope("Luma"), system)
