"""A rich world for pictures and for tests that need much of everything: 8 clients, 40 shops, orders in every state.

Everything is made from the same dice, shop time stands still at NOW, and times of machines are told from the moment of
making; so two worlds look alike, but for the ids that are random by design.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from random import Random

from psycopg import connect
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.app import create_app
from agency.clock import machine_now
from agency.domain.consents import needs_consent
from agency.models.attention import Attention
from agency.models.catalog import Sku, Supplier, SupplierItem
from agency.models.clients import Client
from agency.models.lanes import Lane
from agency.models.shops import Authorization, Shop
from agency.services.health import note_health
from agency.services.memberships import Person, add_member, create_agency_with_owner
from agency.transaction import system_transaction, transaction
from tests.databases import create_database, drop_database
from tests.desk import NOW, PASSWORD, Desk, Side, make_settings
from tests.desk_rows import add_consent
from tests.rich_cycles import add_cycles
from tests.rich_history import plan_history, write_history
from tests.rich_names import AGENCY, CLIENTS, GOODS, MEMBER, PEOPLE, RichClient
from tests.rich_orders import PATTERN, ShopFloor, fill_shop, has_unmapped, map_goods

Plans = dict[int, list[dict[str, object]]]  # each shop's history, by its internal id
STILL = 1e-9  # seconds of shop time in a second: none that anybody sees
_LANES = ("orders", "plan", "ship", "finance", "sweep")


@contextmanager
def open_rich_world(clients: Sequence[RichClient] = CLIENTS, **settings: object) -> Iterator[Desk]:
    """The world in a database of its own, with the application; dropped at the end. Fewer `clients` make a smaller one.

    People sign in as maya (owner), sam (operator), lee (viewer) and ana (a member of the first client) @example.test.
    """
    made = create_database("rich")
    try:
        with system_transaction(made.database) as session:
            owner = Person("maya@example.test", "Maya Kerr", PASSWORD, "America/New_York")
            agency = create_agency_with_owner(session, AGENCY, owner)
        side = Side(agency.agency_id)
        with transaction(made.database, side.scope(actor=f"user:{agency.user_id}")) as session:
            plans = _fill(side, session, clients)
        with connect(made.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("analyze")  # else each row of the history is looked up by reading all of them
        with transaction(made.database, side.scope(actor="rule:plan")) as session:
            _look_back(side, session, plans)
        _add_people(made.database, side, clients[0])
        app = create_app(make_settings(clock_rate=STILL, **settings), made.database)
        yield Desk(made.database, made.owner_url, app, side, Side(0))
    finally:
        drop_database(made)


def _add_people(database: object, side: Side, first: RichClient) -> None:
    with system_transaction(database) as session:  # type: ignore[arg-type] # the desk's database
        for word, name, role in PEOPLE[1:]:
            add_member(session, side.agency_id, Person(f"{word}@example.test", name, PASSWORD), role, None)
        member = Person(f"{MEMBER[0]}@example.test", MEMBER[1], PASSWORD, "America/New_York")
        add_member(session, side.agency_id, member, "client_member", [side.clients[first.name]])
        for name, kind in (
            ("dispatcher", "dispatcher"),
            ("worker-1", "worker"),
            ("worker-2", "worker"),
            ("watcher", "watcher"),
        ):
            session.execute(
                text(
                    "insert into heartbeats (name, kind, pid, started_at, seen_at) values (:n, :k, 1, now(), now())"
                ),
                {"n": name, "k": kind},
            )


def _fill(side: Side, session: Session, clients: Sequence[RichClient]) -> Plans:
    dice, scope, number = Random(40), side.scope(actor="rule:plan"), 0
    floors: list[ShopFloor] = []
    for client in clients:
        row = Client(
            agency_id=side.agency_id, name=client.name, currency=client.currency, time_zone=client.zone,
            approval_above_minor=2500, margin_floor_bp=300, daily_budget_minor=200_000, limits_set_at=machine_now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.refresh(row)
        side.clients[client.name], side.public[client.name] = row.id, str(row.public_id)
        supplier, items = _supplier(side, session, row, client)
        for name in client.shops:
            number += 1
            shop = _shop(session, row, client, name, number)
            side.clients[name], side.shops[name] = row.id, shop.id
            side.public[name] = str(shop.public_id)
            floors.append(ShopFloor(scope, session, shop, supplier, items, dice, number * 100))
            _stock_shop(floors[-1])
    return {floor.shop.id: plan_history(floor) for floor in floors}


def _look_back(side: Side, session: Session, plans: Plans) -> None:
    """Gives all shops their history, and says what follows: how many orders there are, and how each shop does."""
    write_history(session, side.agency_id, [order for plan in plans.values() for order in plan])
    for shop_id, plan in plans.items():
        shop, count = session.get_one(Shop, shop_id), len(PATTERN) + len(plan)
        shop.count_tiktok, shop.count_ours = count + (1 if shop.read_error else 0), count
        add_cycles(session, shop, NOW)
        note_health(side.scope(actor="rule:plan"), session, shop, NOW)


def _supplier(
    side: Side, session: Session, row: Client, client: RichClient
) -> tuple[Supplier, list[SupplierItem]]:
    keys = {"agency_id": row.agency_id, "client_id": row.id}
    supplier = Supplier(
        **keys, kind=client.kind, name=client.supplier, currency=client.currency,
        tracking_read_at=NOW - timedelta(minutes=4),
        website="https://workshop.example.test" if client.kind == "manual" else "",
    )  # fmt: skip
    session.add(supplier)
    session.flush()
    session.refresh(supplier)
    side.public[client.supplier] = str(supplier.public_id)
    if needs_consent(client.kind):
        add_consent(session, supplier)
    items = [
        SupplierItem(
            **keys, supplier_id=supplier.id, supplier_sku=f"{client.name[:2].upper()}-{1001 + nth}", title=name,
            unit_cost_minor=cost, shipping_minor=390, currency=client.currency, stock_quantity=(nth * 37) % 120,
            quoted_at=NOW - timedelta(minutes=20 + nth),
        )
        for nth, (name, _option, _price, cost) in enumerate(GOODS)
    ]  # fmt: skip
    session.add_all(items)
    session.flush()
    return supplier, items


def _shop(session: Session, row: Client, client: RichClient, name: str, number: int) -> Shop:
    keys, read = (
        {"agency_id": row.agency_id, "client_id": row.id},
        machine_now() - timedelta(minutes=number % 9),
    )
    ends = {"access_expires_at": read + timedelta(days=5), "refresh_expires_at": read + timedelta(days=300)}
    grant = Authorization(**keys, state="active", seller_name=f"Owner of {client.name}", **ends)
    session.add(grant)
    session.flush()
    lost, failing = number == 9, number == 33
    shop = Shop(
        **keys, authorization_id=grant.id, tiktok_shop_id=f"749404964264241{number:04d}",
        code=f"{client.region}LC{number:04d}", name=name, region=client.region, currency=client.currency,
        time_zone=client.zone, connected_at=NOW - timedelta(days=200),
        last_read_at=read - timedelta(hours=5 if lost else 0), counted_at=read,
        read_error="TikTok did not answer in time." if lost else "",
        paused_at=read if number == 38 else None,
    )  # fmt: skip
    session.add(shop)
    session.flush()
    session.refresh(shop)
    for api in _LANES:
        trouble = (
            {"failures": 6, "problem": "TikTok did not answer in time."} if failing and api == "ship" else {}
        )
        session.add(Lane(**keys, shop_id=shop.id, api=api, turns=40 * number, last_turn_at=read, **trouble))
    if lost:
        session.add(Attention(**keys, shop_id=shop.id, kind="shop_unread", cause_key=f"shop:{shop.id}", action="look",
                              why="TikTok did not answer in time. The shop is read again in a minute."))  # fmt: skip
    session.add(Lane(**keys, authorization_id=grant.id, api="auth", last_turn_at=read))
    session.flush()
    return shop


def _stock_shop(floor: ShopFloor) -> None:
    for item, (name, option, _price, _cost) in zip(floor.items, GOODS, strict=True):
        floor.session.add(
            Sku(
                **floor.keys, sku_id=f"27{item.supplier_sku[-4:]}", product_id=f"17{item.supplier_sku[-4:]}",
                product_name=name, sku_name=option, seller_sku=item.supplier_sku,
                last_ordered_at=NOW - timedelta(hours=3),
            )
        )  # fmt: skip
    floor.session.flush()
    map_goods(floor, 11 if has_unmapped(floor) else 12)
    fill_shop(floor)
