"""No page says a word that the translators do not know, for the team, a client and people without a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desk import Desk, open_desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order, add_sku
from tests.portal.browsing import visit
from tests.portal.reading import bracketed, untouched

NUMBER = "577100000000000001"
# Names and other data of this world; a page may show them as they are.
DATA = frozenset(
    {
        "Harbor", "Rival", "Luma", "Kite", "Luma Shop", "Kite Shop", "Owner", "Operator", "Viewer", "Member",
        "Shopfleet", "TikTok", "English", "Deutsch", "Pour-over set", "Werkzeug", "&nbsp;",
    }
)  # fmt: skip
ALONE = ("/login", "/signup", "/forgot", "/reset/fake", "/invitation/fake", "/nothing")
TEAM = (
    "/account", "/account/factors", "/account/sessions", "/account/agencies", "/account/leave", "/account/confirm",
    "/team", "/settings/security", "/settings/tokens", "/settings/audit", "/settings/audit?object=nothing",
    "/settings/audit?since=x",
)  # fmt: skip
CLIENT = ("/account", "/account/factors", "/account/sessions", "/account/agencies", "/account/leave")
# Pages that are not marked yet; this must become empty.
NOT_YET: tuple[str, ...] = (
    "/today", "/orders", f"/orders/{NUMBER}", "/approvals", "/shops", "/suppliers", "/mappings", "/clients", "/client",
    "/client/orders", f"/client/orders/{NUMBER}",
)  # fmt: skip
INSIDE = "main"  # the frame around it is not marked yet; then this becomes ""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with something on every page."""
    with bracketed(tmp_path_factory.mktemp("brackets")), open_desk(sign_up=True) as opened:
        with opened.session() as session:
            order = add_order(session, opened.ours, number=NUMBER, unit_count=2, stage="blocked")
            add_attention(
                session, opened.ours, kind="unmapped", why="No supplier can deliver this. Map another supplier item.",
                action="map", order_id=order.id, shop_id=order.shop_id, data={"sku_ids": ["fake-sku-1"]},
                due_at=order.due_at,
            )  # fmt: skip
            add_sku(session, opened.ours)
            add_sku(session, opened.ours, sku_id="fake-sku-2")
            add_mapping(session, opened.ours, add_item(session, opened.ours), sku_id="fake-sku-2")
        yield opened


@pytest.mark.parametrize("path", ALONE)
def test_pages_before_signing_in(desk: Desk, path: str) -> None:
    assert untouched(desk.app.test_client().get(path).text, DATA, INSIDE) == []


@pytest.mark.parametrize("path", TEAM)
def test_pages_of_the_team(desk: Desk, path: str) -> None:
    assert untouched(visit(desk, "owner").get(path).text, DATA, INSIDE) == []


@pytest.mark.parametrize("path", CLIENT)
def test_pages_of_a_client(desk: Desk, path: str) -> None:
    assert untouched(visit(desk, "member").get(path).text, DATA, INSIDE) == []


@pytest.mark.parametrize("path", NOT_YET)
def test_pages_that_are_marked_now_are_taken_off_the_list(desk: Desk, path: str) -> None:
    person = "member" if path.startswith("/client") and path != "/clients" else "owner"
    assert untouched(visit(desk, person).page(path), DATA, INSIDE) != []
