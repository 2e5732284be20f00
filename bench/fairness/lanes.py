"""Databases with many lanes, and the time of one claim on them."""

from __future__ import annotations

import time
from collections import defaultdict
from statistics import median

import psycopg

from agency.extensions import Database
from agency.lanes import claim_due
from bench.ground import MASTER_KEY, Ground
from bench.seed import fill

LEASE = 3600.0  # simulated turns never lose their lease
_SEED = """
    insert into shops (agency_id, client_id, authorization_id, tiktok_shop_id, code, name, region, currency, time_zone)
    select s.agency_id, s.client_id, s.authorization_id, 'more-' || n, 'M' || n, 'More ' || n, 'US', 'USD', 'UTC'
    from (select * from shops order by id limit 1) s, generate_series(1, %s::int) n
"""
_LANES = """
    insert into lanes (agency_id, client_id, shop_id, api)
    select agency_id, client_id, id, api from shops, unnest(array['orders', 'plan', 'ship', 'finance']) api
    on conflict do nothing
"""
REST = "update lanes set due_at = null, lease_until = null, crowded = false"


def lanes_database(ground: Ground, name: str, shops: int) -> str:
    """A database with so many shops, five lanes each, all asleep."""
    url = ground.make_database(name)
    fill(url, MASTER_KEY, 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SEED, (max(0, shops - 200),))
        connection.execute(_LANES)
        connection.execute("vacuum analyze lanes")
    return url


def time_claims(urls: dict[int, str], times: int) -> dict[int, float]:
    """Median milliseconds of claiming 20 lanes of 200 that are due, the sizes in turn; every claim is rolled back."""
    databases = {lanes: Database(url, MASTER_KEY) for lanes, url in urls.items()}
    for url in urls.values():
        with psycopg.connect(url) as connection:
            connection.execute(f"{REST} where due_at is not null")
            connection.execute(
                "update lanes set due_at = now(), crowded = id % 7 = 0"
                " where id in (select id from lanes order by id limit 200)"
            )
    took: dict[int, list[float]] = defaultdict(list)
    for _ in range(times):
        for lanes, database in databases.items():
            with database.system_session() as session:
                started = time.perf_counter()
                claim_due(session, 20, LEASE, 4)
                took[lanes].append(1000 * (time.perf_counter() - started))
                session.rollback()
    for database in databases.values():
        database.dispose()
    return {lanes: median(values) for lanes, values in took.items()}
