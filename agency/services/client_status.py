"""Is a client still with the agency? What would begin something new for one that has left is refused."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agency.domain.errors import Conflict
from agency.domain.said import said
from agency.models.clients import Client


def require_present(client: Client) -> None:
    """Raises Conflict when the client has left."""
    if client.left_at is not None:
        raise Conflict(
            said("{client} has left the agency. Add them as a new client to begin again.", client=client.name)
        )


def require_present_id(session: Session, client_id: int) -> None:
    """The same by internal id."""
    require_present(session.get_one(Client, client_id))
