"""A second PostgreSQL that takes the place of a town's first, at the same address, and has forgotten the last seconds.

    spare = Replica(first, folder) or PointInTime(first, folder)
    spare.forget_from_now()     what happens from here on, it will not know
    spare.take_over()           the first one crashes, and the programs find this one where they left the other

PostgreSQL 18's documentation, chapters 26.2 (log-shipping standbys) and 25.3 (continuous archiving).
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from agency.children import Program, end, launcher_argv, spawn
from agency.embedded import EmbeddedServer
from tests.chaos.waiting import until


def ask(url: str, query: str) -> Any:
    """The first cell of what a server answers."""
    with psycopg.connect(url, autocommit=True) as owner:
        cursor = owner.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


class Spare:
    """What both kinds have in common: a base backup, taken while everything goes on."""

    def __init__(self, first: EmbeddedServer, folder: Path) -> None:
        self.first, self.folder, self.data = first, folder, folder / "data"
        self.binaries = Path(first.program.argv[0]).parent
        folder.mkdir(mode=0o755)
        _give_like(folder, self.first_data)
        words = ("--checkpoint=fast", "--write-recovery-conf", f"--dbname={self.url('postgres')}")
        program = self.program("pg_basebackup", f"--pgdata={self.data}", *words)
        argv = launcher_argv(program.argv, program.death_signal, program.identity)
        done = subprocess.run(argv, env=dict(program.env or {}), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    @property
    def first_data(self) -> Path:
        """Where the first one keeps its data, and the other from its taking over."""
        assert self.first.program.cwd is not None
        return self.first.program.cwd

    def url(self, database: str) -> str:
        """The superuser's address of the first one."""
        return self.first.url.replace("/shopfleet?", f"/{database}?")

    def program(self, name: str, *words: str) -> Program:
        """One of PostgreSQL's own programs, run by whoever runs the first one."""
        argv = (str(self.binaries / name), *words)
        return replace(self.first.program, argv=argv, log=self.folder / f"{name}.log", cwd=None)

    def move_in(self) -> None:
        """The first one is dead; what was prepared stands in its place and answers at its address."""
        self.first_data.rename(self.first_data.with_name("lost"))
        self.data.rename(self.first_data)
        self.first.start_again()


class Replica(Spare):
    """A hot standby; from `forget_from_now` on nothing reaches it any more, as behind a cut wire."""

    def __init__(self, first: EmbeddedServer, folder: Path) -> None:
        super().__init__(first, folder)
        sockets, old = f"unix_socket_directories={folder}", str(self.first_data)
        argv = tuple(str(self.data) if word == old else word for word in first.program.argv)
        argv = tuple(sockets if word.startswith("unix_socket_directories=") else word for word in argv)
        log = folder / "postgres.log"
        self._process = spawn(replace(first.program, argv=argv, log=log, cwd=self.data))
        self._own = f"postgresql://postgres@/postgres?host={folder}&port=5432"
        until(self._follows, f"the replica follows (see {log})")

    def _follows(self) -> bool:
        assert self._process.poll() is None, "the replica ended"
        try:
            return ask(self._own, "select status from pg_stat_wal_receiver") == "streaming"
        except psycopg.OperationalError:
            return False

    def forget_from_now(self) -> None:
        """Cuts it off."""
        ask(self._own, "alter system set primary_conninfo = ''")
        ask(self._own, "select pg_reload_conf()")
        until(lambda: ask(self._own, "select pid from pg_stat_wal_receiver") is None, "it is cut off")

    def take_over(self) -> None:
        """Promotes it after the crash of the first."""
        self.first.kill()
        assert ask(self._own, "select pg_promote()") is True
        end(self._process, self.first.stop_signals, 30.0)
        self.move_in()


class PointInTime(Spare):
    """A base backup and all log since, played back to the moment of `forget_from_now`."""

    def __init__(self, first: EmbeddedServer, folder: Path) -> None:
        # Before the backup, so that no log between the two is missed.
        ask(first.url, "select pg_create_physical_replication_slot('archive', true)")
        super().__init__(first, folder)
        (self.data / "standby.signal").unlink()
        self._log = folder / "log"
        self._log.mkdir()
        _give_like(self._log, self.first_data)
        words = ("--slot=archive", f"--directory={self._log}", f"--dbname={self.url('postgres')}")
        self._process = spawn(self.program("pg_receivewal", *words))
        self._moment = ""

    def forget_from_now(self) -> None:
        """Notes the moment."""
        self._moment = str(ask(self.first.url, "select clock_timestamp()"))

    def take_over(self) -> None:
        """Plays the log back after the crash of the first."""
        full = ask(self.first.url, "select pg_walfile_name(pg_switch_wal())")
        until((self._log / full).exists, "the log is in the archive")
        self.first.kill()
        end(self._process, self.first.stop_signals, 10.0)
        with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                f"primary_conninfo = ''\nrestore_command = 'cp {self._log}/%f %p'\n"
                f"recovery_target_time = '{self._moment}'\nrecovery_target_action = 'promote'\n"
            )
        (self.data / "recovery.signal").touch()
        self.move_in()
        until(lambda: ask(self.first.url, "select pg_is_in_recovery()") is False, "the log is played back")


def _give_like(folder: Path, like: Path) -> None:
    if folder.stat().st_uid != like.stat().st_uid:
        os.chown(folder, like.stat().st_uid, -1)
