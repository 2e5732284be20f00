"""`shopfleet`: one command for every way of running the program. Each subcommand imports only what it needs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agency.config import BadSetting
from agency.logs import set_up_logging
from agency.startup import StartupProblem


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a subcommand; a problem at the start is one sentence on stderr and exit code 2."""
    arguments = _parser().parse_args(argv)
    try:
        set_up_logging()
        code: int = arguments.run(arguments)
    except (StartupProblem, BadSetting) as problem:
        sys.stderr.write(f"shopfleet: {problem}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="shopfleet", description="Run many clients' TikTok Shops from one desk."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: object, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        return made

    add("run", _run, "Start everything on this machine: servers, web, workers, and a practice agency.")
    demo = add("demo", _demo, "Run simulated orders to their end and compare our books with the simulator's.")
    demo.add_argument("--orders", type=int, default=200)
    demo.add_argument("--faults", choices=("none", "some", "harsh"), default="some")
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    demo.add_argument("--limit", type=float, default=300.0, help="seconds after which to give up")
    add("migrate", _migrate, "Bring the database to the newest schema and create its logins.")
    web = add("web", _web, "Serve the portal and the JSON API.")
    web.add_argument("--port", type=int)
    worker = add("worker", _worker, "Serve turns: the only process that talks to the outside.")
    worker.add_argument("--name", default="w1")
    add("dispatcher", _dispatcher, "Decide whose turn it is and ring the workers.")
    add("mailer", _mailer, "Send the mails that wait, by SMTP or into the local outbox.")
    simulator = add("simulator", _simulator, "Play TikTok Shop, suppliers and carriers.")
    simulator.add_argument("--port", type=int, default=9000)
    simulator.add_argument("--state", type=Path, default=Path("simulator.sqlite"))
    user = add("user", _user, "Create an agency with its owner.")
    user.add_argument("--agency", required=True)
    user.add_argument("--email", required=True)
    user.add_argument("--name", required=True)
    _audit_options(add("audit", _audit, "Follow the chain of the audit log, or of an exported file."))
    _doctor_options(add("doctor", _doctor, "Say what is configured, what is reachable, and what waits."))
    _recover_options(
        add("recover", _recover, "After a restore: make sure that nothing is bought or sent twice.")
    )
    pack = add("verify-pack", _verify_pack, "Check the evidence pack of an order; needs no database.")
    pack.add_argument("file")
    pack.add_argument("--key", default="", help="the public key that the sender publishes")
    keys = add("keys", _keys_status, "Count what is sealed under which key, or rotate the keys.")
    doing = keys.add_subparsers(required=True, metavar="status|rotate")
    doing.add_parser("status", help="Counts per master key and data key; nothing secret.")
    rotate = doing.add_parser(
        "rotate", help="New data keys under the newest master key, while everything goes on."
    )
    rotate.set_defaults(run=_keys_rotate)
    rotate.add_argument("--batch", type=int, default=200, help="values sealed again in one transaction")
    rotate.add_argument("--pause", type=float, default=0.0, help="seconds between two transactions")
    return parser


def _recover_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since",
        default="",
        metavar="MOMENT",
        help="when the backup was made, such as 2026-11-26T02:00Z; only needed when nothing was noticed",
    )
    parser.add_argument(
        "--moved",
        action="store_true",
        help="nothing ran between backup and restore: only note the new place; not with --since",
    )


def _audit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("verify",))
    parser.add_argument("--agency", default="", help="the agency's public id; all agencies without it")
    parser.add_argument("--file", type=Path, help="an export as JSON lines; needs no database")


def _doctor_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--replay",
        action="store_true",
        help="rebuild every order from its changes and compare it with its rows",
    )


def _run(_arguments: argparse.Namespace) -> int:
    from agency.running import run_everything

    return run_everything()


def _demo(arguments: argparse.Namespace) -> int:
    from agency.demo.runner import run_demo

    return run_demo(arguments.orders, arguments.faults, arguments.seed, arguments.limit)


def _migrate(_arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from migrations.run import WrongDatabase, upgrade

    booted = boot()
    try:
        upgrade(booted.database_url, booted.master_key)
    except WrongDatabase as problem:
        raise StartupProblem(str(problem)) from problem
    return 0


def _web(arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from agency.serving import serve_web

    booted = boot()
    return serve_web(booted, arguments.port or booted.settings.port)


def _worker(arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from workers.worker import run_worker

    run_worker(boot(), arguments.name)
    return 0


def _dispatcher(_arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from agency.extensions import connect_redis
    from workers.dispatcher import Dispatcher

    booted = boot()
    Dispatcher(booted.settings, booted.database, connect_redis(booted.redis_url)).run()
    return 0


def _mailer(_arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from workers.mailer import run_mailer

    run_mailer(boot())
    return 0


def _simulator(arguments: argparse.Namespace) -> int:
    from agency.config import load_settings
    from agency.simulator.server import serve

    settings = load_settings({**os.environ, "SIMULATOR": "on"})
    serve(
        arguments.port,
        str(arguments.state),
        app_key=settings.tiktok_app_key,
        app_secret=settings.tiktok_app_secret,
        host=settings.host,
    )
    return 0


def _user(arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from agency.people import create_owner

    return create_owner(boot(), arguments.agency, arguments.email, arguments.name)


def _audit(arguments: argparse.Namespace) -> int:
    from agency.audit_command import verify_agencies, verify_file
    from agency.boot import boot

    if arguments.file:
        return verify_file(arguments.file)
    return verify_agencies(boot(), arguments.agency)


def _doctor(arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from agency.doctor import examine
    from agency.replay_command import tell_replay

    booted = boot()
    found = examine(booted)
    return max(found, tell_replay(booted)) if arguments.replay else found


def _recover(arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from agency.recovery import parse_moment, recover

    since = parse_moment(arguments.since) if arguments.since else None
    if since and arguments.moved:
        raise StartupProblem(
            "--moved says that nothing ran between backup and restore, --since that something did; "
            "give only one of them."
        )
    return recover(boot(), since, arguments.moved)


def _verify_pack(arguments: argparse.Namespace) -> int:
    from agency.verify_pack import tell

    return tell(arguments.file, arguments.key)


def _keys_status(_arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from agency.key_status import show_status

    return show_status(boot())


def _keys_rotate(arguments: argparse.Namespace) -> int:
    from agency.boot import boot
    from agency.key_rotation import rotate_keys

    return rotate_keys(boot(), max(1, arguments.batch), max(0.0, arguments.pause))


if __name__ == "__main__":
    sys.exit(main())
