"""A practice client with its shop and supplier: asked for by an owner, brought to life by a stage hand.

    an owner asks -> rows here -> agency/demo/first_run.py peoples the simulator, says yes at its consent page, orders

A web request talks to nobody outside, so it only writes what is wanted (ADR 37).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from agency.domain.errors import Conflict
from agency.domain.money import parse_money
from agency.domain.outbound import Allowance
from agency.domain.practice import (
    CLIENT,
    CURRENCY,
    GOODS,
    SHIPPING,
    SUPPLIER,
    TIME_ZONE,
    PracticeIds,
    PracticeStep,
    practice_ids,
)
from agency.domain.scope import Scope
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services.audit import Act, record_act
from agency.services.catalog import NewSupplier, NewSupplierItem, add_supplier, add_supplier_item
from agency.services.clients import NewClient, add_client
from agency.services.consents import record_consent
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring

# The simulator answers within a second and takes as many calls as it is given; real suppliers do neither.
_SUPPLIER_SETTINGS = {"quarantine_s": 3, "calls_per_second": 100, "idempotency": "key"}
_WAITING = text(
    "select id, agency_id, public_id, practice from clients "
    "where practice = any(:steps) and left_at is null order by id"
)


@dataclass(frozen=True)
class PracticeRequest:
    """A practice client that the stage hand has something to do for. `client_id` is our own number."""

    agency_id: int
    client_id: int
    public_id: UUID
    step: str


@dataclass(frozen=True)
class SimulatorDoor:
    """Where the simulator is, and what the operator allows to be called."""

    url: str
    allowance: Allowance


def open_practice(
    scope: Scope, session: Session, keyring: Keyring, door: SimulatorDoor, now: datetime
) -> str:
    """Makes the practice client with a supplier, its goods and its consent; returns the client's public id.

    `now` is shop time. Raises Forbidden unless an owner asks, and Conflict while there is one already.
    """
    scope.require_owner()
    session.execute(text("select 1 from agencies for update"))  # two clicks make one practice client
    query = select(Client.id).where(Client.practice != "", Client.left_at.is_(None)).limit(1)
    if session.scalar(query) is not None:
        raise Conflict("You have a practice shop already. Go on with it, or let its client go first.")
    public_id = add_client(scope, session, NewClient(_free_name(session), CURRENCY, TIME_ZONE))
    client = session.scalars(
        select(Client).where(Client.public_id == as_public_id(public_id, "Client"))
    ).one()
    client.practice = PracticeStep.ASKED
    session.flush()
    _add_supplier(scope, session, keyring, door, client, now)
    record_act(scope, session, Act("practice.opened", "client", public_id, client.id))
    return public_id


def list_practice_requests(session: Session) -> list[PracticeRequest]:
    """What waits for the stage hand, in all agencies; `session` is on the system login."""
    rows = session.execute(_WAITING, {"steps": list(PracticeStep.UNDER_WAY)})
    return [PracticeRequest(row.agency_id, row.id, row.public_id, row.practice) for row in rows]


def note_practice(session: Session, client_id: int, step: str) -> None:
    """Writes down how far a practice client is."""
    session.execute(update(Client).where(Client.id == client_id, Client.practice != "").values(practice=step))


def is_shop_read(session: Session, client_id: int, now: datetime) -> bool:
    """True once the practice shop is connected and read, and an order placed at `now` (shop time) counts as newer.

    TikTok's times are whole seconds: an order of the second of connecting would look as if it came before.
    """
    query = select(Shop.connected_at).where(Shop.client_id == client_id, Shop.last_read_at.is_not(None))
    connected = session.scalar(query.limit(1))
    return connected is not None and (now - connected).total_seconds() > 2


def _free_name(session: Session) -> str:
    """The name that marks practice data wherever a client's name stands; numbered after the first."""
    former = session.scalar(select(func.count()).select_from(Client).where(Client.practice != "")) or 0
    return f"{CLIENT} {former + 1}" if former else CLIENT


def _add_supplier(
    scope: Scope, session: Session, keyring: Keyring, door: SimulatorDoor, client: Client, now: datetime
) -> None:
    ids: PracticeIds = practice_ids(client.public_id)
    new = NewSupplier(
        str(client.public_id),
        "rest",
        SUPPLIER,
        CURRENCY,
        f"{door.url}/suppliers/rest",
        settings=_SUPPLIER_SETTINGS,
        credentials={"api_key": ids.supplier_key, "webhook_secret": ids.webhook_secret},
    )
    supplier = add_supplier(scope, session, keyring, new, door.allowance)
    record_consent(scope, session, supplier, "Practice owner", now)
    for good in GOODS:
        cost, shipping = parse_money(good.cost, CURRENCY).amount, parse_money(SHIPPING, CURRENCY).amount
        add_supplier_item(
            scope, session, NewSupplierItem(supplier, good.code, good.name, cost, shipping_minor=shipping)
        )
