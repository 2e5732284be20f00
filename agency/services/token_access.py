"""What a program with an API token is: looked up by the token's hash on the system login, before any tenant.

A token never outgrows the membership that made it. That membership is read with it on every request, so that ending it
ends the token, and narrowing it narrows the token, at the next request.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.scope import Scope
from agency.services.callers import SignedIn
from agency.services.one_time import new_secret, secret_hash

PREFIX = "sf_"  # so that a token that was published by mistake is found by scanners
READ, WRITE = "read", "write"
_SECRET_LENGTH = 43
_TOUCH_EVERY = timedelta(minutes=5)

_READ_TOKEN = text(
    """
    select t.id, t.public_id, t.name, t.areas, t.client_ids as token_clients, t.last_used_at,
      m.public_id as membership_id, m.role, m.client_ids, m.agency_id, u.time_zone,
      a.name as agency_name, a.brand_colour
    from api_tokens t
    join memberships m on m.id = t.membership_id and m.agency_id = t.agency_id and m.ended_at is null
      and m.role in ('owner', 'operator', 'viewer')
    join users u on u.id = m.user_id and u.disabled_at is null
    join agencies a on a.id = t.agency_id
    where t.token_hash = :token_hash and t.revoked_at is null and t.expires_at > :now
    """
)
_TOUCH = text("update api_tokens set last_used_at = :now where id = :id")


def new_token() -> str:
    """A new API token: the prefix and 256 random bits."""
    return PREFIX + new_secret()


def is_api_token(secret: str) -> bool:
    """True for text of a token's form. A session's token could begin with the same letters, and is shorter."""
    return secret.startswith(PREFIX) and len(secret) == len(PREFIX) + _SECRET_LENGTH


def caller_of_token(session: Session, token: str, *, touch: bool = True) -> SignedIn | None:
    """Which program holds this token (system login); None when it is unknown, revoked, expired or its maker left.

    `touch` counts as a use; without it nothing is written.
    """
    now = machine_now()
    row = (
        session.execute(_READ_TOKEN, {"token_hash": secret_hash(token), "now": now}).mappings().one_or_none()
    )
    if row is None:
        return None
    if touch and (row["last_used_at"] is None or now - row["last_used_at"] >= _TOUCH_EVERY):
        session.execute(_TOUCH, {"now": now, "id": row["id"]})
    scope = _scope(row)
    return SignedIn(
        scope=scope,
        session_id=0,
        membership_id=str(row["membership_id"]),
        user_name=row["name"],
        email="",
        time_zone=row["time_zone"],
        agency_name=row["agency_name"],
        brand_colour=row["brand_colour"],
        role=scope.role,
        client_name="",
        memberships=(),
        token_id=str(row["public_id"]),
        areas=frozenset(row["areas"]),
    )


def _scope(row: RowMapping) -> Scope:
    writes = any(area.endswith(f":{WRITE}") for area in row["areas"])
    return Scope(
        login="staff",
        agency_id=row["agency_id"],
        actor=f"token:{row['public_id']}",
        # Never an owner, whoever made it; and a maker who may only look now makes a token that may only look.
        role="operator" if writes and row["role"] != "viewer" else "viewer",
        client_ids=_common(row["token_clients"], row["client_ids"]),
    )


def _common(given: list[int] | None, own: list[int] | None) -> frozenset[int] | None:
    """The clients that both name; None stands for all."""
    if given is None or own is None:
        only = own if given is None else given
        return None if only is None else frozenset(only)
    return frozenset(given) & frozenset(own)
