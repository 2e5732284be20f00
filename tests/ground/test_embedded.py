"""The bundled servers: durable, private, alone in their folder, gone with us, and clear about what is wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from rq import Queue, SimpleWorker

from agency.embedded import EmbeddedServer, StartupProblem, start_postgres, start_redis
from agency.embedded.identity import choose_identity
from agency.embedded.server import LONGEST_SOCKET_FOLDER, socket_folder
from agency.startup import hold_folder
from tests.ground.processes import ends_within, kill_and_close, read_numbers, start_python

Starter = Callable[..., EmbeddedServer]
OWNER = """
import sys
from pathlib import Path
from agency.embedded import start_postgres, start_redis
folder = Path(sys.argv[1])
print(start_postgres(folder, fast=True).pid, start_redis(folder).pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that PostgreSQL has made and left, for tests to copy."""
    folder = tmp_path_factory.mktemp("made")
    start_postgres(folder, fast=True).stop()
    return folder


@pytest.fixture
def data_dir(made_folder: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own with a cluster in it."""
    shutil.copytree(made_folder / "postgres", tmp_path / "postgres")
    return tmp_path


@pytest.fixture
def start() -> Iterator[Starter]:
    """Start PostgreSQL as the program does; whatever a test leaves running is stopped."""
    started: list[EmbeddedServer] = []

    def start_and_note(folder: Path, fast: bool = True) -> EmbeddedServer:
        started.append(start_postgres(folder, fast=fast))
        return started[-1]

    yield start_and_note
    for server in started:
        server.stop()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A Redis of the test's own."""
    server = start_redis(tmp_path)
    yield server
    server.stop()


def ask(server: EmbeddedServer, statement: str) -> str:
    with psycopg.connect(server.url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return "" if row is None else str(row[0])


def tell(server: EmbeddedServer, statement: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_a_bare_folder_becomes_a_durable_utf8_database_that_is_not_on_the_network(
    start: Starter, tmp_path: Path
) -> None:
    modes = {parent: parent.stat().st_mode for parent in tmp_path.parents}
    server = start(tmp_path, fast=False)
    durable = ("fsync", "synchronous_commit", "full_page_writes")
    assert ask(server, "select current_database()") == "shopfleet"
    assert ask(server, "show server_encoding") == "UTF8"
    assert ask(server, "show listen_addresses") == ""
    assert [ask(server, f"show {name}") for name in durable] == ["on"] * 3
    assert {parent: parent.stat().st_mode for parent in tmp_path.parents} == modes
    assert (tmp_path / "postgres").stat().st_mode & 0o077 == 0
    server.stop()
    assert not server.is_running()


def test_what_was_written_is_there_after_stopping_and_starting(start: Starter, data_dir: Path) -> None:
    server = start(data_dir)
    tell(server, "create table kept as select 42 as answer")
    server.stop()
    server = start(data_dir)
    assert ask(server, "select answer from kept") == "42"


def test_a_crashed_server_starts_again_at_the_same_address_with_its_data(
    start: Starter, data_dir: Path
) -> None:
    server = start(data_dir)
    url = server.url
    tell(server, "create table kept as select 42 as answer")
    server.kill()
    assert not server.is_running()
    server.start_again()
    assert (server.url, ask(server, "select answer from kept")) == (url, "42")


def test_a_second_program_is_told_that_the_folder_is_taken(start: Starter, data_dir: Path) -> None:
    server = start(data_dir)
    with pytest.raises(StartupProblem, match=r"Another Shopfleet is using .* SHOPFLEET_DATA"):
        start(data_dir)
    assert ask(server, "select 1") == "1"


def test_servers_do_not_outlive_a_killed_owner_and_the_next_start_goes_on(
    start: Starter, data_dir: Path
) -> None:
    owner = start_python(OWNER, str(data_dir))
    pids = read_numbers(owner)
    kill_and_close(owner)
    server = start(data_dir)
    assert ask(server, "select 1") == "1"
    server.stop()
    assert [ends_within(pid, 10) for pid in pids] == [True, True]


def test_a_lock_file_whose_number_now_belongs_to_somebody_else_does_not_stop_the_start(
    start: Starter,
    data_dir: Path,
) -> None:
    (data_dir / "postgres" / "postmaster.pid").write_text(f"{os.getppid()}\n{data_dir}/postgres\n1\n5432\n")
    server = start(data_dir)
    assert ask(server, "select 1") == "1"


def test_a_folder_of_another_major_version_is_named_with_both_versions(
    start: Starter, data_dir: Path
) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(StartupProblem, match=r"made by PostgreSQL 17 and this is 18; move it away"):
        start(data_dir)


@pytest.mark.parametrize("missing", ["PG_VERSION", "global/pg_control", "postgresql.conf", "pg_wal"])
def test_a_damaged_folder_is_one_sentence_with_the_remedy(
    start: Starter, data_dir: Path, missing: str
) -> None:
    gone = data_dir / "postgres" / missing
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.raises(
        StartupProblem, match=r"^PostgreSQL cannot use the data folder .*restore it from a backup"
    ) as told:
        start(data_dir)
    assert "\n" not in str(told.value)
    # The failed start let go of the folder.
    hold_folder(data_dir).release()


def test_a_data_folder_that_cannot_be_made_names_the_setting(start: Starter, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StartupProblem, match=r"cannot be written .* set SHOPFLEET_DATA"):
        start(tmp_path / "file" / "data")


def test_a_long_data_path_gets_a_short_private_socket_folder_that_is_found_again(tmp_path: Path) -> None:
    long = tmp_path / ("x" * LONGEST_SOCKET_FOLDER)
    folder = socket_folder(long)
    assert len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER
    assert folder.stat().st_mode & 0o077 == 0
    assert socket_folder(long) == folder
    folder.chmod(0o755)
    other = socket_folder(long)
    assert other != folder
    assert other.stat().st_mode & 0o077 == 0
    folder.rmdir()
    other.rmdir()


def test_a_folder_of_another_user_is_run_by_that_user_or_refused(start: Starter, made_folder: Path) -> None:
    binary = Path("/bin/sh")
    if os.geteuid() != 0:
        with pytest.raises(StartupProblem, match="belongs to another user"):
            choose_identity(binary, made_folder, Path("/"))
        return
    # Not below pytest's own folder, which only root may enter.
    data_dir = Path("/tmp", f"shopfleet-nobody-{os.getpid()}")  # noqa: S108 - must be enterable by an ordinary user
    data_dir.mkdir(mode=0o700)
    try:
        shutil.copytree(made_folder / "postgres", data_dir / "postgres")
        for path in (data_dir / "postgres", *(data_dir / "postgres").rglob("*")):
            os.chown(path, 65534, 65534)
        server = start(data_dir)
        assert os.stat(f"/proc/{server.pid}").st_uid == 65534
        assert ask(server, "select 1") == "1"
        server.stop()
    finally:
        shutil.rmtree(data_dir)


def test_redis_carries_an_rq_job_over_its_private_socket(redis_server: EmbeddedServer) -> None:
    with Redis.from_url(redis_server.url) as connection:
        queue = Queue("bells", connection=connection, is_async=True)
        job = queue.enqueue("builtins.abs", -7)
        SimpleWorker([queue], connection=connection).work(burst=True, logging_level="ERROR")
        assert job.return_value() == 7


def test_redis_keeps_nothing_on_disk_and_never_evicts(redis_server: EmbeddedServer) -> None:
    wanted = {"save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}
    with Redis.from_url(redis_server.url, decode_responses=True) as connection:
        assert {name: connection.config_get(name)[name] for name in wanted} == wanted


def test_a_second_redis_on_the_folder_is_refused(redis_server: EmbeddedServer, tmp_path: Path) -> None:
    with pytest.raises(StartupProblem, match="Another Shopfleet is using"):
        start_redis(tmp_path)
    assert redis_server.is_running()
