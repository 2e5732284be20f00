"""No page says a word that the translators do not know, for the team, a client and people without a session."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.metrics import LIMITS
from agency.portal.done import SENTENCES
from agency.portal.language import tr
from tests.desk import PASSWORD, Desk, open_desk
from tests.desk_rows import (
    add_attention,
    add_item,
    add_mapping,
    add_order,
    add_parcel,
    add_purchase,
    add_sku,
)
from tests.health_rows import fill_health
from tests.mailbox import last_mail
from tests.portal.browsing import OURS, visit
from tests.portal.reading import OPEN, bracketed, untouched
from tests.portal.scenes import OVER_LIMIT
from tests.work_rows import fill_work

NUMBER = "577100000000000001"
SENT = "577100000000000002"
# Names and other data of this world; a page may show them as they are.
DATA = frozenset(
    {
        "Harbor", "Rival", "Luma", "Kite", "Luma Shop", "Kite Shop", "Owner", "Operator", "Viewer", "Member",
        "Shopfleet", "TikTok", "English", "Deutsch", "Pour-over set", "Werkzeug", "&nbsp;", "Eastport", "Kiln", "Pot",
        "KC-1", "LK-PO-02", "White", "TS-FAKE-1", "Zippy", "Standard", "CJ Dropshipping", "US", "LUH", "New York",
        "fake-Harbor-Luma", "fake-sku-1", "fake-sku-2", "Fake Client", "Fake words.", "TikTok answered 503",
        "the key was refused", "timed out", "https://",
        *(limit.source for limit in LIMITS),
    }
)  # fmt: skip
ALONE = ("/login", "/signup", "/forgot", "/reset/fake", "/invitation/fake", "/nothing")
TEAM = (
    "/account", "/account/factors", "/account/sessions", "/account/agencies", "/account/leave", "/account/confirm",
    "/team", "/settings/security", "/settings/tokens", "/settings/audit", "/settings/audit?object=nothing",
    "/settings/audit?since=x", "/settings/brand", "/settings/limits", "/settings/notifications", "/setup",
    "/today", "/today?view=all&q=nothing", "/today?snoozed=yes", "/today/counts", "/today/views", "/today/shops",
    "/orders", f"/orders/{NUMBER}", f"/orders/{SENT}", "/orders?q=nothing", "/orders?since=x", "/approvals",
    "/approvals?show=answered", "/shops", "/shops?q=nothing", "/shops/{Luma Shop}", "/shops/connect", "/health",
    "/shops/{Luma Shop}/health", "/work", "/suppliers", "/suppliers/{supplier}", "/mappings", "/mappings/import",
    "/mappings?show=unmapped", "/mappings/{Luma Shop}/fake-sku-1", "/mappings/{Luma Shop}/fake-sku-2", "/clients",
    "/clients/{Luma}", "/find", "/find?q=luma",
)  # fmt: skip
CLIENT = (
    "/account", "/account/factors", "/account/sessions", "/account/agencies", "/account/leave", "/client",
    "/client/orders", "/client/orders?q=nothing", f"/client/orders/{NUMBER}", f"/client/orders/{SENT}",
    "/client/reports", "/client/reports?month=2026-11",
)  # fmt: skip
INSIDE = ""
DEAR = "Cost $41.20 is over the limit of $25.00. Approve it to buy."
LOST = "TikTok refuses our access for Luma (no). Its shops are not read until the owner connects again."
UNKNOWN = "The supplier's carrier text 'Zippy' is not a known carrier. Map it to one of TikTok's."


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
            _add_more(session, opened)
        yield opened


def _add_more(session: Session, desk: Desk) -> None:
    """A sent order, one that waits for a yes, late ones with their causes, a machine in trouble, requests."""
    sent = add_order(session, desk.ours, number=SENT, stage="shipped", status="IN_TRANSIT")
    stopped = {"code": "carrier_unknown", "severity": "block", "sentence": UNKNOWN}
    add_parcel(session, sent, add_purchase(session, desk.ours, sent), findings=[stopped])
    dear = add_order(
        session, desk.ours, stage="blocked", blockers=[OVER_LIMIT | {"sentence": DEAR}], held_by="user:1"
    )
    add_attention(session, desk.ours, kind="approval", why=DEAR, action="approve", order_id=dear.id,
                  shop_id=dear.shop_id, due_at=dear.due_at)  # fmt: skip
    add_attention(session, desk.ours, kind="reconnect", why=LOST, action="reconnect")
    fill_health(session, desk.ours)
    fill_work(session, desk)


@pytest.mark.parametrize("path", ALONE)
def test_pages_before_signing_in(desk: Desk, path: str) -> None:
    assert untouched(desk.app.test_client().get(path).text, DATA, INSIDE) == []


@pytest.mark.parametrize("path", TEAM)
def test_pages_of_the_team(desk: Desk, path: str) -> None:
    assert untouched(visit(desk, "owner").get(path.format_map(desk.ours.public)).text, DATA, INSIDE) == []


@pytest.mark.parametrize("path", CLIENT)
def test_pages_of_a_client(desk: Desk, path: str) -> None:
    assert untouched(visit(desk, "member").get(path).text, DATA, INSIDE) == []


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


def test_pages_that_show_something_once_or_ask_before_an_end(desk: Desk) -> None:
    owner = visit(desk, "owner")
    client, member = desk.ours.public["Luma"], desk.membership("viewer")
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


def test_pages_that_answer_a_form(desk: Desk) -> None:
    owner = visit(desk, "owner")
    with desk.session() as session:
        keys = [
            str(row)
            for row in session.scalars(text("select public_id from attentions where resolved_at is null"))
        ]
    public = desk.ours.public
    file = "shop,sku,supplier,supplier_sku\nLuma Shop,fake-sku-1,Eastport,KC-1\nKite Shop,fake-sku-9,Nobody,KC-1\n"
    shown = [
        *(
            owner.send("/today/act", row=keys, act=act).text
            for act in ("next", "hold", "snooze:hour", "done")
        ),
        owner.send("/today/act", row=keys, act="approve", sure="yes").text,
        owner.send("/today/act", row=keys, act="snooze:hour", sure="yes").text,
        owner.send("/today/act", row=keys, act="assign", owner="", sure="yes").text,
        owner.send("/today/act", act="hold").text,
        owner.send("/mappings/import/preview", file=(io.BytesIO(file.encode()), "mappings.csv")).text,
        owner.send("/shops/connect", client=public["Luma"]).text,
        owner.send(f"/orders/{NUMBER}/snooze", choice="own", own="never").text,
        owner.send(f"/clients/{public['Luma']}/months").text,
    ]
    data = DATA | {"mappings.csv", "fake-sku-9", "Nobody"}
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
