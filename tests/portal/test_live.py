"""What an open page asks for: changes, and answers of the palette."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.desk import Desk
from tests.desk_rows import add_attention
from tests.portal.browsing import Visitor, visit


def _since(page: str) -> str:
    return page.partition('data-since="')[2].partition('"')[0]


def test_a_page_carries_its_fingerprint_and_nothing_is_new_at_first(owner: Visitor) -> None:
    since = _since(owner.page("/today"))
    assert len(since) == 20
    answer = owner.get(f"/live?since={since}")
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_change_is_told_with_the_new_fingerprint_and_the_counts(desk: Desk, owner: Visitor) -> None:
    since = _since(owner.page("/today"))
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval")
    answer = owner.get(f"/live?since={since}")
    assert answer.status_code == 200
    assert answer.json["counts"]["approvals"] == 1
    assert owner.get(f"/live?since={answer.json['since']}").status_code == 204
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_client_hears_of_changes_and_no_counts_of_the_team(desk: Desk) -> None:
    member = visit(desk, "member")
    answer = member.get("/live?since=old")
    assert set(answer.json) == {"since"}
    assert _since(member.page("/client")) == answer.json["since"]


def test_nobody_signed_in_is_led_to_the_sign_in(desk: Desk) -> None:
    assert desk.app.test_client().get("/live").status_code == 303


@pytest.mark.parametrize(("path", "headers"), [("/live", {}), ("/today", {"X-Live": "1"})])
def test_what_a_page_asks_by_itself_keeps_no_session_alive(
    desk: Desk, path: str, headers: dict[str, str]
) -> None:
    browser = visit(desk, "viewer")
    with desk.owner() as connection:
        connection.execute("update sessions set last_seen_at = last_seen_at - interval '1 hour'")
        before = connection.execute("select max(last_seen_at) from sessions").fetchone()
    browser.web.get(path, headers=headers)
    with desk.owner() as connection:
        assert connection.execute("select max(last_seen_at) from sessions").fetchone() == before
    browser.get("/today")
    with desk.owner() as connection:
        after = connection.execute("select max(last_seen_at) from sessions").fetchone()
    assert before is not None
    assert after is not None
    assert after[0] - before[0] > timedelta(minutes=50)


def test_find_is_a_whole_page_or_only_its_answers(owner: Visitor) -> None:
    page = owner.get("/find?q=lum")
    part = owner.web.get("/find?q=lum", headers={"HX-Request": "true"})
    assert "<html" in page.text
    assert "<html" not in part.text
    assert "Luma Shop" in page.text
    assert "Luma Shop" in part.text
    for answer in (page, part):
        assert answer.headers["Vary"] == "HX-Request"
        assert answer.headers["Cache-Control"] == "no-store"


def test_find_offers_owners_pages_to_owners_only(desk: Desk, owner: Visitor) -> None:
    assert 'href="/settings/audit"' in owner.page("/find?q=audit")
    assert 'href="/settings/audit"' not in visit(desk, "operator").page("/find?q=audit")


def test_find_leads_to_the_page_of_a_shop_and_of_a_client(desk: Desk) -> None:
    page = visit(desk, "operator").page("/find?q=luma")
    assert f'href="/shops/{desk.ours.public["Luma Shop"]}"' in page
    assert f'href="/clients/{desk.ours.public["Luma"]}"' in page


def test_find_shows_what_was_typed_as_text(owner: Visitor) -> None:
    assert "<script>alert" not in owner.page("/find?q=<script>alert(1)</script>")


def test_find_shows_an_operator_nothing_of_other_clients_and_a_client_nothing_at_all(desk: Desk) -> None:
    page = visit(desk, "operator").page("/find?q=kite")
    assert "Kite Shop" not in page
    assert visit(desk, "member").get("/find?q=luma").status_code == 403


def test_a_shops_health_lights_up_health_and_its_other_pages_all_shops(desk: Desk, owner: Visitor) -> None:
    shop = f"/shops/{desk.ours.public['Luma Shop']}"
    lit = {
        path: re.findall(r'href="(/[\w/]+)" aria-current="page"', owner.page(path))
        for path in (shop, f"{shop}/health")
    }
    assert lit == {shop: ["/shops", "/shops"], f"{shop}/health": ["/health"] * 3}


def test_the_phone_has_today_orders_approvals_and_health_in_its_bar(owner: Visitor) -> None:
    bar = owner.page("/today").partition('<nav class="tabbar"')[2].partition('<div class="sheet"')
    assert re.findall(r'<a href="([^"]+)"', bar[0]) == ["/today", "/orders", "/approvals", "/health"]
    assert 'href="/shops"' in bar[2].partition("</nav>")[0]


def test_a_part_of_a_page_without_a_session_sends_the_window_to_the_sign_in(desk: Desk) -> None:
    answer = desk.app.test_client().get("/find", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


def test_form_tokens_differ_in_every_answer_and_all_of_them_count(desk: Desk, owner: Visitor) -> None:
    pages = [owner.page("/today") for _ in range(2)]
    tokens = [page.partition('name="form_token" value="')[2].partition('"')[0] for page in pages]
    assert tokens[0] != tokens[1]
    for token in tokens:
        sent = {"form_token": token, "subject": "agency", "id": ""}
        answer = owner.web.post("/switches/stop", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code != 403
    with desk.session() as session:
        session.execute(text("update agencies set buying_stopped_at = null"))


@pytest.mark.parametrize("token", ["", "x", "AAAA", "ä", "A" * 86, "A" * 88])
def test_a_made_up_form_token_is_refused(owner: Visitor, token: str) -> None:
    answer = owner.web.post("/logout", data={"form_token": token}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403


def test_assets_leave_compressed_for_whoever_takes_that(desk: Desk) -> None:
    web = desk.app.test_client()
    squeezed = web.get("/assets/app.css", headers={"Accept-Encoding": "gzip, br"})
    plain = web.get("/assets/app.css")
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert squeezed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert len(squeezed.data) * 3 < len(plain.data)
    assert web.get("/assets/inter.woff2", headers={"Accept-Encoding": "gzip"}).headers.get("Vary") is None
