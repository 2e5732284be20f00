"""Recovery codes: ten for the day the phone is lost, 120 random bits each; only their SHA-256 is kept.

At 112 bits and more a plain hash is enough (ASVS 5.0, 6.5.2). Letters and digits are those of base32, which has no 0,
1 or 8; what is typed in their place is understood.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.models.second_factors import RecoveryCode
from agency.services.one_time import secret_hash
from agency.services.totp import clean_code

CODES = 10
FEW = 3
_BYTES = 15  # 120 bits, 24 letters
_GROUP = 4
_ALIKE = str.maketrans({"0": "o", "1": "l", "8": "b"})
_TAKE = text(
    """
    update recovery_codes set used_at = :now
    where user_id = :user_id and code_hash = :code_hash and used_at is null
    returning id
    """
)


@dataclass(frozen=True)
class CodesLeft:
    """How many codes were made and how many still work."""

    made: int
    left: int

    @property
    def few(self) -> bool:
        """True when it is time to make new ones."""
        return self.left <= FEW


def make_codes(session: Session, user_id: int) -> list[str]:
    """Ten new codes, to be shown once; the former ones work no longer."""
    codes = [_grouped(base64.b32encode(secrets.token_bytes(_BYTES)).decode().lower()) for _ in range(CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    rows = [{"user_id": user_id, "code_hash": secret_hash(_plain(code))} for code in codes]
    session.execute(insert(RecoveryCode), rows)
    return codes


def take_recovery_code(session: Session, user_id: int, code: str) -> bool:
    """True when it is one of this person's unused codes; it is used up then."""
    query = {"now": machine_now(), "user_id": user_id, "code_hash": secret_hash(_plain(code))}
    return session.execute(_TAKE, query).one_or_none() is not None


def codes_left(session: Session, user_id: int) -> CodesLeft:
    """How many of the person's codes still work."""
    made, left = session.execute(
        select(func.count(), func.count().filter(RecoveryCode.used_at.is_(None))).where(
            RecoveryCode.user_id == user_id
        )
    ).one()
    return CodesLeft(made, left)


def _plain(code: str) -> str:
    return clean_code(code).translate(_ALIKE)


def _grouped(code: str) -> str:
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))
