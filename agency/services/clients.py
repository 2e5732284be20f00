"""Clients of an agency and the limits within which the machine buys for them; owners only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, Invalid
from agency.domain.money import EXPONENTS
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.clients import Client
from agency.services.audit import Act, record_act
from agency.services.blocked import plan_blocked_again
from agency.services.public_ids import as_public_id
from agency.services.visibility import get_visible

LONGEST_NAME = 120
HIGHEST_LIMIT = 100_000_000_00  # minor units; above it an amount is a slip of the keyboard
WHOLE = 10_000  # basis points of a sale
_LIMIT_CODES = ("cost_over_limit", "margin_below_floor", "budget_used_up")
_PLACES = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@dataclass(frozen=True)
class NewClient:
    """A shop owner to work for. `currency` is ISO 4217, `time_zone` a name such as America/New_York."""

    name: str
    currency: str
    time_zone: str


@dataclass(frozen=True)
class ClientLimits:
    """Amounts in minor units of the client's currency, the margin in basis points (100 = 1 %) of the sale.

    An order that costs more than `approval_above_minor`, or earns less than the floor, waits for a person's yes; a
    day's purchases stay within `daily_budget_minor`.
    """

    approval_above_minor: int
    margin_floor_bp: int
    daily_budget_minor: int


def add_client(scope: Scope, session: Session, new: NewClient) -> str:
    """Adds a client with the usual limits and returns its public id.

    Raises Forbidden unless an owner asks, Invalid naming the field, Conflict when the name is taken.
    """
    scope.require_owner()
    name = new.name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("name", said("Give the client a name of at most {most} characters.", most=LONGEST_NAME))
    if new.currency not in EXPONENTS:
        raise Invalid("currency", "Choose the currency of the client's shop, for example USD.")
    if new.time_zone not in list_time_zones():
        raise Invalid("time_zone", "Choose a time zone from the list, for example America/New_York.")
    if session.scalar(select(Client.id).where(func.lower(Client.name) == name.lower()).limit(1)) is not None:
        raise Conflict(said("You have a client named {name} already. Choose another name.", name=name))
    client = Client(agency_id=scope.agency_id, name=name, currency=new.currency, time_zone=new.time_zone)
    session.add(client)
    session.flush()
    record_act(scope, session, Act("client.added", "client", str(client.public_id), client.id))
    return str(client.public_id)


def set_client_limits(
    scope: Scope, session: Session, client_public_id: str, limits: ClientLimits, now: datetime
) -> None:
    """Sets a client's limits; orders that the former ones stopped are planned anew. `now` is shop time.

    Raises Forbidden unless an owner asks, NotFound, and Invalid naming the field.
    """
    scope.require_owner()
    client_id = as_public_id(client_public_id, "Client")
    client = get_visible(scope, session, Client, "Client", Client.public_id == client_id)
    _check_limits(limits)
    changed = [name for name, value in vars(limits).items() if getattr(client, name) != value]
    client.approval_above_minor = limits.approval_above_minor
    client.margin_floor_bp = limits.margin_floor_bp
    client.daily_budget_minor = limits.daily_budget_minor
    client.limits_set_at = machine_now()
    session.flush()
    plan_blocked_again(scope, session, _LIMIT_CODES, now, client_id=client.id)
    details = {"fields": changed}
    record_act(
        scope, session, Act("client.limits_changed", "client", str(client.public_id), client.id, details)
    )


def set_sharing(scope: Scope, session: Session, client_public_id: str, share_costs: bool) -> None:
    """Whether the client sees what goods cost and what is left for it, as the contract says.

    Raises Forbidden unless an owner asks, and NotFound.
    """
    scope.require_owner()
    client_id = as_public_id(client_public_id, "Client")
    client = get_visible(scope, session, Client, "Client", Client.public_id == client_id)
    if client.share_costs == share_costs:
        return
    client.share_costs = share_costs
    session.flush()
    details = {"share_costs": share_costs}
    act = Act("client.sharing_changed", "client", str(client.public_id), client.id, details)
    record_act(scope, session, act)


@cache
def list_time_zones() -> tuple[str, ...]:
    """The zones of towns, by name; abbreviations and former names without a place are left out."""
    zones = (zone for zone in available_timezones() if "/" in zone)
    return tuple(sorted(zone for zone in zones if zone.partition("/")[0] in _PLACES))


def _check_limits(limits: ClientLimits) -> None:
    for name in ("approval_above_minor", "daily_budget_minor"):
        if not 0 <= getattr(limits, name) <= HIGHEST_LIMIT:
            raise Invalid(name, "Write an amount from 0 to 100,000,000.")
    if not 0 <= limits.margin_floor_bp <= WHOLE:
        raise Invalid("margin_floor_bp", "Write a share of the sale from 0 to 100 percent.")
