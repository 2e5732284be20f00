"""Links to a client's monthly page: made by the team, opened without sign-in, ended by a day or by the team."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import NotFound, ShopfleetError
from agency.domain.months import parse_month
from agency.domain.scope import Scope
from agency.models.clients import Client
from agency.models.months import MonthLink
from agency.services.audit import Act, record_act
from agency.services.client_status import require_present
from agency.services.one_time import new_secret, secret_hash
from agency.services.public_ids import as_public_id
from agency.services.visibility import get_visible, visible

LIFE = timedelta(days=90)
_FIND = text(
    """
    select id, public_id, agency_id, client_id, month from month_links
    where token_hash = :token_hash and revoked_at is null and expires_at > :now
    """
)
_NOTE = text("update month_links set opened_count = opened_count + 1, last_opened_at = :now where id = :id")


class MonthLinkGone(NotFound):
    """The link is unknown, ended or withdrawn, or its client has left; all four read the same."""

    def __init__(self) -> None:
        ShopfleetError.__init__(
            self, "This link does not work any more. Ask whoever sent it to you for a new one."
        )
        self.what = "Link"


@dataclass(frozen=True)
class MonthLinkRow:
    """A link as the team sees it; `month` empty = always the last complete one. The link itself is shown once."""

    link_id: str
    client_id: str
    month: str
    expires_at: datetime
    opened_count: int
    last_opened_at: datetime | None


@dataclass(frozen=True)
class MadeMonthLink:
    """A new link; `secret` is shown this once."""

    client_id: str
    client_name: str
    month: str
    expires_at: datetime
    secret: str = field(repr=False)


@dataclass(frozen=True)
class OpenedMonth:
    """What a link opens: a read-only scope of its one client, and the month ("" = the last complete one)."""

    scope: Scope
    month: str


def make_month_link(scope: Scope, session: Session, client_public_id: str, month: str) -> MadeMonthLink:
    """A link for a month ("2026-10"), or with "" for the last complete one whenever it is opened; it lives 90 days.

    Raises Forbidden for those who only look, NotFound, Invalid, and Conflict for a client that has left.
    """
    scope.require_write()
    wanted = as_public_id(client_public_id, "Client")
    client = get_visible(scope, session, Client, "Client", Client.public_id == wanted)
    require_present(client)
    month = str(parse_month(month)) if month else ""
    secret, until = new_secret(), machine_now() + LIFE
    link = MonthLink(
        agency_id=client.agency_id,
        client_id=client.id,
        month=month,
        token_hash=secret_hash(secret),
        made_by=scope.actor,
        expires_at=until,
    )
    session.add(link)
    session.flush()
    _record(scope, session, Act("client.month_linked"), link)
    return MadeMonthLink(client_public_id, client.name, month, until, secret)


def list_month_links(scope: Scope, session: Session, client_public_id: str) -> tuple[MonthLinkRow, ...]:
    """The links to one client's months that work, newest first; none of a client that the reader does not see."""
    wanted = as_public_id(client_public_id, "Client")
    query = (
        select(MonthLink, Client.public_id)
        .join(Client, Client.id == MonthLink.client_id)
        .where(
            visible(scope, MonthLink),
            MonthLink.revoked_at.is_(None),
            MonthLink.expires_at > machine_now(),
            Client.public_id == wanted,
        )
        .order_by(MonthLink.id.desc())
    )
    return tuple(
        MonthLinkRow(
            str(link.public_id),
            str(client),
            link.month,
            link.expires_at,
            link.opened_count,
            link.last_opened_at,
        )
        for link, client in session.execute(query)
    )


def revoke_month_link(scope: Scope, session: Session, client_public_id: str, link_public_id: str) -> None:
    """Ends a link at once; ending it twice changes nothing. Raises Forbidden, NotFound."""
    scope.require_write()
    wanted = as_public_id(link_public_id, "Link")
    client = get_visible(
        scope, session, Client, "Client", Client.public_id == as_public_id(client_public_id, "Client")
    )
    made = (MonthLink.public_id == wanted, MonthLink.client_id == client.id)
    link = get_visible(scope, session, MonthLink, "Link", *made)
    if link.revoked_at is None:
        link.revoked_at = machine_now()
        session.flush()
        _record(scope, session, Act("client.month_link_ended"), link)


def open_month_link(system: Session, secret: str) -> OpenedMonth:
    """What a link opens, noted as opened; on the system login. Raises MonthLinkGone."""
    now = machine_now()
    row = system.execute(_FIND, {"token_hash": secret_hash(secret), "now": now}).one_or_none()
    if row is None:
        raise MonthLinkGone
    system.execute(_NOTE, {"id": row.id, "now": now})
    scope = Scope(
        login="portal",
        agency_id=row.agency_id,
        actor=f"link:{row.public_id}",
        role="client_member",
        client_id=row.client_id,
        read_only=True,
    )
    return OpenedMonth(scope, row.month)


def _record(scope: Scope, session: Session, act: Act, link: MonthLink) -> None:
    about = replace(
        act,
        object_kind="month_link",
        object_id=str(link.public_id),
        client_id=link.client_id,
        details={"month": link.month or "last complete"},
    )
    record_act(scope, session, about)
