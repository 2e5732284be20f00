"""What every answer of every route says to the browser, errors included, and what its pages hold."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.desk import PASSWORD, Desk, open_desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order, add_parcel, add_purchase, add_sku

NUMBER = "577100000000000001"
PUBLIC = "https://desk.example.test"
OURS = {"Sec-Fetch-Site": "same-origin"}
PEOPLE = ("", "owner", "viewer", "member")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Behind TLS under a name of its own, with something on every page."""
    with open_desk(secure_cookies=True, public_url=PUBLIC, simulator=False) as opened:
        with opened.session() as session:
            order = add_order(session, opened.ours, number=NUMBER, unit_count=2, stage="blocked")
            add_attention(
                session, opened.ours, kind="unmapped", why="Nobody mapped this sku.", action="map",
                order_id=order.id, shop_id=order.shop_id, data={"sku_ids": ["fake-sku-1"]}, due_at=order.due_at,
            )  # fmt: skip
            add_parcel(session, order, add_purchase(session, opened.ours, order))
            add_sku(session, opened.ours)
            add_sku(session, opened.ours, sku_id="fake-sku-2")
            add_mapping(session, opened.ours, add_item(session, opened.ours), sku_id="fake-sku-2")
        yield opened


def _browser(desk: Desk, person: str) -> FlaskClient:
    web = desk.app.test_client()
    web.environ_base.update({"wsgi.url_scheme": "https", "HTTP_HOST": "desk.example.test"})
    if person:
        fields = {"email": f"{person}@example.test", "password": PASSWORD}
        assert web.post("/login", base_url=PUBLIC, data=fields, headers=OURS).status_code == 303
    return web


def _path(app: Flask, rule: Rule, desk: Desk) -> str:
    """The rule's address with something in every place; real things where there are some."""
    known = {
        "number": NUMBER, "name": "app.css", "colour": "1b1f28", "sku_id": "fake-sku-1", "word": "stop",
        "supplier_id": desk.ours.public["supplier"], "shop_id": desk.ours.public["Luma Shop"],
        "client_id": desk.ours.public["Luma"],
    }  # fmt: skip
    values: dict[str, Any] = {}
    for name in rule.arguments:
        uuid = type(rule._converters[name]).__name__ == "UUIDConverter"
        values[name] = known.get(name, "00000000-0000-0000-0000-000000000000" if uuid else "fake")
    with app.test_request_context(base_url=PUBLIC):
        built = app.url_map.bind("desk.example.test").build(rule.endpoint, values, rule_method(rule))
    return urlsplit(str(built)).path


def rule_method(rule: Rule) -> str:
    return sorted((rule.methods or {"GET"}) - {"HEAD", "OPTIONS"})[0]


def _answers(desk: Desk, person: str) -> Iterator[tuple[str, TestResponse]]:
    """Every route once by its own method, as it is and without what it asks for; and addresses that lead nowhere."""
    for rule in desk.app.url_map.iter_rules():
        method, path = rule_method(rule), _path(desk.app, rule, desk)
        web = _browser(desk, person) if "logout" in path else browsers[person]
        yield f"{method} {path}", web.open(path, method=method, base_url=PUBLIC, headers=OURS)
    for method, path in (
        ("GET", "/nothing"),
        ("GET", "/api/nothing"),
        ("DELETE", "/login"),
        ("PUT", "/api/v1/orders"),
    ):
        yield f"{method} {path}", browsers[person].open(path, method=method, base_url=PUBLIC, headers=OURS)
    foreign = desk.app.test_client().get("/login", base_url="https://evil.example.test")
    assert foreign.status_code == 400
    yield "a foreign host", foreign


browsers: dict[str, FlaskClient] = {}


@pytest.fixture(scope="module", params=PEOPLE, ids=lambda person: person or "nobody")
def answers(request: pytest.FixtureRequest, desk: Desk) -> list[tuple[str, TestResponse]]:
    browsers[request.param] = _browser(desk, request.param)
    browsers[request.param].get("/connect/callback?code=fake-code", base_url=PUBLIC)  # so that a shop waits
    return list(_answers(desk, request.param))


