"""Connected shops: sealed codes, tokens under a compare-and-set, shops with their ciphers and lanes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.authorizations import AuthorizedShop, TokenPair
from agency.domain.errors import Conflict
from agency.domain.scope import Scope
from agency.lanes import add_lane, make_due
from agency.models.shops import Authorization, Shop, ShopSecret
from agency.services.attention import close_attention
from agency.services.audit import Act, record_act
from agency.services.client_status import require_present_id
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring
from agency.services.shown_access import show_access
from agency.services.undo_steps import Step, as_mark
from agency.services.visibility import get_visible

SHOP_LANES = ("orders", "plan", "ship", "finance", "sweep")
_REGION = {"US": ("USD", "America/Los_Angeles"), "GB": ("GBP", "Europe/London")}
_REGION |= {"DE": ("EUR", "Europe/Berlin"), "FR": ("EUR", "Europe/Paris"), "ES": ("EUR", "Europe/Madrid")}
_REGION |= {
    "IT": ("EUR", "Europe/Rome"),
    "IE": ("EUR", "Europe/Dublin"),
    "MX": ("MXN", "America/Mexico_City"),
}


@dataclass(frozen=True)
class OpenedTokens:
    """An authorisation's tokens, opened for one turn."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    version: int


def code_place(authorization_id: int) -> str:
    """What the seal of a one-time code is bound to."""
    return f"authorizations.sealed_code:{authorization_id}"


def tokens_place(authorization_id: int) -> str:
    """What the seal of a token pair is bound to."""
    return f"authorizations.sealed_tokens:{authorization_id}"


def open_code(session: Session, keyring: Keyring, authorization: Authorization) -> str | None:
    """The one-time code that waits to be exchanged, if any."""
    if authorization.sealed_code is None:
        return None
    place = code_place(authorization.id)
    return keyring.open(session, authorization.client_id, place, authorization.sealed_code).decode()


def open_tokens(session: Session, keyring: Keyring, authorization: Authorization) -> OpenedTokens:
    """The tokens of an active authorisation. Raises Conflict when there are none."""
    if authorization.sealed_tokens is None:
        raise Conflict("This shop has no valid authorisation. Connect it again.")
    place = tokens_place(authorization.id)
    pair = json.loads(keyring.open(session, authorization.client_id, place, authorization.sealed_tokens))
    return OpenedTokens(pair["access"], pair["refresh"], authorization.token_version)


def record_tokens(
    scope: Scope, session: Session, keyring: Keyring, authorization: Authorization, tokens: TokenPair
) -> bool:
    """Stores both tokens at once, if nobody stored newer ones since `authorization` was read."""
    pair = json.dumps({"access": tokens.access_token, "refresh": tokens.refresh_token}).encode()
    sealed = keyring.seal(scope, session, authorization.client_id, tokens_place(authorization.id), pair)
    result = session.execute(
        update(Authorization)
        .where(
            Authorization.id == authorization.id, Authorization.token_version == authorization.token_version
        )
        .values(
            state="active",
            open_id=tokens.open_id,
            seller_name=tokens.seller_name,
            sealed_code=None,
            sealed_tokens=sealed,
            token_version=authorization.token_version + 1,
            access_expires_at=tokens.access_expires_at,
            refresh_expires_at=tokens.refresh_expires_at,
            scopes=list(tokens.scopes),
            problem="",
        )
        .execution_options(synchronize_session=False)
    )
    show_access(session, authorization.id)
    close_attention(scope, session, authorization.client_id, "reconnect", f"authorization:{authorization.id}")
    return bool(result.rowcount)  # type: ignore[attr-defined]


