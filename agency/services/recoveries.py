"""What `shopfleet recover` does to the rows of a restored backup, before anything may be sent from it (ADR 41).

Per agency, on its own login: open writes are doubted, shops wait until they have caught up, erasures are done again,
keys for programs and open links end, and people are told what only they can repeat. The last step, on the system login,
ends every session, wakes every lane, and vouches for the place where the database is now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.effects import EffectState
from agency.domain.purchasing import PurchaseState, finds_by_reference
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.accounts import Agency
from agency.models.catalog import Supplier
from agency.models.clients import Client
from agency.models.effects import Effect
from agency.models.lanes import Lane
from agency.models.purchasing import Purchase
from agency.models.shops import Authorization, Shop
from agency.services.attention import Cause, open_attention
from agency.services.audit import Act, record_act
from agency.services.effects import doubt_everything
from agency.services.erasure import erase_old_contacts
from agency.services.purchase_outcomes import record_doubt
from agency.services.purchases import by_hand_why, pack_why
from agency.services.restores import Gap, say_waiting

MARGIN = timedelta(
    minutes=5
)  # before the last sign of life in the backup: clocks differ, a dump takes a while
_AT_HOME = text("select at_home()")
_LAST_SIGN = text("select greatest((select max(last_turn_at) from lanes), (select settled_at from home))")
_MARK_DOUBTED = text(
    """
    update purchases p set decision = p.decision || '{"restored": true}'::jsonb,
      reason = case when p.state in ('ready', 'placing', 'unconfirmed') then :why else p.reason end
    where exists (select from effects e where e.purchase_id = p.id and e.state = 'unknown')
    """
)
_BY_HAND = text(
    """
    select a.id, a.kind, s.name from attentions a join suppliers s on s.id = a.supplier_id
    where a.kind in ('buy_by_hand', 'pack') and a.resolved_at is null
    """
)
_UNCLAIM = text("update purchases set claimed_by = '', claimed_until = null where claimed_by <> ''")
_LISTS_AGAIN = text("update suppliers set relisted_at = null")
_END_ALL = (
    text("update api_tokens set revoked_at = :now where revoked_at is null"),
    text("update month_links set revoked_at = :now where revoked_at is null"),
    text("update invitations set withdrawn_at = :now where accepted_at is null and withdrawn_at is null"),
)
_END_SESSIONS = text("update sessions set revoked_at = :now where revoked_at is null")
_SYSTEM_END = (
    text("update mail_links set used_at = :now where used_at is null"),
    text("delete from heartbeats"),
    text("update lanes set fence = fence + 1, lease_until = null, due_at = now(), failures = 0"),
)


@dataclass(frozen=True)
class Recovered:
    """What was done in an agency, in numbers, and what people have to look at, by name."""

    agency: str
    doubted: int
    shops: int
    erased: int
    tokens: int
    links: int
    invitations: int
    blind: tuple[str, ...]  # suppliers that find nothing by reference
    shelves: tuple[str, ...]
    tokens_due: tuple[str, ...]  # clients whose connection may have got new tokens in the gap


def is_at_home(session: Session) -> bool:
    """False in a restored or moved copy that nobody has vouched for yet."""
    return bool(session.scalar(_AT_HOME))


def last_sign_of_life(session: Session) -> datetime:
    """Until when the backup surely knows what its machines did (machine time), with a margin; on the system login."""
    seen: datetime = session.execute(_LAST_SIGN).scalar_one()
    return seen - MARGIN


def recover_agency(scope: Scope, session: Session, gap: Gap, since: datetime) -> Recovered:
    """Prepares one agency for going on after a restore. `gap` is shop time, `since` its start in machine time.

    Safe to repeat: a second run finds less to do and lets everything wait anew.
    """
    agency, moment = session.get_one(Agency, scope.agency_id), machine_now()
    agency.restored_since, agency.restored_until = gap.since, gap.until
    doubted = _doubt(scope, session, gap)
    _tell_by_hand(session, gap)
    present = select(Client).where(Client.left_at.is_(None)).order_by(Client.id)
    clients = {client.id: client for client in session.scalars(present)}
    shops = [shop for shop in session.scalars(select(Shop).order_by(Shop.id)) if shop.client_id in clients]
    for shop in shops:
        shop.restored_at, shop.reread_at = moment, None
        say_waiting(scope, session, shop, gap)
    session.execute(_LISTS_AGAIN)
    session.flush()
    erased = sum(erase_old_contacts(session, shop.id, gap.until) for shop in shops)
    tokens, links, invitations = (_count(session, statement, moment) for statement in _END_ALL)
    suppliers = [s for s in session.scalars(select(Supplier).order_by(Supplier.id)) if s.client_id in clients]
    for client in clients.values():
        _tell_people(scope, session, client, gap, [s for s in suppliers if s.client_id == client.id])
    details = {"since": since, "until": moment, "doubted": doubted, "tokens": tokens, "erased": erased}
    record_act(scope, session, Act("database.recovered", "agency", str(agency.public_id), None, details))
    return Recovered(
        agency=agency.name,
        doubted=doubted,
        shops=len(shops),
        erased=erased,
        tokens=tokens,
        links=links,
        invitations=invitations,
        blind=tuple(f"{s.name} ({clients[s.client_id].name})" for s in suppliers if _is_blind(s)),
        shelves=tuple(f"{s.name} ({clients[s.client_id].name})" for s in suppliers if s.kind == "stock"),
        tokens_due=_tokens_due(session, clients, since),
    )


def settle(session: Session) -> int:
    """Ends all sessions and mailed links, wakes every lane, and vouches for this place; on the system login, last.

    Returns how many sessions were ended.
    """
    moment = machine_now()
    ended = _count(session, _END_SESSIONS, moment)
    for statement in _SYSTEM_END:
        session.execute(statement, {"now": moment} if ":now" in statement.text else {})
    settle_here(session)
    return ended


def settle_here(session: Session) -> None:
    """Vouches for the place where the database is now: it was moved while nothing ran, so nothing was forgotten."""
    session.execute(text("select settle_home()"))


def _count(session: Session, statement: TextClause, moment: datetime) -> int:
    return int(session.execute(statement, {"now": moment}).rowcount)  # type: ignore[attr-defined]


def _is_blind(supplier: Supplier) -> bool:
    return supplier.kind != "stock" and not finds_by_reference(supplier.kind, supplier.settings)


def _doubt(scope: Scope, session: Session, gap: Gap) -> int:
    """Doubts the effects, and with them their purchases: one that was being placed or paid would wait for ever."""
    doubted = doubt_everything(session)
    why = said(
        "It may have been bought between {since} and {until} UTC, which this restored database does not know.",
        **gap.words,
    )
    open_doubt = select(Effect.purchase_id).where(Effect.state == EffectState.UNKNOWN)
    in_the_air = Purchase.state.in_((PurchaseState.PLACING, PurchaseState.PAYING))
    for purchase in session.scalars(select(Purchase).where(in_the_air, Purchase.id.in_(open_doubt))).all():
        record_doubt(scope, session, purchase, why, gap.until)
    session.execute(_MARK_DOUBTED, {"why": why})
    session.execute(_UNCLAIM)
    return doubted


def _tell_by_hand(session: Session, gap: Gap) -> None:
    """What a person had to buy or pack when the backup was made: it may have been done since."""
    for row in session.execute(_BY_HAND).all():
        why = pack_why(gap) if row.kind == "pack" else by_hand_why(row.name, gap)
        values = {"id": row.id, "why": why}
        session.execute(text("update attentions set why = :why where id = :id"), values)


def _tell_people(
    scope: Scope, session: Session, client: Client, gap: Gap, suppliers: Sequence[Supplier]
) -> None:
    """One row per client with what no machine can find out or repeat."""
    sentences = [
        said(
            "The database was restored and forgot what people did between {since} and {until} UTC: approvals, holds, "
            "mappings, stops, consents taken back, members removed, passwords changed. Do again what still counts.",
            **gap.words,
        )
    ]
    if blind := [supplier.name for supplier in suppliers if _is_blind(supplier)]:
        sentences.append(
            said("Compare the order list of {names} with the orders here.", names=", ".join(blind))
        )
    if shelves := [supplier.name for supplier in suppliers if supplier.kind == "stock"]:
        sentences.append(said("Count what is on the shelf of {names}.", names=", ".join(shelves)))
    cause = Cause(client.id, "restored", f"restored:{gap.until:%Y%m%d%H%M%S}", " ".join(sentences), "look")
    open_attention(scope, session, cause)


def _tokens_due(session: Session, clients: Mapping[int, Client], since: datetime) -> tuple[str, ...]:
    """Whose access token was so old that it was probably exchanged after the backup was made."""
    lane = select(Lane.authorization_id).where(Lane.api == "auth", Lane.due_at <= machine_now())
    query = select(Authorization).where(Authorization.state == "active", Authorization.id.in_(lane))
    return tuple(
        sorted({clients[a.client_id].name for a in session.scalars(query) if a.client_id in clients})
    )
