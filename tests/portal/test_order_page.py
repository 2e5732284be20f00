"""An order's page: notes, the filtered timeline, the list it was opened from, a doubt settled, reasons why not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agency.clock import machine_now
from agency.models.effects import Effect
from agency.models.orders import Order
from agency.services.timeline import record_event
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order, add_row, keys_of
from tests.portal.browsing import Visitor, visit
from tests.portal.scenes import OVER_LIMIT, add_purchase, purchase_of

NUMBER, DEAR, DOUBT = "577100000000000001", "577100000000000002", "577100000000000003"


@pytest.fixture(autouse=True)
def _rows(desk: Desk) -> None:
    desk.clear()
    with desk.session() as session:
        order = add_order(session, desk.ours, number=NUMBER)
        for at, actor in enumerate(("user:7", "marketplace", "worker")):
            record_event(desk.ours.scope(actor=actor), session, order, f"kind_{at}", {}, NOW)
        dear = add_order(
            session, desk.ours, number=DEAR, stage="blocked", blockers=[OVER_LIMIT], sku_id="dear"
        )
        add_mapping(session, desk.ours, add_item(session, desk.ours), sku_id="dear")
        add_attention(
            session, desk.ours, kind="approval", action="approve", order_id=dear.id, shop_id=dear.shop_id
        )
        _doubtful(session, desk)


def _doubtful(session: object, desk: Desk) -> None:
    purchase = add_purchase(session, desk, DOUBT, "review", kind="rest")  # type: ignore[arg-type]
    order = session.get(Order, purchase.order_id)  # type: ignore[attr-defined]
    ids = {"order_id": order.id, "purchase_id": purchase.id, "supplier_id": purchase.supplier_id}
    sent = machine_now() - timedelta(minutes=40)
    values = {
        "kind": "place",
        "key": "k",
        "state": "review",
        "attempts": 1,
        "absent_count": 1,
        "sent_at": sent,
    }
    add_row(session, Effect(**keys_of(order), **ids, **values, reason="read timed out"))  # type: ignore[arg-type]


def test_a_note_is_saved_and_stands_on_the_timeline(owner: Visitor) -> None:
    answer = owner.send(f"/orders/{NUMBER}/note", text="Called <them>.")
    assert "Note saved." in answer.text
    assert "Called &lt;them&gt;." in owner.page(f"/orders/{NUMBER}?by=notes")
    assert "Called" not in owner.page(f"/orders/{NUMBER}?by=machine")


def test_an_empty_note_is_refused_where_it_was_typed(owner: Visitor) -> None:
    answer = owner.send(f"/orders/{NUMBER}/note", text="  ")
    assert answer.status_code == 422
    assert "Write a note first." in answer.text


def test_a_note_is_not_on_the_clients_page(desk: Desk, owner: Visitor) -> None:
    owner.send(f"/orders/{NUMBER}/note", text="Between us only.")
    assert "Between us only." not in visit(desk, "member").page(f"/client/orders/{NUMBER}")


def test_a_viewer_reads_notes_and_has_no_field_for_one(desk: Desk, owner: Visitor) -> None:
    owner.send(f"/orders/{NUMBER}/note", text="Look at this.")
    viewer = visit(desk, "viewer")
    page = viewer.page(f"/orders/{NUMBER}")
    assert "Look at this." in page
    assert "Owner" in page
    assert 'name="text"' not in page
    assert viewer.send(f"/orders/{NUMBER}/note", text="No.").status_code == 403


def test_the_timeline_shows_one_doer_and_keeps_that_in_the_address(owner: Visitor) -> None:
    page = owner.page(f"/orders/{NUMBER}?by=marketplace")
    assert "Kind 1" in page
    assert "Kind 0" not in page
    assert "Kind 2" not in page
    assert 'by=marketplace#timeline" aria-current="true"' in page
    assert "Kind 0" in owner.page(f"/orders/{NUMBER}?by=nonsense&before=x")


def test_a_long_timeline_has_pages(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        order = session.query(Order).filter_by(tiktok_order_id=NUMBER).one()
        for at in range(40):
            record_event(desk.ours.scope(actor="worker"), session, order, f"more_{at}", {}, NOW)
    first = owner.page(f"/orders/{NUMBER}?by=machine")
    assert "More 39" in first
    assert "More 9<" not in first
    address = first.split("Show older")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = owner.page(address.partition("#")[0])
    assert "More 9<" in second
    assert "Back to the newest" in second


def test_next_and_before_follow_the_list_that_one_came_from(owner: Visitor) -> None:
    listed = owner.page("/orders?stage=to_buy&sort=deadline")
    assert f'href="/orders/{NUMBER}?sort=deadline&amp;stage=to_buy"' in listed or (
        f'href="/orders/{NUMBER}?stage=to_buy&amp;sort=deadline"' in listed
    )
    page = owner.page(f"/orders/{NUMBER}?stage=to_buy&sort=deadline")
    assert f"/orders/{DEAR}" not in page
    assert "Next order in your list" in page
    assert f"/orders/{DOUBT}?" in page
    sent = owner.send(f"/orders/{NUMBER}/note?stage=to_buy", follow=False, text="Seen.")
    assert "stage=to_buy" in sent.location


def test_filters_that_cannot_be_read_do_not_take_an_orders_page_down(owner: Visitor) -> None:
    assert "Newer order of this shop" in owner.page(f"/orders/{DEAR}?since=never&stage=nonsense")


def test_an_approval_shows_cost_limit_margin_and_budget(owner: Visitor) -> None:
    page = owner.page(f"/orders/{DEAR}")
    for words in (
        "Approve $5.00",
        "Limit without asking",
        "$50.00",
        "$13.80",
        "Budget left today",
        "$1,000.00",
    ):
        assert words in page, words
    assert "If nobody answers, nothing is bought." in page


def test_a_price_that_a_supplier_asks_is_not_called_paid(desk: Desk, owner: Visitor) -> None:
    asked, paid = "577100000000000004", "577100000000000005"
    with desk.session() as session:
        add_purchase(session, desk, asked, "approval", actual_minor=777)
        add_purchase(session, desk, paid, "paid", actual_minor=777, paid_at=NOW)
    page = owner.page(f"/orders/{asked}")
    assert "<dt>Paid</dt><dd>not yet<small>$7.77 asked by the supplier</small></dd>" in page
    assert "Paid: $7.77" not in page
    page = owner.page(f"/orders/{paid}")
    assert "<dt>Paid</dt><dd>$7.77<small>" in page
    assert "Paid: $7.77" in page


def test_a_doubt_is_explained_and_settled_on_the_page(desk: Desk, owner: Visitor) -> None:
    page = owner.page(f"/orders/{DOUBT}")
    for words in (
        "no answer came back",
        "1 look-up found nothing",
        "read timed out",
        "Please look it up",
        "bought twice",
    ):
        assert words in page, words
    with desk.session() as session:
        purchase_id = purchase_of(session, DOUBT).public_id
    url = f"/orders/{DOUBT}/purchases/{purchase_id}/review"
    kept = owner.send(url, outcome="bought", cost="7.00")
    assert kept.status_code == 422
    assert 'value="bought" required checked' in kept.text
    assert "Settled." in owner.send(url, outcome="bought", supplier_order_id="KC-9", cost="7.00").text
    page = owner.page(f"/orders/{DOUBT}")
    assert "Nobody knows yet" not in page
    assert "KC-9" in page


def test_what_is_not_possible_says_why(owner: Visitor) -> None:
    page = owner.page(f"/orders/{NUMBER}").partition('id="why-not"')[2]
    assert "Tracking comes after the purchase; nothing is bought yet." in page
    assert "TikTok has no tracking number of this order yet." in page


def test_another_agencys_order_answers_like_an_unknown_one(desk: Desk) -> None:
    stranger = visit(desk, "stranger")
    for path in (f"/orders/{NUMBER}", f"/orders/{NUMBER}?by=people&before=2"):
        assert stranger.get(path).status_code == 404
    assert stranger.send(f"/orders/{NUMBER}/note", text="Hello").status_code == 404
