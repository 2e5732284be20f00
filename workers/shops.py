"""The `auth` lane: exchanging a code, refreshing tokens one at a time, and noticing that access is gone.

The token desk is the judge: its no ends a grant (`revoked`), whoever spoke first, a call that was refused or TikTok's
notice of a withdrawal. Its yes shows that such a notice was forged or is over. A refresh token that it does not know
may be one that it has changed already and told a process that died: then the access token is the second witness.

New tokens are written down before anything else is asked: the old refresh token may be dead by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from agency.clock import machine_now
from agency.domain.authorizations import AuthorizedShop, TokenPair
from agency.domain.errors import CredentialsRejected, OutsideError, Refused
from agency.domain.said import said
from agency.integrations.tiktok.auth import TikTokAuth
from agency.lanes import Turn, make_due
from agency.models.shops import Authorization, Shop
from agency.services.attention import Cause, open_attention
from agency.services.lost_access import (
    list_withdrawals,
    record_authorization_lost,
    record_renewal_refused,
)
from agency.services.read_cycles import note_try
from agency.services.shop_reads import close_notices, record_read_failure
from agency.services.shops import (
    open_code,
    open_tokens,
    record_shops,
    record_tokens,
    refresh_due_at,
)
from agency.services.suppliers import record_supplier_rejected
from workers.context import Context, TurnResult

ASK_AGAIN = timedelta(hours=1)  # machine time between two looks at a grant that is not renewed


def serve_auth(context: Context, turn: Turn) -> TurnResult:
    """Exchanges a waiting code or refreshes the tokens when six tenths of their life are over."""
    assert turn.authorization_id is not None  # noqa: S101 - the lane's CHECK says so
    with context.work(turn) as (_scope, session):
        authorization = session.get_one(Authorization, turn.authorization_id)
        code = open_code(session, context.keyring, authorization)
        tokens = open_tokens(session, context.keyring, authorization) if authorization.sealed_tokens else None
        withdrawals = list_withdrawals(session, authorization.id)
    if code is None and (authorization.state == "revoked" or tokens is None):
        return TurnResult(None)
    due = refresh_due_at(authorization, machine_now())
    waits = turn.failures == 0 and authorization.access_expires_at is not None
    calm = waits and authorization.problem == "" and due > machine_now() + timedelta(seconds=60)
    if code is None and calm and not withdrawals:
        return TurnResult(due)
    desk = context.tiktok_auth()
    try:
        pair = desk.exchange(code) if code else desk.refresh(tokens.refresh_token if tokens else "")
    except (CredentialsRejected, Refused) as error:
        if code is None and tokens is not None and _still_opens(desk, tokens.access_token):
            return _not_renewed(context, turn, str(error), withdrawals)
        return _lost(context, turn, "rejected" if code else "revoked", str(error), withdrawals)
    if code is None and authorization.state == "rejected":
        return TurnResult(None)  # the grant stands; why calls are refused is told, and mended by a person
    kept = _keep(context, turn, authorization, pair, withdrawals)
    return (
        _record(context, turn, authorization.id, desk.shops(pair.access_token))
        if kept
        else TurnResult(machine_now())
    )


def _keep(
    context: Context, turn: Turn, seen: Authorization, pair: TokenPair, withdrawals: Sequence[int]
) -> bool:
    """Writes the tokens down; False when somebody wrote newer ones meanwhile.

    The problem stays until the shops are written too, so that whoever dies in between is followed by another turn.
    """
    with context.work(turn) as (scope, session):
        authorization = session.get_one(Authorization, seen.id)
        if authorization.token_version != seen.token_version:
            return False
        record_tokens(scope, session, context.keyring, authorization, pair)
        close_notices(session, withdrawals, "the grant stands")
        session.refresh(authorization)
        authorization.problem = said("its shops are still to be read")
    return True


def _record(
    context: Context, turn: Turn, authorization_id: int, given: Sequence[AuthorizedShop]
) -> TurnResult:
    with context.work(turn) as (scope, session):
        authorization = session.get_one(Authorization, authorization_id)
        if authorization.state != "active":  # ended meanwhile, by the client's departure for example
            return TurnResult(None)
        authorization.problem = ""
        refused = record_shops(scope, session, context.keyring, authorization, given, context.clock.now())
        for shop_id in refused:
            why = said(
                "TikTok shop {shop_id} is connected elsewhere already. Disconnect it there, then connect "
                "it again.",
                shop_id=shop_id,
            )
            cause = Cause(authorization.client_id, "shop_taken", f"shop:{shop_id}", why, "look")
            open_attention(scope, session, cause)
        return TurnResult(refresh_due_at(authorization, machine_now()))


def _still_opens(desk: TikTokAuth, access_token: str) -> bool:
    """Whether TikTok lets us in with this token. Raises Unavailable."""
    try:
        desk.shops(access_token)
    except (CredentialsRejected, Refused):
        return False
    return True


def _not_renewed(context: Context, turn: Turn, problem: str, withdrawals: Sequence[int]) -> TurnResult:
    with context.work(turn) as (scope, session):
        authorization = session.get_one(Authorization, turn.authorization_id)
        record_renewal_refused(scope, session, authorization, problem)
        close_notices(session, withdrawals, "the grant stands")
        ends = authorization.access_expires_at or machine_now()
    return TurnResult(min(ends, machine_now() + ASK_AGAIN), problem)


def _lost(context: Context, turn: Turn, state: str, problem: str, withdrawals: Sequence[int]) -> TurnResult:
    with context.work(turn) as (scope, session):
        authorization = session.get_one(Authorization, turn.authorization_id)
        record_authorization_lost(scope, session, authorization, state, problem)
        close_notices(session, withdrawals, "the grant is gone")
    return TurnResult(None, problem)


def record_outside_failure(context: Context, turn: Turn, error: OutsideError) -> None:
    """What a failed turn means for its subject: an unread shop, a token to refresh, a supplier without valid keys."""
    if turn.shop_id is not None:
        note_shop_failure(context, turn, turn.shop_id, error)
    elif turn.supplier_id is not None and isinstance(error, CredentialsRejected):
        with context.work(turn) as (scope, session):
            record_supplier_rejected(scope, session, turn.supplier_id, error.detail)


def note_shop_failure(context: Context, turn: Turn, shop_id: int, error: OutsideError) -> None:
    """An unread shop says so; a dead token wakes the auth lane."""
    with context.work(turn) as (scope, session):
        shop = session.get_one(Shop, shop_id)
        if turn.api == "orders":
            # One failed read among many is weather; the second in a row is told.
            loud = turn.failures > 0 or isinstance(error, CredentialsRejected)
            record_read_failure(scope, session, shop, str(error), loud=loud)
            note_try(session, shop.id, str(error))
        if not isinstance(error, CredentialsRejected):
            return
        authorization = session.get_one(Authorization, shop.authorization_id)
        authorization.problem = "token expired" if error.expired else error.detail[:300]
        if not error.expired:
            record_authorization_lost(scope, session, authorization, "rejected", error.detail)
        make_due(session, api="auth", authorization_id=authorization.id)
