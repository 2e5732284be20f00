"""What a seller's authorisation gives us: tokens with their ends, and the shops they open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class TokenPair:
    """Both tokens with their ends in machine time (TikTok's `*_expire_in` are absolute Unix seconds)."""

    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime
    open_id: str
    seller_name: str
    region: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuthorizedShop:
    """One shop of an authorisation; `cipher` goes into every signed call for it."""

    shop_id: str
    name: str
    region: str
    seller_type: str
    cipher: str = field(repr=False)
    code: str
