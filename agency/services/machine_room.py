"""What no tenant owns and an agency still wants to know: processes alive, its own mails, notifications that came early.

On the system login; what is told of mails and strays is narrowed to the agency's own people and shops.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.services.readiness import BEAT_LIMITS, HEARTBEAT_LIMIT, NEEDED
from agency.services.visibility import visible_sql
from agency.services.work_rows import MailCounts, ProcessRow, StrayRow

KINDS = ("dispatcher", "worker", "mailer", "watcher")
_BEATS = text(
    """
    select kind, max(seen_at) as seen, count(*) filter (
        where seen_at > now() - make_interval(secs => case kind when 'watcher' then :watcher else :limit end)) as alive
    from heartbeats group by kind
    """
)
_MAILS = text(
    """
    select count(*) filter (where m.sent_at is null and m.given_up_at is null) as waiting,
      count(*) filter (where m.sent_at is null and m.given_up_at is null and m.attempts > 0) as failing,
      count(*) filter (where m.given_up_at > now() - interval '30 days') as given_up,
      min(m.created_at) filter (where m.sent_at is null and m.given_up_at is null) as oldest
    from mails m
    where (m.sent_at is null and m.given_up_at is null or m.given_up_at > now() - interval '30 days')
      and m.recipient in (
        select u.email from users u join memberships k on k.user_id = u.id
        where k.agency_id = :agency_id and k.ended_at is null
        union select i.email from invitations i where i.agency_id = :agency_id)
    """
)
_STRAYS = text(
    """
    select subject, count(*) as notifications, max(created_at) as last_at from inbox_strays
    where source = 'tiktok' and subject = any(:subjects) group by subject order by max(created_at) desc
    """
)


def list_processes(system: Session) -> tuple[ProcessRow, ...]:
    """The processes of this installation by kind; those that never reported are there too."""
    limits = {"limit": HEARTBEAT_LIMIT, "watcher": BEAT_LIMITS["watcher"]}
    rows = {row.kind: row for row in system.execute(_BEATS, limits)}
    found = []
    for kind in KINDS:
        row = rows.get(kind)
        found.append(ProcessRow(kind, row.alive if row else 0, row.seen if row else None, kind in NEEDED))
    return tuple(found)


def count_mails(scope: Scope, system: Session) -> MailCounts:
    """Mails to members and invited people of the agency."""
    row = system.execute(_MAILS, {"agency_id": scope.agency_id}).one()
    return MailCounts(row.waiting, row.failing, row.given_up, row.oldest)


def list_strays(system: Session, shops: Mapping[str, str]) -> tuple[StrayRow, ...]:
    """Notifications that came for these shops (TikTok's id -> name) before we knew them."""
    rows = system.execute(_STRAYS, {"subjects": list(shops)})
    return tuple(StrayRow(shops[row.subject], row.notifications, row.last_at) for row in rows)


def tiktok_shops(scope: Scope, session: Session) -> dict[str, str]:
    """TikTok's id -> name of the visible shops."""
    seen = visible_sql(scope, "client_id")
    rows = session.execute(text(f"select tiktok_shop_id, name from shops where {seen}"))  # noqa: S608 - our integers
    return {row.tiktok_shop_id: row.name for row in rows}
