"""What keeps a town busy while it is disturbed: orders, cancellations, tokens that want to be renewed, lanes nudged."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection
from contextlib import suppress

from tests.chaos.cells import NOBODY, Cell
from tests.chaos.people import House
from tests.chaos.town import Town

LOOK_EVERY, NUDGE_EVERY = 0.4, 2.0  # seconds
HIDDEN_FOR = 2 * 3600.0  # seconds of shop time, two of the machine's: announced, and shown only later
ON_THEIR_WAY = 3  # orders of a client that wait to be bought; more would only grow a backlog
# Lanes that anything may make due at any time; doing so is what a webhook or a person does.
_NUDGED = ("finance", "tracking", "ship", "sweep", "plan", "purchase", "orders")

_DEALT_WITH = "select count(*) from orders where client_id = %(client)s and stage not in ('held', 'to_buy')"
# What somebody works on just now is left alone: its locks may be held for long.
_MAKE_DUE = """
    update lanes set due_at = least(due_at, now()) where id in (
      select id from lanes where client_id = %(client)s and api = %(api)s for update skip locked)
"""
_NEEDS_RENEWAL = """
    update authorizations set problem = 'token expired' where id in (
      select id from authorizations z where z.client_id = %(client)s and z.sealed_tokens is not null
        and z.id in (select authorization_id from shops) for update skip locked)
"""
_RENEW = """
    update lanes set due_at = least(due_at, now()) where id in (
      select id from lanes where client_id = %(client)s and api = 'auth'
        and authorization_id in (select authorization_id from shops) for update skip locked)
"""
# TikTok's list of carriers is read again once it is old.
_OLD_LISTS = "update provider_lists set read_at = read_at - interval '2 days' where client_id = %(client)s"
# So is what the carrier says of a parcel on its way.
_OLD_SCANS = """
    update parcels set scans_read_at = pushed_at - interval '2 days' where id in (
      select id from parcels where client_id = %(client)s and state in ('pushed', 'in_transit')
        for update skip locked)
"""
# Each purchase asks for its price; that anybody asks apart from one needs a person who wants to know it now.
_PRICES_WANTED = """
    update supplier_items set quote_wanted_at = now() where id in (
      select id from supplier_items where client_id = %(client)s for update skip locked)
"""
# Whoever lost access connects again, as the row in front of a person asks for.
_ASKED = "select client_id, id from attentions where kind = 'reconnect' and resolved_at is null and why <> ''"
_UNTOLD = """
    select distinct s.client_id from shops s where s.access_lost and not exists (
      select 1 from attentions a where a.client_id = s.client_id and a.kind = 'reconnect' and a.resolved_at is null)
"""


class Traffic:
    """Runs in a thread of its own: a process that stands still may hold what an update of ours waits for."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._cancelled: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.wanted: Collection[Cell] = ()  # the cells that wait to be reached
        self.asked: set[int] = set()  # rows that asked for a new connection
        self.untold: list[str] = []
        self._placed: Counter[str] = Counter()  # by vendor

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        nudge_at = 0.0
        while not self._over.wait(LOOK_EVERY):
            for house in self._town.people.houses:
                if self._placed[house.vendor] - self._dealt_with(house) < ON_THEIR_WAY:
                    self._order(house)
            if time.monotonic() >= nudge_at:
                self._connect_lost()
                nudge_at = time.monotonic() + NUDGE_EVERY
                for cell in self.wanted:
                    self._nudge(cell)

    def _connect_lost(self) -> None:
        houses = {self._town.people.clients[house.number]: house for house in self._town.people.houses}
        for (client,) in self._town.rows(_UNTOLD):
            self.untold.append(f"{houses[client].name} lost access and nobody is told")
        for client, row in self._town.rows(_ASKED):
            if row not in self.asked:
                self.asked.add(row)
                self._town.people.connect(houses[client])

    def _dealt_with(self, house: House) -> int:
        """Orders that are bought, over, or in front of a person."""
        client = self._town.people.clients[house.number]
        ((count,),) = self._town.rows(_DEALT_WITH, client=client)
        return int(count)

    def _order(self, house: House) -> None:
        number = self._placed[house.vendor] = self._placed[house.vendor] + 1
        one, other = house.sku_id(0, 0), house.sku_id(0, 1)
        lines = [one, other] if number % 3 == 0 else [one if number % 2 else other]
        self._town.place(house.shop_id(), *lines)

    def _nudge(self, cell: Cell) -> None:
        if cell.vendor == NOBODY:
            return
        house = next(house for house in self._town.people.houses if house.vendor == cell.vendor)
        client = self._town.people.clients[house.number]
        if cell.area == "auth":
            self._renew(house, client, cell.point)
        elif cell.lane in _NUDGED:
            self._town.rows(_MAKE_DUE, client=client, api=cell.lane)
        if cell.point.startswith(("ship.judge_new.", "ship.note_shop_failure.")):
            self._town.rows(_OLD_LISTS, client=client)
        if cell.point.startswith("ship.watch_scans."):
            self._town.rows(_OLD_SCANS, client=client)
        if cell.point.startswith("tracking.ask_quotes."):
            self._town.rows(_PRICES_WANTED, client=client)
        if cell.point.startswith("orders.postpone."):
            self._announce_one_unseen(house)
        if ".cancel." in cell.point:
            self._cancel_one(client)

    def _announce_one_unseen(self, house: House) -> None:
        """TikTok tells of an order that it does not show yet."""
        self._placed[house.vendor] += 1
        number = self._town.place(house.shop_id(), house.sku_id(0, 0))
        self._town.sim("hide", order_id=number, for_seconds=HIDDEN_FOR)

    def _renew(self, house: House, client: int, point: str) -> None:
        if point.startswith("auth.lost."):
            self._town.sim("tokens/kill", seller_id=f"seller-{house.number}", what="all")
        if "token get" in point:
            self._town.people.connect(house)
            return
        self._town.rows(_NEEDS_RENEWAL, client=client)
        self._town.rows(_RENEW, client=client)

    def _cancel_one(self, client: int) -> None:
        """A buyer cancels what was just paid at the supplier."""
        query = """
            select o.tiktok_order_id from purchases p join orders o on o.id = p.order_id
            where p.client_id = %(client)s and p.state in ('placed', 'paid') and o.status <> 'CANCELLED'
            order by p.id desc limit 3
        """
        for (number,) in self._town.rows(query, client=client):
            if number not in self._cancelled:
                self._cancelled.add(number)
                with suppress(AssertionError):  # it was shipped meanwhile
                    self._town.sim("cancel", order_id=number)
