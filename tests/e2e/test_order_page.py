"""One order in a real browser: a doubt settled, an approval, a correction, notes, filters, with and without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from agency.clock import machine_now
from agency.models.effects import Effect
from agency.models.orders import Order
from agency.services.timeline import record_event
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import (
    add_attention,
    add_item,
    add_mapping,
    add_order,
    add_parcel,
    add_providers,
    add_row,
    add_sku,
    keys_of,
)
from tests.e2e.axe import axe_violations, sideways
from tests.e2e.conftest import Window
from tests.portal.scenes import OVER_LIMIT, add_buyer, add_purchase

pytestmark = pytest.mark.e2e

DOUBT, DEAR, SENT = "577500000000044616", "577500000000044627", "577500000000044638"
UNTOUCHED, LATER = "577500000000044649", "577500000000044650"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """An order in doubt (and one that stays so), one over the limit, one whose number TikTok has."""
    with open_desk() as opened:
        with opened.session() as session:
            add_sku(session, opened.ours)
            for number in (DOUBT, UNTOUCHED):
                _doubtful(session, opened, number)
            dear = add_order(
                session, opened.ours, number=DEAR, stage="blocked", blockers=[OVER_LIMIT], title="Dear chair",
                sku_id="chair",
            )  # fmt: skip
            add_mapping(session, opened.ours, add_item(session, opened.ours), sku_id="chair")
            add_attention(
                session, opened.ours, kind="approval", action="approve", why=OVER_LIMIT["sentence"],
                order_id=dear.id, shop_id=dear.shop_id, due_at=dear.due_at,
            )  # fmt: skip
            later = add_order(session, opened.ours, number=LATER, due_at=NOW + timedelta(hours=9))
            add_attention(session, opened.ours, kind="ship_warning", order_id=later.id, due_at=later.due_at)
            sent = add_order(
                session, opened.ours, number=SENT, stage="shipped", title="Linen apron", sku_id="apron"
            )
            number = {
                "tracking_number": "1Z999AA10123456784",
                "provider_name": "UPS",
                "provider_id": "fake-1",
            }
            add_parcel(
                session, sent, state="pushed", pushed_at=NOW - timedelta(hours=3), carrier_text="UPS", findings=[],
                **number,
            )  # fmt: skip
            add_providers(session, sent, "USPS", "UPS")
            record_event(opened.ours.scope(actor="marketplace"), session, sent, "status_changed", {}, NOW)
            record_event(opened.ours.scope(actor="worker"), session, sent, "tracking_sent", {}, NOW)
        yield opened


def _doubtful(session: object, desk: Desk, number: str) -> None:
    purchase = add_purchase(session, desk, number, "review", kind="rest")  # type: ignore[arg-type]
    order = session.get(Order, purchase.order_id)  # type: ignore[attr-defined]
    add_buyer(session, desk, order)  # type: ignore[arg-type]
    ids = {"order_id": order.id, "purchase_id": purchase.id, "supplier_id": purchase.supplier_id}
    sent = machine_now() - timedelta(minutes=40)
    values = {"kind": "place", "key": f"k{number}", "state": "review", "attempts": 1, "sent_at": sent}
    add_row(session, Effect(**keys_of(order), **ids, **values, reason="read timed out"))
    add_attention(
        session, desk.ours, kind="purchase_review", action="review_purchase", why="It is not known.",  # type: ignore[arg-type]
        order_id=order.id, shop_id=order.shop_id, due_at=order.due_at, cause_key=f"purchase:{purchase.id}",
    )  # fmt: skip


def test_a_purchase_in_doubt_is_explained_and_settled(window: Window) -> None:
    page = window.sign_in("owner")
    window.open(f"/orders/{DOUBT}")
    page.get_by_role("link", name="Check purchase").click()
    doubt = page.locator("#review")
    expect(doubt).to_contain_text("no answer came back")
    expect(doubt).to_contain_text("Please look it up")
    doubt.get_by_label("has the order").check()
    doubt.get_by_label("Supplier's order number").fill("KC-20418")
    doubt.get_by_label("Total paid").fill("5.00")
    doubt.get_by_role("button", name="Save the answer").click()
    expect(page.get_by_role("dialog")).to_contain_text("Your answer is final")
    page.get_by_role("dialog").get_by_role("button", name="Save the answer").click()
    expect(page.get_by_text("Settled.")).to_be_visible()
    expect(page.locator("#review")).to_have_count(0)
    expect(page.locator("#purchases")).to_contain_text("KC-20418")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_snoozing_and_assigning_on_the_page_and_taking_it_back(window: Window, theme: str) -> None:
    page = window.sign_in("owner")
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for name in ("Assign", "Snooze"):
        for width in (1280, 768, 320):
            page.set_viewport_size({"width": width, "height": 900})
            window.open(f"/orders/{LATER}")
            page.locator("summary", has_text=name).click()
            assert axe_violations(page) == []
            menu = page.locator("details.pick[open] .pick-in").bounding_box()
            assert menu is not None
            assert menu["x"] >= 0
            assert menu["x"] + menu["width"] <= width
            assert width > 320 or sideways(page, width) == []
        page.keyboard.press("Escape")
        expect(page.locator("details.pick[open]")).to_have_count(0)
        expect(page.locator("summary", has_text=name)).to_be_focused()
    page.locator("summary", has_text="Snooze").click()
    page.get_by_role("button", name="In 1 hour").click()
    expect(page.get_by_text("Snoozed until")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    expect(page.get_by_text("Snoozed until")).to_have_count(0)


def test_an_approval_over_the_limit_shows_what_it_means_and_asks_with_the_amount(window: Window) -> None:
    page = window.sign_in("owner")
    window.open(f"/orders/{DEAR}")
    decide = page.locator("#decide")
    for words in ("Limit without asking", "$50.00", "Budget left today"):
        expect(decide).to_contain_text(words)
    decide.get_by_role("button", name="Approve $5.00").click()
    expect(page.get_by_role("dialog")).to_contain_text("Buy this order for $5.00?")
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.", exact=False).first).to_be_visible()
    window.open("/approvals?show=answered")
    expect(page.get_by_role("row").filter(has_text="Dear chair")).to_contain_text("you")


def test_tracking_is_corrected_and_no_correction_is_left(window: Window) -> None:
    page = window.sign_in("owner")
    window.open(f"/orders/{SENT}")
    parcel = page.locator("#tracking")
    parcel.get_by_text("Correct at TikTok").first.click()
    expect(parcel).to_contain_text("1 correction left")
    parcel.get_by_label("Right tracking number").fill("9400111899223197428490")
    parcel.get_by_label("TikTok's carrier").select_option("USPS")
    parcel.get_by_role("button", name="Correct at TikTok").click()
    page.get_by_role("dialog").get_by_role("button", name="Correct").click()
    expect(page.get_by_text("The correction goes to TikTok now.")).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text("Correction of the tracking asked for")


def test_a_note_is_written_by_keyboard(window: Window) -> None:
    page = window.sign_in("operator")
    window.open(f"/orders/{UNTOUCHED}")
    page.get_by_role("textbox", name="Note").fill("Called them; they look.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Note saved.")).to_be_visible()
    page.get_by_role("link", name="Notes").click()
    expect(page.locator("#events li")).to_have_count(1)


def test_timeline_and_list_filters_work_without_script(plain: Window) -> None:
    page = plain.sign_in("owner")
    plain.open(f"/orders/{SENT}")
    page.locator("#timeline").get_by_role("link", name="TikTok").click()
    expect(page.locator("#events li")).to_have_count(1)
    plain.open("/orders")
    page.get_by_role("searchbox", name="Number or its last digits").fill("044638")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_text("Filters", exact=False).first.click()
    page.get_by_label("Open decision").select_option("any")
    page.get_by_role("button", name="Show these orders").click()
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.locator(".chips").get_by_role("link", name=re.compile("044638")).click()
    expect(page.locator("[data-row]").first).to_be_visible()


def test_back_and_forward_give_the_filters_and_the_order_again(window: Window) -> None:
    page = window.sign_in("owner")
    window.open("/orders?problem=any&sort=deadline")
    page.locator("[data-row] a").first.click()
    expect(page).to_have_url(re.compile(r"/orders/\d+\?.*problem=any"))
    page.locator("#timeline").get_by_role("link", name="Machine").click()
    expect(page).to_have_url(re.compile("by=machine"))
    page.go_back()
    expect(page).not_to_have_url(re.compile("by=machine"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/orders\?problem=any&sort=deadline"))
    expect(page.locator(".chips")).to_contain_text("Deadline first")
    page.go_forward()
    expect(page).to_have_url(re.compile(r"/orders/\d+"))


def test_nothing_is_wrong_for_axe_while_the_answer_is_confirmed(window: Window) -> None:
    page = window.sign_in("owner")
    window.open(f"/orders/{UNTOUCHED}")
    page.get_by_label("does not have it").check()
    page.get_by_role("button", name="Save the answer").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Go back").click()
