"""Two watchers that look after each other: the sweep lane of each shop, and a step of the mailer's process.

    dispatcher, workers, lanes, sweeps, reads  <- watched by the watcher (mailer process: no Redis, no lane, no vendor)
    the watcher                                <- watched by every sweep (worker process)
    both                                       <- read by the web: Today, Work, /readyz, /metrics

What is silent is one row of each agency, at its first client, and closes by itself. The rules say when, in seconds of
machine time; a process that never reported is told by `/readyz`, since a fresh installation is not broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.attention import Attention
from agency.models.shops import Shop
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.readiness import BEAT_LIMITS, read_beats, read_oldest_lane
from agency.services.sweeps import find_unread

KIND = "machine_silent"
LANE_LIMIT = 300.0
SWEEP_AFTER = timedelta(hours=2)  # shop time; four sweeps

_SWEEPS = text(
    """
    select count(*) from lanes l join shops s on s.id = l.shop_id join clients c on c.id = l.client_id
    where l.api = 'sweep' and s.paused_at is null and c.left_at is null
      and coalesce(l.last_turn_at, s.created_at) < :before
    """
)
_FIRST_CLIENT = text("select min(id) from clients where left_at is null")


@dataclass(frozen=True)
class Silence:
    """Something that should speak and does not; `words` say since when, and what helps."""

    subject: str
    words: str


def list_agencies(system: Session) -> list[int]:
    """Every agency of this installation (system login)."""
    return list(system.scalars(text("select id from agencies order by id")))


def silent_processes(system: Session) -> tuple[Silence, ...]:
    """Dispatcher, workers and overdue lanes, as the watcher sees them (system login)."""
    beats = read_beats(system)
    found = [silence for kind in ("dispatcher", "worker") if (silence := _process(kind, beats))]
    oldest = read_oldest_lane(system)
    if oldest > LANE_LIMIT:
        words = said(
            "A lane has been due for {minutes} minutes. Look at Work; add workers.", minutes=int(oldest // 60)
        )
        found.append(Silence("lanes", words))
    return tuple(found)


def silent_watcher(system: Session) -> Silence | None:
    """The watcher itself, as a sweep sees it (system login)."""
    return _process("watcher", read_beats(system))


def silent_sweeps(session: Session, limit: timedelta) -> Silence | None:
    """Sweeps of the agency's shops that nobody has made for longer than `limit` (machine time)."""
    shops = session.scalar(_SWEEPS, {"before": machine_now() - limit})
    if not shops:
        return None
    return Silence(
        "sweep", said("{count} shops were not looked after for hours. Check that workers run.", count=shops)
    )


def note_silences(
    scope: Scope, session: Session, watched: tuple[str, ...], found: Mapping[str, Silence]
) -> None:
    """Opens a row for each of these subjects that is silent, and closes the rows of those that speak.

    While all is calm this is one statement: the watcher asks for every agency twice a minute.
    """
    query = select(Attention.cause_key).where(Attention.kind == KIND, Attention.resolved_at.is_(None))
    shown = set(session.scalars(query))
    news = [subject for subject in watched if subject in found or subject in shown]
    client_id = session.scalar(_FIRST_CLIENT) if news else None
    if client_id is None:
        return
    for subject in news:
        silence = found.get(subject)
        if silence is None:
            close_attention(scope, session, client_id, KIND, subject)
            continue
        open_attention(scope, session, Cause(client_id, KIND, subject, silence.words, "look"))


def find_all_unread(scope: Scope, session: Session, limit: timedelta) -> int:
    """Shops without a complete read for longer than `limit` (machine time) say so and are woken; how many."""
    before: datetime = machine_now() - limit
    query = select(Shop).where(
        Shop.paused_at.is_(None),
        Shop.access_lost.is_(False),
        Shop.read_error == "",
        func.coalesce(Shop.last_read_at, Shop.created_at) < before,
    )
    shops = list(session.scalars(query))
    for shop in shops:
        find_unread(scope, session, shop, limit)
    return len(shops)


def _process(kind: str, beats: Mapping[str, float]) -> Silence | None:
    age = beats.get(kind)
    if age is None or age <= BEAT_LIMITS[kind]:
        return None
    minutes = max(1, int(age // 60))
    words = {
        "dispatcher": said(
            "The dispatcher has been silent for {minutes} minutes. Start it again; work waits.",
            minutes=minutes,
        ),
        "worker": said(
            "No worker has spoken for {minutes} minutes. Start one; work waits and none is lost.",
            minutes=minutes,
        ),
        "watcher": said(
            "The second watcher has been silent for {minutes} minutes. Start the mailer.", minutes=minutes
        ),
    }
    return Silence(kind, words[kind])
