"""What the team needs from a client: added and closed by the team, read by the client, no replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.consents import needs_consent
from agency.domain.errors import Conflict, Invalid
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Supplier
from agency.models.client_requests import REQUEST_KINDS, ClientRequest
from agency.models.clients import Client
from agency.services.audit import Act, record_act
from agency.services.client_status import require_present
from agency.services.public_ids import as_public_id
from agency.services.visibility import get_visible, visible

LONGEST_TEXT = 500
KINDS = {
    "question": said("A question"),
    "document": said("A document"),
    "decision": said("A decision"),
    "consent": said("Your consent"),
}
BY_HAND = ("question", "document", "decision")
CONSENT_TEXT = said(
    "Please agree that one more supplier gets your buyers' names and addresses, so that it can send parcels. Our team "
    "tells you which one and writes your answer down. Orders wait for it and are not lost."
)


@dataclass(frozen=True)
class RequestRow:
    """One request; `by_rule` is true for one that closes by itself."""

    request_id: str
    client_id: str
    kind: str
    label: str
    text: str
    asked_at: datetime
    by_rule: bool = False


def list_open_requests(session: Session) -> tuple[RequestRow, ...]:
    """What the client reads, the oldest first; on the client's login, where no supplier is known."""
    query = text(
        "select r.public_id, c.public_id as client, r.kind, r.text, r.created_at from client_requests r "
        "join clients c on c.id = r.client_id where r.done_at is null order by r.id limit 20"
    )
    return tuple(
        RequestRow(
            str(row.public_id),
            str(row.client),
            row.kind,
            KINDS[row.kind],
            row.text or CONSENT_TEXT,
            row.created_at,
        )
        for row in session.execute(query)
    )


def list_requests(scope: Scope, session: Session, client_public_id: str) -> tuple[RequestRow, ...]:
    """The open requests of one client, for the team; none of a client that the reader does not see."""
    wanted = as_public_id(client_public_id, "Client")
    query = (
        select(ClientRequest, Client.public_id)
        .join(Client, Client.id == ClientRequest.client_id)
        .where(visible(scope, ClientRequest), ClientRequest.done_at.is_(None), Client.public_id == wanted)
        .order_by(ClientRequest.id)
    )
    return tuple(
        RequestRow(
            str(row.public_id), str(client), row.kind, KINDS[row.kind], row.text or CONSENT_TEXT, row.created_at,
            row.supplier_id is not None,
        )
        for row, client in session.execute(query)
    )  # fmt: skip


def count_requests(scope: Scope, session: Session) -> Mapping[str, int]:
    """How many requests are open, by the public id of their client; for the team."""
    query = (
        select(Client.public_id, func.count())
        .join(ClientRequest, Client.id == ClientRequest.client_id)
        .where(visible(scope, ClientRequest), ClientRequest.done_at.is_(None))
        .group_by(Client.public_id)
    )
    return {str(client): count for client, count in session.execute(query)}


def add_request(scope: Scope, session: Session, client_public_id: str, kind: str, words: str) -> None:
    """Asks a client for something. Raises Forbidden for those who only look, NotFound, Invalid, Conflict."""
    scope.require_write()
    wanted = as_public_id(client_public_id, "Client")
    client = get_visible(scope, session, Client, "Client", Client.public_id == wanted)
    require_present(client)
    asked = " ".join(words.split())
    if kind not in REQUEST_KINDS or kind == "consent":
        raise Invalid("kind", "Choose what you need.")
    if not asked or len(asked) > LONGEST_TEXT:
        raise Invalid("text", "Write what you need, in at most 500 characters.")
    keys = {"agency_id": client.agency_id, "client_id": client.id}
    request = ClientRequest(**keys, kind=kind, text=asked, asked_by=scope.actor)
    session.add(request)
    session.flush()
    _record(scope, session, Act("client.asked"), request)


def close_request(scope: Scope, session: Session, client_public_id: str, request_public_id: str) -> None:
    """The client has answered, or it is not needed any more. Closing twice changes nothing.

    Raises Forbidden for those who only look, NotFound, and Conflict for a rule's own request, which a consent closes.
    """
    scope.require_write()
    wanted = as_public_id(request_public_id, "Request")
    client = get_visible(
        scope, session, Client, "Client", Client.public_id == as_public_id(client_public_id, "Client")
    )
    asked = (ClientRequest.public_id == wanted, ClientRequest.client_id == client.id)
    request = get_visible(scope, session, ClientRequest, "Request", *asked)
    if request.supplier_id is not None:
        raise Conflict("It closes by itself once the consent is recorded on the supplier's page.")
    if request.done_at is None:
        request.done_at, request.done_by = machine_now(), scope.actor
        session.flush()
        _record(scope, session, Act("client.ask_closed"), request)


def ask_for_consent(session: Session, supplier: Supplier) -> None:
    """Tells the client that a supplier waits for its yes; one open request per supplier."""
    if not needs_consent(supplier.kind):
        return
    row = {"agency_id": supplier.agency_id, "client_id": supplier.client_id, "supplier_id": supplier.id}
    asked = insert(ClientRequest).values(**row, kind="consent", text="", asked_by="rule:consent")
    session.execute(asked.on_conflict_do_nothing())


def close_consent_request(scope: Scope, session: Session, supplier_id: int) -> None:
    """The client has said yes."""
    open_one = (ClientRequest.supplier_id == supplier_id, ClientRequest.done_at.is_(None))
    session.execute(
        update(ClientRequest)
        .where(*open_one)
        .values(done_at=machine_now(), done_by=scope.actor)
        .execution_options(synchronize_session=False)
    )


def _record(scope: Scope, session: Session, act: Act, request: ClientRequest) -> None:
    about = replace(
        act,
        object_kind="client_request",
        object_id=str(request.public_id),
        client_id=request.client_id,
        details={"kind": request.kind},
    )
    record_act(scope, session, about)
