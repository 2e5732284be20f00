"""Paces: several processes together keep below an account's limit, by the vendor's own count."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from agency.extensions import connect_redis
from agency.simulator.server import RunningSimulator, start
from tests.ground.processes import read_numbers, start_python
from tests.servers import redis_url
from workers.pace import BURST_SECONDS, MARGIN, Paces

RATE, PROCESSES = 20, 3
_CALLER = """
import sys, httpx
from agency.extensions import connect_redis
from workers.pace import Paces
url, redis, calls, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
pace = Paces(connect_redis(redis)).of("supplier:1", rate) if rate else lambda: None
client = httpx.Client(headers={"Authorization": "Bearer fake-paced"})
client.get(url + "/_sim/health")
print(1, flush=True)
sys.stdin.readline()
for _ in range(calls):
    pace()
    client.get(url + "/suppliers/rest/items/none")
print(2, flush=True)
"""


@pytest.fixture
def redis() -> Iterator[Redis]:
    made = connect_redis(redis_url())
    made.flushall()
    yield made
    made.flushall()
    made.close()


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[RunningSimulator]:
    running = start(str(tmp_path / "sim.sqlite"), app_key="fake-app-key", app_secret="fake-app-secret")
    account = {"key": "fake-paced", "calls_per_second": RATE, "items": []}
    httpx.post(running.url + "/_sim/setup", json={"rest_accounts": [account]})
    yield running
    running.stop()


def call_together(vendor: RunningSimulator, calls: int, rate: float) -> dict[str, float]:
    """What the vendor counted of processes that begin at the same moment."""
    arguments = (vendor.url, redis_url(), str(calls), str(rate))
    callers = [start_python(_CALLER, *arguments) for _ in range(PROCESSES)]
    for caller in callers:
        assert read_numbers(caller) == [1]
    for caller in callers:
        _go(caller)
    for caller in callers:
        assert read_numbers(caller) == [2]
        caller.communicate()
    found: dict[str, float] = httpx.get(vendor.url + "/_sim/books").json()["rates"]["rest|fake-paced|all"]
    return found


def _go(caller: subprocess.Popen[str]) -> None:
    assert caller.stdin is not None
    caller.stdin.write("go\n")
    caller.stdin.flush()


def test_processes_share_one_pace_and_the_vendor_sees_no_excess(
    vendor: RunningSimulator, redis: Redis
) -> None:
    told = call_together(vendor, 15, RATE)
    assert told["calls"] == PROCESSES * 15
    assert (told["refused"], told["worst_excess"]) == (0, 0)


def test_the_vendors_count_catches_processes_without_a_pace(vendor: RunningSimulator, redis: Redis) -> None:
    told = call_together(vendor, 80, 0)
    assert told["refused"] > 0
    assert told["worst_excess"] >= 1


def test_the_burst_and_the_wait_are_what_they_are_said_to_be(redis: Redis) -> None:
    paces, other = Paces(redis), Paces(connect_redis(redis_url()))
    burst = int(RATE * BURST_SECONDS)
    waits = [(paces if number % 2 else other)._booked("fake", RATE) for number in range(burst * 2)]
    assert waits[: burst - 1] == [0] * (burst - 1)
    most = burst / (RATE * MARGIN)
    assert 0 < waits[-1] <= most
    assert waits[burst + 1 :] == sorted(waits[burst + 1 :])
    assert paces._booked("another", RATE) == 0, "each account has a bucket of its own"


def test_a_redis_that_forgets_costs_no_more_than_one_more_burst(redis: Redis) -> None:
    paces = Paces(redis)
    free = [paces._booked("fake", RATE) for _ in range(int(RATE * BURST_SECONDS))].count(0)
    redis.flushall()
    free += [paces._booked("fake", RATE) for _ in range(40)].count(0)
    assert free <= 2 * RATE * BURST_SECONDS + 2


def test_without_redis_each_process_keeps_to_its_share() -> None:
    away = Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.5)
    paces = Paces(away, processes=4)
    waits = [paces._booked("fake", RATE) for _ in range(20)]
    burst = RATE / 4 * BURST_SECONDS
    assert waits.count(0) <= burst + 1
    assert waits[-1] >= (20 - burst) / (RATE / 4) - 1
