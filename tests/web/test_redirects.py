"""Nothing that somebody writes into an address leads a browser to another site."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agency.web import own_page
from tests.desk import PASSWORD, Desk, open_desk
from tests.house.source import modules

OURS = {"Sec-Fetch-Site": "same-origin"}
ELSEWHERE = (
    "https://evil.test/", "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test",
    "/\n/evil.test", "/\r\nLocation: https://evil.test", "\t//evil.test", " //evil.test", "/%2f/evil.test",
    "/%2F%2Fevil.test", "/%5cevil.test", "/%5C%5Cevil.test", "/%252f/evil.test", "/%09/evil.test", "/%0d%0aX: y",
    "https:evil.test", "http:///evil.test", "javascript:alert(1)", "data:text/html,x", "user@evil.test",
    "//user:x@evil.test", "@evil.test", "?next=//evil.test", "evil.test", "/\x00/evil.test", "/\u2028/evil.test", "",
)  # fmt: skip
PARTS = st.sampled_from(
    [*"/\\@:.?#%&=\t\r\n \x00", "%2f", "%5c", "%09", "evil.test", "https:", "login", "orders", "é", "\u2028"]
)
WANTED = st.lists(PARTS, max_size=8).map("".join)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


def as_a_browser_reads_it(address: str) -> str:
    """WHATWG URL: strip the ends, drop tabs and line ends, read a backslash as a slash; then resolve."""
    cleaned = address.strip("".join(map(chr, range(33))))
    cleaned = cleaned.replace("\t", "").replace("\n", "").replace("\r", "").replace("\\", "/")
    return urljoin("https://desk.example.test/login", cleaned)


def _is_ours(address: str) -> bool:
    parts = urlsplit(as_a_browser_reads_it(address))
    return (parts.scheme, parts.netloc) == ("https", "desk.example.test")


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_an_address_elsewhere_is_not_a_page_of_ours(wanted: str) -> None:
    assert own_page(wanted) == ""


@pytest.mark.parametrize(
    "wanted", ["/", "/orders?stage=blocked", "/orders/577?x=a/b//c", "/connect/waiting", "/é"]
)
def test_a_page_of_ours_is_kept(wanted: str) -> None:
    assert own_page(wanted) == wanted


@given(WANTED)
@example("/.//evil.test")
def test_whatever_is_kept_stays_on_this_site_also_decoded(wanted: str) -> None:
    kept = own_page(wanted)
    assert kept in ("", wanted)
    if kept:
        assert _is_ours(kept)
        assert _is_ours(kept.replace("%2f", "/").replace("%5c", "\\").replace("%09", "\t"))


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_signing_in_leads_home_instead(desk: Desk, wanted: str) -> None:
    fields = {"email": "owner@example.test", "password": PASSWORD, "next": wanted}
    web = desk.app.test_client()
    if "\0" in wanted:
        assert web.post("/login", data=fields, headers=OURS).status_code == 422
        return
    assert web.post("/login", data=fields, headers=OURS).location == "/"
    already = web.get(f"/login?next={quote(wanted)}")
    assert already.location == "/"


def test_the_router_itself_leads_nowhere_else(desk: Desk) -> None:
    web = desk.app.test_client()
    for path in (
        "//evil.test/login",
        "///evil.test",
        "/\\evil.test/",
        "//evil.test/../today",
        "/login/",
        "/orders//",
    ):
        answer = web.get(path)
        assert answer.status_code < 500
        if answer.location:
            assert urlsplit(urljoin("http://localhost", answer.location)).netloc == "localhost", path


def test_a_stranger_is_led_to_the_sign_in_page_of_this_site(desk: Desk) -> None:
    for path in ("/today?next=//evil.test", "/orders?q=%0d%0aSet-Cookie:x", "/shops?x=https://evil.test"):
        location = desk.app.test_client().get(path).location
        assert location.startswith("/login?next=/")
        assert "\r" not in location
        assert "\n" not in location


# Functions that only ever give a path of ours; what they are made of is tested above, or is `url_for`.
_OURS = {"url_for", "own_path", "_wanted", "_second_step", "link", "open_link"}
_ADDING = {"with_word", "with_undo", "asked_page"}  # they add to a path, or lead back through own_page


def _leads_home(target: ast.expr, names: Mapping[str, list[ast.expr]]) -> bool:
    if isinstance(target, ast.IfExp):
        return _leads_home(target.body, names) and _leads_home(target.orelse, names)
    if isinstance(target, ast.Name):  # every value that this function ever gives the name
        values = names.get(target.id, [])
        return bool(values) and all(_leads_home(value, names) for value in values)
    if not isinstance(target, ast.Call) or not isinstance(target.func, ast.Name):
        return False
    if target.func.id in _ADDING:
        return _leads_home(target.args[0], names)
    return target.func.id in _OURS


def _given_names(function: ast.AST) -> dict[str, list[ast.expr]]:
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    given.setdefault(target.id, []).append(node.value)
    return given


def _loose_redirects(tree: ast.AST) -> Iterator[int]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = _given_names(function)
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "redirect"]
            yield from (call.lineno for call in named if not _leads_home(call.args[0], names))


def test_every_redirect_of_the_portal_goes_to_a_route_or_through_the_check() -> None:
    doors = [m for m in modules() if m.name.startswith(("agency.portal.", "agency.api.", "agency.web."))]
    assert [f"{module}:{line}" for module in doors for line in _loose_redirects(module.tree)] == []


@pytest.mark.parametrize(
    "code", ["return redirect(request.args['next'])", "to = typed\n  return redirect(to)"]
)
def test_a_redirect_to_what_somebody_typed_would_be_found(code: str) -> None:
    assert list(_loose_redirects(ast.parse(f"def view(typed):\n  {code}")))
