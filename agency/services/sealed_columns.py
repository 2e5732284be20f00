"""Every sealed column in one place: whose it is, and what its seals are bound to.

A new column is named `sealed_...` and gets a line here; `tests/house/test_sealed_columns.py` finds one that has none.
Rotation, status and the tests of the seal go through these lists, so that a new line is covered at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, Table

from agency.models.base import Base
from agency.models.catalog import SupplierSecret
from agency.models.mails import Mail
from agency.models.orders import OrderContact
from agency.models.second_factors import SecondFactor
from agency.models.shops import Authorization, ParkedInstallation, ShopSecret
from agency.services.contacts_store import place_of
from agency.services.installations import parked_place
from agency.services.mails import body_place
from agency.services.shops import cipher_place, code_place, tokens_place
from agency.services.suppliers import credentials_place
from agency.services.totp import secret_place


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed bytes. `place` gets the row's values of `named_by`, by default its primary key.

    `login` is who may read and update the column: "staff" one agency after another, or "system".
    """

    model: type[Base]
    name: str
    place: Callable[..., str]
    named_by: tuple[str, ...] = ()
    login: str = "staff"

    def __str__(self) -> str:
        return f"{self.table.name}.{self.name}"

    @property
    def table(self) -> Table:
        """The table of the metadata."""
        return self.model.metadata.tables[self.model.__tablename__]

    @property
    def column(self) -> Column[Any]:
        """The sealed bytes; null = nothing there."""
        return self.table.c[self.name]

    @property
    def key(self) -> tuple[Column[Any], ...]:
        """The primary key."""
        return tuple(self.table.primary_key.columns)

    def place_of(self, row: Row[Any]) -> str:
        """What the seal in this row is bound to; the row carries primary key and `named_by`."""
        names = self.named_by or tuple(column.name for column in self.key)
        return self.place(*(row._mapping[self.table.c[name]] for name in names))


# Sealed under the client's data key: `keyring.seal`. All are tenant tables, which the staff login reads.
CLIENT_COLUMNS = (
    SealedColumn(OrderContact, "sealed_address", place_of),
    SealedColumn(Authorization, "sealed_code", code_place),
    SealedColumn(Authorization, "sealed_tokens", tokens_place),
    SealedColumn(ShopSecret, "sealed_cipher", cipher_place),
    SealedColumn(SupplierSecret, "sealed_credentials", credentials_place),
)

# Sealed under the master key, of no client: `keyring.seal_system`.
SYSTEM_COLUMNS = (
    SealedColumn(Mail, "sealed_body", body_place, named_by=("public_id",), login="system"),
    SealedColumn(ParkedInstallation, "sealed_code", parked_place, named_by=("token_hash",), login="system"),
    SealedColumn(SecondFactor, "sealed_secret", secret_place, named_by=("public_id",), login="system"),
)
