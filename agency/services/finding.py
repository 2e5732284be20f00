"""What a few typed letters may mean: shops, clients and suppliers by a word's beginning, orders by exact number."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.services.visibility import visible_sql

_EACH = 6  # of a kind; whoever needs more types another letter

# By the beginning of any word of the name; no pattern is made of what was typed, so % and _ mean themselves.
_FITS = "position(' ' || lower(:q) in ' ' || lower({0})) > 0"


@dataclass(frozen=True)
class Found:
    """One thing that fits and where it belongs: an order (`key` is its number), shop, client or supplier (its id)."""

    kind: str
    key: str
    name: str
    note: str


def find(scope: Scope, session: Session, typed: str) -> tuple[Found, ...]:
    """What fits, orders first, then by kind and name; nothing for fewer than two letters."""
    if len(typed) < 2:
        return ()
    rows = session.execute(
        text(
            f"""
            (select 1 as place, 'order' as kind, o.tiktok_order_id as key, o.title as name, s.name as note
             from orders o join shops s on s.id = o.shop_id
             where o.tiktok_order_id = :q and {visible_sql(scope, "o.client_id")} limit {_EACH})
            union all
            (select 2, 'shop', s.public_id::text, s.name, c.name from shops s join clients c on c.id = s.client_id
             where ({_FITS.format("s.name")} or lower(s.code) = lower(:q)) and {visible_sql(scope, "s.client_id")}
             order by s.name, s.id limit {_EACH})
            union all
            (select 3, 'client', c.public_id::text, c.name, '' from clients c
             where {_FITS.format("c.name")} and {visible_sql(scope, "c.id")} order by c.name, c.id limit {_EACH})
            union all
            (select 4, 'supplier', p.public_id::text, p.name, c.name
             from suppliers p join clients c on c.id = p.client_id
             where {_FITS.format("p.name")} and {visible_sql(scope, "p.client_id")}
             order by p.name, p.id limit {_EACH})
            order by place, name
            """  # noqa: S608 - the conditions are made of our own integers and of constants; values are parameters
        ),
        {"q": typed},
    )
    return tuple(Found(row.kind, row.key, row.name, row.note) for row in rows)
