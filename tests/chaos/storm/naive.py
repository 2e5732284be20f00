"""The purchaser that everybody writes first: check our row, POST, and on any error try again, five times.

It runs under the same fire as the program, against the same vendor, so that the verdict has something to catch.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any

import httpx
import psycopg

KEY, SKU = "fake-rest-key-naive", "NAIVE-1"
TRIES = 5
ACCOUNT: dict[str, Any] = {
    "key": KEY,
    "currency": "USD",
    "idempotency": "reference_only",
    "items": [{"sku": SKU, "title": "Thing", "unit_price": "5.00", "available": 100_000}],
}
_ADDRESS = {
    "name": "A Buyer",
    "address1": "1 Main St",
    "city": "Austin",
    "postal_code": "78701",
    "country": "US",
}


def line_of(number: int) -> str:
    """The order line that a job is to buy."""
    return f"naive-line-{number:04d}"


def lay_out(database_url: str, lines: int, seconds: float) -> None:
    """Makes the jobs, which come due one after the other over so many seconds."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create schema naive")
        connection.execute(
            "create table naive.jobs (number int primary key, due_at timestamptz, state text default 'open')"
        )
        connection.execute(
            "insert into naive.jobs select n, now() + n * make_interval(secs => %s) from generate_series(1, %s) n",
            (seconds / lines, lines),
        )


def states(database_url: str) -> dict[str, str]:
    """What the naive book says of each line: open, bought, or given up."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select number, state from naive.jobs").fetchall()
    return {line_of(number): state for number, state in rows}


def buy(database_url: str, vendor_url: str, number: int) -> None:
    """One job with its retries."""
    for attempt in range(TRIES):
        try:
            with psycopg.connect(database_url, autocommit=True) as connection:
                query = "select state from naive.jobs where number = %s"
                row = connection.execute(query, (number,)).fetchone()
                if row is not None and row[0] != "open":
                    return
                _post(vendor_url, number)
                connection.execute("update naive.jobs set state = 'bought' where number = %s", (number,))
                return
        except (psycopg.Error, httpx.HTTPError):
            time.sleep(0.1 * 2**attempt)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("update naive.jobs set state = 'given up' where number = %s", (number,))


def _post(vendor_url: str, number: int) -> None:
    body = {
        "reference": f"naive-{number}",
        "currency": "USD",
        "lines": [{"line_ref": line_of(number), "sku": SKU, "quantity": 1}],
        "ship_to": _ADDRESS,
    }
    headers = {"Authorization": f"Bearer {KEY}"}
    httpx.post(f"{vendor_url}/orders", json=body, headers=headers, timeout=2.0).raise_for_status()


def work(database_url: str, vendor_url: str) -> None:
    """Takes one due job after the other, for ever."""
    due = "select number from naive.jobs where state = 'open' and due_at <= now() order by number limit 1"
    while True:
        row = None
        # There is no such table before the storm has begun.
        with (
            suppress(psycopg.errors.UndefinedTable),
            psycopg.connect(database_url, autocommit=True) as connection,
        ):
            row = connection.execute(due).fetchone()
        if row is None:
            time.sleep(0.1)
        else:
            buy(database_url, vendor_url, row[0])


if __name__ == "__main__":
    work(os.environ["DATABASE_URL"], os.environ["NAIVE_VENDOR"])
