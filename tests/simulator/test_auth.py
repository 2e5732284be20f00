"""Authorisation: links, codes, tokens and how they die."""

from urllib.parse import parse_qs, urlsplit

from tests.simulator.conftest import KEY, SECRET, SHOP, Stage


def token_call(stage: Stage, which: str, **query: str) -> dict[str, object]:
    base = {"app_key": KEY, "app_secret": SECRET}
    return stage.http.get(f"/api/v2/token/{which}", query_string={**base, **query}).get_json()


def new_code(stage: Stage, extra: str = "") -> dict[str, list[str]]:
    answer = stage.http.get(f"/open/authorize?service_id=1&state=opaque{extra}")
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def test_a_code_works_once_and_state_comes_back(stage: Stage) -> None:
    back = new_code(stage)
    assert back["state"] == ["opaque"]
    grant = {"auth_code": back["code"][0], "grant_type": "authorized_code"}
    first = token_call(stage, "get", **grant)
    assert first["code"] == 0
    assert first["data"]["access_token_expire_in"] > 1_700_000_000
    assert token_call(stage, "get", **grant)["code"] != 0


def test_a_seller_who_refuses_sends_the_text_null(stage: Stage) -> None:
    back = new_code(stage, "&deny=1")
    assert (back["code"], back["error"]) == (["null"], ["auth_denied"])


def test_refreshing_rotates_both_tokens_and_kills_the_old_refresh_token(stage: Stage) -> None:
    grant = {"auth_code": new_code(stage)["code"][0], "grant_type": "authorized_code"}
    old = token_call(stage, "get", **grant)["data"]
    again = {"refresh_token": old["refresh_token"], "grant_type": "refresh_token"}
    fresh = token_call(stage, "refresh", **again)["data"]
    assert fresh["access_token"] != old["access_token"]
    assert token_call(stage, "refresh", **again)["code"] != 0
    assert (
        token_call(stage, "refresh", refresh_token=fresh["refresh_token"], grant_type="refresh_token")["code"]
        == 0
    )


def test_a_wrong_secret_is_refused_in_the_body(stage: Stage) -> None:
    found = token_call(stage, "get", app_secret="fake-other", auth_code="x", grant_type="authorized_code")
    assert found["code"] == 36009004
    assert "app_secret" in found["message"]


def test_one_authorisation_covers_its_shops_only(stage: Stage) -> None:
    shops = stage.call("GET", "/authorization/202309/shops", shop="")["data"]["shops"]
    assert [shop["id"] for shop in shops] == ["7494000000000000001", "7494000000000000002"]
    assert {shop["cipher"] for shop in shops} <= set(stage.ciphers.values())


def test_killed_tokens_answer_as_expired_and_cannot_be_refreshed(stage: Stage) -> None:
    grant = {"auth_code": new_code(stage, "&seller=s1")["code"][0], "grant_type": "authorized_code"}
    pair = token_call(stage, "get", **grant)["data"]
    stage.sim("/tokens/kill", seller_id="s1")
    dead = stage.call("GET", "/order/202507/orders", shop=SHOP, ids="1")
    assert (dead["http"], dead["code"]) == (401, 105002)
    assert (
        token_call(stage, "refresh", refresh_token=pair["refresh_token"], grant_type="refresh_token")["code"]
        != 0
    )