def test_every_answer_of_every_route_carries_the_headers(answers: list[tuple[str, TestResponse]]) -> None:
    assert len(answers) > 60
    assert {answer.status_code for _, answer in answers} >= {200, 400, 404, 405}
    for what, answer in answers:
        headers = answer.headers
        assert answer.status_code < 500 or what == "GET /readyz", what
        assert headers["X-Content-Type-Options"] == "nosniff", what
        assert headers["Referrer-Policy"] == "no-referrer", what
        assert headers["X-Frame-Options"] == "DENY", what
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", what
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", what
        assert headers["Strict-Transport-Security"] == "max-age=31536000", what
        assert "camera=()" in headers["Permissions-Policy"], what
        assert "Server" not in headers or "/" not in headers["Server"], what
        assert "Access-Control-Allow-Origin" not in headers, what
        lasting = what.startswith(("GET /assets/", "GET /brand/")) and answer.status_code == 200
        assert ("immutable" in headers["Cache-Control"]) == lasting, what
        assert lasting or headers["Cache-Control"] == "no-store", what


def test_no_answer_allows_inline_code_or_a_foreign_source(answers: list[tuple[str, TestResponse]]) -> None:
    for what, answer in answers:
        policy = dict(
            part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert "unsafe" not in str(policy), what
        assert policy.pop("img-src") == "'self' data:", what
        assert set(policy.values()) == {"'self'", "'none'"}, what
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'", what


class Findings(HTMLParser):
    """Inline code and foreign sources of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        wrong = [name for name in values if name.startswith("on") or name in ("style", "srcdoc")]
        if tag in ("style", "base", "iframe", "object", "embed") or (
            tag == "script" and not values.get("src")
        ):
            wrong.append(tag)
        for name in ("src", "href", "action", "formaction"):
            address = (values.get(name) or "").strip().lower()
            if address.startswith(("javascript:", "data:", "vbscript:")):
                wrong.append(address[:20])
            loads = tag in ("script", "link", "img", "form") or name == "formaction"
            if loads and address.startswith(("http:", "https:", "//")):
                wrong.append(address)
        self.found += [f"<{tag}> {name}" for name in wrong]


def test_no_page_holds_inline_code_or_loads_from_elsewhere(answers: list[tuple[str, TestResponse]]) -> None:
    pages = [(what, answer.text) for what, answer in answers if answer.mimetype == "text/html"]
    assert pages
    for what, text in pages:
        findings = Findings()
        findings.feed(text)
        assert findings.found == [], what


def test_the_scan_would_find_inline_code() -> None:
    findings = Findings()
    findings.feed(
        '<p style="a" ONCLICK="b"><script>c</script><a href=" JavaScript:d"><form action="//evil.test">'
    )
    assert len(findings.found) == 5


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookies_belong_to_this_host_alone(desk: Desk, secure: bool) -> None:
    with open_desk(secure_cookies=secure) as made:
        web = made.app.test_client()
        base = "https://localhost" if secure else "http://localhost"
        fields = {"email": "owner@example.test", "password": PASSWORD}
        answers = [
            web.post("/login", base_url=base, data=fields, headers=OURS),
            web.get("/connect/callback?code=fake-code", base_url=base),
        ]
    for answer, name in zip(answers, ("shopfleet", "shopfleet-install"), strict=True):
        (cookie,) = answer.headers.getlist("Set-Cookie")
        parts = [part.strip() for part in cookie.split(";")]
        assert parts[0].startswith(f"__Host-{name}=" if secure else f"{name}=")
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(parts)
        assert ("Secure" in parts) == secure
        assert not any(part.startswith("Domain") for part in parts)
        assert ("Strict-Transport-Security" in answer.headers) == secure
