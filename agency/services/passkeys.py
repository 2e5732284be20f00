"""Passkeys (WebAuthn level 2) as a second factor: registration and assertion, checked by py_webauthn.

A passkey signs a challenge for one site. The browser names the site's origin in what is signed, so an answer that was
made for another origin, another challenge or another person does not pass. A counter that does not rise speaks of a
copied key and is refused (WebAuthn 6.1.1).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from agency.clock import machine_now
from agency.domain.errors import Invalid
from agency.domain.said import said
from agency.models.accounts import User
from agency.models.second_factors import SecondFactor
from agency.services.challenges import new_challenge
from agency.services.factors import Holder, clean_label

WRONG_KEY = said("This passkey was not accepted. Try again, or use another second factor.")
_LONGEST_ANSWER = 20_000  # characters; without attestation an answer has about a thousand
_Checked = TypeVar("_Checked")
_COUNT_UP = text(
    """
    update second_factors set sign_count = :sign_count, last_used_at = :now
    where id = :id and sign_count = :before returning id
    """
)


@dataclass(frozen=True)
class Site:
    """For whom a passkey is: `rp_id` is our host name, `origin` our address as browsers write it."""

    rp_id: str
    origin: str


def begin_registration(session: Session, holder: Holder, site: Site) -> str:
    """What the browser needs to make a passkey, as JSON; passkeys that the person has are named, to be left out.

    Raises Conflict when the person has too many factors.
    """
    clean_label(session, holder, "", "Passkey")
    user = session.scalars(select(User).where(User.id == holder.user_id)).one()
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name="Shopfleet",
        user_id=user.public_id.bytes,
        user_name=user.email,
        user_display_name=user.name,
        challenge=new_challenge(session, holder.session_id, "add_passkey"),
        exclude_credentials=_known(session, holder.user_id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return options_to_json(options)


def finish_registration(
    session: Session, holder: Holder, site: Site, challenge: bytes, answer: str, label: str
) -> None:
    """Keeps the passkey that the browser made. `challenge` was taken before, empty = there was none.

    Raises Invalid when the answer is not a right one for this challenge and site, or the passkey is known already,
    and Conflict when the person has too many factors.
    """
    label = clean_label(session, holder, label, "Passkey")
    made = _checked(
        challenge,
        answer,
        lambda given: verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
        ),
    )
    if made is None:
        raise Invalid("credential", WRONG_KEY)
    values = {
        "user_id": holder.user_id,
        "kind": "passkey",
        "label": label,
        "credential_id": made.credential_id,
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "confirmed_at": machine_now(),
    }
    # A passkey that is known, ours or somebody else's, reads like any other refusal.
    added = session.execute(
        insert(SecondFactor).values(values).on_conflict_do_nothing().returning(SecondFactor.id)
    )
    if added.one_or_none() is None:
        raise Invalid("credential", WRONG_KEY)


def begin_assertion(session: Session, holder: Holder, site: Site, purpose: str) -> str:
    """What the browser needs to use one of this person's passkeys (`purpose` is sign_in or confirm), as JSON."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        challenge=new_challenge(session, holder.session_id, purpose),
        allow_credentials=_known(session, holder.user_id),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json(options)


def take_assertion(session: Session, user_id: int, site: Site, challenge: bytes, answer: str) -> bool:
    """True when one of this person's passkeys signed this challenge for this site, and its counter rose."""
    row = session.scalars(
        select(SecondFactor).where(
            SecondFactor.user_id == user_id,
            SecondFactor.kind == "passkey",
            SecondFactor.confirmed_at.is_not(None),
            SecondFactor.credential_id == _named(answer),
        )
    ).one_or_none()
    if row is None:
        return False
    before = row.sign_count or 0
    used = _checked(
        challenge,
        answer,
        lambda given: verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=row.public_key or b"",
            credential_current_sign_count=before,
        ),
    )
    if used is None:
        return False
    values = {"sign_count": used.new_sign_count, "now": machine_now(), "id": row.id, "before": before}
    return session.execute(_COUNT_UP, values).one_or_none() is not None


def _known(session: Session, user_id: int) -> list[PublicKeyCredentialDescriptor]:
    query = select(SecondFactor.credential_id).where(
        SecondFactor.user_id == user_id,
        SecondFactor.kind == "passkey",
        SecondFactor.confirmed_at.is_not(None),
    )
    return [PublicKeyCredentialDescriptor(id=known) for known in session.scalars(query) if known]


def _checked(challenge: bytes, answer: str, verify: Callable[[str], _Checked]) -> _Checked | None:
    """What `verify` says; None when it refuses. Whatever a browser sends must end in a refusal, never in a crash."""
    if not challenge or len(answer) > _LONGEST_ANSWER:
        return None
    try:
        return verify(answer)
    except Exception:
        return None


def _named(answer: str) -> bytes:
    """The id of the passkey that an answer names; empty when it is none."""
    try:
        given: Any = json.loads(answer[:_LONGEST_ANSWER])
        return base64url_to_bytes(str(given["rawId"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return b""
