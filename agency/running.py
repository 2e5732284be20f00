"""`shopfleet run`: everything on this machine, with a practice agency, until Ctrl-C; then it can go on."""

from __future__ import annotations

import sys
import time

from agency.boot import Booted, boot
from agency.config import Settings, load_settings
from agency.demo.cast import Cast, assemble, keep_shop_time
from agency.demo.director import Director
from agency.demo.first_run import FirstRuns
from agency.demo.practice import Practice
from agency.demo.stage import Stage
from agency.demo.world import CLIENTS, PASSWORD, STAFF
from agency.extensions import Database
from agency.running_summary import describe, describe_mails
from agency.services.sealing import Keyring
from agency.startup import make_folder, require_free_port, require_space
from agency.supervisor import Child, Supervisor, our_command
from migrations.run import upgrade

RATE = 1_440.0  # a shop day in a minute: slow enough to look at, fast enough to see something happen
ORDERS_A_DAY = 24
ORDER_EVERY = 60.0  # seconds of machine time between two deliveries of orders
SPACE_NEEDED = 300 * 1024 * 1024


def run_everything() -> int:
    """Raises StartupProblem or BadSetting with one sentence when it cannot start."""
    settings = load_settings()
    require_free_port(settings.port, settings.host)
    if not settings.simulator:
        return _run_for_real(boot())
    make_folder(settings.data_dir)
    require_space(settings.data_dir, SPACE_NEEDED)
    cast = assemble(settings, RATE)
    performance = _Performance(cast)
    sys.stdout.write(_welcome(cast))
    sys.stdout.flush()
    supervisor = Supervisor(settings.data_dir / "logs", cast.servers)
    try:
        return supervisor.run(cast.children(settings.workers), performance.step, 1.0)
    finally:
        keep_shop_time(cast)


class _Performance:
    """What happens each second of a practice run."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._database = Database(cast.database_url, cast.master_key, pool_size=1)
        stage = Stage(cast.simulator_url)
        practice = Practice(
            self._database, Keyring(cast.master_key), cast.clock, stage, cast.simulator_url, cast.web_url
        )
        self._stage = stage
        self._director = Director(practice, {"faults": "some"})
        self._first_runs = FirstRuns(
            self._database, Keyring(cast.master_key), cast.clock, stage, cast.web_url
        )
        self._ordered_at = 0.0

    def step(self) -> str:
        """Moves the practice along, keeps the shop time, and says where everything stands."""
        keep_shop_time(self._cast)
        if not self._director.advance() or self._director.agency_id is None:
            return f"Starting: {self._director.scene} ..."
        self._first_runs.advance()
        if time.monotonic() - self._ordered_at > ORDER_EVERY:
            self._stage.order(ORDERS_A_DAY, 24.0 * ORDER_EVERY * RATE / 86_400)
            self._ordered_at = time.monotonic()
        figures = describe(self._database, self._director.agency_id, self._cast.clock)
        return figures + describe_mails(self._cast.settings)


def _welcome(cast: Cast) -> str:
    rows = [(email, role) for email, _name, role, _clients in STAFF]
    rows += [(client.member_email, f"client member of {client.name}") for client in CLIENTS]
    people = "\n".join(f"    {email:<32} {role}" for email, role in rows)
    return (
        f"\nShopfleet is at {cast.web_url}\n\n  Sign in with one of these; the password is: {PASSWORD}\n{people}\n\n"
        f"  Or open an agency of your own at {cast.web_url}/signup\n{_where_mails_go(cast.settings)}"
        f"  One shop day passes each minute. Logs: {cast.settings.data_dir / 'logs'}. Ctrl-C stops everything.\n\n"
    )


def _where_mails_go(settings: Settings) -> str:
    if settings.smtp_url:
        return "  Mails go out through your SMTP_URL.\n"
    return f"  Mails (invitations, resets) show below and are kept in {settings.outbox_dir}\n"


def _run_for_real(booted: Booted) -> int:
    """The same processes against ordinary servers and the real TikTok; nothing is made up."""
    upgrade(booted.database_url, booted.master_key)
    settings: Settings = booted.settings
    children = [
        Child("web", tuple(our_command("web", "--port", str(settings.port)))),
        Child("dispatcher", tuple(our_command("dispatcher"))),
        Child("mailer", tuple(our_command("mailer"))),
        *(
            Child(f"worker-{number}", tuple(our_command("worker", "--name", f"worker-{number}")))
            for number in range(1, settings.workers + 1)
        ),
    ]
    sys.stdout.write(
        f"\nShopfleet is at http://{settings.host}:{settings.port}\n{_where_mails_go(settings)}\n"
    )
    supervisor = Supervisor(settings.data_dir / "logs")
    words = "Running. Ctrl-C stops everything."
    return supervisor.run(children, lambda: words + describe_mails(settings), 5.0)
