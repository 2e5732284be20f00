"""Proving who one is: the second step of signing in, and the step up before a delicate act.

    count the try, or take the challenge (own transaction) -> look at the proof -> a new token, or one more wrong try

What is counted or taken must stay although the answer is a refusal, and so it is committed apart from the request.
"""

from __future__ import annotations

from agency.domain.errors import CodeRequired, SignInRequired, WrongProof
from agency.domain.said import said
from agency.services.challenges import take_challenge
from agency.services.factor_mails import tell_of_wrong_codes
from agency.services.factors import Holder, has_factor, holder_of
from agency.services.pending import TOO_LATE, find_pending, renew_session
from agency.services.proofs import Proof, holds
from agency.services.tries import count_try, end_when_used_up, forget_tries
from agency.web.ground import ground
from agency.web.requests import current_caller, own_transaction, session_token, system_session

SIGN_IN, CONFIRM = "sign_in", "confirm"
USED_UP = said("Too many wrong tries. Sign in again; after an hour at the latest new tries count anew.")
_SEND_CODE = said("You have a second factor: prove it is you with a code, not with the password.")
_SEND_PASSWORD = said("You have no second factor: prove it is you with your password.")


def finish_sign_in(token: str, proof: Proof) -> str:
    """The token of the full session in place of a pending one's.

    Raises CodeRequired for a wrong proof, SignInRequired when the sign-in has to begin anew.
    """
    with own_transaction() as session:
        holder = find_pending(session, token)
    if holder is None:
        raise SignInRequired(TOO_LATE)
    if not _is_right(holder, proof, SIGN_IN):
        raise CodeRequired(proof.wrong)
    return renew_session(system_session(), holder.session_id, token)


def confirm_caller(proof: Proof) -> str:
    """A new token for the caller's session, which is fresh from now on.

    Raises WrongProof for a wrong proof or one of the wrong kind, SignInRequired when the session was ended by too many.
    """
    holder = holder_of(current_caller())
    with_factor = has_factor(system_session(), holder.user_id)
    if with_factor and proof.given == "password":
        raise WrongProof("code", _SEND_CODE)
    if not with_factor and proof.given != "password":
        raise WrongProof("password", _SEND_PASSWORD)
    if not _is_right(holder, proof, CONFIRM):
        raise WrongProof(proof.given, proof.wrong)
    return renew_session(system_session(), holder.session_id, session_token())


def _is_right(holder: Holder, proof: Proof, purpose: str) -> bool:
    challenge = _begin(holder, proof, purpose)
    session, keyring = system_session(), ground().keyring
    if holds(session, keyring, holder, proof, challenge):
        forget_tries(session, holder.session_id)
        return True
    session.rollback()  # nothing of a wrong proof stays, and the next transaction waits for nothing of this one
    with own_transaction() as apart:
        ended = end_when_used_up(apart, holder)
        if ended:
            tell_of_wrong_codes(apart, keyring, holder)
    if ended:
        raise SignInRequired(USED_UP)
    return False


def _begin(holder: Holder, proof: Proof, purpose: str) -> bytes:
    """The challenge that a passkey had to sign; for everything else a try is counted. Raises SignInRequired."""
    with own_transaction() as session:
        if proof.credential:
            return take_challenge(session, holder.session_id, purpose)
        if count_try(session, holder, purpose):
            return b""
    raise SignInRequired(USED_UP)
