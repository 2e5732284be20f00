"""Signing in and out through the pages."""

from __future__ import annotations

import re

from agency.services.memberships import Person, add_member
from tests.desk import PASSWORD, Desk
from tests.portal.browsing import OURS, visit


def test_a_stranger_is_led_to_the_form_and_back_to_the_page_that_was_asked_for(desk: Desk) -> None:
    web = desk.app.test_client()
    led = web.get("/orders?stage=blocked")
    assert led.status_code == 303
    assert led.location == "/login?next=/orders?stage%3Dblocked"
    fields = {"email": "owner@example.test", "password": PASSWORD, "next": "/orders?stage=blocked"}
    assert web.post("/login", data=fields, headers=OURS).location == "/orders?stage=blocked"


def test_the_form_leads_to_no_other_site(desk: Desk) -> None:
    for elsewhere in ("https://example.test/", "//example.test/", "/\\example.test", "javascript:1"):
        fields = {"email": "owner@example.test", "password": PASSWORD, "next": elsewhere}
        answer = desk.app.test_client().post("/login", data=fields, headers=OURS)
        assert answer.location == "/", elsewhere


def test_a_wrong_password_says_one_sentence_and_keeps_the_address(desk: Desk) -> None:
    answers = [
        desk.app.test_client().post("/login", data={"email": email, "password": "fake-wrong"}, headers=OURS)
        for email in ("owner@example.test", "nobody@example.test")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert 'value="owner@example.test"' in answers[0].text
    told = [answer.text.partition('role="alert"')[2].partition("</div>")[0] for answer in answers]
    assert told[0] == told[1]
    assert "E-mail or password is not right" in told[0]


def test_the_cookie_cannot_be_read_by_scripts_and_stays_on_this_site(desk: Desk) -> None:
    fields = {"email": "owner@example.test", "password": PASSWORD}
    cookie = desk.app.test_client().post("/login", data=fields, headers=OURS).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_out_ends_the_session_everywhere(desk: Desk) -> None:
    visitor = visit(desk, "viewer")
    stolen = visitor.web.get_cookie("shopfleet")
    assert stolen is not None
    assert visitor.send("/logout", follow=False).location == "/login"
    thief = desk.app.test_client()
    thief.set_cookie("shopfleet", stolen.value)
    assert thief.get("/today").status_code == 303


def test_a_form_without_the_token_or_from_another_site_changes_nothing(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    shop = desk.ours.public["Luma Shop"]
    assert visitor.web.post(f"/shops/{shop}/pause", headers=OURS).status_code == 403
    abroad = {"Sec-Fetch-Site": "cross-site"}
    assert visitor.web.post(f"/shops/{shop}/pause", headers=abroad).status_code == 403
    assert "Nothing is read or written" not in visitor.page("/shops")


def test_the_first_page_is_today_for_the_team_and_the_overview_for_a_client(desk: Desk) -> None:
    assert visit(desk, "operator").get("/").location == "/today"
    assert visit(desk, "member").get("/").location == "/client"


def test_a_person_of_two_agencies_changes_between_them(desk: Desk) -> None:
    with desk.system() as session:
        add_member(
            session, desk.theirs.agency_id, Person("viewer@example.test", "Viewer", PASSWORD), "operator"
        )
    visitor = visit(desk, "viewer")
    page = visitor.page("/today")
    other = re.findall(r'<option value="([^"]+)"(?! selected)>\s*Rival', page)
    assert len(set(other)) == 1  # in the side bar, and on a phone under More
    changed = visitor.send("/workspace", membership=other[0])
    assert "You changed the workspace" in changed.text
    assert '<b class="cut">Rival</b>' in visitor.page("/today")
    assert visitor.send("/workspace", membership="fake").status_code == 404


def test_a_second_sign_in_in_the_same_browser_ends_the_first(desk: Desk) -> None:
    web = desk.app.test_client()
    fields = {"email": "owner@example.test", "password": PASSWORD}
    web.post("/login", data=fields, headers=OURS)
    first = web.get_cookie("shopfleet")
    assert first is not None
    web.post("/login", data={**fields, "email": "viewer@example.test"}, headers=OURS)
    elsewhere = desk.app.test_client()
    elsewhere.set_cookie("shopfleet", first.value)
    assert elsewhere.get("/today").status_code == 303
    assert "viewer@example.test" in web.get("/account").text


def test_signing_out_clears_the_cache(desk: Desk) -> None:
    left = visit(desk, "owner").send("/logout", follow=False)
    assert left.headers["Clear-Site-Data"] == '"cache"'
