"""A client leaves: one act closes every door, erases what is secret or a buyer's, and leaves the books.

    in doubt? refuse -> nothing more is sent -> grants, keys, contacts erased -> members out -> doors shut -> log

What may have been bought is never lost sight of: the act is refused while an answer of the outside is awaited, and
decisions about such purchases stay open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, Invalid
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Supplier, SupplierSecret
from agency.models.clients import Client
from agency.models.purchasing import Purchase
from agency.models.shops import Authorization, Shop, ShopSecret
from agency.services.audit import Act, record_act
from agency.services.data_keys import shred_client_keys
from agency.services.erasure import erase_letters
from agency.services.lost_access import forget_grant
from agency.services.public_ids import as_public_id
from agency.services.purchase_outcomes import release
from agency.services.visibility import get_visible

LEFT = "client.left"
_WHY = said("The client has left the agency.")
_NO_SYNC = {"synchronize_session": False}
_STAYS_OPEN = ["purchase_review", "cancelled_after_purchase"]  # money that a person still has to settle

_COUNTS = text(
    """
    select
      (select count(*) from shops where client_id = :id and paused_at is null) as shops,
      (select count(*) from authorizations where client_id = :id and state <> 'revoked') as grants,
      (select count(*) from order_contacts where client_id = :id) as contacts,
      (select count(*) from supplier_secrets where client_id = :id) as keys,
      (select count(*) from invitations where client_ids = array[cast(:id as bigint)] and role = 'client_member'
        and accepted_at is null and withdrawn_at is null) as invitations,
      (select count(*) from effects where client_id = :id and state = 'intended') as unsent,
      (select count(*) from purchases where client_id = :id and state in ('placed', 'cancelling')) as unsettled,
      (select count(*) from purchases where client_id = :id and state = 'review') as to_check,
      (select count(*) from orders where client_id = :id
        and stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')) as open_orders
    """
)
_IN_DOUBT = text(
    """
    select distinct o.tiktok_order_id from effects e join orders o on o.id = e.order_id
    where e.client_id = :id and e.state in ('sending', 'unknown') order by 1
    """
)
# Holds what could be sent now: a worker that wants to send waits, and then finds it ended.
_HOLD_EFFECTS = text(
    "select id from effects where client_id = :id and state in ('intended', 'sending', 'unknown') for update"
)
_END_EFFECTS = text(
    """
    update effects set state = 'refused', reason = :why, ended_at = now() where client_id = :id and state = 'intended'
    """
)
_CLOSE = text(
    """
    update attentions set resolved_at = :now, resolved_by = :actor
    where client_id = :id and resolved_at is null and kind <> all(:stays)
    """
)
_INVITATIONS = text(
    """
    update invitations set withdrawn_at = :now where client_ids = array[cast(:id as bigint)]
      and role = 'client_member' and accepted_at is null and withdrawn_at is null
    """
)
_MONTHS = text("update month_links set revoked_at = :now where client_id = :id and revoked_at is null")
_REQUESTS = text(
    "update client_requests set done_at = :now, done_by = :actor where client_id = :id and done_at is null"
)
_MEMBERS = text(
    """
    select count(*) from memberships where agency_id = :agency_id and role = 'client_member'
      and client_ids[1] = :id and ended_at is null
    """
)
_END_MEMBERS = text(
    """
    with gone as (
      update memberships set ended_at = :now where agency_id = :agency_id and role = 'client_member'
        and client_ids[1] = :id and ended_at is null returning id
    ), sessions_ended as (
      update sessions s set revoked_at = :now from gone where s.membership_id = gone.id and s.revoked_at is null
    ), views_ended as (
      update sessions set viewing_client_id = null where viewing_client_id = :id
    )
    select count(*) from gone
    """
)
_DONE = text(
    "select details, at from audit_entries where client_id = :id and action = :action order by number desc limit 1"
)


@dataclass(frozen=True)
class DepartureCounts:
    """What ends with a client, in numbers; the same before and after.

    `unsent`: writes to suppliers or TikTok that are let go. `unsettled`: purchases that the supplier has and that are
    not paid, or whose cancellation is not answered. `to_check`: purchases of which a person must say what happened.
    """

    shops: int
    grants: int
    contacts: int
    keys: int
    members: int
    invitations: int
    unsent: int
    unsettled: int
    to_check: int
    open_orders: int


@dataclass(frozen=True)
class ClientDeparture:
    """One client's departure. `left_at` None = it has not happened; `in_doubt`: the orders that stand against it."""

    client_id: str
    name: str
    left_at: datetime | None
    counts: DepartureCounts
    in_doubt: tuple[str, ...]


def get_departure(scope: Scope, session: Session, system: Session, client_public_id: str) -> ClientDeparture:
    """What would happen, or what did. `system` is on the system login. Raises Forbidden, NotFound."""
    client = _get_client(scope, session, client_public_id)
    if client.left_at is None:
        counts = _count(session, system, client)
    else:
        row = session.execute(_DONE, {"id": client.id, "action": LEFT}).one_or_none()
        counts = _counts_of(row.details if row else {})
    doubts = _in_doubt(session, client) if client.left_at is None else ()
    return ClientDeparture(str(client.public_id), client.name, client.left_at, counts, doubts)


def end_client(
    scope: Scope, session: Session, system: Session, client_public_id: str, typed_name: str, now: datetime
) -> DepartureCounts:
    """Lets a client go; `typed_name` must be its name, `now` is shop time. Returns what was done, in numbers.

    Raises Forbidden unless an owner asks, NotFound, Invalid for another name, Conflict when it has left already or
    while answers of suppliers or TikTok are awaited.
    """
    client = _get_client(scope, session, client_public_id)
    session.refresh(client, with_for_update=True)
    if client.left_at is not None:
        raise Conflict(said("{name} has left already.", name=client.name))
    if " ".join(typed_name.split()) != " ".join(client.name.split()):
        raise Invalid("name", said("Type the client's name as it stands here: {client}.", client=client.name))
    session.execute(_HOLD_EFFECTS, {"id": client.id})
    doubts = _in_doubt(session, client)
    if doubts:
        raise Conflict(_doubt_sentence(doubts))
    counts = _count(session, system, client)
    client.left_at = client.buying_stopped_at = machine_now()
    client.buying_stopped_by = scope.actor
    _send_nothing_more(scope, session, client, now)
    _erase(scope, session, client)
    _close_doors(scope, session, client)
    values = {"id": client.id, "agency_id": scope.agency_id, "now": machine_now()}
    system.execute(_END_MEMBERS, values)
    record_act(scope, session, Act(LEFT, "client", str(client.public_id), client.id, asdict(counts)))
    return counts


def _get_client(scope: Scope, session: Session, public_id: str) -> Client:
    scope.require_owner()
    wanted = as_public_id(public_id, "Client")
    return get_visible(scope, session, Client, "Client", Client.public_id == wanted)


def _in_doubt(session: Session, client: Client) -> tuple[str, ...]:
    return tuple(row.tiktok_order_id for row in session.execute(_IN_DOUBT, {"id": client.id}))


def _doubt_sentence(doubts: tuple[str, ...]) -> str:
    named = ", ".join(doubts[:5])
    if len(doubts) > 5:
        named = said("{orders} and others", orders=named)
    return said(
        "The answer of a supplier or of TikTok is still awaited for {named}. Stop buying for this "
        "client and come back in a few minutes: without their keys nobody could find out any more "
        "what was bought.",
        named=named,
    )


def _count(session: Session, system: Session, client: Client) -> DepartureCounts:
    row = session.execute(_COUNTS, {"id": client.id}).mappings().one()
    values = {"id": client.id, "agency_id": client.agency_id}
    return DepartureCounts(**row, members=int(system.execute(_MEMBERS, values).scalar_one()))


def _counts_of(details: Mapping[str, Any]) -> DepartureCounts:
    return DepartureCounts(**{name: int(details.get(name, 0)) for name in DepartureCounts.__annotations__})


def _send_nothing_more(scope: Scope, session: Session, client: Client, now: datetime) -> None:
    waiting = select(Purchase).where(Purchase.client_id == client.id, Purchase.state == PurchaseState.READY)
    for purchase in list(session.scalars(waiting.order_by(Purchase.id))):
        release(scope, session, purchase, _WHY, now)
    session.execute(_END_EFFECTS, {"id": client.id, "why": _WHY})
    session.flush()
    session.execute(text("update orders set plan_at = null where client_id = :id"), {"id": client.id})


def _erase(scope: Scope, session: Session, client: Client) -> None:
    """Tokens, ciphers, supplier keys, contacts, letters, and last the data keys that sealed them, in backups too."""
    of_client = select(Authorization).where(Authorization.client_id == client.id)
    for authorization in list(session.scalars(of_client.order_by(Authorization.id))):
        authorization.state, authorization.problem = "revoked", _WHY
        forget_grant(session, authorization)
    for model in (ShopSecret, SupplierSecret):
        session.execute(delete(model).where(model.client_id == client.id), execution_options=_NO_SYNC)
    erase_letters(session, client.id)
    session.flush()
    shred_client_keys(scope, session, client.id)


def _close_doors(scope: Scope, session: Session, client: Client) -> None:
    now, values = machine_now(), {"id": client.id}
    stopped = {"buying_stopped_at": now, "buying_stopped_by": scope.actor}
    # The shop may be connected elsewhere from now on: TikTok's id is one of the whole installation.
    freed = Shop.tiktok_shop_id + text("'#left-' || shops.id")
    shops = update(Shop).where(Shop.client_id == client.id)
    session.execute(shops.values(paused_at=now, tiktok_shop_id=freed, **stopped), execution_options=_NO_SYNC)
    suppliers = update(Supplier).where(Supplier.client_id == client.id)
    without_key = {"state": "needs_credentials", "problem": _WHY}
    session.execute(suppliers.values(**without_key, **stopped), execution_options=_NO_SYNC)
    asleep = "update lanes set due_at = null, failures = 0, problem = '' where client_id = :id"
    session.execute(text(asleep), values)
    links = "update connect_requests set used_at = :now where client_id = :id and used_at is null"
    session.execute(text(links), values | {"now": now})
    session.execute(_INVITATIONS, values | {"now": now})
    session.execute(_MONTHS, values | {"now": now})
    session.execute(_REQUESTS, values | {"now": now, "actor": scope.actor})
    session.execute(_CLOSE, values | {"now": now, "actor": scope.actor, "stays": _STAYS_OPEN})
