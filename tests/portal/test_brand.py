"""The brand: what an owner sets, what clients see of it, and what no logo can bring in."""

from __future__ import annotations

import io
import re

import pytest

from agency.portal.brand import contrast
from tests.desk import Desk
from tests.images import jpeg_head, png
from tests.portal.browsing import Visitor, visit

FIELDS = {
    "name": "Harbor & Pine",
    "colour": "#B4441E",
    "support_email": "Help@harbor.example",
    "footer": "Harbor & Pine Ltd",
    "act": "save",
}


def test_clients_see_name_colour_address_and_footer(desk: Desk, owner: Visitor) -> None:
    assert "Your clients see it" in owner.send("/settings/brand", **FIELDS).text
    page = visit(desk, "member").page("/client")
    for shown in (
        "Harbor &amp; Pine",
        "/brand/b4441e.css",
        "mailto:help@harbor.example",
        "Harbor &amp; Pine Ltd",
    ):
        assert shown in page, shown
    rivals = visit(desk, "stranger").page("/settings/brand")
    assert "Pine" not in rivals


def test_a_preview_shows_the_colour_and_saves_nothing(desk: Desk, owner: Visitor) -> None:
    owner.send("/settings/brand", **FIELDS)
    page = owner.send("/settings/brand", **FIELDS | {"colour": "#00ff00", "act": "preview"}).text
    assert "/brand/sample/00ff00.css" in page
    assert "Not saved" in page
    assert "/brand/b4441e.css" in visit(desk, "member").page("/client")


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#ffee00", "#0000ff", "#7f7f7f", "#00ff88"])
def test_a_sample_is_readable_in_both_themes(owner: Visitor, colour: str) -> None:
    sheet = owner.get(f"/brand/sample/{colour[1:]}.css").text
    assert ".brand-sample {" in sheet
    assert ":root" not in sheet
    light, dark = re.findall(r"--brand-text: light-dark\(#(\w+), #(\w+)\)", sheet)[0]
    ink = [tuple(int(one[place : place + 2], 16) for place in (0, 2, 4)) for one in (light, dark)]
    assert contrast(ink[0], (245, 246, 248)) >= 4.5  # type: ignore[arg-type]
    assert contrast(ink[1], (20, 22, 26)) >= 4.5  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("colour", "red", "# and six digits"),
        ("colour", "#12345g", "# and six digits"),
        ("support_email", "nobody", "Write an e-mail address"),
        ("name", "x" * 61, "at most 60"),
        ("footer", "x" * 201, "at most 200"),
    ],
)
def test_a_wrong_field_is_named(owner: Visitor, field: str, typed: str, message: str) -> None:
    refused = owner.send("/settings/brand", **FIELDS | {field: typed})
    assert refused.status_code == 422
    assert message in refused.text


def _send_logo(visitor: Visitor, body: bytes, name: str = "logo.png") -> str:
    return visitor.send("/settings/brand/logo", logo=(io.BytesIO(body), name)).text


def test_a_logo_is_served_by_its_hash_from_our_own_origin(desk: Desk, owner: Visitor) -> None:
    _send_logo(owner, png(90, 30))
    found = re.search(r'src="(/brand/logo/\w+)"', visit(desk, "member").page("/client"))
    assert found is not None
    answer = desk.app.test_client().get(found.group(1))
    assert (answer.data, answer.mimetype) == (png(90, 30), "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    _send_logo(owner, jpeg_head(40, 30), "logo.jpg")
    assert found.group(1) not in visit(desk, "member").page("/client")
    assert desk.app.test_client().get(found.group(1)).status_code == 404
    owner.send("/settings/brand/logo/remove")
    assert "/brand/logo/" not in visit(desk, "member").page("/client")


@pytest.mark.parametrize(
    "body", [b"<svg onload='alert(1)'/>", b"<html>", b"", png(1500, 2), png() + b"\0" * 200_000]
)
def test_what_is_no_small_image_is_refused_whatever_its_name(desk: Desk, owner: Visitor, body: bytes) -> None:
    assert 'id="logo-logo-wrong"' in _send_logo(owner, body, "harmless.png")
    assert "/brand/logo/" not in visit(desk, "member").page("/client")


def test_only_owners_set_the_brand(desk: Desk) -> None:
    for person in ("operator", "viewer", "member"):
        visitor = visit(desk, person)
        assert visitor.get("/settings/brand").status_code == 403
        assert visitor.send("/settings/brand", **FIELDS).status_code == 403
