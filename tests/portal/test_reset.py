"""A forgotten password: one answer for every address, a link that works once, and everything else signed out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, text
from werkzeug.test import TestResponse

from agency.services import master_keys
from tests.desk import PASSWORD, Desk, open_desk
from tests.kept_people import keep_people, put_people_back
from tests.mailbox import last_mail, read_mails
from tests.portal.browsing import OURS, visit

NEW = "fake lamps sing softly"
HOUR_AGO = "update mail_links set expires_at = now() - interval '1 second'"


@pytest.fixture(scope="module")
def world() -> Iterator[Desk]:
    with open_desk(sign_up=True) as opened:
        keep_people(opened)
        yield opened


@pytest.fixture
def desk(world: Desk) -> Iterator[Desk]:
    yield world
    put_people_back(world)


def _ask(desk: Desk, email: str, path: str = "/forgot") -> TestResponse:
    return desk.app.test_client().post(path, data={"email": email}, headers=OURS)


def _reset(desk: Desk, path: str, password: str = NEW) -> TestResponse:
    return desk.app.test_client().post(path, data={"password": password}, headers=OURS)


def _signs_in(desk: Desk, password: str, email: str = "operator@example.test") -> bool:
    fields = {"email": email, "password": password}
    return desk.app.test_client().post("/login", data=fields, headers=OURS).status_code == 303


@contextmanager
def _listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every SQL statement without its values, every commit that has something to write, and every seal, in order."""
    heard: list[str] = []

    def statement(_c: object, _k: object, sql: str, *_rest: object) -> None:
        heard.append(" ".join(sql.split()))

    def encrypt(*given: object) -> bytes:
        heard.append("seal")
        return real(*given)  # type: ignore[arg-type]

    real = master_keys.encrypt
    event.listen(Engine, "before_cursor_execute", statement)
    monkeypatch.setattr(master_keys, "encrypt", encrypt)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        monkeypatch.undo()


