"""A list without rows says why and what is next: not set up, nothing found, not read, no right; never alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agency.services.memberships import Person, add_member, create_agency_with_owner
from agency.transaction import transaction
from tests.desk import PASSWORD, Desk, Side, open_desk
from tests.desk_rows import add_order
from tests.portal.browsing import Visitor, visit

# Pages that are a list, and must say something of their own when it has no rows.
LISTS = ("/today", "/orders", "/approvals", "/shops", "/suppliers", "/mappings", "/mappings?show=unmapped")
OWNER_LISTS = ("/clients", "/settings/tokens")
SEARCHED = ("/today?q=zzz", "/orders?q=zzz", "/settings/audit?object=zzz")
NO_PAGES = ("/connect/callback",)  # where TikTok leads back to
_BOX = re.compile(r'<div class="empty">.*?</div>', re.DOTALL)
_LINK = re.compile(r'<a class="btn" href="([^"]+)"')
_WORDS = re.compile(r"<h2>(.*?)</h2>")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.system() as session:
            founder = Person("founder@example.test", "Founder", PASSWORD)
            made = create_agency_with_owner(session, "Empty", founder)
            for role in ("operator", "viewer"):
                add_member(
                    session, made.agency_id, Person(f"empty-{role}@example.test", role, PASSWORD), role
                )
        yield opened


def _pages(desk: Desk) -> list[str]:
    """Every page of the portal that opens without knowing an id."""
    rules = [rule for rule in desk.app.url_map.iter_rules() if rule.endpoint.startswith("portal.")]
    return sorted(
        rule.rule
        for rule in rules
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and not rule.rule.endswith((".csv", *NO_PAGES))
    )


def _boxes(page: str) -> list[str]:
    return _BOX.findall(page)


def _kinds(page: str) -> set[str]:
    return set(re.findall(r'data-empty="(\w+)"', page))


@pytest.mark.parametrize("person", ["founder", "empty-operator", "empty-viewer", "member"])
def test_every_page_of_an_empty_agency_opens_and_every_empty_list_leads_on(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    for path in _pages(desk):
        answer = visitor.get(path)
        assert answer.status_code in (200, 303, 403, 404, 409), (path, answer.status_code)
        if answer.status_code != 200:
            continue
        if path == "/client" or path.startswith(
            "/client/"
        ):  # a shop owner has nothing to do; the words say when something comes
            assert person != "member" or _boxes(answer.text) or "A quiet month." in answer.text, path
            continue
        for box in _boxes(answer.text):
            (link,) = _LINK.findall(box)
            _leads_somewhere(visitor, answer.text, link.replace("&amp;", "&"), (path, box))


def _leads_somewhere(visitor: Visitor, page: str, link: str, where: tuple[str, str]) -> None:
    """To a page that this person may open, or to a part of this one."""
    if link.startswith("#"):
        assert f'id="{link[1:]}"' in page, where
    else:
        assert visitor.get(link).status_code == 200, where


@pytest.mark.parametrize("path", LISTS)
def test_not_set_up_differs_by_what_the_reader_can_do(desk: Desk, path: str) -> None:
    told = {
        person: visit(desk, person).page(path) for person in ("founder", "empty-operator", "empty-viewer")
    }
    for page in told.values():
        assert _kinds(page) == {"setup"}, path
    assert "/setup" in _LINK.findall(_boxes(told["founder"])[0])
    assert "An owner or an operator of your agency does that" in told["empty-viewer"]
    assert "An owner or an operator of your agency does that" not in told["empty-operator"]


@pytest.mark.parametrize("path", OWNER_LISTS)
def test_owners_pages_say_their_first_step_and_refuse_others_in_other_words(desk: Desk, path: str) -> None:
    assert len(_boxes(visit(desk, "founder").page(path))) == 1
    refused = visit(desk, "empty-viewer").get(path)
    assert refused.status_code == 403
    assert _boxes(refused.text) == []


@pytest.mark.parametrize("path", SEARCHED)
def test_nothing_found_offers_to_clear_the_filters(desk: Desk, path: str) -> None:
    (box,) = _boxes(visit(desk, "founder").page(path))
    assert _WORDS.findall(box) == ["Nothing matches"]
    (link,) = _LINK.findall(box)
    assert link.removesuffix("?view=all") == path.partition("?")[0]  # Today's start page may be a saved view


def test_what_could_not_be_read_never_looks_like_nothing(desk: Desk) -> None:
    owner = visit(desk, "stranger")
    read = {path: owner.page(path) for path in ("/orders", "/approvals", "/mappings")}
    with desk.owner() as connection:
        connection.execute("update shops set last_read_at = null")
    for path, before in read.items():
        assert _kinds(before) <= {"none"}
        page = owner.page(path)
        assert _kinds(page) == {"unread"}, path
        assert _boxes(page) != _boxes(before)
    assert "Some shops could not be read" in owner.page("/mappings?show=unmapped")
    assert _boxes(owner.page("/today")) == []  # the shops that were not read are its rows
    with desk.owner() as connection:
        connection.execute("update shops set last_read_at = now()")


def test_a_list_with_rows_shows_no_empty_box(desk: Desk) -> None:
    side: Side = desk.theirs
    with transaction(desk.database, side.scope()) as session:
        add_order(session, side)
    owner = visit(desk, "stranger")
    for path in ("/today", "/orders"):
        assert _boxes(owner.page(path)) == []
