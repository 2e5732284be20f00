"""Shops, suppliers and mappings in a real browser, with script and without: connect, map, import, stop and start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.models.lanes import Lane
from agency.models.shops import Authorization, Shop
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order, add_sku
from tests.e2e.axe import axe_violations, sideways
from tests.e2e.conftest import Window

pytestmark = pytest.mark.e2e

SHOPS, ROWS, MOST_NODES = 60, 50, 1_800
FILE = "shop,sku,supplier,supplier_sku,quantity\nLUH,fake-sku-2,Brightway,KC-1,2\nXX,fake-sku-2,Brightway,KC-1,1\n"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Sixty shops in many states; three skus, two of them without a supplier while orders wait for one."""
    with open_desk() as opened:
        with opened.session() as session:
            ours = opened.ours
            for number, word in enumerate(("fake-sku-1", "fake-sku-2", "fake-sku-3")):
                sku = add_sku(session, ours, sku_id=word)
                sku.product_name = f"Lamp {number + 1}"
                add_order(session, ours, sku_id=word, stage="blocked" if number != 2 else "to_buy")
            add_order(session, ours, due_at=NOW - timedelta(hours=1))
            add_mapping(session, ours, add_item(session, ours, name="Brightway"), sku_id="fake-sku-3")
            quick = add_item(session, ours, name="Quick", kind="rest")
            keys = {"agency_id": quick.agency_id, "client_id": quick.client_id}
            session.add(Lane(**keys, supplier_id=quick.supplier_id, api="tracking"))
            add_attention(session, ours, kind="approval", shop_id=ours.shops["Luma"])
            for number in range(SHOPS - 2):
                _add_shop(session, keys, number)
        yield opened


def _add_shop(session: Session, keys: dict[str, int], number: int) -> None:
    grant = Authorization(**keys, state="rejected" if number == 1 else "active")
    session.add(grant)
    session.flush()
    now = datetime.now(UTC)
    session.add(
        Shop(
            **keys, authorization_id=grant.id, tiktok_shop_id=f"fake-{number}", code=f"F{number:02d}",
            name=f"Shop with a name {number:02d}", region="GB", currency="GBP", time_zone="Europe/London",
            last_read_at=None if number == 0 else now, count_tiktok=7, count_ours=7, counted_at=now,
            paused_at=now if number == 2 else None,
        )
    )  # fmt: skip
    session.flush()


def test_connecting_a_shop_is_three_steps_with_the_link_in_view(window: Window) -> None:
    page = window.sign_in("owner")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="All shops").click()
    page.get_by_role("link", name="Connect a shop").click()
    page.get_by_label("Client").select_option(label="Luma")
    page.get_by_role("button", name="Make the link").click()
    consent = page.get_by_role("link", name="Open TikTok's consent page")
    state = (consent.get_attribute("href") or "").partition("state=")[2]
    expect(page.get_by_text("We never see the password")).to_be_visible()
    window.open("/connect/callback?code=null&state=fake")
    expect(page.get_by_role("alert")).to_contain_text("TikTok did not give access")
    window.open(f"/connect/callback?code=fake-code&state={state}")
    expect(page.get_by_role("heading", name="Being connected")).to_be_visible()
    expect(page.locator("#connections")).to_contain_text("its answer is being exchanged")


def test_a_mapped_sku_lets_the_blocked_order_go_on(desk: Desk, plain: Window) -> None:
    page = plain.sign_in("operator")
    plain.open("/mappings?show=unmapped")
    page.get_by_role("row").filter(has_text="Lamp 1").get_by_role("link", name="Map supplier").click()
    expect(page.get_by_text("1 order waits for a supplier")).to_be_visible()
    page.get_by_label("Supplier's item").select_option(label="Brightway: Pot (KC-1), $5.00")
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_text("Mapping saved")).to_be_visible()
    expect(page.locator("#choice-1")).to_contain_text("would be bought by itself")
    expect(page.get_by_role("row").filter(has_text="still valid")).to_contain_text("by you")
    with desk.session() as session:
        waits = text("select count(*) from orders where stage = 'blocked' and plan_at is not null")
        assert session.scalar(waits) == 1


@pytest.mark.parametrize("script", [True, False])
def test_a_file_with_a_refused_row_is_previewed_and_written(
    window: Window, plain: Window, script: bool
) -> None:
    used = window if script else plain
    page = used.sign_in("owner")
    used.open("/mappings")
    page.get_by_role("link", name="Import a file").click()
    page.get_by_label("CSV file").set_input_files(
        files=[{"name": "mappings.csv", "mimeType": "text/csv", "buffer": FILE.encode()}]
    )
    page.get_by_role("button", name="Show what it would do").click()
    refused = page.get_by_role("table", name="Refused rows")
    expect(refused).to_contain_text("There is no shop XX")
    expect(refused.get_by_role("rowheader")).to_contain_text("3")
    if script:
        expect(page.get_by_role("table", name="All other rows")).to_contain_text(
            "New: 2 \N{MULTIPLICATION SIGN} Brightway KC-1"
        )
        page.get_by_role("button", name="Write 1 mapping").click()
        expect(page.get_by_text("Imported.")).to_be_visible()
    else:
        expect(page.get_by_role("table", name="All other rows")).to_contain_text("Unchanged")


def test_everything_is_stopped_and_started_again(window: Window) -> None:
    page = window.sign_in("owner")
    window.open("/shops")
    page.get_by_role("button", name="Stop all buying").click()
    expect(page.get_by_text("Buying is stopped for the whole agency")).to_be_visible()
    page.get_by_role("button", name="Start all buying").click()
    expect(page.get_by_text("Buying is stopped for the whole agency")).to_have_count(0)


def test_a_shop_is_found_paused_and_resumed_where_the_list_stands(plain: Window) -> None:
    page = plain.sign_in("owner")
    plain.open("/shops?q=name+07")
    page.get_by_role("button", name="Pause Shop with a name 07").click()
    expect(page).to_have_url(re.compile(r"/shops\?q=name\+07&done=paused&undo="))
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("link", name="Shop with a name 07").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop with a name 07")


def test_sixty_shops_stay_usable(window: Window) -> None:
    page = window.sign_in("owner")
    window.open("/shops")
    expect(page.locator("tr[data-row]")).to_have_count(ROWS)
    expect(page.locator("tr[data-row]").first).to_contain_text("Not read")
    assert page.evaluate("document.querySelectorAll('*').length") <= MOST_NODES
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tr[data-row]")).to_have_count(SHOPS - ROWS)
    page.get_by_role("searchbox").last.fill("name 01")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.get_by_role("link", name="Reconnect")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_preview_of_an_import_has_no_barriers(window: Window, width: int, theme: str) -> None:
    page = window.sign_in("owner")
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    window.open("/mappings/import")
    page.locator("summary", has_text="Paste rows").click()
    page.get_by_label("Rows with their first line").fill(FILE)
    page.get_by_role("button", name="Show what it would do").click()
    assert (axe_violations(page), sideways(page, width)) == ([], [])
