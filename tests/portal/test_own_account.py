"""What people change about themselves: name, zone, password, and an address that both mailboxes must agree to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.desk import PASSWORD, Desk, open_desk
from tests.kept_people import keep_people, put_people_back
from tests.mailbox import last_mail, read_mails
from tests.portal.browsing import OURS, Visitor, visit, without_token

NEW = "fake lamps sing softly"
OLD_MAIL, NEW_MAIL = "viewer@example.test", "lee@example.test"


@pytest.fixture(scope="module")
def world() -> Iterator[Desk]:
    with open_desk() as opened:
        keep_people(opened)
        yield opened


@pytest.fixture
def desk(world: Desk) -> Iterator[Desk]:
    yield world
    put_people_back(world)


@pytest.fixture
def viewer(desk: Desk) -> Visitor:
    return visit(desk, "viewer")


def _email(desk: Desk) -> str:
    with desk.system() as session:
        return str(session.scalar(text("select email from users where name = 'Viewer'")))


def _asked(desk: Desk, viewer: Visitor) -> tuple[str, str]:
    """The links to the new and to the old address."""
    answer = viewer.send("/account/email", email=NEW_MAIL, password=PASSWORD)
    assert "Look into both mailboxes" in answer.text
    return last_mail(desk, NEW_MAIL).path, last_mail(desk, OLD_MAIL).path


def _post(desk: Desk, path: str) -> str:
    return desk.app.test_client().post(path, headers=OURS).text


def test_name_and_time_zone_are_changed_and_a_wrong_one_is_named(desk: Desk, viewer: Visitor) -> None:
    assert "Saved." in viewer.send("/account", name="Lee Park", time_zone="Asia/Tokyo").text
    page = viewer.page("/account")
    assert 'value="Lee Park"' in page
    assert '<option value="Asia/Tokyo" selected>' in page
    refused = viewer.send("/account", name="Lee", time_zone="Mars/Olympus")
    assert refused.status_code == 422
    assert 'id="profile-time_zone-wrong"' in refused.text


def test_a_person_chooses_a_language_or_leaves_it_to_the_browser(desk: Desk, viewer: Visitor) -> None:
    saved = viewer.send("/account", name="Lee", time_zone="UTC", language="de")
    assert '<html lang="de">' in saved.text
    page = viewer.page("/account")
    assert '<option value="de" selected>Deutsch</option>' in page
    assert "Zeitzone" in page
    assert '<html lang="en">' in viewer.send("/account", name="Lee", time_zone="UTC", language="").text
    refused = viewer.send("/account", name="Lee", time_zone="UTC", language="xx")
    assert refused.status_code == 422
    assert 'id="profile-language-wrong"' in refused.text


def test_before_signing_in_pages_follow_the_browser(desk: Desk) -> None:
    browser = desk.app.test_client()
    german = browser.get("/login", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert '<html lang="de">' in german
    assert "Passwort" in german
    assert '<html lang="en">' in browser.get("/login", headers={"Accept-Language": "fr"}).text


def test_a_new_password_needs_the_present_one_and_signs_other_devices_out(
    desk: Desk, viewer: Visitor
) -> None:
    elsewhere = visit(desk, "viewer")
    wrong = viewer.send("/account/password", current_password="fake-wrong-one", password=NEW)
    assert wrong.status_code == 422
    assert "This is not your password" in wrong.text
    weak = viewer.send("/account/password", current_password=PASSWORD, password="viewer@example.test")
    assert "too easy to guess" in weak.text
    changed = viewer.send("/account/password", current_password=PASSWORD, password=NEW)
    assert "Your password is changed" in changed.text
    assert elsewhere.get("/today").status_code == 303
    assert "was changed" in last_mail(desk, OLD_MAIL).subject
    with desk.session() as session:
        assert session.scalars(
            text("select action from audit_entries where action <> 'session.opened'")
        ).all() == ["member.password_changed"]


def test_a_password_keeps_the_spaces_around_it(desk: Desk, viewer: Visitor) -> None:
    spaced = f"  {NEW}  "
    viewer.send("/account/password", current_password=PASSWORD, password=spaced)
    for typed, code in ((NEW, 401), (spaced, 303)):
        fields = {"email": OLD_MAIL, "password": typed}
        assert desk.app.test_client().post("/login", data=fields, headers=OURS).status_code == code


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_address_changes_once_both_mailboxes_have_said_yes(
    desk: Desk, viewer: Visitor, order: tuple[int, int]
) -> None:
    elsewhere, links = visit(desk, "viewer"), _asked(desk, viewer)
    for link in links:
        assert desk.app.test_client().get(link).status_code == 200
    assert _email(desk) == OLD_MAIL  # opening changes nothing
    assert "once both have said yes" in _post(desk, links[order[0]])
    assert _email(desk) == OLD_MAIL
    assert "Your address is changed" in viewer.web.post(links[order[1]], headers=OURS).text
    assert _email(desk) == NEW_MAIL
    assert viewer.get("/today").status_code == 200
    assert elsewhere.get("/today").status_code == 303
    for address in (OLD_MAIL, NEW_MAIL):
        assert "address was changed" in last_mail(desk, address).subject


def test_a_link_says_yes_once(desk: Desk, viewer: Visitor) -> None:
    new, _old = _asked(desk, viewer)
    web = desk.app.test_client()
    assert [web.post(new, headers=OURS).status_code for _ in range(2)] == [200, 404]
    assert _email(desk) == OLD_MAIL


def test_the_old_mailbox_can_say_no(desk: Desk, viewer: Visitor) -> None:
    new, old = _asked(desk, viewer)
    _post(desk, new)
    assert "Your address stays" in _post(desk, f"{old}/keep")
    web = desk.app.test_client()
    assert [web.post(link, headers=OURS).status_code for link in (new, old, f"{old}/keep")] == [404, 404, 404]
    assert _email(desk) == OLD_MAIL


def test_two_yeses_at_the_same_moment_change_it(desk: Desk, viewer: Visitor) -> None:
    links = _asked(desk, viewer)
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda link: _post(desk, link), links))
    assert _email(desk) == NEW_MAIL
    assert sum("Your address is changed" in page for page in told) == 1


def test_links_end_with_time_with_a_newer_wish_and_with_a_new_password(desk: Desk, viewer: Visitor) -> None:
    web = desk.app.test_client()
    first = _asked(desk, viewer)
    second = _asked(desk, viewer)
    assert [web.get(link).status_code for link in first] == [404, 404]
    viewer.send("/account/password", current_password=PASSWORD, password=NEW)
    assert [web.get(link).status_code for link in second] == [404, 404]
    viewer.send("/account/email", email=NEW_MAIL, password=NEW)
    with desk.owner() as connection:
        connection.execute("update mail_links set expires_at = now() - interval '1 second'")
    assert web.get(last_mail(desk, NEW_MAIL).path).status_code == 404


def test_an_address_that_has_an_account_cannot_be_told_from_a_free_one(desk: Desk, viewer: Visitor) -> None:
    free = viewer.send("/account/email", email=NEW_MAIL, password=PASSWORD)
    taken = viewer.send("/account/email", email="stranger@example.test", password=PASSWORD)
    assert without_token(free.text) == without_token(taken.text)
    letter = last_mail(desk, "stranger@example.test")
    assert "has a Shopfleet account" in letter.subject
    assert letter.path == "/login"


def test_an_address_taken_in_the_meantime_is_refused_at_the_end(desk: Desk, viewer: Visitor) -> None:
    new, old = _asked(desk, viewer)
    with desk.owner() as connection:
        connection.execute(f"update users set email = '{NEW_MAIL}' where name = 'Stranger'")
    _post(desk, new)
    assert desk.app.test_client().post(old, headers=OURS).status_code == 409
    assert _email(desk) == OLD_MAIL


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"email": NEW_MAIL, "password": "fake-wrong-one"}, "This is not your password"),
        ({"email": OLD_MAIL, "password": PASSWORD}, "your address already"),
        ({"email": "a@b\r\nBcc: c@d", "password": PASSWORD}, "Write an e-mail address"),
    ],
)
def test_a_bad_wish_is_refused_and_writes_to_nobody(
    desk: Desk, viewer: Visitor, fields: dict[str, str], told: str
) -> None:
    refused = viewer.send("/account/email", **fields)
    assert refused.status_code == 422
    assert told in refused.text
    assert read_mails(desk, OLD_MAIL) == read_mails(desk, fields["email"]) == []


def test_password_managers_find_the_fields(viewer: Visitor) -> None:
    page = viewer.page("/account")
    for word in ("username", "current-password", "new-password", "email", "name"):
        assert f'autocomplete="{word}"' in page, word


def test_a_client_member_of_two_agencies_changes_between_them(desk: Desk) -> None:
    with desk.owner() as connection:
        connection.execute(
            f"""
            insert into memberships (user_id, agency_id, role, client_ids)
            select id, {desk.theirs.agency_id}, 'client_member', array[{desk.theirs.clients["Kite"]}]
            from users where email = 'member@example.test'
            """
        )
        theirs = str(
            connection.execute("select public_id from memberships order by id desc limit 1").fetchone()[0]
        )  # type: ignore[index]
    member = visit(desk, "member")
    page = member.page("/client")
    assert "Rival · Kite" in page
    moved = member.send("/workspace", membership=theirs)
    assert moved.request.path == "/client"
    assert "You changed the workspace" in moved.text
    assert "Kite" in moved.text


def test_the_page_behind_each_link_has_the_form_of_its_own_side(desk: Desk, viewer: Visitor) -> None:
    for link in _asked(desk, viewer):
        assert f'action="{link}"' in desk.app.test_client().get(link).text
