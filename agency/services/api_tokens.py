"""API tokens: keys for an agency's own programs, made and taken back by owners.

Tokens are read and written on the staff login, where row-level security holds them inside the agency. Who made them is
read on the system login, which alone knows people; those statements are held to the scope's agency.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, Invalid, NotFound
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.clients import Client
from agency.models.team import ApiToken
from agency.services.audit import Act, record_act
from agency.services.callers import SignedIn
from agency.services.one_time import secret_hash
from agency.services.public_ids import as_public_id
from agency.services.token_access import new_token
from agency.services.visibility import visible

MOST_LIVE = 50
LONGEST_DAYS, USUAL_DAYS = 365, 90
SHOWN_AFTER_END = timedelta(days=30)
_HINT_LENGTH = 7

# Two owners who make the last two tokens at once must not make one too many.
_LOCK = text("select id from agencies where id = :agency_id for no key update")
_OWN = text(
    """
    select id from memberships
    where public_id = cast(:membership_id as uuid) and agency_id = :agency_id and user_id = :user_id
      and ended_at is null
    """
)
_MAKERS = text(
    """
    select m.id, u.name, m.ended_at is null and u.disabled_at is null and m.role <> 'client_member' as works
    from memberships m join users u on u.id = m.user_id where m.agency_id = :agency_id and m.id = any(:ids)
    """
)


@dataclass(frozen=True)
class NewToken:
    """What an owner asks for. `clients` are public ids, None = all that the owner sees; `days` until it ends."""

    name: str
    areas: Collection[str]
    clients: Collection[str] | None = None
    days: int = USUAL_DAYS


@dataclass(frozen=True)
class MadeToken:
    """A new token; `secret` is shown this once and stored nowhere."""

    token_id: str
    name: str
    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class TokenRow:
    """A token that was not revoked. `clients` are names, empty = all; `state` is live, expired or stopped.

    Stopped: the person who made it is not on the team any more.
    """

    token_id: str
    name: str
    hint: str
    areas: tuple[str, ...]
    clients: tuple[str, ...]
    made_by: str
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    state: str


def list_tokens(scope: Scope, session: Session, system: Session) -> tuple[TokenRow, ...]:
    """The agency's tokens, the newest first; an expired one is shown for 30 days more. Raises Forbidden."""
    scope.require_owner()
    now = machine_now()
    query = select(ApiToken).where(ApiToken.revoked_at.is_(None), ApiToken.expires_at > now - SHOWN_AFTER_END)
    tokens = session.scalars(query.order_by(ApiToken.id.desc())).all()
    names = {row.id: row.name for row in session.execute(select(Client.id, Client.name))}
    values = {"agency_id": scope.agency_id, "ids": [token.membership_id for token in tokens]}
    makers = {row.id: (row.name, row.works) for row in system.execute(_MAKERS, values)}
    return tuple(_row(token, names, *makers.get(token.membership_id, ("", False)), now) for token in tokens)


def create_token(
    caller: SignedIn, session: Session, system: Session, new: NewToken, known: Collection[str]
) -> MadeToken:
    """Makes a token on the caller's own membership; `known` are the areas that exist.

    Raises Forbidden, Invalid for a bad field, NotFound for a client that the caller does not see, and Conflict when
    the agency has 50 live tokens.
    """
    scope, now = caller.scope, machine_now()
    scope.require_owner()
    _check(new, known)
    client_ids = _client_ids(scope, session, new.clients)
    _check_room(scope, session, now)
    own = {
        "membership_id": caller.membership_id,
        "agency_id": scope.agency_id,
        "user_id": scope.user_id,
    }
    secret = new_token()
    token = ApiToken(
        agency_id=scope.agency_id,
        membership_id=system.execute(_OWN, own).scalar_one(),
        name=new.name.strip(),
        hint=secret[:_HINT_LENGTH],
        token_hash=secret_hash(secret),
        areas=sorted(set(new.areas)),
        client_ids=client_ids,
        expires_at=now + timedelta(days=new.days),
    )
    session.add(token)
    session.flush()
    session.refresh(token)
    details = {
        "areas": token.areas,
        "clients": "all" if client_ids is None else len(client_ids),
        "days": new.days,
    }
    record_act(scope, session, Act("token.created", "token", str(token.public_id), details=details))
    return MadeToken(str(token.public_id), token.name, secret, token.expires_at)


def revoke_token(scope: Scope, session: Session, token_id: str) -> None:
    """Ends a token now. Raises Forbidden, and NotFound for an unknown, foreign or revoked one."""
    scope.require_owner()
    wanted = as_public_id(token_id, "API token")
    query = select(ApiToken).where(ApiToken.public_id == wanted, ApiToken.revoked_at.is_(None))
    token = session.scalars(query.with_for_update()).one_or_none()
    if token is None:
        raise NotFound("API token")
    token.revoked_at = machine_now()
    session.flush()
    details = {
        "areas": token.areas,
        "clients": "all" if token.client_ids is None else len(token.client_ids),
        "days": round((token.expires_at - token.created_at) / timedelta(days=1)),
    }
    record_act(scope, session, Act("token.revoked", "token", str(token.public_id), details=details))


def _check(new: NewToken, known: Collection[str]) -> None:
    if not 1 <= len(new.name.strip()) <= 80:
        raise Invalid(
            "name", "Give the token a name of 1 to 80 characters, such as the program that will use it."
        )
    if not new.areas:
        raise Invalid("areas", "Choose at least one area.")
    unknown = sorted(set(new.areas) - set(known))
    if unknown:
        raise Invalid(
            "areas",
            said(
                "There is no area {area}. Choose among {choices}.",
                area=unknown[0][:60],
                choices=", ".join(sorted(known)),
            ),
        )
    if not 1 <= new.days <= LONGEST_DAYS:
        raise Invalid("days", said("A token lives 1 to {most} days.", most=LONGEST_DAYS))


def _check_room(scope: Scope, session: Session, now: datetime) -> None:
    session.execute(_LOCK, {"agency_id": scope.agency_id})
    live = select(func.count()).select_from(ApiToken)
    if (
        session.scalar(live.where(ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)) or 0
    ) >= MOST_LIVE:
        raise Conflict(
            said("The agency has {most} API tokens. Revoke one that is not used any more.", most=MOST_LIVE)
        )


def _client_ids(scope: Scope, session: Session, clients: Collection[str] | None) -> list[int] | None:
    if clients is None:
        return None
    if not clients:
        raise Invalid("client_ids", "Choose at least one client, or all.")
    wanted = {as_public_id(client, "Client") for client in clients}
    query = select(Client.id).where(visible(scope, Client), Client.public_id.in_(wanted)).order_by(Client.id)
    found: Sequence[int] = session.scalars(query).all()
    if len(found) != len(wanted):
        raise NotFound("Client")
    return list(found)


def _row(token: ApiToken, names: Mapping[int, str], maker: str, works: bool, now: datetime) -> TokenRow:
    state = "expired" if token.expires_at <= now else "live" if works else "stopped"
    return TokenRow(
        token_id=str(token.public_id),
        name=token.name,
        hint=token.hint,
        areas=tuple(token.areas),
        clients=tuple(sorted(names.get(client_id, "") for client_id in token.client_ids or ())),
        made_by=maker,
        made_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        state=state,
    )
