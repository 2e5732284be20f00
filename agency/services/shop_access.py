"""What a turn needs to speak for a shop: its row, its authorisation's state, its token and cipher."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from agency.models.shops import Authorization, Shop
from agency.services.sealing import Keyring
from agency.services.shops import open_cipher, open_tokens


@dataclass(frozen=True)
class ShopAccess:
    """A shop that may be read and written now."""

    shop: Shop
    access_token: str = field(repr=False)
    cipher: str = field(repr=False)


def find_access(session: Session, keyring: Keyring, shop_id: int) -> ShopAccess | None:
    """None while the shop is paused or its authorisation is not active: then nothing is asked of TikTok."""
    shop = session.get_one(Shop, shop_id)
    authorization = session.get_one(Authorization, shop.authorization_id)
    if shop.paused_at is not None or authorization.state != "active":
        return None
    tokens = open_tokens(session, keyring, authorization)
    return ShopAccess(shop, tokens.access_token, open_cipher(session, keyring, shop))
