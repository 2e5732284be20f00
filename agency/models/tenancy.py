"""The tenant's keys on every table: agency and client, not null, with composite foreign keys to the parent.

A foreign key check bypasses row-level security, so a plain `order_id` could point at another tenant's order. With all
three columns in the key the database refuses that (tenancy facts, section 1.4).
"""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column


class TenantOwned:
    """A row of one client of one agency."""

    agency_id: Mapped[int] = mapped_column(sort_order=-90)
    client_id: Mapped[int] = mapped_column(sort_order=-89)


class ShopOwned(TenantOwned):
    """A row of one shop."""

    shop_id: Mapped[int] = mapped_column(sort_order=-88)


def belongs_to(parent: str, column: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """`column` points at a row of `parent` of the same client and agency."""
    return ForeignKeyConstraint(
        [column, "client_id", "agency_id"],
        [f"{parent}.id", f"{parent}.client_id", f"{parent}.agency_id"],
        ondelete=ondelete,
    )


def client_of_agency() -> ForeignKeyConstraint:
    """The client is one of the agency's."""
    return ForeignKeyConstraint(["client_id", "agency_id"], ["clients.id", "clients.agency_id"])


def is_parent() -> UniqueConstraint:
    """Lets children reference this row together with its tenant."""
    return UniqueConstraint("id", "client_id", "agency_id")


def one_of(column: str, values: tuple[str, ...]) -> str:
    """The text of a CHECK that a state column holds one of our words."""
    return f"{column} in ({', '.join(repr(value) for value in values)})"
