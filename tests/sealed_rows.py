"""Rows with something in every sealed column, and a look at all that is sealed, column by column of the registry."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.master_keys import key_id
from agency.models.accounts import User
from agency.models.catalog import Supplier
from agency.models.orders import OrderContact
from agency.models.second_factors import SecondFactor
from agency.models.shops import Authorization, ShopSecret
from agency.services.contacts_store import place_of
from agency.services.installations import park_installation
from agency.services.mails import queue_mail
from agency.services.sealed_columns import CLIENT_COLUMNS, SYSTEM_COLUMNS, SealedColumn, secret_place
from agency.services.sealing import Keyring
from agency.services.shops import cipher_place, code_place, tokens_place
from agency.services.suppliers import store_credentials
from tests.desk import NOW, Desk, Side
from tests.desk_rows import add_order, add_row, keys_of

OLD_KEY = "ZmFrZS1tYXN0ZXIta2V5LWZvci10ZXN0cy1vbmx5ISE="  # the tests' master key
NEW_KEY = "YW5vdGhlci1mYWtlLW1hc3Rlci1rZXktMzItYnl0ZXM="  # another 32 obviously fake bytes
BOTH = f"{NEW_KEY},{OLD_KEY}"
OLD_ID, NEW_ID = key_id(OLD_KEY), key_id(NEW_KEY)

Place = tuple[str, tuple[Any, ...]]


def fill_sealed(desk: Desk, keyring: Keyring, contacts: int = 6) -> None:
    """Writes values into every sealed column of both agencies' clients, and those of no client."""
    for side in (desk.ours, desk.theirs):
        with desk.session(side.scope()) as session:
            for client in side.clients:
                _fill_client(session, side, client, keyring, contacts)
    with desk.system() as session:
        for number in range(3):
            queue_mail(session, keyring, "jo@example.test", "Fake", f"fake link {number}")
            park_installation(session, keyring, f"fake code {number}")
        user_id = session.scalars(select(User.id).limit(1)).one()
        for number in range(3):
            factor = SecondFactor(user_id=user_id, kind="totp", label=f"Phone {number}")
            session.add(factor)
            session.flush()
            session.refresh(factor)
            place = secret_place(factor.public_id)
            factor.sealed_secret = keyring.seal_system(place, f"fake secret {number}".encode())


def _fill_client(session: Session, side: Side, client: str, keyring: Keyring, contacts: int) -> None:
    scope, client_id = side.scope(), side.clients[client]

    def seal(place: str, value: str) -> bytes:
        return keyring.seal(scope, session, client_id, place, value.encode())

    for number in range(contacts):
        add_contact(session, side, client, keyring, f"fake buyer {client} {number}")
    for number in range(2):
        authorization = Authorization(agency_id=side.agency_id, client_id=client_id, state="active")
        session.add(authorization)
        session.flush()
        authorization.sealed_code = seal(code_place(authorization.id), f"fake code {number}")
        authorization.sealed_tokens = seal(tokens_place(authorization.id), f"fake tokens {number}")
        supplier = Supplier(
            agency_id=side.agency_id, client_id=client_id, kind="rest", name=f"S{number}", currency="USD"
        )
        session.add(supplier)
        session.flush()
        store_credentials(scope, session, keyring, supplier, {"key": f"fake key {number}"})
    shop_id = side.shops[client]
    values = {"agency_id": side.agency_id, "client_id": client_id, "shop_id": shop_id}
    session.add(ShopSecret(**values, sealed_cipher=seal(cipher_place(shop_id), "fake cipher")))
    session.flush()


def add_contact(session: Session, side: Side, client: str, keyring: Keyring, value: str) -> int:
    """An order with a sealed contact; returns its key."""
    order = add_order(session, side, client)
    sealed = keyring.seal(side.scope(), session, order.client_id, place_of(order.id), value.encode())
    contact = {"order_id": order.id, "sealed_address": sealed, "masked": False, "seen_at": NOW}
    add_row(session, OrderContact(**keys_of(order), **contact))
    return order.id


def open_everything(desk: Desk, keyring: Keyring) -> dict[Place, bytes]:
    """Every sealed value, opened at its place."""
    found: dict[Place, bytes] = {}
    for side in (desk.ours, desk.theirs):
        with desk.session(side.scope()) as session:
            for sealed in CLIENT_COLUMNS:
                for row in session.execute(_all(sealed, sealed.table.c.client_id)):
                    value = row._mapping[sealed.column]
                    client_id = row._mapping[sealed.table.c.client_id]
                    found[_name(sealed, row)] = keyring.open(session, client_id, sealed.place_of(row), value)
    with desk.system() as session:
        for sealed in SYSTEM_COLUMNS:
            for row in session.execute(_all(sealed)):
                value = row._mapping[sealed.column]
                found[_name(sealed, row)] = keyring.open_system(sealed.place_of(row), value)
    return found


def filled_columns(found: dict[Place, bytes]) -> set[str]:
    """The columns in which something was found."""
    return {column for column, _key in found}


def heads(desk: Desk, sealed: SealedColumn, length: int = 3) -> Counter[bytes]:
    """How the values of a column begin, over all tenants."""
    with desk.owner() as connection:
        rows = connection.execute(
            f"select substring({sealed.name} from 1 for {length}), count(*) from {sealed.table.name}"
            f" where {sealed.name} is not null group by 1"
        )
        return Counter({bytes(head): count for head, count in rows})


def versions(desk: Desk) -> dict[int, list[int]]:
    """The versions of each client's data keys."""
    with desk.owner() as connection:
        rows = connection.execute("select client_id, version from client_keys order by 1, 2").fetchall()
    found: dict[int, list[int]] = {}
    for client_id, version in rows:
        found.setdefault(client_id, []).append(version)
    return found


def _all(sealed: SealedColumn, *more: Any) -> Any:
    names = [sealed.table.c[name] for name in sealed.named_by]
    return select(*sealed.key, *names, *more, sealed.column).where(sealed.column.is_not(None))


def _name(sealed: SealedColumn, row: Any) -> Place:
    return str(sealed), tuple(row._mapping[column] for column in sealed.key)
