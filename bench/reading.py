"""Reading: the list of orders and Today, on small and large data, beside the same rows by one plain statement."""

from __future__ import annotations

import psycopg

from agency.services.paging import encode_cursor
from bench.ground import Ground
from bench.load import get, send_all
from bench.processes import tree_clock
from bench.report import Section
from bench.rounds import Clocks, Variant, run_rounds
from bench.seed import World
from bench.served import Server

_MIDDLE = "select placed_at, id from orders order by placed_at desc, id desc offset {} limit 1"


def measure_reading(
    ground: Ground, server: Server, small: World, large: World, rounds: int, requests: int
) -> list[Section]:
    """Two sections: the list against the plain list, Today against the plain statement of its orders."""
    clocks = Clocks(tree_clock(server.pid), tree_clock(ground.postgres_pid))
    middle = f"/large/api/v1/orders?after={_middle(large)}"
    lists = {
        "plain list, small": ("/plain-small/orders", ""),
        "plain list, large": ("/plain-large/orders", ""),
        "JSON list, small": ("/small/api/v1/orders", small.token),
        "JSON list, large": ("/large/api/v1/orders", large.token),
        "JSON list, large, middle page": (middle, large.token),
        "Orders page, small": ("/small/orders", small.token),
        "Orders page, large": ("/large/orders", large.token),
    }
    todays = {
        "plain Today rows, small": ("/plain-small/today", ""),
        "plain Today rows, large": ("/plain-large/today", ""),
        "JSON Today, small": ("/small/api/v1/worklist", small.token),
        "JSON Today, large": ("/large/api/v1/worklist", large.token),
        "Today page, small": ("/small/today", small.token),
        "Today page, large": ("/large/today", large.token),
    }
    sections = []
    for title, reference, chosen in (
        ("List of 50 orders", "plain list, large", lists),
        ("Today, 50 rows", "plain Today rows, large", todays),
    ):
        variants = [
            _variant(server.port, name, path, token, requests) for name, (path, token) in chosen.items()
        ]
        sections.append(Section(title, "page", reference, run_rounds(variants, rounds, clocks)))
    return sections


def _variant(port: int, name: str, path: str, token: str, requests: int) -> Variant:
    request = get(path, token)
    return Variant(name, lambda: send_all(port, [request] * requests))


def _middle(world: World) -> str:
    with psycopg.connect(world.url) as connection:
        total = connection.execute("select count(*) from orders").fetchone()
        row = connection.execute(_MIDDLE.format(total[0] // 2 if total else 0)).fetchone()
    if row is None:
        raise LookupError("the large database holds no orders")
    return encode_cursor(row[0], row[1])
