"""No page says a word that the translators do not know, for the team, a client and people without a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from agency.portal.done import SENTENCES
from agency.portal.language import tr
from tests.desk import PASSWORD, Desk, open_desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order, add_sku
from tests.mailbox import last_mail
from tests.portal.browsing import OURS, visit
from tests.portal.reading import OPEN, bracketed, untouched

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
INSIDE = ""


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


REFUSED = (
    ("", "/login", {"email": "x@example.test", "password": "wrong"}),
    ("", "/signup", {"email": "no address"}),
    ("", "/forgot", {"email": "no address"}),
    ("owner", "/account", {"name": "", "time_zone": "UTC"}),
    ("owner", "/account/password", {"current_password": "wrong", "password": "short"}),
    ("owner", "/account/email", {"email": "no address", "password": "wrong"}),
    ("owner", "/account/agencies", {"agency_name": ""}),
    ("owner", "/account/factors/codes", {}),
    ("owner", "/team/invitations", {"email": "no address", "role": "nobody", "reach": "some"}),
    ("owner", "/settings/tokens", {"name": "", "days": "999"}),
    ("owner", "/settings/security", {"required": "yes"}),
    ("owner", "/clients/{Luma}/leave", {"name": "Lama"}),
)


@pytest.mark.parametrize(("person", "path", "fields"), REFUSED)
def test_refused_forms(desk: Desk, person: str, path: str, fields: dict[str, str]) -> None:
    path = path.format_map(desk.ours.public)
    if person:
        answer = visit(desk, person).send(path, **fields)
    else:
        answer = desk.app.test_client().post(path, data=fields, headers=OURS)
    assert answer.status_code >= 400
    assert untouched(answer.text, DATA, INSIDE) == []


def _membership(desk: Desk, person: str) -> str:
    query = text(
        "select m.public_id from memberships m join users u on u.id = m.user_id where u.email = :email"
    )
    with desk.system() as session:
        return str(session.scalar(query, {"email": f"{person}@example.test"}))


def test_pages_that_show_something_once_or_ask_before_an_end(desk: Desk) -> None:
    owner = visit(desk, "owner")
    client, member = desk.ours.public["Luma"], _membership(desk, "viewer")
    shown = [
        owner.page(f"/clients/{client}/leave"),
        owner.page(f"/team/{member}/remove"),
        owner.send("/account/factors/app", label="Phone").text,
        owner.send("/settings/tokens", name="Books", days="30", areas="orders:read", reach="all").text,
        owner.send("/team/invitations", email="new@example.test", role="operator", reach="all").text,
        owner.page("/settings/tokens"),
    ]
    data = DATA | {"Phone", "Books"}
    assert [untouched(page, data, INSIDE) for page in shown] == [[]] * len(shown)


def test_pages_behind_the_links_of_mails(desk: Desk) -> None:
    visit(desk, "owner").send("/team/invitations", email="other@example.test", role="viewer", reach="all")
    web = desk.app.test_client()
    for path in ("/signup", "/forgot"):
        email = "reader@example.test" if path == "/signup" else "viewer@example.test"
        assert untouched(web.post(path, data={"email": email}, headers=OURS).text, DATA, INSIDE) == []
    visit(desk, "operator").send("/account/email", email="moved@example.test", password=PASSWORD)
    readers = ("other", "reader", "viewer", "moved", "operator")
    links = [last_mail(desk, f"{reader}@example.test").path for reader in readers]
    pages = [web.get(link).text for link in links]
    assert [untouched(page, DATA, INSIDE) for page in pages] == [[]] * len(pages)


def test_every_sentence_about_a_finished_act(desk: Desk) -> None:
    with desk.app.test_request_context("/"):
        assert [tr(sentence)[:1] for sentence in SENTENCES.values()] == [OPEN] * len(SENTENCES)
