"""Mails leave in the language that their recipient has chosen, whole, with their links untouched."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from babel.support import Translations
from sqlalchemy import text

from agency import speech
from agency.clock import machine_now
from agency.domain.scope import Scope
from agency.integrations.notify.outbox import Outbox, list_outbox
from agency.services import factor_mails, lockouts, mail_texts
from agency.services.mails import Letter, MailDesk
from agency.services.notices import USUAL, Due, News, news_letter
from agency.services.sealing import Keyring
from agency.speech import told_letter
from tests.databases import MASTER_KEY
from tests.desk import Desk
from tests.portal.reading import bracketed, outside_of_brackets
from workers.mailer import Mailer

LINK = "https://shopfleet.example.test/reset/fake-secret-of-a-link"
MOMENT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
SETTINGS = "https://shopfleet.example.test/settings/notifications"
DUE = Due(1, Scope("staff", 1, "rule:notices", "owner"), "maya@example.test", "Harbor", USUAL, MOMENT)
NEWS = [News("Luma", "approval", 2), *[News("Kite", "money_mismatch", 1)] * 40]
LETTERS = (
    news_letter(DUE, NEWS[:1], LINK, SETTINGS),
    news_letter(DUE, [News("Kite", "tracking_late", 1)], LINK, SETTINGS),
    news_letter(DUE, NEWS, LINK, SETTINGS),
    mail_texts.sign_up_letter(LINK),
    mail_texts.known_address_letter(LINK),
    mail_texts.reset_letter(LINK),
    mail_texts.password_changed_letter(LINK),
    *(mail_texts.invitation_letter(LINK, "Harbor", role, "Maya", MOMENT) for role in mail_texts.ROLE_WORDS),
    mail_texts.new_address_letter(LINK),
    mail_texts.taken_address_letter(LINK),
    mail_texts.old_address_letter(LINK, "new@example.test"),
    mail_texts.address_changed_letter("new@example.test"),
    Letter(lockouts.SUBJECT, lockouts.BODY.format(name="Maya")),
    *(
        factor_mails.letter(subject, words)
        for subject, words in (
            ("Few recovery codes are left", "One of your recovery codes was used. 2 of 10 still work."),
            ("Your second factors have changed", "A passkey was added to your account."),
        )
    ),
)


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.subject)
def test_every_letter_is_known_to_the_translators(
    letter: Letter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bracketed(tmp_path):
        monkeypatch.setattr(speech, "CATALOGUES", tmp_path / "translations")
        subject, body = told_letter("de", letter.subject, letter.body)
    assert outside_of_brackets(f"{subject} {body}").split() in (
        [],
        ["Shopfleet"],
        [LINK],
        [LINK, "Shopfleet"],
        [LINK, SETTINGS, "Shopfleet"],
    )


def test_english_and_unknown_languages_leave_a_letter_as_it_is() -> None:
    letter = LETTERS[0]
    for language in ("", "en", "xx"):
        assert told_letter(language, letter.subject, letter.body) == (letter.subject, letter.body)


def test_links_and_lines_of_a_list_stay_apart_in_another_language() -> None:
    letter = news_letter(DUE, NEWS[:2], LINK, SETTINGS)
    _subject, body = told_letter("de", letter.subject, letter.body)
    lines = body.split("\n")
    assert {LINK, SETTINGS} <= set(lines)
    assert [line.partition(":")[0] for line in lines if line.startswith("- ")] == ["- Luma", "- Kite"]


def test_letters_share_the_catalogue_of_their_language() -> None:
    def kept() -> int:
        gc.collect()
        return sum(isinstance(one, Translations) for one in gc.get_objects())

    told_letter("de", LETTERS[0].subject, LETTERS[0].body)
    before = kept()
    for letter in LETTERS:
        told_letter("de", letter.subject, letter.body)
    assert kept() == before


def _body(folder: Path, person: str) -> str:
    letters = [message_from_bytes(file.read_bytes(), policy=default) for file in folder.glob("*.eml")]
    (letter,) = [one for one in letters if str(one["To"]).startswith(person)]
    return str(letter.get_content())


def test_the_mailer_sends_german_to_who_chose_it_and_english_to_others(desk: Desk, tmp_path: Path) -> None:
    with desk.system() as session:
        session.execute(text("update users set language = 'de' where email = 'viewer@example.test'"))
        post = MailDesk(session, Keyring(MASTER_KEY), "https://shopfleet.example.test")
        letter = mail_texts.invitation_letter(LINK, "Harbor", "operator", "Maya", MOMENT)
        for person in ("viewer", "operator", "nobody"):
            post.send(f"{person}@example.test", letter)
    Mailer(desk.database, Keyring(MASTER_KEY), Outbox(tmp_path, "Shopfleet <mail@example.test>")).round(
        machine_now() + timedelta(seconds=1)
    )
    sent = {mail.recipient.partition("@")[0]: mail for mail in list_outbox(tmp_path, 10)}
    assert sent["viewer"].subject == "Harbor lädt Sie zu Shopfleet ein"
    assert "bis 1. Dezember 2026, 09:30 UTC:" in " ".join(_body(tmp_path, "viewer").split())
    assert sent["viewer"].link == LINK
    assert [sent[person].subject for person in ("operator", "nobody")] == [
        "Harbor invites you to Shopfleet"
    ] * 2
