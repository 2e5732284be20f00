"""Authenticator apps: time-based codes of six digits (RFC 6238), each of which works once.

A code of the step before or after ours is taken too, for clocks that are a little off. The step of the last code is
kept and moved forward by compare-and-set, so that of two requests with the same code one gets through.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

import pyotp
import segno
from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Invalid, NotFound
from agency.domain.said import said
from agency.models.second_factors import SecondFactor
from agency.services.factors import Holder, clean_label
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring

STEP = 30  # seconds
ENROLMENT_LIFE = timedelta(minutes=15)
WRONG_CODE = said("This code does not work. Wait for the app's next code and type it again.")
_NEARBY = (0, -1, 1)
_TAKE = text(
    """
    update second_factors set last_step = :step, last_used_at = :now, confirmed_at = coalesce(confirmed_at, :now)
    where id = :id and (last_step is null or last_step < :step)
    returning id
    """
)


@dataclass(frozen=True)
class NewApp:
    """What the app needs, shown once: the secret as text, and a picture of it as an address of SVG data."""

    factor_id: str
    label: str
    secret: str = field(repr=False)
    picture: str = field(repr=False)


def begin_app(session: Session, keyring: Keyring, holder: Holder, label: str) -> NewApp:
    """Begins an enrolment; it protects nothing before its first code. One that was begun and left is forgotten.

    Raises Invalid for the label, Conflict when the person has too many factors.
    """
    label = clean_label(session, holder, label, said("Authenticator app"))
    session.execute(
        delete(SecondFactor).where(
            SecondFactor.user_id == holder.user_id,
            SecondFactor.kind == "totp",
            SecondFactor.confirmed_at.is_(None),
        )
    )
    public_id, secret = uuid.uuid4(), pyotp.random_base32()
    sealed = keyring.seal_system(secret_place(public_id), secret.encode())
    values = {
        "public_id": public_id,
        "user_id": holder.user_id,
        "kind": "totp",
        "label": label,
        "sealed_secret": sealed,
        "created_at": machine_now(),
    }
    session.execute(insert(SecondFactor).values(values))
    address = pyotp.TOTP(secret).provisioning_uri(name=holder.email, issuer_name="Shopfleet")
    return NewApp(str(public_id), label, secret, _picture(address))


def confirm_app(session: Session, keyring: Keyring, holder: Holder, factor_id: str, code: str) -> None:
    """Makes the app count, after its first code. Raises Invalid for a wrong code.

    Raises NotFound for an enrolment that is not this person's, is confirmed already or was begun too long ago.
    """
    row = session.scalars(
        select(SecondFactor).where(
            SecondFactor.public_id == as_public_id(factor_id, "Enrolment"),
            SecondFactor.user_id == holder.user_id,
            SecondFactor.kind == "totp",
            SecondFactor.confirmed_at.is_(None),
            SecondFactor.created_at > machine_now() - ENROLMENT_LIFE,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("Enrolment")
    if not _take(session, keyring, row, clean_code(code)):
        raise Invalid("code", WRONG_CODE)


def take_app_code(session: Session, keyring: Keyring, user_id: int, code: str) -> bool:
    """True when the code is right for one of the person's apps and was not used before; it is used up then."""
    apps = session.scalars(
        select(SecondFactor).where(
            SecondFactor.user_id == user_id,
            SecondFactor.kind == "totp",
            SecondFactor.confirmed_at.is_not(None),
        )
    ).all()
    return any(_take(session, keyring, app, clean_code(code)) for app in apps)


def clean_code(code: str) -> str:
    """What was typed, without the spaces and dashes by which codes are grouped."""
    return "".join(letter for letter in code if letter.isalnum()).lower()


def secret_place(public_id: uuid.UUID) -> str:
    """What the seal of an app's secret is bound to."""
    return f"second_factors.sealed_secret:{public_id}"


def _take(session: Session, keyring: Keyring, row: SecondFactor, code: str) -> bool:
    secret = keyring.open_system(secret_place(row.public_id), row.sealed_secret or b"").decode()
    now = machine_now()
    maker, step = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    for near in _NEARBY:
        if hmac.compare_digest(maker.generate_otp(step + near).encode(), code.encode()):
            taken = session.execute(_TAKE, {"step": step + near, "now": now, "id": row.id})
            return taken.one_or_none() is not None
    return False


def _picture(address: str) -> str:
    return str(segno.make_qr(address, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff"))
