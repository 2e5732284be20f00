"""The way back from TikTok: our own link in one session only, and app-store installations that wait for an owner."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.desk import PASSWORD, Desk
from tests.portal.browsing import OURS, Visitor, visit

CODE = "TTP_fake-one-time-code"
BACK = f"/connect/callback?app_key=fake-app-key&code={CODE}&locale=en&shop_region=US"
GONE = "No shop waits here any more"


@pytest.fixture(autouse=True)
def nothing_waits(desk: Desk) -> Iterator[None]:
    yield
    with desk.owner() as connection:
        connection.execute("delete from parked_installations")
        connection.execute(
            "delete from lanes where authorization_id in (select id from authorizations where state = 'pending')"
        )
        connection.execute("delete from authorizations where state = 'pending'")


def _parked(desk: Desk) -> int:
    with desk.owner() as connection:
        return int(connection.execute("select count(*) from parked_installations").fetchone()[0])  # type: ignore[index]


def _pending(desk: Desk) -> list[int]:
    """The clients for which a code waits to be exchanged, in any agency."""
    with desk.owner() as connection:
        rows = connection.execute("select client_id from authorizations where sealed_code is not null")
        return [row[0] for row in rows]


def _sign_in(web: FlaskClient, person: str, following: str = "") -> TestResponse:
    fields = {"email": f"{person}@example.test", "password": PASSWORD, "next": following}
    return web.post("/login", data=fields, headers=OURS)


def _state_of(owner: Visitor, desk: Desk) -> str:
    page = owner.send("/shops/connect", client=desk.ours.public["Luma"]).text
    found = re.search(r'href="(https://[^"]+authorize[^"]+)"', page)
    assert found is not None
    return parse_qs(urlsplit(found.group(1).replace("&amp;", "&")).query)["state"][0]


def test_a_seller_from_the_app_store_signs_in_and_confirms_the_client(desk: Desk) -> None:
    web = desk.app.test_client()
    assert web.get(BACK).location == "/connect/waiting"
    assert _pending(desk) == []
    led = web.get("/connect/waiting")
    assert led.location == "/login?next=/connect/waiting"
    assert _sign_in(web, "owner", "/connect/waiting").location == "/connect/waiting"
    owner = Visitor(web)
    page = owner.page("/connect/waiting")
    assert "A TikTok Shop wants to be connected" in page
    assert desk.ours.public["Luma"] in page
    assert CODE not in page
    assert _pending(desk) == [], "nothing is planted before the yes"
    assert (
        owner.send("/connect/waiting", follow=False, client=desk.ours.public["Luma"]).location
        == "/shops?done=connecting"
    )
    assert _pending(desk) == [desk.ours.clients["Luma"]]
    assert _parked(desk) == 0


def test_what_is_parked_is_sealed_and_its_token_is_not_stored(desk: Desk) -> None:
    web = desk.app.test_client()
    web.get(BACK)
    token = web.get_cookie("shopfleet-install")
    assert token is not None
    assert (token.http_only, token.path, token.max_age) == (True, "/", 1800)
    with desk.owner() as connection:
        row = connection.execute("select token_hash, sealed_code from parked_installations").fetchone()
    assert row is not None
    for stored in map(bytes, row):
        assert CODE.encode() not in stored
        assert token.value.encode() not in stored


def test_it_works_once(desk: Desk, owner: Visitor) -> None:
    owner.get(BACK)
    token = owner.web.get_cookie("shopfleet-install")
    assert token is not None
    owner.send("/connect/waiting", client=desk.ours.public["Luma"])
    assert owner.web.get_cookie("shopfleet-install") is None
    owner.web.set_cookie("shopfleet-install", token.value)
    again = owner.send("/connect/waiting", client=desk.ours.public["Kite"])
    assert again.status_code == 409
    assert GONE in again.text
    assert _pending(desk) == [desk.ours.clients["Luma"]]


def test_another_browser_neither_sees_nor_takes_it(desk: Desk, owner: Visitor) -> None:
    desk.app.test_client().get(BACK)
    other = visit(desk, "owner")
    for token in ("", "fake-guess", "' or true --"):
        other.web.set_cookie("shopfleet-install", token)
        assert other.get("/connect/waiting").status_code == 409
        assert other.send("/connect/waiting", client=desk.ours.public["Luma"]).status_code == 409
        other.send("/connect/waiting/discard")
    assert _pending(desk) == []
    assert _parked(desk) == 1


def test_a_client_that_has_left_is_not_offered(desk: Desk) -> None:
    owner, kite = visit(desk, "owner"), f'value="{desk.ours.public["Kite"]}"'
    owner.get(BACK)
    assert kite in owner.page("/connect/waiting")
    with desk.owner() as connection:
        connection.execute("update clients set left_at = now() where id = %s", (desk.ours.clients["Kite"],))
    assert kite not in owner.page("/connect/waiting")
    with desk.owner() as connection:
        connection.execute("update clients set left_at = null where id = %s", (desk.ours.clients["Kite"],))


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_only_an_owner_may_look_or_confirm(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    assert visitor.get(BACK).location == "/connect/waiting"
    assert visitor.get("/connect/waiting").status_code == 403
    assert visitor.send("/connect/waiting", client=desk.ours.public["Luma"]).status_code == 403
    assert visitor.send("/connect/waiting/discard").status_code == 403
    assert _pending(desk) == []
    visitor.send("/logout")
    _sign_in(visitor.web, "owner")
    assert "wants to be connected" in visitor.page("/connect/waiting"), (
        "an owner at the same browser may go on"
    )


def test_a_client_of_another_agency_is_not_found_and_the_shop_stays_parked(
    desk: Desk, owner: Visitor
) -> None:
    owner.get(BACK)
    for client in (desk.theirs.public["Luma"], "00000000-0000-0000-0000-000000000000", "fake", ""):
        assert owner.send("/connect/waiting", client=client).status_code == 404
    assert _parked(desk) == 1
    assert _pending(desk) == []


def test_an_expired_one_says_so_and_is_swept_by_the_next(desk: Desk, owner: Visitor) -> None:
    owner.get(BACK)
    with desk.owner() as connection:
        connection.execute("update parked_installations set expires_at = now() - interval '1 second'")
    told = owner.get("/connect/waiting")
    assert told.status_code == 409
    assert GONE in told.text
    assert "kept for 30 minutes" in told.text
    assert owner.send("/connect/waiting", client=desk.ours.public["Luma"]).status_code == 409
    desk.app.test_client().get(BACK)
    assert _parked(desk) == 1


def test_it_can_be_thrown_away(desk: Desk, owner: Visitor) -> None:
    owner.get(BACK)
    assert "not connected to anybody" in owner.send("/connect/waiting/discard").text
    assert (_parked(desk), _pending(desk)) == (0, [])


def test_the_confirmation_is_a_form_of_ours_with_its_token(desk: Desk, owner: Visitor) -> None:
    owner.get(BACK)
    fields = {"client": desk.ours.public["Luma"]}
    assert owner.web.post("/connect/waiting", data=fields, headers=OURS).status_code == 403
    assert (
        owner.web.post("/connect/waiting", data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )
    assert _pending(desk) == []


@pytest.mark.parametrize("query", ["", "code=", "code=null", f"code={'x' * 1025}"])
def test_without_a_code_nothing_is_parked(desk: Desk, query: str) -> None:
    answer = desk.app.test_client().get(f"/connect/callback?{query}")
    assert answer.status_code == 422
    assert "TikTok did not give access" in answer.text
    assert _parked(desk) == 0


def test_a_code_with_a_state_is_never_parked(desk: Desk, owner: Visitor) -> None:
    for web in (owner.web, desk.app.test_client()):
        web.get(f"{BACK}&state=fake-state")
    assert (_parked(desk), _pending(desk)) == (0, [])


def test_the_answer_to_our_own_link_is_taken_in_the_session_that_asked(desk: Desk, owner: Visitor) -> None:
    back = f"{BACK}&state={_state_of(owner, desk)}"
    refused = visit(desk, "owner").get(back)
    assert refused.status_code == 422
    assert "used already or has expired" in refused.text
    assert _pending(desk) == []
    assert owner.get(back).location == "/shops?done=connecting"
    assert _pending(desk) == [desk.ours.clients["Luma"]]


@pytest.mark.parametrize("person", ["viewer", "member"])
def test_the_answer_to_a_link_is_not_taken_from_somebody_who_may_not_write(desk: Desk, person: str) -> None:
    assert visit(desk, person).get(f"{BACK}&state=fake-state").status_code == 403


def test_the_answer_to_a_link_waits_for_the_second_factor_that_the_agency_asks_for(
    desk: Desk, owner: Visitor
) -> None:
    back = f"{BACK}&state={_state_of(owner, desk)}"
    with desk.owner() as connection:
        connection.execute("update agencies set requires_second_factor = true")
    try:
        assert owner.get(back).location == "/account/factors"
        assert owner.get(BACK).location == "/connect/waiting"
        assert owner.get("/connect/waiting").location == "/account/factors"
    finally:
        with desk.owner() as connection:
            connection.execute("update agencies set requires_second_factor = false")
    assert _pending(desk) == []


def test_signed_out_in_between_the_code_does_not_travel_through_the_sign_in_page(
    desk: Desk, owner: Visitor
) -> None:
    state = _state_of(owner, desk)
    led = desk.app.test_client().get(f"{BACK}&state={state}")
    assert led.location == "/login?next=/shops"


def test_neither_code_nor_state_enters_a_log_or_an_answer(
    desk: Desk, owner: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    state = _state_of(owner, desk)
    shown = []
    for web in (owner.web, desk.app.test_client()):
        for path in (BACK, f"{BACK}&state={state}", f"{BACK}&state=fake-wrong-state", f"/nothing{BACK}"):
            answer = web.get(path)
            shown.append(f"{answer.headers} {answer.text}" if "/nothing" not in path else "")
    everything = caplog.text + "".join(shown)
    assert CODE not in everything
    assert state not in everything
