"""View as client: a team member looks at one client's pages as that client sees them, read-only, on the record.

The session remembers the client; `callers.scope_of_session` gives the client's own scope for it, on the portal login.
On the system login for sessions and the log; the client itself is looked up in the caller's scope.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.models.clients import Client
from agency.services.audit import Act, record_act_of
from agency.services.callers import SignedIn
from agency.services.client_status import require_present
from agency.services.public_ids import as_public_id
from agency.services.visibility import get_visible

_SET = text("update sessions set viewing_client_id = :client_id where id = :session_id")
_PUBLIC_ID = text("select public_id from clients where id = :client_id and agency_id = :agency_id")


def start_viewing(caller: SignedIn, session: Session, system: Session, client_public_id: str) -> None:
    """The caller's session sees this client's pages from the next request on; `system` is on the system login.

    Raises NotFound for a client that the caller may not see, Conflict for one that has left.
    """
    wanted = as_public_id(client_public_id, "Client")
    client = get_visible(caller.scope, session, Client, "Client", Client.public_id == wanted)
    require_present(client)
    system.execute(_SET, {"client_id": client.id, "session_id": caller.session_id})
    act = Act("client.viewed", "client", str(client.public_id), client.id)
    record_act_of(system, caller.scope.agency_id, caller.scope.actor, act, caller.scope.address)


def stop_viewing(caller: SignedIn, system: Session) -> None:
    """The caller's session is the team member's own again; nothing happens when it was."""
    if not caller.viewing:
        return
    system.execute(_SET, {"client_id": None, "session_id": caller.session_id})
    scope = caller.scope
    values = {"client_id": scope.client_id, "agency_id": scope.agency_id}
    public_id = system.execute(_PUBLIC_ID, values).scalar_one()
    act = Act("client.view_ended", "client", str(public_id), scope.client_id)
    record_act_of(system, scope.agency_id, scope.actor, act, scope.address)
