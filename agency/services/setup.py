"""How far an agency's set-up is, by what the database holds and not by what was clicked; owners only.

Practice clients count for the practice step alone: a practised order is no proof that real ones go through.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.consents import RECEIVES_ADDRESSES
from agency.domain.orders import Stage
from agency.domain.scope import Scope
from agency.services.callers import SignedIn
from agency.services.factors import has_factor

_REAL = "c.practice = '' and c.left_at is null"
_PROCESSED = f"o.stage in {Stage.PROCESSED}"
_SOME_ORDER = (
    f"exists (select 1 from orders o join clients c on c.id = o.client_id where {_REAL} and {_PROCESSED})"  # noqa: S608
)


def _some(table: str, condition: str = "true") -> str:
    """Whether a real client has such a row."""
    return (
        f"exists (select 1 from {table} t join clients c on c.id = t.client_id where {_REAL} and {condition})"  # noqa: S608 - made of constants
    )


_CONSENTED = f"""(t.kind not in {RECEIVES_ADDRESSES} or exists (select 1 from supplier_consents n
    where n.supplier_id = t.id and n.withdrawn_at is null))"""  # noqa: S608 - made of constants
# True while a step that the staff login can see is not done; for the side bar, on every page, so it stops early.
UNFINISHED = f"""
    not (exists (select 1 from clients c where {_REAL} and c.limits_set_at is not null)
      and {_some("shops")} and {_some("suppliers", _CONSENTED)}
      and {_some("mappings", "t.superseded_at is null")} and {_SOME_ORDER})
"""  # noqa: S608 - made of constants
_FACTS = text(
    f"""
    select
      (select array_agg(c.id) from clients c where {_REAL}) as clients,
      (select c.name from clients c where {_REAL} order by c.id limit 1) as client_name,
      (select c.public_id from clients c where {_REAL} order by c.id limit 1) as client_id,
      (select count(*) from shops t join clients c on c.id = t.client_id where {_REAL}) as shops,
      {_some("authorizations", "t.state = 'pending'")} as connecting,
      {_some("suppliers", _CONSENTED)} as supplier,
      (select t.public_id from suppliers t join clients c on c.id = t.client_id
        where {_REAL} and not {_CONSENTED} order by t.id limit 1) as without_consent,
      (select count(distinct (t.shop_id, t.sku_id)) from mappings t join clients c on c.id = t.client_id
        where {_REAL} and t.superseded_at is null) as mapped,
      (select count(*) from skus t join clients c on c.id = t.client_id where {_REAL} and not exists
        (select 1 from mappings m where m.shop_id = t.shop_id and m.sku_id = t.sku_id
          and m.superseded_at is null)) as unmapped,
      exists (select 1 from clients c where {_REAL} and c.limits_set_at is not null) as limits,
      {_SOME_ORDER} as order_done,
      exists (select 1 from orders o join clients c on c.id = o.client_id where {_REAL}) as order_seen,
      exists (select 1 from invitations i where i.role = 'client_member' and i.withdrawn_at is null
        and exists (select 1 from clients c where {_REAL} and i.client_ids = array[c.id])) as invited
    """  # noqa: S608 - made of constants
)
_CLIENT_MEMBERS = text(
    """
    select exists (select 1 from memberships where agency_id = :agency_id and role = 'client_member'
      and ended_at is null and client_ids[1] = any(:clients))
    """
)


@dataclass(frozen=True)
class SetupFacts:
    """What there is of each step. `client_id` is the first real client's; `without_consent` a supplier's, or empty."""

    secured: bool
    client_id: str
    client_name: str
    shops: int
    connecting: bool
    supplier: bool
    without_consent: str
    mapped: int
    unmapped: int
    limits: bool
    order_seen: bool
    order_done: bool
    invited: bool

    def is_done(self, step: str) -> bool:
        """Whether one of STEPS is done."""
        return {
            "workspace": True,  # nobody opens an agency without a name
            "secure": self.secured,
            "client": bool(self.client_id),
            "shop": self.shops > 0,
            "supplier": self.supplier,
            "mapping": self.mapped > 0,
            "limits": self.limits,
            "order": self.order_done,
            "invite": self.invited,
        }[step]


STEPS = ("workspace", "secure", "client", "shop", "supplier", "mapping", "limits", "order", "invite")


def read_setup(caller: SignedIn, session: Session, system: Session) -> SetupFacts:
    """The facts of the caller's agency; `system` is on the system login, where people are. Raises Forbidden."""
    caller.scope.require_owner()
    row = session.execute(_FACTS).one()
    invited: bool = row.invited
    if row.clients and not invited:
        values = {"agency_id": caller.scope.agency_id, "clients": row.clients}
        invited = bool(system.scalar(_CLIENT_MEMBERS, values))
    return SetupFacts(
        secured=has_factor(system, caller.scope.user_id or 0),
        client_id=str(row.client_id or ""),
        client_name=row.client_name or "",
        shops=row.shops,
        connecting=row.connecting,
        supplier=row.supplier,
        without_consent=str(row.without_consent or ""),
        mapped=row.mapped,
        unmapped=row.unmapped,
        limits=row.limits,
        order_seen=row.order_seen,
        order_done=row.order_done,
        invited=invited,
    )


def has_shop(scope: Scope, session: Session) -> bool:
    """False while an owner's agency has no shop at all, so that set-up is the page to begin with."""
    scope.require_owner()
    return bool(session.scalar(text("select exists (select 1 from shops)")))
