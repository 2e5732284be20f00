"""The mailer: takes due mails from the queue and hands them over, by SMTP or into the local outbox.

    once a minute: tell people of new decisions, as each of them chose (services/notices.py), which queues mails
    twice a minute: a round of the second watcher (watcher.py), which must not die with what it watches
    claim (transaction) -> hand over, one connection a batch -> record each (a transaction of its own)

A mailer that falls after handing a mail over and before recording it sends that mail twice; it never loses one. Both
carry the same Message-ID. Several mailers may run: a mail is claimed by one. Mails wait in English and leave in the
language that their recipient has chosen.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from datetime import datetime

from sqlalchemy.exc import OperationalError

from agency.boot import Booted
from agency.clock import Clock, machine_now
from agency.config import Settings
from agency.extensions import Database
from agency.integrations.notify.outbox import Outbox
from agency.integrations.notify.port import OutgoingMail, Post
from agency.integrations.notify.smtp import SmtpPost, parse_smtp_url
from agency.services.heartbeats import beat
from agency.services.mail_links import forget_old_links
from agency.services.mails import (
    ClaimedMail,
    MailDesk,
    claim_mails,
    forget_old_mails,
    record_failed,
    record_sent,
)
from agency.services.notices import claim_due, list_news, mark_told, news_letter
from agency.services.sealing import Keyring
from agency.speech import told_letter
from agency.transaction import system_transaction, transaction
from workers.watcher import EVERY as WATCH_EVERY
from workers.watcher import Watcher

log = logging.getLogger(__name__)
ROOM = 20  # mails a batch
LONGEST_BATCH = 150.0  # seconds; one more mail, with all its time-outs, still ends before the lease does
TICK = 0.5
BEAT_EVERY = 5.0
TIDY_EVERY = 3600.0
NOTICES_EVERY = 60.0


class Mailer:
    """One loop; `stop` ends it after the present batch."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        post: Post,
        link_base: str = "",
        watcher: Watcher | None = None,
    ) -> None:
        """`link_base` is what links in mails begin with; `watcher` is the second watcher, which lives here."""
        self._database, self._keyring, self._post = database, keyring, post
        self._link_base, self._watcher = link_base, watcher
        self._stopping = False

    def stop(self, *_signal: object) -> None:
        """Ends the loop after the present batch."""
        self._stopping = True

    def run(self) -> None:
        """Runs until stopped; a database that is away is waited for."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        last_beat = last_tidy = last_notices = last_watch = 0.0
        while not self._stopping:
            handed = 0
            try:
                if time.monotonic() - last_beat >= BEAT_EVERY:
                    self._beat()
                    last_beat = time.monotonic()
                if not last_tidy or time.monotonic() - last_tidy >= TIDY_EVERY:
                    self.tidy(machine_now())
                    last_tidy = time.monotonic()
                if not last_notices or time.monotonic() - last_notices >= NOTICES_EVERY:
                    self.tell(machine_now())
                    last_notices = time.monotonic()
                if not last_watch or time.monotonic() - last_watch >= WATCH_EVERY:
                    self.watch()
                    last_watch = time.monotonic()
                handed = self.round(machine_now())
            except OperationalError as error:
                log.warning("mailer waits", extra={"problem": type(error).__name__})
            if handed < ROOM:
                time.sleep(TICK)

    def round(self, now: datetime) -> int:
        """Hands over what is due at `now` (machine time), one batch; returns how many mails it claimed."""
        with system_transaction(self._database) as session:
            claimed = claim_mails(session, self._keyring, now, ROOM)
        by_id = {str(mail.public_id): mail for mail in claimed}
        for mail in claimed:
            if mail.body is None:
                self._record(mail, "the text does not open with this SHOPFLEET_KEY", now)
        letters = [_outgoing(mail, mail.body) for mail in claimed if mail.body is not None]
        started = time.monotonic()
        for letter, problem in self._post.deliver(letters) if letters else ():
            self._record(by_id[letter.mail_id], problem, now)
            if time.monotonic() - started > LONGEST_BATCH:
                break  # the rest comes due again when its lease ends
        return len(claimed)

    def watch(self) -> None:
        """A round of the second watcher. Its fault stops no mail; it is told by its missing heartbeat."""
        if self._watcher is None:
            return
        try:
            self._watcher.round()
        except OperationalError:
            raise  # the database is away: waited for like everything here
        except Exception:
            log.exception("the watcher's round failed")

    def tell(self, now: datetime) -> int:
        """Queues the mails about new decisions that are due at `now` (machine time); returns how many."""
        told = 0
        after: int | None = 0
        while after is not None:
            queued, after = self._tell_some(now, after)
            told += queued
        return told

    def _tell_some(self, now: datetime, after: int) -> tuple[int, int | None]:
        told = 0
        with system_transaction(self._database) as system:
            desk = MailDesk(system, self._keyring, self._link_base)
            claimed, go_on = claim_due(system, now, after)
            for due in claimed:
                with transaction(self._database, due.scope) as session:
                    news = list_news(due.scope, session, due, now)
                if news:
                    letter = news_letter(due, news, desk.link("/today"), desk.link("/settings/notifications"))
                    desk.send(due.email, letter)
                mark_told(system, due, now, mailed=bool(news))
                told += bool(news)
        return told, go_on

    def tidy(self, now: datetime) -> None:
        """Takes away envelopes and links that ended long ago."""
        with system_transaction(self._database) as session:
            forget_old_mails(session, now)
            forget_old_links(session, now)

    def _record(self, mail: ClaimedMail, problem: str, now: datetime) -> None:
        facts = {"mail": str(mail.public_id), "attempt": mail.attempts, "problem": problem}
        with system_transaction(self._database) as session:
            if not problem:
                record_sent(session, mail, now)
                return
            given_up = record_failed(session, mail, problem, now)
        # Never the recipient, the subject or the text.
        if given_up:
            log.error("mail given up after three days", extra=facts)
        else:
            log.warning("mail not sent yet", extra=facts)

    def _beat(self) -> None:
        with system_transaction(self._database) as session:
            beat(session, f"mailer:{os.getpid()}", "mailer", os.getpid())


def choose_post(settings: Settings) -> Post:
    """The configured mail server, or the outbox in the data folder. Raises ValueError for an address of neither."""
    if settings.smtp_url:
        return SmtpPost(parse_smtp_url(settings.smtp_url), settings.mail_from, settings.outside_timeout)
    return Outbox(settings.outbox_dir, settings.mail_from)


def run_mailer(booted: Booted) -> None:
    """Runs a mailer until it is told to stop."""
    settings = booted.settings
    keyring, post = Keyring(booted.master_key), choose_post(settings)
    watcher = Watcher(
        booted.database,
        Clock(settings.clock_origin, settings.clock_epoch, settings.clock_rate),
        counts=bool(settings.metrics_token),
    )
    Mailer(booted.database, keyring, post, settings.link_base, watcher).run()


def _outgoing(mail: ClaimedMail, body: str) -> OutgoingMail:
    subject, words = told_letter(mail.language, mail.subject, body)
    return OutgoingMail(str(mail.public_id), mail.recipient, subject, words, mail.created_at)
