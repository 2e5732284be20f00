"""Mails about open decisions: what each person chose, who is due, what is new for them. Never a buyer, never a number.

the mailer asks claim_due (system login) -> list_news in that person's own scope -> the mail -> mark_told
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Invalid
from agency.domain.notices import EVERYTHING, KINDS, RHYTHMS, SETTLED, Choice, is_due
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.mail_texts import letter, one_line
from agency.services.mails import Letter
from agency.services.visibility import visible_sql
from agency.services.wording import kind_text
from agency.services.zones import zone_named

MOST = 500  # people that one transaction holds
MOST_LINES = 40
USUAL = Choice("never", ("money", "connection"), 8, 21, 7)
_MINE = text(
    """
    select n.rhythm, n.groups, n.hour, n.quiet_from, n.quiet_until from notification_choices n
    join memberships m on m.id = n.membership_id where m.public_id = :membership
    """
)
_SAVE = text(
    """
    insert into notification_choices (membership_id, rhythm, groups, hour, quiet_from, quiet_until, seen_until)
    select m.id, :rhythm, cast(:groups as jsonb), :hour, :quiet_from, :quiet_until, :now from memberships m
    where m.public_id = :membership and m.ended_at is null
    on conflict (membership_id) do update set rhythm = excluded.rhythm, groups = excluded.groups, hour = excluded.hour,
      quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, seen_until = excluded.seen_until
    """
)
_WAITING = text(
    """
    select n.membership_id, n.rhythm, n.groups, n.hour, n.quiet_from, n.quiet_until, n.seen_until, n.mailed_at,
      m.agency_id, m.role, m.client_ids, u.id as user_id, u.email, u.time_zone, a.name as agency_name
    from notification_choices n
    join memberships m on m.id = n.membership_id and m.ended_at is null and m.role <> 'client_member'
    join users u on u.id = m.user_id and u.disabled_at is null
    join agencies a on a.id = m.agency_id
    where n.rhythm <> 'never' and n.membership_id > :after
    order by n.membership_id limit :most for update of n skip locked
    """
)
_TOLD = text(
    """
    update notification_choices set seen_until = greatest(seen_until, cast(:until as timestamptz)),
      mailed_at = case when cast(:mailed as boolean) then cast(:now as timestamptz) else mailed_at end
    where membership_id = :membership_id
    """
)


@dataclass(frozen=True)
class Due:
    """A person to whom a mail may go now, with the scope in which they would look themselves."""

    membership_id: int
    scope: Scope
    email: str
    agency_name: str
    choice: Choice
    told_until: datetime


@dataclass(frozen=True)
class News:
    """Decisions of one kind at one client; `count` is how many are new."""

    client_name: str
    kind: str
    count: int


def get_choice(system: Session, membership_public_id: str) -> Choice:
    """What this person chose, or the usual values with no mails at all."""
    row = system.execute(_MINE, {"membership": membership_public_id}).one_or_none()
    if row is None:
        return USUAL
    return Choice(row.rhythm, tuple(row.groups), row.hour, row.quiet_from, row.quiet_until)


def set_choice(system: Session, membership_public_id: str, choice: Choice) -> None:
    """Keeps a choice; only decisions from now on are told. Raises Invalid naming the field."""
    if choice.rhythm not in RHYTHMS:
        raise Invalid("rhythm", "Choose when to get mails.")
    if not set(choice.groups) <= {*KINDS, EVERYTHING} or (choice.rhythm != "never" and not choice.groups):
        raise Invalid("groups", "Choose at least one kind of decision.")
    for name in ("hour", "quiet_from", "quiet_until"):
        hour = getattr(choice, name)
        if hour is not None and not 0 <= hour <= 23:
            raise Invalid(name, "Choose an hour from the list.")
    values = vars(choice) | {"groups": json.dumps(list(choice.groups))}
    system.execute(_SAVE, values | {"membership": membership_public_id, "now": machine_now()})


def claim_due(system: Session, now: datetime, after: int = 0) -> tuple[list[Due], int | None]:
    """Of the next MOST people after a membership, those whose mail is due; and where to go on, None at the end.

    They are held until the transaction ends, so that two mailers never tell the same.
    """
    found = []
    rows = system.execute(_WAITING, {"after": after, "most": MOST}).all()
    for row in rows:
        choice = Choice(row.rhythm, tuple(row.groups), row.hour, row.quiet_from, row.quiet_until)
        if not is_due(choice, zone_named(row.time_zone), row.seen_until, row.mailed_at, now):
            continue
        scope = Scope(
            login="staff",
            agency_id=row.agency_id,
            actor="rule:notices",
            role=row.role,
            client_ids=None if row.client_ids is None else frozenset(row.client_ids),
            user_id=row.user_id,
            read_only=True,
        )
        found.append(Due(row.membership_id, scope, row.email, row.agency_name, choice, row.seen_until))
    return found, rows[-1].membership_id if len(rows) == MOST else None


def list_news(scope: Scope, session: Session, due: Due, now: datetime) -> tuple[News, ...]:
    """Decisions that were opened since the last mail and are still open, folded by client and kind.

    Those of the last minute wait: a decision bears the time at which its transaction began, and that may still run.
    """
    query = text(
        f"""
        select c.name, a.kind, count(*) as n from attentions a join clients c on c.id = a.client_id
        where a.resolved_at is null and a.created_at > :since and a.created_at <= :until
          and (cast(:kinds as text[]) is null or a.kind = any(cast(:kinds as text[])))
          and {visible_sql(scope, "a.client_id")}
        group by c.name, a.kind order by c.name, a.kind
        """  # noqa: S608 - the condition is made of our own integers
    )
    span = {"since": due.told_until, "until": now - SETTLED}
    rows = session.execute(query, span | {"kinds": due.choice.kinds})
    return tuple(News(row.name, row.kind, row.n) for row in rows)


def mark_told(system: Session, due: Due, now: datetime, *, mailed: bool) -> None:
    """From here on only later decisions are new for this person."""
    if mailed or due.choice.rhythm == "daily":
        values = {"membership_id": due.membership_id, "now": now, "until": now - SETTLED, "mailed": mailed}
        system.execute(_TOLD, values)


def news_letter(due: Due, news: Sequence[News], link: str, settings: str) -> Letter:
    """One mail over all that is new: kinds, clients and counts. Names are put on one line and cut."""
    agency, total, more = one_line(due.agency_name), sum(one.count for one in news), len(news) - MOST_LINES
    values = {"agency": agency, "number": total}
    single = total == 1
    subject = (
        said("1 new decision at {agency}", agency=agency)
        if single
        else said("{number} new decisions at {agency}", **values)
    )
    opening = (
        said("1 new decision at {agency}:", agency=agency)
        if single
        else said("{number} new decisions at {agency}:", **values)
    )
    lines = [_line(one) for one in news[:MOST_LINES]]
    if more > 0:
        lines.append(said("- and {number} more kinds", number=more))
    return letter(subject, opening, *lines, link, said("Change or end these mails here:"), settings)


def _line(one: News) -> str:
    kind, _tone = kind_text(one.kind)
    return said("- {client}: {kind} ({count})", client=one_line(one.client_name), kind=kind, count=one.count)
