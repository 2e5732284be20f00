"""Accounts that somebody tries to get into: where their owners sign in from, and telling them. On the system login.

The limits themselves are counted at the doors. Nothing here answers the person who tries.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.said import said
from agency.services.audit import Act, record_act_of
from agency.services.mails import queue_mail
from agency.services.sealing import Keyring

KNOWN_FOR = timedelta(days=30)  # how long an address counts as the owner's own after a sign-in
_ACTOR = "rule:sign_in_limits"
_KNOWN = text(
    """
    select distinct s.address from sessions s join users u on u.id = s.user_id
    where u.email = :email and s.created_at > :since and not s.needs_factor
    """
)
_OWNER = text(
    """
    select u.public_id, u.name, u.email,
      array(select m.agency_id from memberships m where m.user_id = u.id and m.ended_at is null order by 1) as agencies
    from users u where u.email = :email and u.disabled_at is null
    """
)
SUBJECT = said("Somebody tried to sign in to your account")
BODY = "\n\n".join(
    (
        said("Hello {name},"),
        said(
            "somebody has tried to sign in to your Shopfleet account too often with a wrong password. "
            "Further tries are refused for a while."
        ),
        said(
            "There is nothing to do if it was you. If it was not: your password was not guessed, and you can go on "
            "signing in from where you did before. Choose a new password if you use the same one elsewhere, and add a "
            "second factor to your account."
        ),
        said("You get this mail at most once a day.") + "\n",
    )
)


def list_known_addresses(session: Session, account: str) -> list[str]:
    """Where somebody has signed in to this account from within 30 days; one read, also for an unknown account."""
    found = session.scalars(_KNOWN, {"email": account, "since": machine_now() - KNOWN_FOR})
    return list(found)


def tell_of_lockout(session: Session, keyring: Keyring, account: str, address: str) -> None:
    """Queues a mail to the account's owner and writes an entry in each of their agencies; nothing for a stranger."""
    owner = session.execute(_OWNER, {"email": account}).one_or_none()
    if owner is None:
        return
    queue_mail(session, keyring, owner.email, SUBJECT, BODY.format(name=owner.name))
    for agency_id in owner.agencies:
        act = Act("sign_in.locked", "user", str(owner.public_id))
        record_act_of(session, agency_id, _ACTOR, act, address)
