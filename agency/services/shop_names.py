"""The names of the shops that a reader may choose among; nothing is counted for that."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.services.visibility import visible_sql


@dataclass(frozen=True)
class ShopName:
    """One choice of a shop filter; `shop_id` is public."""

    shop_id: str
    name: str


def list_shop_names(scope: Scope, session: Session) -> tuple[ShopName, ...]:
    """All visible shops by name; an agency has hundreds at most, so there are no pages."""
    seen = visible_sql(scope, "client_id")
    rows = session.execute(
        text(f"select public_id, name from shops where {seen} order by name, id")  # noqa: S608 - our own integers
    )
    return tuple(ShopName(str(row.public_id), row.name) for row in rows)


@dataclass(frozen=True)
class ClientName:
    """One choice of a client filter; `client_id` is public."""

    client_id: str
    name: str


def list_client_names(scope: Scope, session: Session) -> tuple[ClientName, ...]:
    """All visible clients by name."""
    seen = visible_sql(scope, "id")
    rows = session.execute(
        text(f"select public_id, name from clients where {seen} order by name, id")  # noqa: S608 - our own integers
    )
    return tuple(ClientName(str(row.public_id), row.name) for row in rows)
