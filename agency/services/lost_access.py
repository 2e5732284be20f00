"""Access that is gone: a token that TikTok refuses, and a seller who has withdrawn the grant.

`rejected`: a call was refused; whether the grant is gone is asked at the token desk. `revoked`: the token desk said no,
so the grant is gone for good: its tokens and the contacts of its shops' buyers are erased at once. A seller who
connects again gets the contacts of recent orders back with the first read.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.inbox import InboxItem
from agency.models.shops import Authorization, Shop
from agency.services.attention import Cause, open_attention
from agency.services.audit import Act, record_act
from agency.services.erasure import erase_contacts_of_shops
from agency.services.shown_access import show_access

WITHDRAWN = "deauthorized"  # the kind of TikTok's notification of type 6


def list_withdrawals(session: Session, authorization_id: int) -> list[int]:
    """TikTok's notices, not dealt with yet, that the seller has withdrawn this grant; inbox ids."""
    query = (
        select(InboxItem.id)
        .join(Shop, Shop.id == InboxItem.shop_id)
        .where(
            Shop.authorization_id == authorization_id,
            InboxItem.kind == WITHDRAWN,
            InboxItem.handled_at.is_(None),
        )
    )
    return list(session.scalars(query))


def record_authorization_lost(
    scope: Scope, session: Session, authorization: Authorization, state: str, problem: str
) -> None:
    """The token died or the seller withdrew: the shops are not read any more and say so at the top of the list."""
    session.refresh(authorization, with_for_update=True)
    if authorization.state == "revoked":  # ended meanwhile, by the client's departure for example
        return
    authorization.state, authorization.problem = state, problem[:300]
    session.flush()
    show_access(session, authorization.id)
    name = authorization.seller_name or said("this seller")
    why = said(
        "TikTok refuses our access for {name} ({problem}). Its shops are not read until the owner "
        "connects again.",
        name=name,
        problem=problem,
    )
    open_attention(
        scope,
        session,
        Cause(
            client_id=authorization.client_id,
            kind="reconnect",
            key=f"authorization:{authorization.id}",
            why=why,
            action="reconnect",
        ),
    )
    if state == "revoked":
        erased = forget_grant(session, authorization)
        details = {"contacts": erased, "reason": "grant withdrawn"}
        subject = ("authorization", str(authorization.public_id))
        record_act(scope, session, Act("contacts.erased", *subject, authorization.client_id, details))


def record_renewal_refused(
    scope: Scope, session: Session, authorization: Authorization, problem: str
) -> None:
    """TikTok lets us in and will not renew that: all goes on until the token ends, and a person is told in time."""
    authorization.problem = problem[:300]
    ends = authorization.access_expires_at
    why = said(
        "TikTok did not renew our access for {name} ({problem}). Its shops are read until {moment} UTC; the owner "
        "must connect again before that.",
        name=authorization.seller_name or said("this seller"),
        problem=problem,
        moment=f"{ends:%Y-%m-%d %H:%M}" if ends else said("it ends"),
    )
    key = f"authorization:{authorization.id}"
    open_attention(scope, session, Cause(authorization.client_id, "reconnect", key, why, "reconnect"))


def forget_grant(session: Session, authorization: Authorization) -> int:
    """Erases the grant's tokens and the contacts of its shops; returns how many contacts.

    The row is written first: an import that is under way holds it, and afterwards stores no contact any more.
    """
    authorization.sealed_tokens = authorization.sealed_code = None
    authorization.access_expires_at = authorization.refresh_expires_at = None
    authorization.token_version += 1  # a refresh that is under way must not bring a token back
    session.flush()
    shops = list(session.scalars(select(Shop.id).where(Shop.authorization_id == authorization.id)))
    # After another connection the first read goes back as far as it can, which brings open orders' contacts again.
    session.execute(
        update(Shop)
        .where(Shop.id.in_(shops))
        .values(read_cursor=None)
        .execution_options(synchronize_session=False)
    )
    return erase_contacts_of_shops(session, shops)