def record_shops(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    authorization: Authorization,
    shops: Sequence[AuthorizedShop],
    now: datetime,
) -> list[str]:
    """Writes the shops that an authorisation opens, with their lanes, due at once; `now` is shop time.

    Returns the ids of shops that belong to another client already; they are left as they are.
    """
    refused: list[str] = []
    former: set[int] = set()
    for given in shops:
        shop = session.scalars(select(Shop).where(Shop.tiktok_shop_id == given.shop_id)).one_or_none()
        if shop is not None and shop.client_id != authorization.client_id:
            refused.append(given.shop_id)
            continue
        if shop is None:
            shop = _insert_shop(session, authorization, given)
            if shop is None:
                refused.append(given.shop_id)
                continue
        former |= {shop.authorization_id} - {authorization.id}
        shop.authorization_id, shop.name = authorization.id, given.name
        shop.connected_at = shop.connected_at or now
        _seal_cipher(scope, session, keyring, shop, given.cipher)
        for api in SHOP_LANES:
            add_lane(session, agency_id=shop.agency_id, client_id=shop.client_id, api=api, shop_id=shop.id)
            make_due(session, api=api, shop_id=shop.id)
    session.flush()
    show_access(session, authorization.id)
    for authorization_id in former:
        if session.scalar(select(Shop.id).where(Shop.authorization_id == authorization_id).limit(1)) is None:
            # Nothing depends on the former grant any more, so nobody needs to mend it.
            close_attention(
                scope, session, authorization.client_id, "reconnect", f"authorization:{authorization_id}"
            )
    return refused


def _insert_shop(session: Session, authorization: Authorization, given: AuthorizedShop) -> Shop | None:
    """None when another agency, which we cannot see, has the shop: the global key says so without naming it."""
    currency, zone = _REGION.get(given.region, ("USD", "UTC"))
    taken = session.execute(
        text(
            """
            insert into shops (agency_id, client_id, authorization_id, tiktok_shop_id, code, name, region, currency,
              time_zone)
            values (:agency_id, :client_id, :authorization_id, :shop_id, :code, :name, :region, :currency, :zone)
            on conflict (tiktok_shop_id) do nothing returning id
            """
        ),
        {
            "agency_id": authorization.agency_id,
            "client_id": authorization.client_id,
            "authorization_id": authorization.id,
            "shop_id": given.shop_id,
            "code": given.code,
            "name": given.name,
            "region": given.region,
            "currency": currency,
            "zone": zone,
        },
    ).scalar_one_or_none()
    return session.get_one(Shop, taken) if taken is not None else None


def _seal_cipher(scope: Scope, session: Session, keyring: Keyring, shop: Shop, cipher: str) -> None:
    sealed = keyring.seal(scope, session, shop.client_id, cipher_place(shop.id), cipher.encode())
    secret = session.get(ShopSecret, shop.id)
    if secret is None:
        keys: dict[str, Any] = {"agency_id": shop.agency_id, "client_id": shop.client_id, "shop_id": shop.id}
        session.add(ShopSecret(**keys, sealed_cipher=sealed))
    else:
        secret.sealed_cipher = sealed


def cipher_place(shop_id: int) -> str:
    """What the seal of a shop's cipher is bound to."""
    return f"shop_secrets.sealed_cipher:{shop_id}"


def open_cipher(session: Session, keyring: Keyring, shop: Shop) -> str:
    """The shop's cipher for signed calls."""
    secret = session.get_one(ShopSecret, shop.id)
    return keyring.open(session, shop.client_id, cipher_place(shop.id), secret.sealed_cipher).decode()


def pause_shop(scope: Scope, session: Session, shop_public_id: str) -> tuple[Step, ...]:
    """Stops reading and writing a shop until it is resumed. Returns what undoes it; nothing for a paused shop."""
    scope.require_write()
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == as_public_id(shop_public_id, "Shop"))
    if shop.paused_at is not None:
        return ()
    shop.paused_at = machine_now()
    record_act(scope, session, Act("shop.paused", "shop", str(shop.public_id), shop.client_id))
    return (Step("pause", (str(shop.public_id),), after=as_mark(shop.paused_at)),)


def resume_shop(scope: Scope, session: Session, shop_public_id: str) -> tuple[Step, ...]:
    """Goes on with a paused shop; the next read catches up. Returns what undoes it; nothing for a shop at work."""
    scope.require_write()
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == as_public_id(shop_public_id, "Shop"))
    if shop.paused_at is None:
        return ()
    require_present_id(session, shop.client_id)
    shop.paused_at = None
    for api in SHOP_LANES:
        make_due(session, api=api, shop_id=shop.id)
    record_act(scope, session, Act("shop.resumed", "shop", str(shop.public_id), shop.client_id))
    return (Step("resume", (str(shop.public_id),)),)


def refresh_due_at(authorization: Authorization, now: datetime) -> datetime:
    """When to refresh: at six tenths of the access token's remaining life, so that a bad day leaves time (facts, 9)."""
    if authorization.access_expires_at is None:
        return now
    left = authorization.access_expires_at - now
    return now + max(left * 0.6, timedelta(seconds=30)) if left > timedelta() else now
