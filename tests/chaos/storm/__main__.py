"""`python -m tests.chaos.storm`: storms with given seeds; one JSON line each, exit code 1 when a promise broke."""

from __future__ import annotations

import argparse
import dataclasses
import json
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agency.clock import machine_now
from agency.config import load_settings
from agency.demo.cast import Cast, assemble
from agency.demo.director import Director
from agency.demo.practice import Practice
from agency.demo.stage import Stage
from agency.extensions import Database
from agency.services.sealing import Keyring
from agency.supervisor import Child, Supervisor
from tests.chaos.storm.blows import NAIVE, Blows, House
from tests.chaos.storm.cuttable import CuttableWire
from tests.chaos.storm.report import broken_in, in_words, report
from tests.chaos.storm.run import Plan, Storm
from tests.chaos.storm.schedule import WORKERS, Weather, plan_storm
from tests.chaos.storm.world import CUT_KEY, storm_clients

TIMEOUT, IDLE = 1.5, 4.0
# What a real vendor's quarter of an hour is: the vendor's idle time-out, its longest work, and a margin.
QUARANTINE = 8
SETTLE_DAYS = 0.1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.chaos.storm")
    parser.add_argument("--seeds", default="1", help="numbers with commas, or a span such as 1-10")
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long it storms")
    parser.add_argument("--acts", type=int, default=70)
    parser.add_argument("--lease", type=float, default=10.0, help="of a lane, in seconds")
    parser.add_argument("--rate", type=float, default=600.0, help="shop time against machine time")
    parser.add_argument(
        "--pace", type=float, default=0.03, help="how long suppliers and carriers take, 1 = as in life"
    )
    parser.add_argument(
        "--limit", type=float, default=1800.0, help="seconds in which all must settle afterwards"
    )
    parser.add_argument("--naive-lines", type=int, default=150)
    parser.add_argument("--results", type=Path, help="append each storm's JSON line to this file")
    parser.add_argument("--keep", type=Path, help="keep logs and data in this folder")
    return parser.parse_args()


def main() -> int:
    """Runs one storm after the other; the worst of them decides the exit code."""
    arguments, worst = _arguments(), 0
    first, _, last = arguments.seeds.partition("-")
    seeds = range(int(first), int(last) + 1) if last else [int(word) for word in first.split(",")]
    for seed in seeds:
        result = run_storm(arguments, seed)
        sys.stdout.write(f"{in_words(result)}\n{json.dumps(result)}\n")
        sys.stdout.flush()
        if arguments.results:
            arguments.results.parent.mkdir(parents=True, exist_ok=True)
            with arguments.results.open("a") as results:
                results.write(json.dumps(result) + "\n")
        worst = max(worst, int(bool(result["broken"])))
    return worst


def run_storm(arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One storm from the empty folder to the verdict."""
    with tempfile.TemporaryDirectory(prefix="shopfleet-storm-", ignore_cleanup_errors=True) as scratch:
        folder = (arguments.keep / str(seed)).absolute() if arguments.keep else Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        settings = dataclasses.replace(
            load_settings(), data_dir=folder, port=_free_port(), workers=len(WORKERS)
        )
        cast = assemble(settings, arguments.rate)
        there = urlsplit(cast.simulator_url)
        wire = CuttableWire(there.hostname or "", there.port or 0)
        try:
            storm = _storm(arguments, seed, cast, wire)
            storm.supervisor.run(_children(cast, storm.blows.house.environments), storm.step, 0.1)
            storm.database.dispose()
        finally:
            wire.close()
            for server in reversed(cast.servers):
                server.stop()
    return report(storm, broken_in(storm))


def _storm(arguments: argparse.Namespace, seed: int, cast: Cast, wire: CuttableWire) -> Storm:
    database, stage = Database(cast.database_url, cast.master_key), Stage(cast.simulator_url)
    practice = Practice(
        database, Keyring(cast.master_key), cast.clock, stage, cast.simulator_url, cast.web_url, storm_clients(),
        {"quarantine_s": QUARANTINE, "calls_per_second": 100}, {CUT_KEY: f"{wire.url}/suppliers/rest"},
    )  # fmt: skip
    dials = {
        "seed": seed,
        "faults": "none",
        "settle_days": SETTLE_DAYS,
        "pace": arguments.pace,
        "idle_seconds": IDLE,
    }
    environments = {
        name: {**cast.environment, "OUTSIDE_TIMEOUT": str(TIMEOUT), "LANE_LEASE": str(arguments.lease),
               "CLOCK_SKEW": "0", "NAIVE_VENDOR": f"{cast.simulator_url}/suppliers/rest"}
        for name in ("web", "dispatcher", "mailer", NAIVE, *WORKERS)
    }  # fmt: skip
    supervisor = Supervisor(cast.settings.data_dir / "logs", cast.servers)
    postgres, redis = cast.servers
    house = House(
        supervisor.list_pids, postgres, redis, stage, wire, environments, cast.clock.origin or machine_now()
    )
    weather = Weather(arguments.seconds, arguments.acts, arguments.lease)
    plan = Plan(
        seed, arguments.orders, plan_storm(seed, weather), arguments.seconds, arguments.rate, arguments.limit,
        arguments.naive_lines,
    )  # fmt: skip
    director = Director(practice, dials)
    return Storm(plan, cast, director, stage, database, Blows(house), supervisor, _Told(seed))


class _Told:
    """Progress on stderr, one line each with the seed in front."""

    def __init__(self, seed: int) -> None:
        self._seed, self._since = seed, time.monotonic()

    def __call__(self, words: str) -> None:
        sys.stderr.write(f"[{self._seed}] {time.monotonic() - self._since:6.1f}  {words}\n")
        sys.stderr.flush()


def _children(cast: Cast, environments: dict[str, dict[str, str]]) -> list[Child]:
    """The house's own children with environments that can change, workers on clocks that can be wrong, the baseline."""
    children = []
    for child in cast.children(len(WORKERS)):
        argv, env = child.argv, environments.get(child.name, child.env)
        if child.name in WORKERS:
            argv = (sys.executable, "-m", "tests.chaos.storm.skewed", "--name", child.name)
        children.append(Child(child.name, argv, env))
    baseline = (sys.executable, "-m", "tests.chaos.storm.naive")
    return [*children, Child(NAIVE, baseline, environments[NAIVE])]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
