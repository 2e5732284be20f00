"""What a client may know of a grant, copied onto its shops: that it is lost, or when it ends."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_COPY = text(
    """
    update shops set access_lost = a.state in ('rejected', 'revoked'), access_ends_at = a.refresh_expires_at
    from authorizations a where a.id = shops.authorization_id and a.id = :authorization_id
    """
)


def show_access(session: Session, authorization_id: int) -> None:
    """Copies a grant's state onto its shops; call it in the transaction that changed the grant.

    The client's login has no grant on `authorizations`, whose rows hold tokens (docs/adr/0034).
    """
    session.execute(_COPY, {"authorization_id": authorization_id})