@pytest.mark.parametrize("path", ["/forgot", "/signup"])
def test_known_and_unknown_addresses_get_the_same_answer_for_the_same_work(
    desk: Desk, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, answers = [], []
    for email in ("operator@example.test", "nobody@example.test"):
        with _listening(monkeypatch) as heard:
            answers.append(_ask(desk, email, path))
        work.append(list(heard))
    assert answers[0].status_code == answers[1].status_code == 200
    assert answers[0].text == answers[1].text
    assert work[0] == work[1]
    assert work[0].count("seal") == 1
    assert any(line.startswith("insert into mail_links") for line in work[0])


def test_an_unknown_address_gets_no_mail(desk: Desk) -> None:
    _ask(desk, "nobody@example.test")
    assert read_mails(desk, "nobody@example.test") == []


def test_text_that_is_no_address_is_refused_by_the_field(desk: Desk) -> None:
    answer = _ask(desk, "nonsense")
    assert answer.status_code == 422
    assert 'id="forgot-email-wrong"' in answer.text


def test_the_link_leads_to_a_form_that_sets_the_password_once(desk: Desk) -> None:
    _ask(desk, " Operator@Example.test ")
    path = last_mail(desk, "operator@example.test").path
    web = desk.app.test_client()
    assert 'autocomplete="new-password"' in web.get(path).text
    assert web.get(path).status_code == 200  # a scanner has looked; nothing happened
    done = _reset(desk, path)
    assert done.location == "/login?done=password_reset"
    assert "Set-Cookie" not in done.headers  # it does not sign in by itself
    assert _signs_in(desk, NEW)
    assert not _signs_in(desk, PASSWORD)
    assert _reset(desk, path, "other fake lamps sing").status_code == 404


def test_every_device_is_signed_out_and_the_person_is_told(desk: Desk) -> None:
    before, bystander = visit(desk, "operator"), visit(desk, "viewer")
    _ask(desk, "operator@example.test")
    _reset(desk, last_mail(desk, "operator@example.test").path)
    assert before.get("/today").status_code == 303
    assert bystander.get("/today").status_code == 200
    assert "was changed" in last_mail(desk, "operator@example.test").subject
    with desk.session() as session:
        acts = session.execute(
            text("select action from audit_entries where action <> 'session.opened'")
        ).all()
    assert [act.action for act in acts] == ["member.password_reset"]


def test_a_newer_link_ends_the_older_and_a_reset_ends_all(desk: Desk) -> None:
    for _ in range(2):
        _ask(desk, "operator@example.test")
    older, newer = (mail.path for mail in read_mails(desk, "operator@example.test"))
    assert desk.app.test_client().get(older).status_code == 404
    assert _reset(desk, newer).status_code == 303
    with desk.system() as session:
        assert session.scalar(text("select count(*) from mail_links where purpose = 'reset_password'")) == 0


def test_an_old_link_an_unknown_one_and_a_closed_account_read_the_same(desk: Desk) -> None:
    _ask(desk, "operator@example.test")
    path = last_mail(desk, "operator@example.test").path
    with desk.owner() as connection:
        connection.execute(HOUR_AGO)
    answers = [desk.app.test_client().get(one) for one in (path, "/reset/" + "x" * 43)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    _ask(desk, "viewer@example.test")
    closed = last_mail(desk, "viewer@example.test").path
    with desk.owner() as connection:
        connection.execute("update users set disabled_at = now() where email = 'viewer@example.test'")
    assert _reset(desk, closed).status_code == 404


def test_a_link_of_another_purpose_opens_nothing(desk: Desk) -> None:
    _ask(desk, "operator@example.test")
    secret = last_mail(desk, "operator@example.test").path.rpartition("/")[2]
    web = desk.app.test_client()
    for path in ("/signup/", "/email/new/", "/email/old/", "/invitation/"):
        assert web.get(path + secret).status_code == 404, path


def test_a_refused_password_leaves_the_link_and_the_old_password(desk: Desk) -> None:
    _ask(desk, "operator@example.test")
    path = last_mail(desk, "operator@example.test").path
    for weak, told in (
        ("operator-harbor", "made of your name"),
        ("password1234", "very common"),
        ("short", "12 to 256"),
    ):
        refused = _reset(desk, path, weak)
        assert refused.status_code == 422
        assert told in refused.text
    assert _signs_in(desk, PASSWORD)
    assert _reset(desk, path).status_code == 303


def test_a_reset_does_not_skip_the_second_factor(desk: Desk) -> None:
    with desk.owner() as connection:
        connection.execute(
            """
            insert into second_factors (user_id, kind, label, confirmed_at)
            select id, 'totp', 'Phone', now() from users where email = 'operator@example.test'
            """
        )
    _ask(desk, "operator@example.test")
    done = _reset(desk, last_mail(desk, "operator@example.test").path)
    assert "Set-Cookie" not in done.headers
    with desk.system() as session:
        assert session.scalar(text("select count(*) from second_factors where confirmed_at is not null")) == 1


def test_a_foreign_host_header_gets_no_link_and_ours_is_the_configured_one(desk: Desk) -> None:
    web, fields = desk.app.test_client(), {"email": "operator@example.test"}
    refused = web.post("/forgot", data=fields, headers={**OURS, "Host": "evil.example.test"})
    assert refused.status_code == 400
    assert read_mails(desk, "operator@example.test") == []
    _ask(desk, "operator@example.test")
    assert "\nhttp://127.0.0.1:8000/reset/" in last_mail(desk, "operator@example.test").body


def test_a_form_from_another_site_sends_nothing(desk: Desk) -> None:
    abroad = {"Sec-Fetch-Site": "cross-site"}
    answer = desk.app.test_client().post("/forgot", data={"email": "operator@example.test"}, headers=abroad)
    assert answer.status_code == 403
    assert read_mails(desk, "operator@example.test") == []
