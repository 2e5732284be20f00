"""Webhook intake: our door against a bare Flask route that verifies the signature and inserts one row."""

from __future__ import annotations

import itertools
import json

import psycopg

from agency.config import DEMO_APP_KEY, DEMO_APP_SECRET
from agency.integrations.tiktok.signing import webhook_signature
from bench.ground import Ground
from bench.load import post, send_all
from bench.processes import tree_clock
from bench.report import Section
from bench.rounds import Clocks, Variant, run_rounds
from bench.seed import World
from bench.served import Server

_numbers = itertools.count(7_300_000_000_000_000_001)


def measure_webhooks(ground: Ground, server: Server, world: World, rounds: int, requests: int) -> Section:
    """Every request is a new event of one of 100 shops; the storm repeats the same events."""
    with psycopg.connect(world.url) as connection:
        shops = [row[0] for row in connection.execute("select tiktok_shop_id from shops order by id")]
    seen = _requests("/large/webhooks/tiktok", shops, requests)

    def variant(name: str, path: str) -> Variant:
        fresh = (_requests(path, shops, requests) for _ in range(rounds + 1))
        ready = list(fresh)
        return Variant(name, lambda: send_all(server.port, ready.pop()))

    variants = [
        variant("plain: verify, insert, commit", "/plain-large/webhook"),
        variant("our door: verify, find shop, insert, wake lane, commit", "/large/webhooks/tiktok"),
        Variant("our door, the same events again", lambda: send_all(server.port, seen)),
    ]
    clocks = Clocks(tree_clock(server.pid), tree_clock(ground.postgres_pid))
    return Section("Webhook intake", "webhook", variants[0].name, run_rounds(variants, rounds, clocks))


def _requests(path: str, shops: list[str], count: int) -> list[bytes]:
    return [_request(path, shops[number % len(shops)]) for number in range(count)]


def _request(path: str, shop_id: str) -> bytes:
    number = next(_numbers)
    body = json.dumps(
        {
            "type": 1,
            "tts_notification_id": str(number),
            "shop_id": shop_id,
            "timestamp": 1795412400,
            "data": {
                "order_id": str(576_900_000_000_000_000 + number % 10**12),
                "order_status": "AWAITING_SHIPMENT",
                "is_on_hold_order": False,
                "update_time": 1795412399,
            },
        }
    ).encode()
    return post(path, body, webhook_signature(DEMO_APP_KEY, DEMO_APP_SECRET, body))
