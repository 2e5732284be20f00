"""The world of the suite: four clients of two agencies, each with a row in every table and its own words everywhere."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import create_engine, insert, text
from sqlalchemy.types import Text

from agency.domain.addresses import Address
from agency.extensions import sqlalchemy_url
from agency.models.catalog import CarrierOverride, Supplier
from agency.models.orders import Order, OrderContact, OrderEvent
from agency.models.tables import metadata
from agency.services.connecting import _state_hash
from agency.services.contacts_store import place_of
from agency.services.sealing import Keyring
from agency.services.suppliers import store_credentials
from agency.web import known_areas
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk, Side, open_desk
from tests.desk_rows import (
    add_attention,
    add_mapping,
    add_order,
    add_parcel,
    add_providers,
    add_purchase,
    add_row,
    add_sku,
    keys_of,
)
from tests.isolation.agency_rows import MEMBERS, add_agency_rows, add_factors, add_views, personal_ids
from tests.isolation.callers import Caller, all_callers, token_callers
from tests.isolation.canaries import CLIENTS, COST, Canaries, canary
from tests.isolation.catalogue import PORTAL_TABLES
from tests.isolation.people import Human, add_people
from tests.isolation.snapshot import Snapshot
from tests.worlds import TENANT_TABLES, fill

# Texts with a meaning for the program, which a canary would break; every other text of a tenant gets one.
WORDS = {
    "currency", "time_zone", "region", "fulfilment_mode", "promise", "status", "stage", "order_type", "kind", "api",
    "fulfillment_type", "shipping_type", "delivery_option_id", "due_kind", "due_source", "display_status", "state",
    "payment_status", "action", "actor", "created_by", "tiktok_order_id", "tiktok_line_id", "sku_id", "role",
    "tracking_number", "brand_colour", "entry_key", "code", "master_key_id", "part",
    "body",  # JSON, as it was hashed
}  # fmt: skip
LONG_AGO = "2026-09-01T12:00:00Z"  # ages on pages must not change between two looks


@dataclass
class World:
    """The desk with its people, what belongs to whom, and the way back."""

    desk: Desk
    connection: psycopg.Connection[Any]  # the owner's
    canaries: Canaries
    people: dict[str, Human]
    callers: list[Caller] = field(default_factory=list)
    snapshot: Snapshot = field(init=False)
    ids: dict[str, dict[str, str]] = field(
        default_factory=dict
    )  # code -> kind of object -> id as people see it
    clients: dict[str, int] = field(default_factory=dict)  # code -> internal id
    personal: dict[str, dict[int, str]] = field(default_factory=dict)  # kind -> user -> public id

    def knows(self, kind: str) -> bool:
        """Whether there are objects of that kind."""
        return kind in self.ids["hl"] or kind in self.personal

    def id_of(self, code: str, kind: str, caller: Caller) -> str:
        """The id of the client's object of that kind, or for "unknown" one that nobody has.

        What belongs to a person is the caller's own at the caller's home, and elsewhere that of somebody there.
        """
        if code != "unknown" and kind in self.personal:
            return self.personal[kind][self._person(code, caller)]
        if code != "unknown":
            return self.ids[code][kind]
        known = self.ids["hl"].get(kind) or str(uuid.UUID(int=0))
        if known.isdigit():
            return "9" * len(known)
        return str(uuid.UUID(int=0xABC, version=4)) if len(known) == 36 else "z" * len(known)

    def _person(self, code: str, caller: Caller) -> int:
        if code == "colleague":
            near = ("viewer", "owner") if "hz" in caller.words else ("member_rival", "stranger")
            return next(
                self.people[name].user_id for name in near if self.people[name].user_id != caller.user_id
            )
        own = code == caller.home and caller.user_id
        return caller.user_id if own else self.people[MEMBERS[code]].user_id


@contextmanager
def open_world() -> Iterator[World]:
    """Builds the world in a database of its own."""
    with open_desk(spread_ids=True) as desk, desk.owner() as connection:
        canaries = Canaries()
        for place, code in enumerate(CLIENTS):
            _furnish(desk, code, place + 1)
        _fill_the_rest(desk)
        people = add_people(connection, desk, canaries)
        _plant(connection, desk)
        world = World(desk, connection, canaries, people)
        for code in CLIENTS:
            _note_ids(connection, world, code)
        above = {code: (side_of(desk, code).agency_id, client) for code, client in world.clients.items()}
        for code, ids in add_agency_rows(connection, people, above, canaries).items():
            world.ids[code] |= ids
        add_factors(connection, people)
        add_views(connection)
        world.callers = all_callers(connection, people)
        world.callers += token_callers(
            connection, people["owner"], known_areas(desk.app), world.clients["hl"]
        )
        _bind_links(connection, world)
        world.personal = personal_ids(connection)
        world.snapshot = Snapshot(connection)
        yield world


def side_of(desk: Desk, code: str) -> Side:
    """The agency of a client."""
    return desk.ours if code[0] == "h" else desk.theirs


def _furnish(desk: Desk, code: str, place: int) -> None:
    """One order with everything about it: blocked, bought by hand, a stopped parcel, a buyer, a decision, a story."""
    side, client = side_of(desk, code), CLIENTS[code][1]
    sku, cost = canary(code, "sku"), COST[code]
    blocker = {"code": "cost_over_limit", "sentence": canary(code, "b", inner=True), "approvable": True}
    finding = {"code": "carrier_unknown", "severity": "block", "sentence": canary(code, "f", inner=True)}
    with desk.session(side.scope()) as session:
        order = add_order(
            session,
            side,
            client,
            number=f"5770000000000000{place}1",
            sku_id=sku,
            stage="blocked",
            blockers=[blocker],
        )
        add_order(session, side, client, number=f"5770000000000000{place}2", sku_id=sku)  # needs no decision
        add_sku(session, side, client, sku)
        purchase = add_purchase(
            session,
            side,
            order,
            client=client,
            state="ready",
            expected_minor=cost,
            max_minor=cost,
            actual_minor=cost,
        )
        session.execute(text("update supplier_items set unit_cost_minor = :cost where client_id = :client"),
                        {"cost": cost, "client": order.client_id})  # fmt: skip
        item = session.execute(text("select id from supplier_items where client_id = :client"),
                               {"client": order.client_id}).one()  # fmt: skip
        add_mapping(session, side, item, client, sku)
        add_parcel(
            session, order, purchase, findings=[finding], tracking_number=f"9400000000000000000{place}"
        )
        add_providers(session, order, "USPS", "UPS")
        override = {"supplier_id": purchase.supplier_id, "carrier_text": "Zippy", "provider_name": "USPS"}
        keys = {"agency_id": order.agency_id, "client_id": order.client_id}
        add_row(session, CarrierOverride(**keys, **override))
        about = {"shop_id": order.shop_id, "order_id": order.id, "supplier_id": purchase.supplier_id}
        add_attention(session, side, client, **about, kind="approval", due_at=NOW, action="approve")
        supplier = session.get_one(Supplier, purchase.supplier_id)
        store_credentials(side.scope(), session, Keyring(MASTER_KEY), supplier, {"api_key": "fake-key"})
        _add_story(session, order, code)
        _add_buyer(session, side, order, code)
        state = hashlib.sha256(canary(code, "state").encode()).digest()
        session.execute(insert(metadata.tables["connect_requests"]).values(
            **keys, state_hash=state, user_id=1, expires_at=text("now() + interval '1 day'")))  # fmt: skip


def _add_story(session: Any, order: Order, code: str) -> None:
    data = {"reason": canary(code, "e", inner=True)}
    add_row(session, OrderEvent(**keys_of(order), order_id=order.id, seq=1, at=NOW, kind="declined", actor="user:1",
                                data=data, previous_hash=b"", hash=b"fake"))  # fmt: skip


def _add_buyer(session: Any, side: Side, order: Order, code: str) -> None:
    buyer = Address(name=canary(code, "name", inner=True), phone="+15550100", line1=canary(code, "street", inner=True),
                    city=canary(code, "town", inner=True), state="OR", postal_code="97201", country="US")  # fmt: skip
    value = json.dumps(vars(buyer)).encode()
    sealed = Keyring(MASTER_KEY).seal(side.scope(), session, order.client_id, place_of(order.id), value)
    add_row(session, OrderContact(**keys_of(order), order_id=order.id, sealed_address=sealed, masked=False,
                                  seen_at=NOW - timedelta(days=1)))  # fmt: skip


def _fill_the_rest(desk: Desk) -> None:
    """A row in every table that has none yet, so that a new table is in at once."""
    owner = create_engine(sqlalchemy_url(desk.owner_url))
    with owner.begin() as connection:
        for code, (_agency, client) in CLIENTS.items():
            side = side_of(desk, code)
            fill(connection, side.agency_id, side.clients[client], missing_only=True)
    owner.dispose()


def _plant(connection: psycopg.Connection[Any], desk: Desk) -> None:
    """A canary in every text of every tenant that is not a word of the program."""
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        for table in [*TENANT_TABLES, metadata.tables["clients"]]:
            inner = table.name not in PORTAL_TABLES | {"clients"}
            key = "id" if table.name == "clients" else "client_id"
            for number, column in enumerate(table.columns):
                if not isinstance(column.type, Text) or column.name in WORDS or column.computed is not None:
                    continue
                for code, (_agency, client) in CLIENTS.items():
                    word = canary(code, f"{number}x", inner=inner)
                    connection.execute(
                        f"update {table.name} set {column.name} = %s || substr(md5(ctid::text), 1, 8)"
                        f" where {key} = %s and {column.name} <> ''",
                        (word, side_of(desk, code).clients[client]),
                    )
            if "created_at" in table.columns:
                connection.execute(f"update {table.name} set created_at = %s", (LONG_AGO,))
        connection.execute("update shops set last_read_at = %s", (LONG_AGO,))
        # Trouble shows on Today, with the reason.
        for code, (_agency, client) in CLIENTS.items():
            connection.execute(
                "update lanes set failures = 7, problem = %s where client_id = %s",
                (canary(code, "trouble", inner=True), side_of(desk, code).clients[client]),
            )
        for side, word in ((desk.ours, "hn"), (desk.theirs, "rn")):
            name = canary(word, "agency")
            connection.execute("update agencies set name = %s where id = %s", (name, side.agency_id))


def _note_ids(connection: psycopg.Connection[Any], world: World, code: str) -> None:
    """What people call the client's objects: public ids by table, order numbers, skus, links."""
    client_id = world.clients[code] = side_of(world.desk, code).clients[CLIENTS[code][1]]
    ids = world.ids[code] = {"state": canary(code, "state"), "sku": canary(code, "sku")}
    for table in [*TENANT_TABLES, metadata.tables["clients"]]:
        if "public_id" not in table.columns:
            continue
        key = "id" if table.name == "clients" else "client_id"
        rows = connection.execute(
            f"select public_id from {table.name} where {key} = %s order by id", (client_id,)
        )
        for row in rows:
            ids.setdefault(table.name, str(row[0]))
            world.canaries.add(row[0], code, inner=table.name not in PORTAL_TABLES | {"clients"})
    numbers = {"orders": "tiktok_order_id", "order_lines": "tiktok_line_id", "parcels": "tracking_number"}
    for table, column in numbers.items():
        for row in connection.execute(f"select {column} from {table} where client_id = %s", (client_id,)):
            world.canaries.add(row[0], code)
            ids.setdefault(table, str(row[0]))


def _bind_links(connection: psycopg.Connection[Any], world: World) -> None:
    """The links to TikTok belong to the owners of the agencies, in the sessions in which they asked."""
    for code, client_id in world.clients.items():
        user = world.people["owner" if code[0] == "h" else "stranger"].user_id
        row = connection.execute(
            "select id from sessions where user_id = %s order by id limit 1", (user,)
        ).fetchone()
        assert row is not None
        connection.execute(
            "update connect_requests set user_id = %s, state_hash = %s where client_id = %s",
            (user, _state_hash(row[0], canary(code, "state")), client_id),
        )
