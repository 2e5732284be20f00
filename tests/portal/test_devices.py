"""The Devices page: everybody's own, in either frame, and each ended with one click."""

from __future__ import annotations

import re

import pytest

from tests.desk import PASSWORD, Desk
from tests.portal.browsing import OURS, Visitor, visit

_END = re.compile(r'action="(/account/sessions/[0-9a-f-]{36}/end)"')
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def _on_a_phone(desk: Desk, person: str) -> Visitor:
    web = desk.app.test_client()
    data = {"email": f"{person}@example.test", "password": PASSWORD}
    assert web.post("/login", data=data, headers=OURS | {"User-Agent": PHONE}).status_code == 303
    return Visitor(web)


@pytest.mark.parametrize("person", ["owner", "viewer", "member"])
def test_another_device_is_seen_and_signed_out(desk: Desk, person: str) -> None:
    here, phone = visit(desk, person), _on_a_phone(desk, person)
    page = here.page("/account/sessions")
    assert "Safari on iPhone" in page
    assert "127.0.0.1" in page
    assert page.count("This device") == 1
    answer = here.send(_END.findall(page)[0])
    assert "That device is signed out" in answer.text
    assert phone.get("/account").status_code == 303
    assert here.get("/account").status_code == 200


def test_all_other_devices_are_signed_out_at_once(desk: Desk) -> None:
    here, phone, tablet = (
        visit(desk, "operator"),
        _on_a_phone(desk, "operator"),
        _on_a_phone(desk, "operator"),
    )
    assert "Every other device" in here.send("/account/sessions/end-others").text
    assert [visitor.get("/account").status_code for visitor in (here, phone, tablet)] == [200, 303, 303]
    assert "Sign out all other devices" not in here.page("/account/sessions")


def test_the_device_of_somebody_else_is_not_found(desk: Desk) -> None:
    owner, viewer, second = visit(desk, "owner"), visit(desk, "viewer"), visit(desk, "viewer")
    (path,) = set(_END.findall(viewer.page("/account/sessions"))[:1])
    assert owner.send(path).status_code == 404
    assert owner.send("/account/sessions/5f2c1d4e-0000-4000-8000-000000000000/end").status_code == 404
    assert (viewer.get("/account").status_code, second.get("/account").status_code) == (200, 200)
