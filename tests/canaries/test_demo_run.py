"""A whole run under LOG_LEVEL=DEBUG: no buyer and no secret in any log file, in Redis, or in clear in the database."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from redis import Redis

from agency.config import load_settings
from agency.demo.stage import webhook_secret
from agency.demo.world import CLIENTS, PASSWORD, STAFF
from agency.embedded import start_postgres, start_redis
from tests.canaries.traces import Overheard, both_ways, found_in, kept_in, log_files

ORDERS = 12
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Run:
    """What a run has left: its figures, its traces, and the canaries that must not be in them."""

    figures: dict[str, Any]
    logs: list[bytes]
    redis: list[bytes]
    database: list[bytes]
    buyers: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    revealed: str = ""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The demo as its own process, on servers that outlive it; meanwhile a person signs in and looks around."""
    servers, data = tmp_path_factory.mktemp("servers"), tmp_path_factory.mktemp("data")
    postgres, redis = start_postgres(servers, fast=True), start_redis(servers)
    heard = Overheard(redis.url)
    try:
        heard.start()
        yield _run(postgres.url, redis.url, servers, data, heard)
    finally:
        redis.stop()
        postgres.stop()


def _run(database_url: str, redis_url: str, servers: Path, data: Path, heard: Overheard) -> Run:
    key, port = base64.b64encode(os.urandom(32)).decode(), _free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url, "REDIS_URL": redis_url, "SHOPFLEET_DATA": str(data), "SHOPFLEET_KEY": key,
        "PORT": str(port), "LOG_LEVEL": "DEBUG",
    }  # fmt: skip
    command = (
        sys.executable,
        "-m",
        "agency.cli",
        "demo",
        "--orders",
        str(ORDERS),
        "--faults",
        "some",
        "--json",
    )
    output = data / "output.log"
    with output.open("wb") as file:
        demo = subprocess.Popen([*command, "--limit", "100"], env=environment, stdout=file, stderr=file)
        person = _look_around(f"http://127.0.0.1:{port}", demo)
        assert demo.wait(150) == 0, output.read_text()
    heard.stop()
    run = Run(
        figures=json.loads(output.read_text().strip().splitlines()[-1]),
        logs=list(log_files(data, servers)),
        redis=[*heard.words(), *kept_in(Redis.from_url(redis_url))],
        database=list(_rows(database_url)),
    )
    run.buyers, issued = _book(data / "simulator.sqlite")
    run.secrets = issued | person.secrets | {key, PASSWORD, load_settings({}).tiktok_app_secret}
    run.secrets |= {client.rest_key for client in CLIENTS} | {
        client.cj_key for client in CLIENTS if client.cj_key
    }
    run.secrets |= {webhook_secret(client.rest_key) for client in CLIENTS}
    run.revealed = person.revealed
    return run


@dataclass
class _Person:
    """Somebody at the portal: the secrets of their session, and the page on which they saw a buyer."""

    secrets: set[str] = field(default_factory=set)
    revealed: str = ""


def _look_around(base: str, demo: subprocess.Popen[bytes]) -> _Person:
    """Signs in, opens pages, and asks for one buyer's address, as soon as there is an order that has one."""
    person, own = _Person(), {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=base, headers=own, follow_redirects=True, timeout=10) as browser:
        while demo.poll() is None and not person.revealed:
            time.sleep(0.5)  # another process is at work; there is nothing here to wait for but its progress
            try:
                if "shopfleet" not in browser.cookies:
                    browser.post("/login", data={"email": STAFF[0][0], "password": PASSWORD})
                page = browser.get("/orders").text
            except httpx.TransportError:
                continue
            token, numbers = _TOKEN.search(page), set(re.findall(r"/orders/(\d{18})", page))
            for number in sorted(numbers) if token else ():
                assert token is not None
                shown = _ask(browser, f"/orders/{number}", token[1])
                if shown:
                    person.revealed = shown
                    person.secrets = {browser.cookies["shopfleet"], token[1]}
                    break
    return person


def _ask(browser: httpx.Client, path: str, token: str) -> str:
    """The order's page with the buyer in clear, empty while TikTok masks them."""
    if "Show full address" not in (page := browser.get(path).text) or "Masked by TikTok" in page:
        return ""
    shown = browser.post(f"{path}/address", data={"form_token": token})
    return shown.text if shown.status_code == 200 else ""


def _book(path: Path) -> tuple[set[str], set[str]]:
    """Names, phones and streets of every buyer, and every token that was given out, by the simulator's own book."""
    buyers, tokens = set[str](), set[str]()
    with sqlite3.connect(path) as book:
        for (own,) in book.execute("select own from orders"):
            address = json.loads(own)["address"]
            buyers |= {
                address["name"],
                address["address_line1"],
                re.sub(r"\D", "", address["phone_number"])[-10:],
            }
        kinds = ("access_token", "refresh_token", "cj_token", "cj_refresh")
        for kind in kinds:
            tokens |= {row[0] for row in book.execute("select id from documents where kind = ?", (kind,))}
    book.close()
    return buyers, tokens


def _rows(database_url: str) -> Iterator[bytes]:
    """Every row of every table as text; sealed columns are hexadecimal there."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        for (table,) in tables:
            for (row,) in connection.execute(f'select t::text from "{table}" t'):  # type: ignore[arg-type]
                yield row.encode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_run_did_its_work_and_somebody_saw_a_buyer(run: Run) -> None:
    assert run.figures["orders_seen"] == ORDERS
    assert run.figures["lines_bought"] > 0
    assert len(run.buyers) >= ORDERS
    assert len(run.secrets) > 20
    size, seen = found_in([run.revealed.encode()], run.buyers)
    assert size
    assert len(seen) >= 2, "the address was shown once, so the search would find it in a page"


def test_no_buyer_and_no_secret_is_in_any_log(run: Run) -> None:
    canaries = run.buyers | run.secrets
    size, found = found_in(run.logs, canaries)
    sys.stdout.write(
        f"logs: {len(run.logs)} files, {size:,} bytes, {len(canaries)} canaries, {len(found)} found\n"
    )
    assert b"DEBUG" in b"".join(run.logs)
    assert size > 20_000
    assert found == []


def test_no_buyer_and_no_secret_ever_went_through_redis(run: Run) -> None:
    canaries = run.buyers | run.secrets
    size, found = found_in(run.redis, canaries)
    sys.stdout.write(
        f"Redis: {len(run.redis):,} words, {size:,} bytes, {len(canaries)} canaries, {len(found)} found\n"
    )
    assert size > 100_000
    assert any(b"turn" in word for word in run.redis), "bells were heard"
    assert found == []


def test_no_buyer_and_no_secret_is_in_clear_in_the_database(run: Run) -> None:
    canaries = run.buyers | run.secrets
    size, found = found_in(run.database, canaries)
    sys.stdout.write(f"database: {len(run.database):,} rows, {size:,} bytes, {len(canaries)} canaries\n")
    assert size > 100_000
    assert found == []


def test_the_search_finds_what_is_planted(run: Run) -> None:
    canary = sorted(run.buyers)[0]
    planted = json.dumps({"args": [f"ship to {canary}"]}).encode()
    assert found_in([planted], [canary])[1] == [canary]
    assert found_in(both_ways(zlib.compress(planted)), [canary])[1] == [canary]
    assert found_in([*run.logs, planted], run.buyers | run.secrets)[1]
